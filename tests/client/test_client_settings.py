"""How a question is to be answered, and the settings of a session."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_client.commands.ask import ask
from bridge_client.commands.chat import Chat
from bridge_client.commands.open_questions import OpenQuestion, OpenQuestions
from bridge_client.commands.slash import run_command
from bridge_client.failures import Failure
from client.bench import RETRY_POLICY, Bench
from client.conftest import Run
from client.scripted_bridge import CUT, SESSION, Connection, Frame, ScriptedBridge, accepted, delta, done, reply
from client.test_client_chat import NOW

ANSWER: Connection = [accepted(), delta("Hello"), done()]
KNOWS: Connection = [{"type": "pong", "version": "0.2.0", "features": ["options", "must", "settings", "configure"]}]
OLD: Connection = [{"type": "pong"}]
CONFIGURED: Connection = [reply("configure", "all settings")]


def played(run: Run, *arguments: str, connections: list[Connection]) -> tuple[int, str, str, list[Frame]]:
    with ScriptedBridge(connections).running() as bridge:
        code, stdout, stderr = run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    return code, stdout, stderr, bridge.received


OPTIONS = ["-m", "claude-haiku-5-5", "--system", "Be brief.", "--effort", "low", "--max-tokens", "50", "--scope", "off"]
FIELDS = {"model": "claude-haiku-5-5", "system": "Be brief.", "effort": "low", "max_tokens": 50, "scope": "off"}


def test_a_question_says_how_it_is_answered(run: Run) -> None:
    code, _, _, received = played(run, "Hi", *OPTIONS, connections=[KNOWS, ANSWER])
    assert code == 0
    assert received[1].items() >= FIELDS.items()


def test_without_options_nothing_is_added_and_nothing_asked_first(run: Run) -> None:
    *_, received = played(run, "Hi", connections=[ANSWER])
    assert [set(frame) - {"utc_offset"} for frame in received] == [{"action", "message", "request_id", "stream"}]


@pytest.mark.parametrize("arguments", [["Hi", "-m", "x"], ["rename", SESSION, "Kites"], ["keep", SESSION]], ids=lambda words: words[0])
def test_a_bridge_that_would_ignore_it_is_not_asked(run: Run, arguments: list[str]) -> None:
    code, stdout, stderr, received = played(run, *arguments, connections=[OLD])
    assert (code, stdout, [frame["action"] for frame in received]) == (2, "", ["ping"])
    assert "This bridge is older than 0.2 and does not know" in stderr
    assert "make deploy" in stderr


@pytest.mark.parametrize("option", [["--effort", "huge"], ["--scope", "mine"], ["--max-tokens", "0"]], ids=" ".join)
def test_what_no_bridge_knows_is_refused_here(run: Run, option: list[str]) -> None:
    assert played(run, "Hi", *option, connections=[])[0] == 2


def test_a_question_that_was_lost_is_fetched_as_it_was_asked(run: Run, tmp_path: Path) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        lost = OpenQuestion("Hi", "", "r1", bridge.url, options={"model": "claude-haiku-5-5"})
        OpenQuestions(tmp_path / "state" / "claude-bridge" / "open-questions").note(lost)
        assert run("resume", variables={"CLAUDE_BRIDGE_URL": bridge.url})[0] == 0
    assert bridge.received[0].items() >= {"message": "Hi", "request_id": "r1", "model": "claude-haiku-5-5"}.items()


def test_what_a_question_says_is_noted_until_it_is_answered(tmp_path: Path) -> None:
    notes = OpenQuestions(tmp_path / "notes")
    with ScriptedBridge([[accepted(), CUT]]).running() as bridge:
        client = replace(Bench(bridge.url, retry_policy=replace(RETRY_POLICY, losses=0)).client(), open_questions=notes)
        with pytest.raises(Failure):
            ask(client, "Hi", "", NOW, options={"model": "claude-haiku-5-5"})
    assert [question.options for question in [notes.last()] if question] == [{"model": "claude-haiku-5-5"}]


def test_a_session_is_renamed(run: Run) -> None:
    code, stdout, stderr, received = played(run, "rename", SESSION, "Kites", "again", connections=[KNOWS, CONFIGURED])
    assert (code, stdout, received[1]["title"]) == (0, "", "Kites again")
    assert stderr == f"{SESSION} is now called: Kites\n"


@pytest.mark.parametrize(("options", "hours"), [([], 0), (["--for", "30d"], 720), (["--for", "90m"], 2)])
def test_a_session_is_kept(run: Run, options: list[str], hours: int) -> None:
    code, _, stderr, received = played(run, "keep", SESSION, *options, connections=[KNOWS, CONFIGURED])
    assert (code, received[1]["keep_hours"]) == (0, hours)
    assert stderr == f"{SESSION} is kept until you delete it.\n"


def test_a_long_session_is_kept_in_several_requests(run: Run) -> None:
    part: Connection = [{**reply("configure", "all settings"), "complete": False}]
    code, stdout, _, received = played(run, "keep", SESSION, "--json", connections=[KNOWS, part, part, CONFIGURED])
    assert (code, len(received)) == (0, 4)
    assert set(json.loads(stdout)) == {
        *("session_id", "title", "project", "system", "model", "effort", "scope", "keep_hours", "expires_at", "complete")
    }


def test_the_last_session_is_asked_to_exist_and_a_new_one_not_to(run: Run) -> None:
    missing: Connection = [{"type": "error", "code": "no_such_session", "message": "", "retryable": False}]
    with ScriptedBridge([ANSWER, ANSWER, missing, ANSWER]).running() as bridge:
        for arguments in (["one"], ["-c", "two"], ["--new", "kites", "three"]):
            run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert [frame.get("must") for frame in bridge.received if frame["action"] == "query"] == [None, "exist", "be_new"]


def test_settings_within_a_chat() -> None:
    connections = [KNOWS, ANSWER, ANSWER, KNOWS, CONFIGURED, KNOWS, CONFIGURED]
    lines = ["/model claude-haiku-5-5", "one", "/model default", "two", "/rename Kites", "/keep 3d"]
    with ScriptedBridge(connections).running() as bridge:
        bench = Bench(bridge.url)
        assert Chat(bench.client(), "", lambda: NOW, act=run_command).run(iter(lines)) == 0
    queries = [frame for frame in bridge.received if frame["action"] == "query"]
    assert [frame.get("model") for frame in queries] == ["claude-haiku-5-5", None]
    changes = [frame for frame in bridge.received if frame["action"] == "configure"]
    assert (changes[0]["title"], changes[1]["keep_hours"]) == ("Kites", 72)
    assert "model: claude-haiku-5-5\n" in bench.said


@pytest.mark.parametrize("line", ["/rename", "/rename Kites", "/keep soon", "/keep"])
def test_settings_that_lack_something_change_nothing(line: str) -> None:
    bench = Bench("ws://127.0.0.1:1")
    assert Chat(bench.client(), "", lambda: NOW, act=run_command).run(iter([line])) == 2
