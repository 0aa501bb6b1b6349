"""A bridge that is hostile in every field of every frame: nothing it says reaches a terminal as more than text, or stops the client."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge_client.main import main
from bridge_client.terminal.notes import MAX_CHARACTERS
from client.bench import Terminal
from client.conftest import ROOT
from client.scripted_bridge import Escaped, Frame, Raw, ScriptedBridge
from fuzz.examples import examples

ATTACKS = (
    *(
        "\x1b[2J\x1b[H",
        "\x1b]0;title\x07",
        "\x1b]8;;http://evil\x1b\\here\x1b]8;;\x1b\\",
        "\x1b]52;c;cm0gLXJm\x07",
        "\x1bP+q\x1b\\",
        "\x1b7",
    ),
    *("\x9b31m", "\x9d52;c;eA==\x9c", "\x90", "\x85", "\x7f", "\x00", "\r", "\b\b\b", "\x0b", "\x0c", "\x1a", "\x0e"),
    *("\u202e", "\u202a\u202c", "\u2066", "\u2067\u2069", "\u2028", "\u2029", "\u200b", "\ufeff", "\ud800", "\udfff"),
    *("[bold red]x[/]", "[link=http://evil]x[/link]", ":skull:", "\n", "\t", "'; rm -rf ~ #", "$(id)", "x" * 3000, "é😀", "chat-1"),
)
HOSTILE = st.lists(st.sampled_from(ATTACKS) | st.characters(), min_size=1, max_size=6).map("".join)
ABSURD = [10**400, -(10**400), 2**63, float("nan"), float("inf"), -float("inf")]
NUMBERS: st.SearchStrategy[Any] = st.sampled_from([*ABSURD, 0, -1, 7, 1.5, True, None, "7", [], {}])

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal may act on, or show in another order than it has. New lines and tabs are wanted."""

Script = Callable[[str, Any], list[Frame]]


def _error(text: str, number: Any) -> Frame:
    fields = dict.fromkeys(("code", "message", "setting", "session_id"), text)
    return {"type": "error", "retryable": False, "retry_after": number, **fields}


def _done(text: str, number: Any) -> Frame:
    counts = dict.fromkeys(("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens"), number)
    context = {name: {"characters": number, "turns": number} for name in ("live", "recalled", "summarised")}
    named = dict.fromkeys(("session_id", "turn", "answer", "stop_reason", "model"), text)
    return {"type": "done", **named, "usage": counts, "context": context, "expires_at": number, "truncated": True, "more": text}


def _answer(text: str, number: Any) -> list[Frame]:
    return [
        {"type": "accepted", "session_id": text, "new": True},
        {"type": "status", "state": "retrying", "reason": text, "wait_seconds": number, "attempt": number},
        {"type": "delta", "answer": text + "?", "offset": 0, "text": "void"},
        {"type": text, "text": text},
        {"type": "delta", "answer": text, "offset": 0 if number == 7 else number, "text": ""},
        {"type": "delta", "answer": text, "offset": 0, "text": text},
        _done(text, number),
    ]


def _history(text: str, number: Any) -> list[Frame]:
    said = {"role": text, "content": text}
    turn = {"turn": text, "context": [said, said | {"role": "user"}, text], "last_updated": number, "model": text, "truncated": True}
    return [
        {
            "type": "history",
            "session_id": text,
            "turns": [turn | {"usage": {"input_tokens": number}}, number],
            "more": number is not True and number,
        }
    ]


def _sessions(text: str, number: Any) -> list[Frame]:
    line = {"session_id": text, "title": text, "turns": number, "last_updated": number, "expires_at": number}
    return [{"type": "sessions", "sessions": [line, line | {"title": number}, text], "cursor": ""}]


def _hits(text: str, number: Any) -> list[Frame]:
    hit = {"session_id": text, "turn": text, "role": text, "text": text, "last_updated": number}
    return [{"type": "search", "hits": [hit, hit | {"role": "assistant"}, number], "complete": False}]


def _pong(text: str, number: Any) -> list[Frame]:
    failed = {"code": text, "message": text, "setting": text}
    milliseconds = {"store_milliseconds": number, "model_milliseconds": number}
    return [{"type": "pong", "model": text, "store_error": failed, "model_error": failed, **milliseconds}]


COMMANDS: dict[str, tuple[tuple[str, ...], Script]] = {
    "ask": (("Hi",), _answer),
    "ask as a stream": (("Hi", "--stream"), _answer),
    "ask as JSON": (("Hi", "--json"), _answer),
    "ask and fail": (("Hi", "chat-1"), lambda text, number: [_error(text, number)]),
    "ask and fail as JSON": (("Hi", "--json"), lambda text, number: [_error(text, number)]),
    "history": (("history", "chat-1"), _history),
    "history as JSON": (("history", "chat-1", "--json"), _history),
    "sessions": (("sessions",), _sessions),
    "sessions as JSON": (("sessions", "--json"), _sessions),
    "search": (("search", "x"), _hits),
    "search as JSON": (("search", "x", "--json"), _hits),
    "delete": (("delete", "chat-1", "--yes"), lambda text, number: [{"type": "deleted", "session_id": text}]),
    "delete as JSON": (("delete", "chat-1", "--yes", "--json"), lambda text, number: [{"type": "deleted", "session_id": text}]),
    "ping": (("ping",), _pong),
    "ping as JSON": (("ping", "--json"), _pong),
    "chat": (("chat", "--lines"), _answer),
    "resume": (("resume",), _answer),
}


class Stage:
    """A hostile bridge, and a client that is run against it again and again."""

    def __init__(self, bridge: ScriptedBridge, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bridge = bridge
        self._folder = folder
        self._monkeypatch = monkeypatch

    def run(self, arguments: tuple[str, ...], frames: list[Any], *, terminal: bool) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self.bridge.add([frame if isinstance(frame, Raw) else Escaped(frame) for frame in frames])
        stdout, stderr = (Terminal() if terminal else _Pipe() for _ in range(2))
        variables = {"CLAUDE_BRIDGE_URL": self.bridge.url, "CLAUDE_BRIDGE_HOME": str(self._folder)}
        stdin = self._folder / "stdin"
        stdin.write_text("Hi\n" if arguments[0] == "chat" else "")
        with self._monkeypatch.context() as patched, stdin.open() as opened:
            for name, stream in (("stdin", opened), ("stdout", stdout), ("stderr", stderr)):
                patched.setattr(sys, name, stream)
            code = main(arguments, variables, script="client/ask.py", root=ROOT)
        return code, stdout.getvalue(), stderr.getvalue()

    def leave_a_question(self, message: str) -> None:
        """One whose answer was lost, for `resume`."""
        note = {"message": message, "session_id": "chat-1", "request_id": "r1", "url": self.bridge.url}
        (self._folder / "open-questions").mkdir(exist_ok=True)
        (self._folder / "open-questions" / "r1.json").write_text(json.dumps(note))


class _Pipe(Terminal):
    def isatty(self) -> bool:
        return False


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    # Of a terminal that can do nothing: what is seen of escape sequences then is not ours.
    monkeypatch.setenv("TERM", "dumb")
    with ScriptedBridge([]).running() as bridge:
        yield Stage(bridge, tmp_path, monkeypatch)


def check(arguments: tuple[str, ...], answer: str, seen: tuple[int, str, str], *, terminal: bool) -> None:
    """That nothing of it is more than text. The answer alone goes into a pipe as it is."""
    code, stdout, stderr = seen
    answer = answer.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # JSON makes one character of a pair.
    assert "unexpected" not in stderr
    assert not FORBIDDEN.search(stderr)
    if "--json" in arguments:
        assert re.fullmatch("[ -~]*\n", stdout)
        json.loads(stdout, parse_constant=pytest.fail)
    elif not terminal and arguments[0] in ("Hi", "chat", "resume") and code != 7:
        assert stdout.removesuffix("\n") in (answer, f"void\n{answer}", answer.removesuffix("\n"), f"void\n{answer}".removesuffix("\n"))
    else:
        assert not FORBIDDEN.search(stdout)
    assert code in (0, 2, 3, 4, 5, 6, 7, 130)


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_a_bridge_says_is_more_than_text(stage: Stage, name: str, terminal: bool) -> None:
    arguments, script = COMMANDS[name]

    @examples(8)
    @given(HOSTILE, NUMBERS)
    @example("\x1b[2J\x9b\u202e\ud800\r\x7f[bold]x[/]", 10**400)
    @example("chat-1", float("nan"))
    def try_it(text: str, number: Any) -> None:
        if name == "resume":
            stage.leave_a_question(text)
        seen = stage.run(arguments, script(text, number), terminal=terminal)
        check(arguments, text, seen, terminal=terminal)

    try_it()


BOMBS: Mapping[str, str] = {
    "no JSON": "\x1b[2J",
    "a byte order mark": '\ufeff{"type": "pong"}',
    "nothing": "",
    "no object": "[[]]",
    "deep": "[" * 100_000,
    "deep objects": '{"type":' * 50_000,
    "a number without an end": '{"type": ' + "9" * 100_000 + "}",
    "keys upon keys": json.dumps(dict.fromkeys(map(str, range(60_000)), 0)),
    "no numbers": '{"type": NaN, "request_id": Infinity}',
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_no_frame_is_passed_over(stage: Stage, name: str) -> None:
    code, stdout, _ = stage.run(("ping", "--json"), [Raw(BOMBS[name]), {"type": "pong"}], terminal=False)
    assert (code, json.loads(stdout).keys()) == (0, {"handshake_milliseconds", "stand_in"})


@pytest.mark.parametrize("depth", [100, 300, 900, 960])
def test_what_is_nested_deeply_is_printed_or_passed_over(stage: Stage, depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    frames = [{"type": "search", "hits": [{"text": "x", "deep": deep}]}]
    code, stdout, stderr = stage.run(("search", "x", "--json"), [*frames, {"type": "search", "hits": []}], terminal=False)
    assert code == 0, stderr
    assert json.loads(stdout)["complete"] is True


def test_a_session_id_that_is_a_command_is_never_one_to_be_typed(stage: Stage) -> None:
    code, _, stderr = stage.run(("Hi",), _answer("$(id)", 7), terminal=False)
    assert code == 0
    assert "To go on" not in stderr


@pytest.mark.parametrize("turn_id", ["01JD0000000000000000000001", "\ud800"])
def test_pages_without_an_end_come_to_one(stage: Stage, turn_id: str) -> None:
    turn = {"turn": turn_id, "context": [{"role": "user", "content": "x"}]}
    page = {"type": "history", "turns": [turn], "more": True}
    stage.bridge.add([Escaped(page)])
    code, stdout, _ = stage.run(("history", "chat-1"), [page], terminal=False)
    assert (code, stdout.count("You: x")) == (0, 2)


def test_a_line_without_an_end_is_cut(stage: Stage) -> None:
    _, _, stderr = stage.run(("delete", "chat-1", "--yes"), [{"type": "error", "code": "no", "message": "x" * 900_000}], terminal=True)
    assert len(stderr) < 2 * MAX_CHARACTERS
