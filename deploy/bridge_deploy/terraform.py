"""Terraform, run as an operator would by hand. https://developer.hashicorp.com/terraform/cli/commands"""

from __future__ import annotations

import json
import os
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

from bridge_deploy.aws_environment import KEY_VARIABLES, api_key, asks_through_aws
from bridge_deploy.failures import Failure
from bridge_deploy.hints import hints, killed
from bridge_deploy.plans import Plan

OLDEST = (1, 11)
"""The first version with write-only arguments, which keep the API key out of the state."""

REMOTE_STATE = """# Written for TF_BACKEND_CONFIG, which names the bucket; not to be committed.
terraform {
  backend "s3" {
    use_lockfile = true
  }
}
"""

Check = Callable[[Plan], None]
"""Looks at a plan before it is carried out, and raises `Failure` if it must not be."""

_NO_CHANGES, _CHANGES = 0, 2
"""Exit codes of a plan with -detailed-exitcode."""

_WITHOUT_KEY = "not-needed"
"""What the API key is when nothing writes it: a plan, a destroy. The value has no part in them, but Terraform wants one."""


class Terraform:
    """The root module in `folder`. `environment` is what the operator has set."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._given = environment
        self._environment = _environment(environment, with_key=not asks_through_aws(folder, environment))

    def require(self) -> None:
        """Raises `Failure` where Terraform is missing or too old."""
        if not shutil.which("terraform", path=self._environment.get("PATH")):
            raise Failure("terraform is not installed. Install version 1.11 or newer: https://developer.hashicorp.com/terraform/install")
        answer = self._run("version", "-json", captured=True)
        version = re.search(r'"terraform_version":\s*"(\d+)\.(\d+)', answer.stdout)
        if version and (int(version[1]), int(version[2])) < OLDEST:
            raise Failure(f"terraform {version[1]}.{version[2]} is too old. Install version 1.11 or newer.")

    def init(self) -> None:
        """Fetches the provider and binds the state: a local file, or what TF_BACKEND_CONFIG says. Raises `Failure`."""
        options = ["-input=false", *self._backend_options()]
        if plugins := self._given.get("TF_PLUGIN_DIR"):
            options.append(f"-plugin-dir={plugins}")
        answer = self._run("init", *options, captured=True)
        if answer.returncode:
            raise Failure(f"{(answer.stderr or answer.stdout).strip()}\nterraform init failed: see the error above.")

    def plan(self) -> None:
        """Shows what a deployment would change. Raises `Failure`."""
        self._shown("plan", "-input=false")

    def deploy(self, check: Check) -> bool:
        """Shows the changes and makes them; False where there were none. Raises `Failure`; so may `check`, and nothing is changed then."""
        return self._carried_out("apply", [], check)

    def destroy(self, check: Check) -> bool:
        """Deletes all that was deployed; False where nothing was found. Raises `Failure`, like `deploy`."""
        return self._carried_out("destroy", ["-destroy"], check)

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
                raise Failure(f"TF_BACKEND_CONFIG names {file}, which does not exist. docs/operations.md says what it holds.")
            override.write_text(REMOTE_STATE, encoding="utf-8")
            return [f"-backend-config={file}"]
        if override.exists():
            raise Failure(
                "The state of this checkout is remote, but TF_BACKEND_CONFIG is not set. Set it to the file that names the bucket, "
                f"or delete {override} to go back to a state of its own."
            )
        return []

    def _carried_out(self, what: str, options: list[str], check: Check) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "plan"))
            if self._shown("plan", "-input=false", "-detailed-exitcode", *options, f"-out={file}") == _NO_CHANGES:
                return False
            plan = self._read(file)
            check(plan)
            self._shown("apply", "-input=false", file, what=what, plan=plan)
        return True

    def _read(self, file: str) -> Plan:
        answer = self._run("show", "-json", file, captured=True)
        if answer.returncode:
            raise Failure(f"{answer.stderr.strip()}\nThe plan could not be read.")
        return Plan.of(json.loads(answer.stdout))

    def _shown(self, *arguments: str, what: str = "", plan: Plan | None = None) -> int:
        """Runs a command that people watch, and returns its exit code: 0, or 2 for a plan with changes. Raises `Failure`, with hints."""
        code, errors = self._watched(arguments)
        if code < 0:
            raise Failure(killed(code, what or arguments[0]))
        if code and not (code == _CHANGES and "-detailed-exitcode" in arguments):
            reason = ": see the error above" if errors.strip() else f", with exit code {code} and no reason given"
            raise Failure("\n".join([f"terraform {what or arguments[0]} failed{reason}.", *hints(errors, plan)]))
        return code

    def _watched(self, arguments: tuple[str, ...]) -> tuple[int, str]:
        """Exit code (negative: the signal that ended it) and what it wrote to stderr, which is shown as it comes."""
        with _interrupts_left_to_terraform():
            process = subprocess.Popen(self._command(arguments), env=self._environment, stderr=subprocess.PIPE)
            errors = bytearray()
            with process:
                while process.stderr and (piece := os.read(process.stderr.fileno(), 65536)):
                    errors += piece
                    sys.stderr.buffer.write(piece)
                    sys.stderr.flush()
        return process.returncode, errors.decode(errors="replace")

    def _run(self, *arguments: str, captured: bool = False) -> subprocess.CompletedProcess[str]:
        with _interrupts_left_to_terraform():
            return subprocess.run(
                self._command(arguments, captured=captured), env=self._environment, text=True, capture_output=captured, check=False
            )

    def _command(self, arguments: tuple[str, ...], *, captured: bool = False) -> list[str]:
        plain = [] if sys.stdout.isatty() and not captured else ["-no-color"]
        return ["terraform", f"-chdir={self._folder}", arguments[0], *plain, *arguments[1:]]


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


def _environment(given: Mapping[str, str], *, with_key: bool) -> dict[str, str]:
    environment = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **given}
    if not Path(given.get("TF_CLI_CONFIG_FILE", "/")).exists():
        del environment["TF_CLI_CONFIG_FILE"]  # Terraform would warn at each command.
    for name in () if with_key else KEY_VARIABLES:
        environment.pop(name, None)
    if with_key:
        environment["TF_VAR_anthropic_api_key"] = api_key(given) or _WITHOUT_KEY
    return environment
