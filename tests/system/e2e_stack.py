"""A bridge deployed by `make deploy` in an emulated account, and the programs that stand in for AWS and for Claude meanwhile.

All of it lies in one folder, build/e2e: a copy of the checkout (whose own state and tokens, which may be a real account's, are never
touched), a home, logs, and `state.json`, which says what is running.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge_deploy import client_profile
from bridge_deploy.client_profile import Profile
from system import provider
from system.deployment import Account

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "e2e"
COPIED = (
    "Makefile",
    "deploy.mk",
    "build.sh",
    "deploy",
    "lambda",
    "client",
    "local",
    "terraform",
    "requirements.txt",
    "requirements-test.txt",
)
OWN_CHOICES = shutil.ignore_patterns("__pycache__", ".terraform*", "*.tfstate*", "*.tfvars", "*.tfvars.json", "backend_override.tf")
PASSED_ON = (
    *("PATH", "LANG", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "TF_PLUGIN_CACHE_DIR", "COVERAGE_PROCESS_START"),
    *("GOGC", "GOMEMLIMIT"),
)
NAME = "claude-context"
KEY = "sk-ant-e2e-never-to-be-seen"
WORKSPACE = "wrkspc_01AbCdEf"
RETRY_POLICY = 60.0
"""Seconds within which a program has to start, or to end."""


class StepFailed(Exception):
    """What was tried did not happen; the text says what."""


class E2eStack:
    """One stack in its folder, from `up` until `down`, which may be calls of different processes. `provider` is that of Claude."""

    def __init__(self, folder: Path = FOLDER, provider: str = "anthropic") -> None:
        self.folder = folder
        self._provider = provider
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.logs = folder / "logs"
        self.region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._state = folder / "state.json"
        self._started: list[subprocess.Popen[str]] = []
        """Those of the programs that this process itself has started."""

    @property
    def running(self) -> dict[str, Any]:
        """What `up` has started: `endpoint`, `claude`, `url`, `token`, `region`, and more. Empty: nothing."""
        state: dict[str, Any] = json.loads(self._state.read_text()) if self._state.exists() else {}
        return state

    @property
    def account(self) -> Account:
        return Account(self.running["endpoint"], self.running["region"])

    @property
    def profile(self) -> Path:
        return self.home / ".config" / "claude-bridge" / "config.toml"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What the functions have called, in order: `action`, `resource`, `allowed`."""
        return [json.loads(line) for line in (self.logs / "calls.jsonl").read_text().splitlines()]

    @property
    def function_log(self) -> str:
        return (self.logs / "functions.log").read_text()

    def begin(self) -> None:
        """The copy of the checkout, and the emulated account next to it, empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in (self.checkout, self.home, self.logs):
            path.mkdir(parents=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.checkout / name, ignore=OWN_CHOICES)
            else:
                shutil.copy2(source, self.checkout / name)
        self.remember(region=self.region, provider=self._provider, terraform=provider.variables(os.environ), programs={})
        self._start("emulated_account", "--region", self.region, "--calls", str(self.logs / "calls.jsonl"))

    def serve(self) -> None:
        """API Gateway and Lambda in front of what is deployed now."""
        package, log = self.checkout / "build" / "bridge.zip", self.logs / "functions.log"
        running = self.running
        self._start(
            "deployed_gateway",
            *("--endpoint", running["endpoint"], "--region", running["region"], "--name", NAME),
            *("--package", str(package), "--log", str(log)),
        )
        deployed = client_profile.read(self.profile)
        if deployed is None:
            raise StepFailed("make deploy has written no profile for the client.")
        # The client's own profile, but for the address, which is none of AWS's here.
        reachable = Profile(deployed.stack, self.running["url"], deployed.token)
        client_profile.write(self.folder / "profile" / "claude-bridge" / "config.toml", reachable)
        self.remember(token=deployed.token)

    def end(self) -> None:
        """Stops the programs and removes the folder, but for the logs."""
        for name, pid in self.running.get("programs", {}).items():
            _stop(name, pid)
        for process in self._started:
            process.wait(RETRY_POLICY)
        self._state.unlink(missing_ok=True)
        for path in (self.checkout, self.home, self.folder / "profile"):
            shutil.rmtree(path, ignore_errors=True)

    def remember(self, **values: Any) -> None:
        """Adds to what is known of what runs."""
        self._state.write_text(json.dumps({**self.running, **values}, indent=2) + "\n")

    def make(self, *arguments: str, **variables: str) -> str:
        """Runs make in the copy, as a person would, and returns what it prints. Raises `StepFailed`."""
        # The copy has no .venv of its own: what this process runs with has all that is needed.
        python = [f"BIN={Path(sys.executable).parent}", "-o", ".venv/client.stamp"]
        return self._run(["make", "--no-print-directory", *python, *arguments], variables)

    def refused(self, *arguments: str, **variables: str) -> str:
        """What make prints when it ends with an error. Raises `StepFailed` when it does not."""
        try:
            said = self.make(*arguments, **variables)
        except StepFailed as failed:
            return str(failed)
        raise StepFailed(f"make {' '.join(arguments)} should have ended with an error:\n{said}")

    def terraform(self, *arguments: str, **variables: str) -> str:
        """Runs Terraform on what `make` has deployed. Raises `StepFailed`."""
        command = ["terraform", f"-chdir={self.checkout / 'terraform'}", *arguments]
        key = {"TF_VAR_anthropic_api_key": KEY} if self.running["provider"] == "anthropic" else {}
        return self._run(command, {**key, **variables})

    def ask(self, *arguments: str, token: str | None = None, expected: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs the client to its end, with the operator's profile or another token. Raises `StepFailed` for any other exit code."""
        profile = {"XDG_CONFIG_HOME": str(self.folder / "profile")}
        answer = subprocess.run(
            [sys.executable, str(self.checkout / "client" / "ask.py"), *arguments],
            env=self.environment()
            | (profile if token is None else {"CLAUDE_BRIDGE_URL": self.running["url"], "CLAUDE_BRIDGE_TOKEN": token}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RETRY_POLICY,
            check=False,
        )
        if answer.returncode != expected:
            raise StepFailed(f"the client ended with {answer.returncode}, not {expected}:\n{answer.stdout}{answer.stderr}")
        return answer

    def environment(self) -> dict[str, str]:
        """That of a person with an empty home who deploys to the emulated account."""
        running = self.running
        known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {
            **known,
            **running["terraform"],
            "HOME": str(self.home),
            "USER": "somebody",
            "TERM": "dumb",
            "NO_PROXY": "127.0.0.1",
            "PYTHON": sys.executable,
            "CHECKPOINT_DISABLE": "1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": running["region"],
            "AWS_ENDPOINT_URL": running["endpoint"],
            "TF_VAR_lease_seconds": "3",
            **self.provider_variables(running["provider"]),
        }

    def provider_variables(self, provider: str) -> dict[str, str]:
        """The variables of a deployment that asks Claude that way. Only one of the providers has a key."""
        if provider == "anthropic":
            return {"ANTHROPIC_API_KEY": KEY, "TF_VAR_anthropic_base_url": self.running["claude"]}
        workspace = {"TF_VAR_claude_workspace_id": WORKSPACE} if provider == "anthropic-aws" else {}
        return {"TF_VAR_claude_provider": provider, "TF_VAR_anthropic_base_url": self.running["providers"][provider], **workspace}

    @contextmanager
    def edited(self, name: str, old: str, new: str) -> Iterator[None]:
        """Has a file of the copy say something else until the end of the block."""
        path = self.checkout / name
        text = path.read_text()
        if old not in text:
            raise StepFailed(f"{name} does not say {old!r} any more.")
        path.write_text(text.replace(old, new, 1))
        try:
            yield
        finally:
            path.write_text(text)

    def _run(self, command: list[str], variables: Mapping[str, str]) -> str:
        answer = subprocess.run(
            command,
            env={**self.environment(), **variables},
            cwd=self.checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        with (self.logs / "commands.log").open("a") as log:
            log.write(f"$ {' '.join(command)}\n{answer.stdout}\n")
        if answer.returncode:
            raise StepFailed(f"{' '.join(command)} ended with {answer.returncode}:\n{answer.stdout}")
        return answer.stdout

    def _start(self, module: str, *arguments: str) -> None:
        """Starts one of the programs in the background; it runs on when this process has ended."""
        path = os.pathsep.join(str(ROOT / folder) for folder in ("tests", "deploy", "local", "lambda"))
        with (self.logs / f"{module}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"system.{module}", *arguments],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "HOME": str(self.home)},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._started.append(process)
        self.remember(programs={**self.running["programs"], module: process.pid})
        assert process.stdout
        said = process.stdout.readline()
        process.stdout.close()
        if not said:
            raise StepFailed(f"{module} did not start:\n{(self.logs / f'{module}.log').read_text()}")
        self.remember(**json.loads(said))


def _stop(name: str, pid: int) -> None:
    """Ends a program, if that is what has this process id now."""
    if f"system.{name}" not in _command_of(pid):
        return
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + RETRY_POLICY
    while f"system.{name}" in _command_of(pid):
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _command_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
