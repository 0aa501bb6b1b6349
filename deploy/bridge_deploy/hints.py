"""What to do about an error of Terraform's, where that is known."""

from __future__ import annotations

import re
import signal

from bridge_deploy.plans import NAMED_BY, Plan
from bridge_deploy.refusals import import_command

_EXISTS = re.compile(r"already exists?\b|AlreadyExists|ResourceInUseException|ResourceConflictException", re.IGNORECASE)
_ADDRESS = re.compile(r"^\W*with (\S+?),$", re.MULTILINE)
_LOCK = re.compile(r"Error acquiring the state lock.*?\bID:\s+(\S+)", re.DOTALL)


def hints(errors: str, plan: Plan | None) -> list[str]:
    """Sentences about what Terraform wrote to stderr; `plan` is what it was carrying out."""
    advice = []
    if _EXISTS.search(errors):
        advice.append(_exists(errors, plan))
    if lock := _LOCK.search(errors):
        advice.append(
            "Another deployment is running, or one was killed and has left its lock. If none is running: "
            f"terraform -chdir=terraform force-unlock {lock[1]}"
        )
    if "errored.tfstate" in errors:
        advice.append("The state could not be saved. Once it can be: terraform -chdir=terraform state push errored.tfstate")
    if re.search(r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|security token included in the request is", errors):
        advice.append("AWS does not accept the credentials: log in again, or check AWS_PROFILE.")
    elif re.search(r"AccessDenied|is not authorized to perform", errors):
        advice.append("The credentials are valid, but lack a permission: see what may not be done above.")
    return advice


def killed(code: int, what: str) -> str:
    """`code` is that of a process which a signal has ended."""
    name = signal.Signals(-code).name
    return (
        f"terraform {what} was killed ({name}). What it was creating may exist without being in the state.\n"
        "Run the same command again: it goes on where this one ended, and says what to do if something exists already."
    )


def _exists(errors: str, plan: Plan | None) -> str:
    said = (
        "Something of this name exists in the account, but not in the state of this deployment. "
        "If a deployment was interrupted or its state was lost, take it over"
    )
    names = {change.address: change.name for change in (plan.changes if plan else ()) if change.kind in NAMED_BY}
    commands = [import_command(address, names[address]) for address in _ADDRESS.findall(errors) if names.get(address)]
    said += ":\n" + "\n".join(f"    {command}" for command in commands) if commands else " with terraform import."
    return f'{said}\nIf it belongs to another bridge, keep both: set name = "second" in terraform/terraform.tfvars. See docs/upgrade.md.'
