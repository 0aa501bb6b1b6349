"""Terraform, run as an operator would by hand. https://developer.hashicorp.com/terraform/cli/commands"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge_deploy.aws_environment import api_key
from bridge_deploy.failures import Failure

OLDEST = (1, 11)
"""The first version with write-only arguments, which keep the API key out of the state."""

REMOTE_STATE = """# Written for TF_BACKEND_CONFIG, which names the bucket; not to be committed.
terraform {
  backend "s3" {
    use_lockfile = true
  }
}
"""

_WITHOUT_KEY = "not-needed"
"""What the API key is when nothing writes it: a plan, a destroy. The value has no part in them, but Terraform wants one."""


class Terraform:
    """The root module in `folder`. `environment` is what the operator has set."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._given = environment
        self._environment = _environment(environment)

    def require(self) -> None:
        """Raises `Failure` where Terraform is missing or too old."""
        if not shutil.which("terraform", path=self._environment.get("PATH")):
            raise Failure("terraform is not installed. Install version 1.11 or newer: https://developer.hashicorp.com/terraform/install")
        answer = self._run("version", "-json", captured=True)
        found = re.search(r'"terraform_version":\s*"(\d+)\.(\d+)', answer.stdout)
        if found and (int(found[1]), int(found[2])) < OLDEST:
            raise Failure(f"terraform {found[1]}.{found[2]} is too old. Install version 1.11 or newer.")

    def init(self) -> None:
        """Fetches the provider and binds the state: a local file, or what TF_BACKEND_CONFIG says. Raises `Failure`."""
        options = ["-input=false", *self._backend_options()]
        if plugins := self._given.get("TF_PLUGIN_DIR"):
            options.append(f"-plugin-dir={plugins}")
        answer = self._run("init", *options, captured=True)
        if answer.returncode:
            raise Failure(f"{(answer.stderr or answer.stdout).strip()}\nterraform init failed: the reason stands above.")

    def plan(self) -> None:
        """Shows what a deployment would change. Raises `Failure`."""
        self._done(self._run("plan", "-input=false"), "plan")

    def deploy(self, may_delete: Callable[[list[str]], bool]) -> bool:
        """Shows the changes and makes them; False where there were none. Raises `Failure`.

        `may_delete` is called with the addresses of what would be deleted or replaced, if anything would, and says whether to go on.
        """
        with tempfile.TemporaryDirectory() as folder:
            plan = str(Path(folder, "plan"))
            answer = self._run("plan", "-input=false", "-detailed-exitcode", f"-out={plan}")
            if answer.returncode == 0:
                return False
            if answer.returncode != 2:
                self._done(answer, "plan")
            deleted = self._deleted(plan)
            if deleted and not may_delete(deleted):
                raise Failure("Nothing was changed.")
            self._done(self._run("apply", "-input=false", plan), "apply")
        return True

    def destroy(self) -> None:
        """Deletes all that was deployed. Raises `Failure`."""
        self._done(self._run("destroy", "-input=false", "-auto-approve"), "destroy")

    def outputs(self) -> dict[str, Any]:
        """The outputs of what is deployed; empty where nothing is. Raises `Failure`."""
        answer = self._run("output", "-json", captured=True)
        if answer.returncode:
            raise Failure(f"{answer.stderr.strip()}\nThe outputs could not be read.")
        return {name: output["value"] for name, output in json.loads(answer.stdout).items()}

    def _backend_options(self) -> list[str]:
        override = self._folder / "backend_override.tf"
        if named := self._given.get("TF_BACKEND_CONFIG"):
            file = Path(named).expanduser().absolute()
            if not file.is_file():
                raise Failure(f"TF_BACKEND_CONFIG names {file}, which does not exist. docs/operations.md says what stands in it.")
            override.write_text(REMOTE_STATE, encoding="utf-8")
            return [f"-backend-config={file}"]
        if override.exists():
            raise Failure(
                "The state of this checkout is remote, but TF_BACKEND_CONFIG is not set. Set it to the file that names the bucket, "
                f"or delete {override} to go back to a state of its own."
            )
        return []

    def _deleted(self, plan: str) -> list[str]:
        answer = self._run("show", "-json", plan, captured=True)
        if answer.returncode:
            raise Failure(f"{answer.stderr.strip()}\nThe plan could not be read.")
        changes = json.loads(answer.stdout).get("resource_changes", [])
        return [change["address"] for change in changes if "delete" in change["change"]["actions"]]

    def _done(self, answer: subprocess.CompletedProcess[str], what: str) -> None:
        if answer.returncode:
            raise Failure(f"terraform {what} failed: the reason stands above.")

    def _run(self, *arguments: str, captured: bool = False) -> subprocess.CompletedProcess[str]:
        plain = [] if sys.stdout.isatty() and not captured else ["-no-color"]
        command = ["terraform", f"-chdir={self._folder}", arguments[0], *plain, *arguments[1:]]
        with _interrupts_left_to_terraform():
            return subprocess.run(command, env=self._environment, text=True, capture_output=captured, check=False)


@contextmanager
def _interrupts_left_to_terraform() -> Iterator[None]:
    """Ctrl-C reaches Terraform as well, which then ends in order; killed instead, it would forget what it has made.

    A handler that does nothing, not SIG_IGN: that one Terraform would inherit.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    environment = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **given}
    if not Path(given.get("TF_CLI_CONFIG_FILE", "/")).exists():
        del environment["TF_CLI_CONFIG_FILE"]  # Terraform would warn at each command.
    environment["TF_VAR_anthropic_api_key"] = api_key(given) or _WITHOUT_KEY
    return environment
