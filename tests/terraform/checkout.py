"""A copy of what the commands of deploy/ need, with a stand-in for Terraform that answers as a test says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
URL = "wss://abc.execute-api.eu-central-1.amazonaws.com/prod"

STAND_IN = """#!{python}
import json, os, sys
arguments = sys.argv[1:]
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "calls"), "a") as calls:
    key = os.environ.get("TF_VAR_anthropic_api_key")
    calls.write(json.dumps({{"arguments": arguments, "key": key, "cli": os.environ.get("TF_CLI_CONFIG_FILE")}}) + chr(10))
command = arguments[0] if arguments[0] == "version" else arguments[1]
answer = json.load(open(os.path.join(folder, "answers.json"))).get(command, {{}})
print(answer.get("out", ""))
print(answer.get("err", ""), file=sys.stderr, flush=True)
if "signal" in answer: os.kill(os.getpid(), answer["signal"])
sys.exit(answer.get("code", 0))
"""


@dataclass
class Checkout:
    """A copy of what the commands need, a home, and a stand-in for Terraform that answers as a test says."""

    root: Path
    home: Path
    commands: Path

    def answer(self, **answers: dict[str, Any]) -> None:
        usual: dict[str, dict[str, Any]] = {
            "version": {"out": '{"terraform_version": "1.11.4"}'},
            "plan": {"code": 2},
            "show": {"out": '{"resource_changes": [{"address": "a.table", "change": {"actions": ["create"]}}]}'},
            "output": {"out": json.dumps({name: {"value": value} for name, value in (("name", "claude-context"), ("url", URL))})},
        }
        (self.commands / "answers.json").write_text(json.dumps(usual | answers))

    def run(self, command: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": f"{self.commands}:/usr/bin:/bin",
            "HOME": str(self.home),
            "USER": "some.one",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "ANTHROPIC_API_KEY": "sk-ant-not-a-real-key",
        } | environment
        arguments = [sys.executable, str(self.root / "deploy" / "stack.py"), command]
        return subprocess.run(arguments, env=variables, input=typed, capture_output=True, text=True, timeout=60, check=False)

    def with_client(self, program: str) -> None:
        (self.root / "client").mkdir()
        (self.root / "client" / "ask.py").write_text(program)

    def calls(self) -> list[dict[str, Any]]:
        path = self.commands / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def ran(self) -> list[str]:
        """Terraform's commands in order, without the questions for its version."""
        return [call["arguments"][1] for call in self.calls() if call["arguments"][1] != "version"]

    @property
    def tokens(self) -> list[dict[str, Any]]:
        path = self.root / "terraform" / "tokens.auto.tfvars.json"
        result: list[dict[str, Any]] = json.loads(path.read_text())["client_tokens"] if path.exists() else []
        return result

    @property
    def profile(self) -> dict[str, str] | None:
        path = self.home / ".config" / "claude-bridge" / "config.toml"
        return tomllib.loads(path.read_text())["bridge"] if path.exists() else None


def checkout_in(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path / "checkout", tmp_path / "home", tmp_path / "commands")
    for folder in (made.root / "terraform", made.root / "lambda", made.home, made.commands):
        folder.mkdir(parents=True)
    shutil.copytree(ROOT / "deploy", made.root / "deploy")
    shutil.copy(ROOT / "terraform" / "variables.tf", made.root / "terraform")
    (made.root / "lambda" / "bridge").mkdir()
    (made.root / "lambda" / "bridge" / "handler.py").write_text("import json\n")
    stand_in = made.commands / "terraform"
    stand_in.write_text(STAND_IN.format(python=sys.executable))
    stand_in.chmod(0o755)
    made.answer()
    return made


def asked_at_a_terminal(checkout: Checkout, command: str, typed: str) -> tuple[int, str]:
    """Runs `command` with a terminal for its input: only then is anybody asked."""
    ours, theirs = os.openpty()
    variables = {
        **os.environ,
        "PATH": f"{checkout.commands}:/usr/bin:/bin",
        "HOME": str(checkout.home),
        "XDG_CONFIG_HOME": str(checkout.home / ".config"),
        "CI": "",
        "AWS_REGION": "eu-central-1",
        "AWS_PROFILE": "work",
        "ANTHROPIC_API_KEY": "sk-ant-not-a-real-key",
    }
    arguments = [sys.executable, str(checkout.root / "deploy" / "stack.py"), command]
    with subprocess.Popen(arguments, env=variables, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        os.write(ours, typed.encode())
        output, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return process.returncode, output


def shown(*changes: Mapping[str, Any], gone: tuple[Mapping[str, Any], ...] = (), tables: tuple[str, ...] = ()) -> dict[str, str]:
    """What `terraform show -json` says of a plan."""
    read = {"mode": "data", "type": "aws_dynamodb_tables", "values": {"names": list(tables)}}
    plan = {"resource_changes": changes, "resource_drift": gone, "prior_state": {"values": {"root_module": {"resources": [read]}}}}
    return {"out": json.dumps(plan)}


def change(kind: str, name: str, *actions: str, before: str | None = None, **attributes: Any) -> dict[str, Any]:
    """A change of one resource; `before` is its name until then."""
    old = {"name": before or name, **attributes} if "delete" in actions or before else None
    new = {"name": name} if "create" in actions else None
    return {"address": f"module.storage.{kind}.{name}", "type": kind, "change": {"actions": list(actions), "before": old, "after": new}}


def table(name: str, *actions: str, before: str | None = None, **attributes: Any) -> dict[str, Any]:
    return change("aws_dynamodb_table", name, *actions, before=before, **attributes)
