"""Reading a conversation back: whatever the pages and cuts, everything once and in order."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge_client.commands.history import all_turns, as_text, history
from bridge_client.commands.sessions import delete, sessions, show_sessions
from bridge_client.failures import Failure
from client.bench import Bench
from client.scripted_bridge import SESSION, ScriptedBridge, golden, reply

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


class Store:
    """Answers `history` as docs/protocol.md has it: `room` characters a page, `page` turns; a turn that alone does not fit is cut."""

    def __init__(self, said: list[tuple[str, str]], page: int, room: int) -> None:
        self.said, self.page, self.room = said, page, room
        self.asked = 0

    def __call__(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        end = int(fields["before"]) if "before" in fields else len(self.said)
        start = max(0, end - min(fields["limit"], self.page))
        while start < end - 1 and sum(len(q + a) for q, a in self.said[start:end]) > self.room:
            start += 1
        if end - start == 1:
            return {"turns": [self.part(start, fields.get("offset", 0))], "more": start > 0}
        return {"turns": [self.part(number, 0) for number in range(start, end)], "more": start > 0}

    def part(self, number: int, offset: int) -> dict[str, Any]:
        question, answer = self.said[number]
        end = min(offset + self.room, len(question + answer))
        parts = {"user": question[offset:end], "assistant": answer[max(0, offset - len(question)) : max(0, end - len(question))]}
        context = [{"role": role, "content": text} for role, text in parts.items() if text]
        return {"turn": str(number), "context": context, **({"next_offset": end} if end < len(question + answer) else {})}


SAID = st.lists(st.tuples(st.text("abc", min_size=1, max_size=9), st.text("xyz", min_size=1, max_size=9)), min_size=1, max_size=8)


@settings(deadline=None)
@given(SAID, st.integers(1, 4), st.integers(1, 30))
def test_everything_said_is_read_once_and_in_order(said: list[tuple[str, str]], page: int, room: int) -> None:
    result = all_turns(Store(said, page, room), None)
    assert [tuple(message["content"] for message in turn["context"]) for turn in result] == said
    assert not any("next_offset" in turn for turn in result)


@settings(deadline=None)
@given(SAID, st.integers(1, 4), st.integers(1, 30), st.integers(1, 9))
def test_a_limit_leaves_the_newest(said: list[tuple[str, str]], page: int, room: int, limit: int) -> None:
    result = all_turns(Store(said, page, room), limit)
    assert [tuple(message["content"] for message in turn["context"]) for turn in result] == said[-limit:]


def test_no_more_pages_are_asked_for_than_are_needed() -> None:
    store = Store([("q", "a")] * 4, 2, 100)
    all_turns(store, 2)
    assert store.asked == 1


def test_a_bridge_that_says_more_but_gives_none_is_believed_once() -> None:
    assert all_turns(lambda fields: {"turns": [], "more": True}, None) == []


@pytest.mark.parametrize(
    "rest",
    [[], [{"turn": "other", "context": []}], [{"turn": "1", "next_offset": 3, "context": []}]],
    ids=["none", "another turn", "no progress"],
)
def test_a_conversation_that_goes_on_meanwhile_is_told(rest: list[dict[str, Any]]) -> None:
    first = {"turns": [{"turn": "1", "next_offset": 3, "context": [{"role": "user", "content": "abc"}]}]}
    with pytest.raises(Failure, match="conversation continued meanwhile") as failed:
        all_turns(lambda fields: {"turns": rest} if "offset" in fields else first, None)
    assert (failed.value.exit_code, failed.value.retryable) == (7, True)


def test_history_over_the_wire() -> None:
    older = reply("history", "a turn that was cut")
    with ScriptedBridge(
        [[reply("history", "two turns and older ones")], [older], [reply("history", "the rest of it")]],
    ).running() as bridge:
        result = history(Bench(bridge.url).client(), SESSION, None)
    wanted = [golden("history", name) for name in ("the newest turns",)]
    assert {**bridge.received[0], "request_id": wanted[0]["request_id"]} == wanted[0]
    assert [asked.get("before") for asked in bridge.received] == [None, "01K9ZQ3V5N8W2X4Y6Z7A9BCDEF", "01K9ZQ3V5N8W2X4Y6Z7A9BCDEF"]
    assert [asked.get("offset") for asked in bridge.received] == [None, None, 20]
    assert "\n".join(map(as_text, result)) == (
        "You: Go on.\n\nClaude: It was a dark and stormy night.\n\n"
        "You: My name is Ada.\n\nClaude: Hello Ada!\n\n"
        "You: Tell me a story.\n\nClaude: Once upon\n\n(The answer ends early.)\n"
    )


def test_a_role_of_a_newer_bridge_is_shown_too() -> None:
    assert as_text({"context": [{"role": "x", "content": "y"}]}) == "Unknown: y\n"


PAGES = [[reply("sessions", "a page with more to come")], [reply("sessions", "the last page, a session kept for ever")]]


def test_sessions_are_listed_through_all_pages() -> None:
    with ScriptedBridge(list(PAGES)).running() as bridge:
        listed = list(sessions(Bench(bridge.url).client(), 50))
    assert [session["session_id"] for session in listed] == [SESSION, "kite"]
    wanted = golden("sessions", "the next page")
    assert {**bridge.received[1], "request_id": wanted["request_id"], "limit": 50} == wanted


def test_no_more_sessions_are_asked_for_than_are_wanted() -> None:
    with ScriptedBridge(list(PAGES[:1])).running() as bridge:
        assert len(list(sessions(Bench(bridge.url).client(), 1))) == 1
    assert bridge.received[0]["limit"] == 1


def listing(*, terminal: bool) -> Bench:
    with ScriptedBridge(list(PAGES)).running() as bridge:
        bench = Bench(bridge.url, terminal=terminal)
        client = bench.client()
        show_sessions(client, list(sessions(client, 50)), bench.stdout, NOW)
    return bench


def test_in_a_pipe_sessions_are_lines_of_columns() -> None:
    assert listing(terminal=False).shown == (
        f"{SESSION}\tMy name is Ada and I am building a kite.\t2\tSun 01 Nov 02:27\tMon 02 Nov 02:27\n"
        "kite\tKites\t1\tSun 01 Nov 02:26\tyou delete it\n"
    ).replace("Sun 01 Nov ", "")


def test_on_a_terminal_sessions_are_a_table() -> None:
    shown = listing(terminal=True).shown
    assert "Remembered until" in shown
    assert SESSION in shown
    assert "\t" not in shown


LONG = "a" * 128
NAMED: list[dict[str, Any]] = [
    {"session_id": SESSION, "title": "My name is Ada and I am building a kite.", "turns": 2, "last_updated": 1.0, "expires_at": 1.0},
    {"session_id": "kite", "title": "短い" * 20, "turns": 1234},
]


def drawn(width: int, listed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines on a terminal of this width, without styles and spaces at their ends."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    bench = Bench("ws://127.0.0.1:1", terminal=True)
    show_sessions(bench.client(), listed, bench.stdout, NOW)
    return [line.rstrip() for line in re.sub(r"\x1b\[\d*m", "", bench.stdout.getvalue()).splitlines()]


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (200, ["Session", "Title", "Turns", "Last used", "Remembered until"]),
        (80, ["Session", "Title", "Turns", "Last used", "Remembered until"]),
        (70, ["Session", "Title", "Last used", "Remembered until"]),
        (50, ["Session", "Title", "Remembered until"]),
        (40, ["Session", "Title"]),
        (31, ["Session", "Title"]),
    ],
)
def test_a_narrow_table_has_fewer_columns_and_whole_ids(width: int, heads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(width, NAMED, monkeypatch)
    assert re.split(" {2,}", lines[0]) == heads
    assert max(map(cell_len, lines)) <= width
    assert sum(line.startswith(f"{SESSION}  My name") for line in lines) == 1


def test_where_no_table_has_room_there_are_lines_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(30, NAMED, monkeypatch)[0].startswith(f"{SESSION}\tMy name is Ada and I am building a kite.\t2\t")
    assert drawn(120, [{"session_id": LONG, "title": "a title"}], monkeypatch)[0].startswith(f"{LONG}\ta title\t0\t")


def test_hostile_titles_are_harmless() -> None:
    bench = Bench("ws://127.0.0.1:1")
    show_sessions(bench.client(), [{"session_id": "s\x1b", "title": "a\n\x1b[2Jb\tc"}], bench.stdout, NOW)
    assert bench.shown == "s␛\ta ␛[2Jb c\t0\t\tyou delete it\n"


def test_no_sessions_are_said_to_be_none() -> None:
    bench = Bench("ws://127.0.0.1:1")
    show_sessions(bench.client(), [], bench.stdout, NOW)
    assert (bench.shown, bench.said) == ("", "There are no sessions yet.\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_deletion_is_told(as_json: bool) -> None:
    with ScriptedBridge([[reply("delete", "it is gone")]]).running() as bridge:
        bench = Bench(bridge.url)
        delete(bench.client(), SESSION, as_json=as_json)
    if as_json:
        assert json.loads(bench.shown) == {"deleted": SESSION}
    else:
        assert bench.said == f"Deleted: {SESSION} and everything said in it.\n"
