"""An answer that did not arrive can be fetched later, by another process: `ask.py resume`."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.ask import ask
from bridge_client.commands.open_questions import OPEN_SECONDS, OpenQuestion, OpenQuestions
from bridge_client.config.choice import Choice
from bridge_client.config.environment import Environment
from bridge_client.failures import Failure
from bridge_client.program import Program
from bridge_client.protocol.retry import RetryPolicy
from client.bench import RETRY_POLICY, Bench
from client.scripted_bridge import CUT, SESSION, ScriptedBridge, accepted, delta, done, error

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ASK = [sys.executable, "-W", "error", str(Path(__file__).parent.parent.parent / "client" / "ask.py")]
QUESTION = OpenQuestion("Hi 😀", "s1", "r1", "wss://host")


def run(home: Path, *arguments: str, url: str, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CLAUDE_BRIDGE_URL": url, "CLAUDE_BRIDGE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*ASK, *arguments], env=environment, **pipes, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_the_answer_of_a_client_that_was_killed_is_fetched_by_the_next_one(tmp_path: Path) -> None:
    with ScriptedBridge([]).running() as bridge:
        with run(tmp_path, "Hi", url=bridge.url) as killed:
            bridge.add([accepted(), delta("Hel"), lambda: killed.send_signal(signal.SIGKILL)])
            killed.communicate(timeout=10)
        bridge.add([accepted(), delta("Hello"), done()])
        with run(tmp_path, "resume", url="ws://127.0.0.1:9") as resumed:  # The note knows where the question was asked.
            stdout, stderr = resumed.communicate(timeout=10)
        assert (resumed.returncode, stdout) == (0, b"Hello\n")
        assert b"You asked: Hi" in stderr
        first, again = bridge.received
        assert again == first
        with run(tmp_path, "resume", "--json", url=bridge.url) as nothing:
            stdout, _ = nothing.communicate(timeout=10)
        assert (nothing.returncode, json.loads(stdout)["code"]) == (3, "nothing_to_resume")


@pytest.mark.parametrize(
    ("connections", "left"),
    [
        ([[accepted(), delta("Hello"), done()]], 0),
        ([[accepted(), error("claude_refused")]], 0),
        ([[accepted(), error("rate_limited", retryable=True)]], 0),
        ([[accepted(), delta("Hel"), CUT]] * 5, 1),
        ([[accepted(), error("still_running", retryable=True)]] * 4, 1),
    ],
    ids=["answered", "refused", "failed", "lost", "still running"],
)
def test_a_question_is_noted_for_as_long_as_its_answer_may_come(tmp_path: Path, connections: Any, left: int) -> None:
    questions = OpenQuestions(tmp_path / "open")
    with ScriptedBridge(connections).running() as bridge:
        bench = Bench(bridge.url, retry_policy=replace(RETRY_POLICY, losses=0) if left else RETRY_POLICY)
        client = replace(bench.client(), open_questions=questions)
        with suppress(Failure):
            ask(client, "Hi", SESSION, NOW)
    assert len(list((tmp_path / "open").iterdir())) == left


def test_with_a_session_goes_every_question_that_was_noted_in_it(tmp_path: Path) -> None:
    questions = OpenQuestions(tmp_path / "open")
    there = [
        QUESTION,
        QUESTION._replace(request_id="r2", session_id="", began="s1"),
        QUESTION._replace(request_id="r3", session_id="s2"),
        QUESTION._replace(request_id="r4", url=""),
    ]
    for question in there:
        questions.note(question)
    questions.forget_session("wss://host", "s1")
    assert sorted(path.stem for path in (tmp_path / "open").iterdir()) == ["r3", "r4"]


def test_the_session_that_a_question_began_is_noted_with_it(tmp_path: Path) -> None:
    questions = OpenQuestions(tmp_path / "open")
    with ScriptedBridge([[accepted(), delta("Hel"), CUT]] * 5).running() as bridge:
        client = replace(Bench(bridge.url, retry_policy=replace(RETRY_POLICY, losses=0)).client(), open_questions=questions)
        with suppress(Failure):
            ask(client, "Hi", "", NOW)
    last = questions.last()
    assert last is not None
    assert (last.session_id, last.began) == ("", SESSION)


def test_notes_that_were_cut_off_go_after_a_day_too(tmp_path: Path) -> None:
    unfinished = tmp_path / "r0.json.4711"
    unfinished.write_text("a question")
    tomorrow = unfinished.stat().st_mtime + OPEN_SECONDS + 1
    OpenQuestions(tmp_path, lambda: tomorrow).note(QUESTION)
    assert [path.name for path in tmp_path.iterdir()] == ["r1.json"]


def test_a_note_is_for_its_owner_alone(tmp_path: Path) -> None:
    questions = OpenQuestions(tmp_path / "open")
    questions.note(QUESTION)
    [note] = (tmp_path / "open").iterdir()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(note.parent.stat().st_mode) == 0o700
    assert questions.last() == QUESTION


def test_the_newest_that_can_be_read_is_the_last(tmp_path: Path) -> None:
    soon = lambda: 1e9 + 10  # noqa: E731
    questions = OpenQuestions(tmp_path, soon)
    for number, note in enumerate([QUESTION, QUESTION._replace(request_id="r2"), QUESTION._replace(request_id="r3")]):
        questions.note(note)
        os.utime(tmp_path / f"{note.request_id}.json", (1e9 + number, 1e9 + number))
    for text in ("{", "[]", "{}", '"r3"', '{"message": 1}'):
        (tmp_path / "r3.json").write_text(text)
        os.utime(tmp_path / "r3.json", (1e9 + 3, 1e9 + 3))
        assert questions.last() == QUESTION._replace(request_id="r2")


def test_what_the_bridge_has_forgotten_is_forgotten_here(tmp_path: Path) -> None:
    OpenQuestions(tmp_path).note(QUESTION)
    tomorrow = (tmp_path / "r1.json").stat().st_mtime + OPEN_SECONDS + 1
    later = OpenQuestions(tmp_path, lambda: tomorrow)
    assert later.last() is None
    later.note(QUESTION._replace(request_id="r2"))
    assert [note.name for note in tmp_path.iterdir()] == ["r2.json"]


def test_a_folder_that_cannot_be_used_stops_no_question(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    questions = OpenQuestions(tmp_path / "file" / "open")
    questions.note(QUESTION)
    questions.forget("r1")
    assert questions.last() is None


def test_an_answer_is_fetched_from_where_it_was_asked(tmp_path: Path) -> None:
    variables = {"CLAUDE_BRIDGE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    program = Program(Environment.of(variables), "ask.py", tmp_path)
    assert [program.choice_for(url, stand_in=False) for url in ("", "wss://a")] == [Choice(), Choice("wss://a")]
    program = Program(Environment.of({**variables, "CLAUDE_BRIDGE_URL": "wss://a"}), "ask.py", tmp_path)
    assert [program.choice_for(url, stand_in=False) for url in ("", "wss://a")] == [Choice(local=True), Choice()]
    (tmp_path / "claude-bridge").mkdir()
    (tmp_path / "claude-bridge" / "config.toml").write_text("not TOML")
    program = Program(Environment.of(variables), "ask.py", tmp_path)
    assert program.choice_for("wss://a", stand_in=False) == Choice("wss://a")


def test_notes_lie_where_states_do(tmp_path: Path) -> None:
    assert Environment.of({"XDG_STATE_HOME": str(tmp_path)}).state == tmp_path / "claude-bridge"
    assert Environment.of({"CLAUDE_BRIDGE_HOME": str(tmp_path)}).state == tmp_path


def test_a_connection_lost_for_good_says_how_to_go_on() -> None:
    with ScriptedBridge([[accepted(), CUT]]).running() as bridge:
        bench = Bench(bridge.url, retry_policy=RetryPolicy(losses=0))
        client = bench.client()
        with pytest.raises(Failure) as failed:
            ask(client, "Hi", "", NOW)
        client.report(failed.value)
    assert "then fetch the answer: python3 client/ask.py resume" in bench.said


def test_an_answer_of_the_stand_in_is_fetched_from_the_stand_in(tmp_path: Path) -> None:
    questions = OpenQuestions(tmp_path)
    questions.note(QUESTION._replace(url="", stand_in=True))
    program = Program(Environment.of({"CLAUDE_BRIDGE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}), "ask.py", tmp_path)
    question = questions.last()
    assert question is not None
    assert program.choice_for(question.url, stand_in=question.stand_in) == Choice(stand_in=True)
