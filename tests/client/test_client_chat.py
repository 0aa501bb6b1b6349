"""One question after the other, and where questions come from."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from bridge_client.commands.chat import Chat
from bridge_client.commands.slash import COMMANDS, run_command
from bridge_client.failures import Failure
from bridge_client.terminal.keyboard.prompt import PromptContext, piped, questions, typed
from bridge_client.terminal.question import question_from
from client.bench import Bench, Full
from client.scripted_bridge import SESSION, Connection, ScriptedBridge, accepted, delta, done, error, golden, reply

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ANSWER = [accepted(), delta("Hello"), done()]


def text_file(data: bytes) -> TextIO:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_chat_stays_in_the_session_of_its_first_answer(terminal: bool) -> None:
    with ScriptedBridge([ANSWER, ANSWER]).running() as bridge:
        bench = Bench(bridge.url, terminal=terminal)
        chat = Chat(bench.client(), "", lambda: NOW)
        assert chat.run(iter(["one", "two"])) == 0
        chat.end()
    assert bench.shown == "Hello\nHello\n"
    assert [asked.get("session_id") for asked in bridge.received] == [None, SESSION]
    assert bench.said.count(f"Session {SESSION} · kept until") == 1
    assert f"python3 client/ask.py chat {SESSION}" in bench.said


def test_a_question_that_fails_does_not_end_the_chat() -> None:
    with ScriptedBridge([[accepted(), error("claude_refused")], ANSWER]).running() as bridge:
        bench = Bench(bridge.url)
        assert Chat(bench.client(), "", lambda: NOW).run(iter(["one", "two"])) == 7
    assert bridge.received[1]["session_id"] == SESSION
    assert "It is claude_refused." in bench.said
    assert bench.shown == "Hello\n"


def test_an_answer_that_cannot_be_written_belongs_to_the_session_all_the_same() -> None:
    with ScriptedBridge([ANSWER, ANSWER]).running() as bridge:
        bench = Bench(bridge.url)
        bench.stdout = Full()
        assert Chat(bench.client(), "", lambda: NOW).run(iter(["one", "two"])) == 7
    assert bridge.received[1]["session_id"] == SESSION
    assert bench.said.count("The output could not be written") == 2


def test_a_chat_without_an_answer_says_no_way_to_go_on() -> None:
    bench = Bench("ws://127.0.0.1:1")
    chat = Chat(bench.client(), "", lambda: NOW)
    chat.run(iter([]))
    chat.end()
    assert "To go on" not in bench.said


def test_a_chat_whose_first_answer_failed_says_how_to_go_on() -> None:
    with ScriptedBridge(
        [[accepted(), {"type": "error", "code": "claude_refused", "message": "It is refused.", "retryable": False}]]
    ).running() as bridge:
        bench = Bench(bridge.url)
        chat = Chat(bench.client(), "", lambda: NOW)
        chat.run(iter(["one"]))
    chat.end()
    assert bench.said.endswith(f"To go on: python3 client/ask.py chat {SESSION}\n")


def test_an_early_end_is_reported_in_a_chat_too() -> None:
    with ScriptedBridge([[delta("x"), done(stop_reason="too_long", truncated=True)]]).running() as bridge:
        bench = Bench(bridge.url)
        Chat(bench.client(), SESSION, lambda: NOW).run(iter(["one"]))
    assert "too long for the bridge" in bench.said


def test_lines_from_a_pipe_are_questions_until_exit() -> None:
    assert list(questions(piped(text_file(b"one\r\n\n  \ntwo\n/exit\nthree\n")))) == ["one", "two"]


def at_the_prompt(keys: str) -> list[str]:
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        pipe.send_text(keys)
        return list(questions(typed(io.StringIO(), io.StringIO())))


def test_the_prompt_edits_lines_and_ends_at_ctrl_d() -> None:
    assert at_the_prompt("onf\x7fe\r\rtwo\r\x04") == ["one", "two"]


def test_a_dumb_terminal_is_asked_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert at_the_prompt("one\r\x04") == ["one"]


def test_ctrl_c_at_the_prompt_clears_the_line() -> None:
    assert at_the_prompt("half\x03whole\r/exit\r") == ["whole"]


def test_a_paste_of_several_lines_is_one_question() -> None:
    assert at_the_prompt("\x1b[200~one\ntwo\x1b[201~\r\x04") == ["one\ntwo"]


@pytest.mark.parametrize("newline", ["\x1b\r", "\n", "\\\r"], ids=["Alt-Enter", "Ctrl-J", "a backslash"])
def test_a_question_of_several_lines_is_typed(newline: str) -> None:
    assert at_the_prompt(f"one{newline}two\r\x04") == ["one\ntwo"]


def test_an_editor_is_opened_for_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "one\\ntwo\\n" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        pipe.send_text("\x18\x05")
        lines = typed(io.StringIO(), io.StringIO())
        assert next(lines) == "one\ntwo"


@pytest.mark.parametrize("word", ["exit", "quit", "/exit", "/quit", " exit "])
def test_a_person_leaves_with_the_usual_words(word: str) -> None:
    assert at_the_prompt(f"one\r{word}\rtwo\r\x04") == ["one"]


def at_the_prompt_of(surroundings: PromptContext, keys: str) -> list[str]:
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        pipe.send_text(keys)
        return list(questions(typed(io.StringIO(), io.StringIO(), surroundings)))


def test_arrow_up_recalls_the_questions_of_the_session() -> None:
    assert at_the_prompt_of(PromptContext(earlier=["one", "two"]), "\x1b[A\x1b[A!\r\x04") == ["one!"]


COMPLETED = {"/he": "/help", "/resume ki": "/resume kites", "/sessions ki": "/sessions ki", "he": "he", "what /he": "what /he"}


@pytest.mark.parametrize(("line", "completed"), COMPLETED.items())
def test_tab_completes_commands_and_sessions(line: str, completed: str) -> None:
    commands: dict[str, Callable[[], Iterable[str]]] = {"/help": tuple, "/resume": lambda: ["boats", "kites"], "/sessions": tuple}
    assert at_the_prompt_of(PromptContext(commands=commands), f"{line}\t\r\x04") == [completed.strip()]


def chatting(*connections: Connection, lines: list[str], session_id: str = "") -> tuple[ScriptedBridge, Bench, int]:
    with ScriptedBridge(list(connections)).running() as bridge:
        bench = Bench(bridge.url)
        code = Chat(bench.client(), session_id, lambda: NOW, act=run_command).run(iter(lines))
    return bridge, bench, code


HISTORY: Connection = [reply("history", "the rest of it")]


def test_every_command_is_in_the_help() -> None:
    _, bench, _ = chatting(lines=["/help"])
    assert [line.split()[0] for line in bench.shown.splitlines()] == list(COMMANDS)


def test_an_unknown_command_asks_nothing_and_names_the_nearest() -> None:
    bridge, bench, code = chatting(lines=["/hepl me"])
    assert (bridge.received, code) == ([], 2)
    assert "There is no /hepl. Did you mean /help? /help lists what there is" in bench.said


@pytest.mark.parametrize(("line", "message"), [("//etc is what?", "/etc is what?"), ("/usr/bin/env is what?", "/usr/bin/env is what?")])
def test_a_question_may_begin_with_a_slash(line: str, message: str) -> None:
    bridge, *_ = chatting(ANSWER, lines=[line])
    assert [frame["message"] for frame in bridge.received] == [message]


def test_a_new_session_begins_within_a_chat() -> None:
    bridge, *_ = chatting(ANSWER, ANSWER, [error("no_such_session")], ANSWER, lines=["one", "/new", "two", "/new kites", "three"])
    assert [frame.get("session_id") for frame in bridge.received if frame["action"] == "query"] == [None, None, "kites"]


def test_another_session_is_continued_within_a_chat() -> None:
    bridge, bench, code = chatting(HISTORY, ANSWER, lines=["/resume", "/resume chat-1", "one"])
    assert [frame["session_id"] for frame in bridge.received] == ["chat-1", "chat-1"]
    assert "and stormy night." in bench.shown
    assert code == 2


def test_a_chat_looks_back() -> None:
    bridge, bench, _ = chatting(HISTORY, [reply("search", "two hits")], lines=["/history 3", "/search kite"], session_id=SESSION)
    assert [(frame["action"], frame["limit"]) for frame in bridge.received] == [("history", 3), ("search", 10)]
    assert "Claude: and stormy night.\n" in bench.shown
    assert "Claude: A kite needs a light frame" in bench.shown


def test_a_chat_lists_sessions() -> None:
    _, bench, _ = chatting([reply("sessions", "the last page, a session kept forever")], lines=["/sessions kit"])
    assert bench.shown.startswith("kite\tKites\t")


def test_a_chat_says_what_it_has_used() -> None:
    priced, unpriced = ([accepted(), delta("Hello"), done(cost_usd=cost)] for cost in (0.5, None))
    _, bench, _ = chatting(priced, priced, unpriced, lines=["/cost", "one", "two", "/cost", "three", "/cost"])
    assert "0 answers: 0 tokens in, 0 out.\n" in bench.said
    assert "2 answers: 424 tokens in, 240 out, $1.00.\n" in bench.said
    assert "$1.00 and 1 without a known price.\n" in bench.said


def test_a_chat_is_exported_and_no_file_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "kites.md"
    _, bench, code = chatting(HISTORY, HISTORY, lines=[f"/export {path}", f"/export {path}"], session_id=SESSION)
    assert path.read_text().endswith("and stormy night.\n")
    assert code == 7
    assert f"{path} cannot be written: file exists." in bench.said


@pytest.mark.parametrize("line", ["/history", "/export", "/search", "/exit now"])
def test_a_command_that_lacks_something_says_so(line: str) -> None:
    bridge, bench, code = chatting(lines=[line])
    assert (bridge.received, bench.shown, code) == ([], "", 2)


def test_a_session_that_is_resumed_shows_its_last_exchange_and_gives_its_questions() -> None:
    turn = {
        **golden("history", "the rest of it")["turns"][0],
        "context": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho."}],
    }
    with ScriptedBridge([[{"type": "history", "session_id": SESSION, "turns": [turn], "more": False}]]).running() as bridge:
        bench = Bench(bridge.url)
        surroundings = Chat(bench.client(), SESSION, lambda: NOW).begin()
    assert bench.shown == "You: Hi?\n\nClaude: Ho.\n"
    assert f"Session {SESSION} · 1 turn · the last one:" in bench.said
    assert (list(surroundings.earlier), surroundings.status(80)) == (["Hi?"], SESSION)


@pytest.mark.parametrize(("hours", "said"), [(5.9, True), (6.1, False), (-1.0, True), (None, False)])
def test_a_session_that_expires_soon_says_so_at_the_start(hours: float | None, said: bool) -> None:
    expires_at = None if hours is None else NOW.timestamp() + hours * 3600
    page = {"type": "history", "session_id": SESSION, "turns": [], "more": False, "expires_at": expires_at}
    with ScriptedBridge([[page]]).running() as bridge:
        bench = Bench(bridge.url)
        Chat(bench.client(), SESSION, lambda: NOW).begin()
    assert ("To keep it: /keep" in bench.said) == said


def test_a_new_session_has_nothing_to_show() -> None:
    bench = Bench("ws://127.0.0.1:1")
    surroundings = Chat(bench.client(), "", lambda: NOW).begin()
    assert (bench.shown, list(surroundings.earlier), surroundings.status(80)) == ("", [], "new session")


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
def test_a_missing_question_is_reported(argument: str | None, said: list[str]) -> None:
    with pytest.raises(Failure, match="No question was given") as failed:
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


def test_a_pipe_that_stays_silent_is_reported(said: list[str]) -> None:
    reading, writing = os.pipe()

    def write(line: str) -> None:
        said.append(line)
        os.write(writing, b"late")
        os.close(writing)

    with os.fdopen(reading) as stdin:
        assert question_from("Explain", stdin, write, retry_policy=0.01) == "Explain\n\nlate"
    assert said == ["Waiting for the text on standard input (for none: < /dev/null) ..."]


def test_at_a_terminal_only_a_dash_reads(said: list[str]) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as stdin:
        assert question_from("Explain", stdin, said.append) == "Explain"
        with pytest.raises(Failure, match="No question was given"):
            question_from(None, stdin, said.append)
        os.write(master, b"typed\n\x04")
        assert question_from("-", stdin, said.append) == "typed"
    os.close(master)
    assert said == ["Type the question; Ctrl-D on a line of its own ends it."]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/clear", "There is no /clear. Did you mean /new? "),
        ("/Rname x", "There is no /rname. Did you mean /rename? "),
        ("/foo-bar", "There is no /foo-bar. /help"),
    ],
)
def test_what_other_programs_call_a_command_is_not_asked(line: str, said: str) -> None:
    with ScriptedBridge([]).running() as bridge:
        bench = Bench(bridge.url)
        assert Chat(bench.client(), SESSION, lambda: NOW, act=run_command).run(iter([line])) == 2
    assert (bridge.received, said in bench.said) == ([], True)


@pytest.mark.parametrize("line", ["/", "/?", "/HELP"])
def test_a_slash_alone_lists_the_commands(line: str) -> None:
    bench = Bench("ws://127.0.0.1:1")
    assert Chat(bench.client(), SESSION, lambda: NOW, act=run_command).run(iter([line])) == 0
    assert "/rename TITLE" in bench.shown


@pytest.mark.parametrize("line", ["/etc/hosts: what is it?", "/a.b", "// one"])
def test_a_path_may_begin_a_question(line: str) -> None:
    assert run_command(Chat(Bench("").client(), "", lambda: NOW), line, NOW) is False


def test_a_session_that_is_kept_says_so_below_the_prompt_and_at_the_end() -> None:
    pong = {"type": "pong", "version": "0.2.0", "features": ["configure"]}
    for_ever = {"type": "configured", "session_id": SESSION, "keep_hours": 0, "expires_at": None}
    with ScriptedBridge([[accepted(), delta("Ho."), done()], [pong], [for_ever]]).running() as bridge:
        bench = Bench(bridge.url)
        chat = Chat(bench.client(), SESSION, lambda: NOW, act=run_command)
        chat.run(iter(["Hi", "/keep"]))
        assert chat._status(80).endswith(" · expires never")
        chat.end()
    assert f"Session {SESSION} · kept until you delete it\n" in bench.said
