"""A mistyped command is not a question that is paid for."""

from __future__ import annotations

import json

import pytest

from bridge_client.command_line import commands
from client.conftest import Run
from client.scripted_bridge import SESSION, ScriptedBridge, accepted, delta, done

ANSWER = [accepted(), delta("Hello"), done()]

MISTYPED = [
    (["help"], "--help"),
    (["version"], "--version"),
    (["list"], "sessions"),
    (["logs"], "history"),
    (["lst"], "sessions"),
    (["lsit"], "sessions"),
    (["Hlep"], "--help"),
    (["verison"], "--version"),
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--verison"], "No such option --verison. Did you mean --version? (See"),
        (["--modle", "x"], "No such option --modle. Did you mean --model? (See"),
        (["--foo"], "No such option --foo. (See"),
        (["history"], "Missing argument 'SESSION'. Your sessions: python3 client/ask.py sessions (See"),
        (["history", "a", "b"], "Got unexpected extra argument (b). (See"),
    ],
)
def test_a_mistyped_option_or_a_missing_word_is_answered_with_what_was_meant(run: Run, arguments: list[str], said: str) -> None:
    code, _, stderr = run(*arguments)
    assert (code, said in stderr) == (2, True)


@pytest.mark.parametrize("command", ["keep", "why"])
def test_only_a_question_may_begin_a_session(run: Run, command: str) -> None:
    gone = {"type": "error", "code": "no_such_session", "message": "", "retryable": False}
    with ScriptedBridge([[gone], [{"type": "sessions", "sessions": []}]]).running() as bridge:
        code, _, stderr = run(command, "nosuch", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert (code, "There is no session nosuch" in stderr, "--new" in stderr) == (3, True, False)


QUESTIONS = [
    ["hi"],
    ["lost"],
    ["shoe"],
    ["gel"],
    ["fine"],
    ["nwe"],
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


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked_once_what_a_word_means(run: Run, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(commands, "can_confirm", lambda: True)
    monkeypatch.setattr(commands, "confirmed", lambda _question: answer)
    with ScriptedBridge([ANSWER]).running() as bridge:
        code, _, stderr = run("lst", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        asked = [frame["message"] for frame in bridge.received]
    assert (code, asked) == ((0, ["lst"]) if answer else (2, []))
    assert stderr == "Nothing was asked.\n" or answer
