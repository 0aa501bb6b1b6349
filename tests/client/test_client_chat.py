"""One question after the other, and where questions come from."""

from __future__ import annotations

import io
import os
import pty
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from bridge_client.commands.chat import Chat
from bridge_client.failures import Failure
from bridge_client.terminal.prompt import piped, questions, typed
from bridge_client.terminal.question import question_from
from client.bench import Bench, Full
from client.scripted_bridge import SESSION, ScriptedBridge, accepted, delta, done, error

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ANSWER = [accepted(), delta("Hello"), done()]


def text_file(data: bytes) -> TextIO:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_chat_stays_in_the_session_of_its_first_answer(terminal: bool) -> None:
    with ScriptedBridge([ANSWER, ANSWER]).running() as bridge:
        bench = Bench(bridge.url, terminal=terminal)
        chat = Chat(bench.client(), "")
        assert chat.run(iter(["one", "two"])) == 0
        chat.end(NOW)
    assert bench.shown == "Hello\nHello\n"
    assert [asked.get("session_id") for asked in bridge.received] == [None, SESSION]
    assert bench.said.count(f"Session {SESSION} · kept until") == 1
    assert f"python3 client/ask.py chat {SESSION}" in bench.said


def test_a_question_that_fails_does_not_end_the_chat() -> None:
    with ScriptedBridge([[accepted(), error("claude_refused")], ANSWER]).running() as bridge:
        bench = Bench(bridge.url)
        assert Chat(bench.client(), "").run(iter(["one", "two"])) == 7
    assert bridge.received[1]["session_id"] == SESSION
    assert "It is claude_refused." in bench.said
    assert bench.shown == "Hello\n"


def test_an_answer_that_cannot_be_written_belongs_to_the_session_all_the_same() -> None:
    with ScriptedBridge([ANSWER, ANSWER]).running() as bridge:
        bench = Bench(bridge.url)
        bench.stdout = Full()
        assert Chat(bench.client(), "").run(iter(["one", "two"])) == 7
    assert bridge.received[1]["session_id"] == SESSION
    assert bench.said.count("The answer could not be written") == 2


def test_a_chat_without_an_answer_says_no_way_to_go_on() -> None:
    bench = Bench("ws://127.0.0.1:1")
    chat = Chat(bench.client(), "")
    chat.run(iter([]))
    chat.end(NOW)
    assert "To go on" not in bench.said


def test_a_chat_whose_first_answer_failed_says_how_to_go_on() -> None:
    with ScriptedBridge(
        [[accepted(), {"type": "error", "code": "claude_refused", "message": "It is refused.", "retryable": False}]]
    ).running() as bridge:
        bench = Bench(bridge.url)
        chat = Chat(bench.client(), "")
        chat.run(iter(["one"]))
    chat.end(NOW)
    assert bench.said.endswith(f"To go on: python3 client/ask.py chat {SESSION}\n")


def test_an_early_end_is_told_in_a_chat_too() -> None:
    with ScriptedBridge([[delta("x"), done(stop_reason="too_long", truncated=True)]]).running() as bridge:
        bench = Bench(bridge.url)
        Chat(bench.client(), SESSION).run(iter(["one"]))
    assert "too long for the bridge" in bench.said


def test_lines_from_a_pipe_are_questions_until_exit() -> None:
    assert list(questions(piped(text_file(b"one\r\n\n  \ntwo\n/exit\nthree\n")))) == ["one", "two"]


def at_the_prompt(keys: str) -> list[str]:
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        pipe.send_text(keys)
        return list(questions(typed(io.StringIO())))


def test_the_prompt_edits_lines_and_ends_at_ctrl_d() -> None:
    assert at_the_prompt("onf\x7fe\r\rtwo\r\x04") == ["one", "two"]


def test_a_dumb_terminal_is_asked_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert at_the_prompt("one\r\x04") == ["one"]


def test_ctrl_c_at_the_prompt_clears_the_line() -> None:
    assert at_the_prompt("half\x03whole\r/exit\r") == ["whole"]


def test_a_paste_of_several_lines_is_one_question() -> None:
    assert at_the_prompt("\x1b[200~one\ntwo\x1b[201~\r\x04") == ["one\ntwo"]


@pytest.fixture
def said() -> list[str]:
    return []


def from_pipe(argument: str | None, data: bytes, said: list[str]) -> str:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        os.write(writing, data)
        os.close(writing)
        return question_from(argument, stdin, said.append)


@pytest.mark.parametrize(
    ("argument", "data", "question"),
    [
        ("Explain this:", b"a\nb\n", "Explain this:\n\na\nb"),
        ("Explain", b" \n", "Explain"),
        ("-", b"from stdin\n", "from stdin"),
        (None, b"from stdin\n", "from stdin"),
        (None, b"caf\xc3\xa9", "café"),
        ("a \udcff", b"", "a �"),
    ],
)
def test_question_from_argument_and_pipe(argument: str | None, data: bytes, question: str, said: list[str]) -> None:
    assert from_pipe(argument, data, said) == question
    assert said == []


@pytest.mark.parametrize("argument", ["", "-", None, "  "])
def test_no_question_is_told(argument: str | None, said: list[str]) -> None:
    with pytest.raises(Failure, match="There is no question") as failed:
        from_pipe(argument, b"\n", said)
    assert failed.value.exit_code == 2


def test_a_file_is_read(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "text").write_text("in a file")
    with (tmp_path / "text").open() as stdin:
        assert question_from("Explain", stdin, said.append) == "Explain\n\nin a file"


def test_what_is_no_pipe_and_no_file_is_not_read_after_a_question(said: list[str]) -> None:
    with Path("/dev/zero").open() as stdin:
        assert question_from("Explain", stdin, said.append) == "Explain"


def test_no_standard_input_at_all(said: list[str]) -> None:
    assert question_from("Explain", None, said.append) == "Explain"


def test_a_pipe_that_stays_silent_is_told(said: list[str]) -> None:
    reading, writing = os.pipe()

    def write(line: str) -> None:
        said.append(line)
        os.write(writing, b"late")
        os.close(writing)

    with os.fdopen(reading) as stdin:
        assert question_from("Explain", stdin, write, patience=0.01) == "Explain\n\nlate"
    assert said == ["Waiting for the text on standard input (for none: < /dev/null) ..."]


def test_at_a_terminal_only_a_dash_reads(said: list[str]) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as stdin:
        assert question_from("Explain", stdin, said.append) == "Explain"
        with pytest.raises(Failure, match="There is no question"):
            question_from(None, stdin, said.append)
        os.write(master, b"typed\n\x04")
        assert question_from("-", stdin, said.append) == "typed"
    os.close(master)
    assert said == ["Type the question; Ctrl-D on a line of its own ends it."]
