"""A mistyped command is not a question that is paid for."""

from __future__ import annotations

import json

import pytest

from client.conftest import Run
from client.scripted_bridge import SESSION, ScriptedBridge, accepted, delta, done

ANSWER = [accepted(), delta("Hello"), done()]

MISTYPED = [
    (["help"], "--help"),
    (["version"], "--version"),
    (["list"], "sessions"),
    (["logs"], "history"),
    (["sesions"], "sessions"),
    (["Serach", "kite"], "search"),
    (["login"], "keys set"),
    (["--url", "ws://127.0.0.1:1", "hisotry"], "history"),
]


@pytest.mark.parametrize(("arguments", "meant"), MISTYPED, ids=[" ".join(arguments) for arguments, _ in MISTYPED])
def test_a_mistyped_command_asks_nothing_and_names_the_right_one(run: Run, arguments: list[str], meant: str) -> None:
    with ScriptedBridge([]).running() as bridge:
        code, stdout, stderr = run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert (code, stdout, bridge.received) == (2, "", [])
    assert f"Did you mean: python3 client/ask.py {meant}? To ask Claude: python3 client/ask.py -- " in stderr


def test_a_mistyped_command_as_json(run: Run) -> None:
    code, stdout, _ = run("--json", "list")
    assert (code, json.loads(stdout)["code"]) == (2, "bad_usage")


QUESTIONS = [
    ["hi"],
    ["what"],
    ["Kites?"],
    ["list all kites"],
    ["--", "list"],
    ["ask", "list"],
    ["-s", SESSION, "continue"],
    ["--new", "kites", "list"],
]


@pytest.mark.parametrize("arguments", QUESTIONS, ids=" ".join)
def test_what_is_a_question_is_asked(run: Run, arguments: list[str]) -> None:
    missing = [[{"type": "error", "code": "no_such_session", "message": "", "retryable": False}]] if "--new" in arguments else []
    with ScriptedBridge([*missing, ANSWER]).running() as bridge:
        code, stdout, _ = run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert (code, stdout) == (0, "Hello\n")
    assert bridge.received[-1]["action"] == "query"
