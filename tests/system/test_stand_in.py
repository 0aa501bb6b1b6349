"""Without a key: a stand-in answers only where it was asked for, and everything but asking works."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, ask, bridge, environment, talk

NOT_ASKED_FOR = {"CLAUDE_BRIDGE_STAND_IN": ""}


def with_a_key(home: Path) -> None:
    """Asks Claude one question, in session s1."""
    with StandIn(scripts.always(scripts.said("Hello."))) as claude:
        answered = ask(home, "Hi", "--new", "s1", ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="test")
    assert answered.stdout == "Hello.\n"


@pytest.mark.slow
@pytest.mark.parametrize("form", [[], ["--json"], ["--stream"]], ids=["text", "JSON", "stream"])
def test_no_program_gets_made_up_text(tmp_path: Path, form: list[str]) -> None:
    asked = ask(tmp_path, "Write a commit message", *form, **NOT_ASKED_FOR)
    assert asked.returncode == 4
    if form == ["--json"]:
        assert json.loads(asked.stdout)["code"] == "claude_misconfigured"
    else:
        assert asked.stdout == ""
    assert "keys set" in asked.stderr
    assert asked.stderr.count("ANTHROPIC_API_KEY") == 1


@pytest.mark.slow
@pytest.mark.parametrize("by", ["option", "variable", "make"])
def test_who_asks_for_the_stand_in_gets_it(tmp_path: Path, by: str) -> None:
    options = ["--stand-in"] if by == "option" else []
    variables = {"variable": {"CLAUDE_BRIDGE_STAND_IN": "1"}, "make": {"CLAUDE_BRIDGE_COMMAND": "make"}}.get(by, {})
    asked = ask(tmp_path, "Hi", "--json", *options, **{**NOT_ASKED_FOR, **variables})
    assert (asked.returncode, json.loads(asked.stdout)["stand_in"]) == (0, True)
    assert "a stand-in answers, not claude" in asked.stderr.lower()


@pytest.mark.slow
def test_with_a_key_the_option_still_means_the_stand_in(tmp_path: Path) -> None:
    with StandIn(scripts.always(scripts.said("Hello."))) as claude:
        variables = {"ANTHROPIC_BASE_URL": claude.url, "ANTHROPIC_API_KEY": "test"}
        assert json.loads(ask(tmp_path, "--stand-in", "--json", "Hi", **variables).stdout)["stand_in"] is True
        assert claude.count == 0
        assert json.loads(ask(tmp_path, "--json", "Hi", **variables).stdout)["stand_in"] is False


@pytest.mark.slow
def test_a_person_at_a_terminal_sees_that_a_stand_in_answers(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, str(ROOT / "client" / "ask.py"), "Hi"]
    terminal = {"stdin": slave, "stdout": slave, "stderr": slave}
    with subprocess.Popen(command, env=environment(tmp_path, **NOT_ASKED_FOR), **terminal) as asked:  # type: ignore[call-overload]
        assert asked.wait(20) == 0
    os.close(slave)
    shown = os.read(master, 8192).decode()
    os.close(master)
    assert shown.startswith("No API key is set: a stand-in answers, not Claude.")
    assert " --stand-in " in shown.rpartition("To go on:")[2]


@pytest.mark.slow
def test_without_a_key_everything_else_works(tmp_path: Path) -> None:
    with_a_key(tmp_path)
    assert ask(tmp_path, "sessions", **NOT_ASKED_FOR).stdout.startswith("s1\tHi\t1\t")
    assert ask(tmp_path, "history", "s1", **NOT_ASKED_FOR).stdout == "You: Hi\n\nClaude: Hello.\n"
    assert "s1" in ask(tmp_path, "search", "hello", **NOT_ASKED_FOR).stdout
    assert ask(tmp_path, "delete", "s1", "--yes", **NOT_ASKED_FOR).returncode == 0
    assert ask(tmp_path, "sessions", **NOT_ASKED_FOR).stdout == ""


@pytest.mark.slow
def test_ping_says_that_there_is_no_key_or_that_a_stand_in_answers(tmp_path: Path) -> None:
    without = ask(tmp_path, "ping", **NOT_ASKED_FOR)
    assert (without.returncode, without.stdout.splitlines()[2].split("\t")[1]) == (4, "failed")
    stand_in = ask(tmp_path, "ping", "--stand-in")
    assert (stand_in.returncode, stand_in.stdout.splitlines()[2].split("\t")[:2]) == (0, ["model stand-in", "ok"])
    assert json.loads(ask(tmp_path, "ping", "--json", "--stand-in").stdout)["stand_in"] is True


@pytest.mark.slow
def test_a_bridge_in_the_foreground_makes_nothing_up(tmp_path: Path) -> None:
    with bridge(tmp_path, **NOT_ASKED_FOR) as running:
        frames = talk(running.url, {"action": "query", "message": "Hi", "stream": True}, {"action": "sessions"})
    assert [frame.get("code") or frame.get("sessions") for frame in frames if frame["type"] in ("error", "sessions")] == [
        "claude_misconfigured",
        [],
    ]
