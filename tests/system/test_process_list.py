"""What other users of a machine see of the programs: command lines, which everybody can read, and environments, which nobody else can."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, environment
from terraform.checkout import checkout_in

KEY, QUESTION = "sk-key-canary-0123456789", "question-canary-0123456789"
PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self" / "cmdline").exists(), reason="no /proc here")


def processes_of(ancestor: int) -> list[Path]:
    """The folders in /proc of a process and all its descendants."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # It has just ended.
            continue
    descendants, new = {ancestor}, {ancestor}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - descendants
        descendants |= new
    return [PROC / str(number) for number in descendants]


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("stored", [True, False], ids=["the key is stored", "the key is in the environment"])
def test_a_question_from_a_pipe_and_a_key_stand_in_no_command_line(tmp_path: Path, *, stored: bool) -> None:
    hangs, may_go_on = threading.Event(), threading.Event()

    def respond(request: Request) -> Reply:
        events = scripts.said_events("Hello.")
        return scripts.played(*events[:3], hangs.set, scripts.until(may_go_on, 30), *events[3:])

    ask_py = [sys.executable, str(ROOT / "client" / "ask.py")]
    with StandIn(respond) as claude:
        variables = environment(tmp_path, ANTHROPIC_BASE_URL=claude.url)
        if stored:
            subprocess.run([*ask_py, "keys", "set", "--base-url", claude.url], input=KEY, env=variables, text=True, check=True, timeout=60)
        else:
            variables["ANTHROPIC_API_KEY"] = KEY
        with subprocess.Popen([*ask_py, "-"], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdin is not None
            client.stdin.write(QUESTION)
            client.stdin.close()
            client.stdin = None
            assert hangs.wait(30)
            folders = processes_of(client.pid)
            lines = [(folder / "cmdline").read_text() for folder in folders]
            modes = [stat.S_IMODE((folder / "environ").stat().st_mode) for folder in folders]
            may_go_on.set()
            shown, _ = client.communicate(timeout=30)
    assert (shown, client.returncode) == ("Hello.\n", 0)
    assert [claude.requests[0].headers["x-api-key"], len(folders) > 1] == [KEY, True]
    assert not [line for line in lines if KEY in line or QUESTION in line]
    assert modes == [0o400] * len(folders)


@pytest.mark.slow
def test_no_secret_of_a_deployment_stands_in_a_command_line(tmp_path: Path) -> None:
    checkout = checkout_in(tmp_path)
    assert checkout.run("deploy", ANTHROPIC_API_KEY=KEY, AWS_SECRET_ACCESS_KEY=QUESTION).returncode == 0
    said = json.dumps([call["arguments"] for call in checkout.calls()])
    token = (checkout.profile or {})["token"]
    assert KEY in [call["key"] for call in checkout.calls()]
    assert not [secret for secret in (KEY, QUESTION, token) if secret in said]
