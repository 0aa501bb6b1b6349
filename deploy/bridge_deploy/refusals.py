"""What must not be done to the tables, said before anything is changed.

Each function returns the sentences, or "" where there is nothing to say.
"""

from __future__ import annotations

import shlex

from bridge_deploy.plans import Plan

WORD = "DELETE_CONVERSATIONS"
"""The variable that says yes where nobody can be asked. Its value is the stack's name: it is never true of another one by chance."""


def of_existing_tables(plan: Plan) -> str:
    """A table of that name exists, which the state does not know: another bridge's, or what an interrupted deployment has left."""
    occupied = plan.occupied_tables()
    if not occupied:
        return ""
    imports = "\n".join(f"    {import_command(change.address, change.name)}" for change in occupied)
    return (
        f"{_listed([change.name for change in occupied])} in this account and region already, but not in the state of this deployment.\n"
        "Nothing was changed.\n"
        "* If a deployment was interrupted or its state was lost, take over the tables, with the conversations in them:\n"
        f"{imports}\n"
        "* If you ran the original bridge: docs/upgrade.md.\n"
        '* To keep them and deploy another stack beside them, set name = "second" in terraform/terraform.tfvars.'
    )


def of_protected_tables(plan: Plan, command: str) -> str:
    """Deletion protection is on: AWS would refuse, when the rest is gone already."""
    protected = plan.protected_tables()
    if not protected:
        return ""
    return (
        f"deletion_protection keeps {' and '.join(protected)} from being deleted. Nothing was changed. In this order:\n"
        "  1. Set deletion_protection = false in terraform/terraform.tfvars.\n"
        "  2. make deploy\n"
        f"  3. {command}"
    )


def of_missing_tables(plan: Plan, region: str, command: str, stack: str) -> str:
    """The state's tables are not where it says: going on would begin with empty ones, and forget the others."""
    missing = plan.missing_tables()
    if not missing:
        return ""
    return (
        f"The state has the tables {' and '.join(missing)}, but they are not in this account and region. Nothing was changed.\n"
        f"The stack was deployed in {region}. Do AWS_REGION and AWS_PROFILE name another region or account?\n"
        f"If the tables were deleted, create them again, empty: {command} {WORD}={stack}"
    )


def of_deleted_tables(names: list[str], command: str, stack: str) -> str:
    """The tables are deleted or replaced, and there is nobody to ask."""
    return (
        f"This would delete {' and '.join(names)} with all conversations. Nothing was changed.\n"
        f"At a terminal this is asked. Elsewhere, say so: {command} {WORD}={stack}"
    )


def import_command(address: str, name: str) -> str:
    return f"TF_VAR_anthropic_api_key=none terraform -chdir=terraform import {shlex.quote(address)} {name}"


def _listed(names: list[str]) -> str:
    return f"The table {names[0]} is" if len(names) == 1 else f"The tables {' and '.join(names)} are"
