"""Reading a conversation back: whatever the pages and cuts, everything once and in order."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge_client.commands.deleting import DeletionFilter, chosen, delete
from bridge_client.commands.history import all_turns, as_text, history
from bridge_client.commands.known_sessions import KnownSession, KnownSessions
from bridge_client.commands.sessions import Filter, sessions, show_sessions
from bridge_client.failures import Failure
from client.bench import Bench, Terminal
from client.conftest import Run
from client.scripted_bridge import SESSION, Connection, ScriptedBridge, error, golden, reply

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
def test_a_conversation_that_goes_on_meanwhile_is_reported(rest: list[dict[str, Any]]) -> None:
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


PAGES = [[reply("sessions", "a page with more to come")], [reply("sessions", "the last page, a session kept forever")]]


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
    assert "Expires" in shown
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
        (200, ["Session", "Title", "Turns", "Used", "Expires"]),
        (80, ["Session", "Title", "Turns", "Used", "Expires"]),
        (58, ["Session", "Title", "Used", "Expires"]),
        (48, ["Session", "Title", "Used"]),
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
    both = [{"session_id": name, "title": "a title"} for name in (LONG, f"{LONG[:-1]}z")]
    assert drawn(120, both, monkeypatch)[0].startswith(f"{LONG}\ta title\t0\t")


def test_of_a_long_id_the_beginning_is_shown_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["claude-code-b337ffb9-54a5-4ea7", "claude-code-b337ffb9-54a5-0000", "claude-code-19b72b4f-31a0", "kites", "claude-code-19b7"]
    lines = drawn(40, [{"session_id": name, "title": "a title"} for name in ids], monkeypatch)
    shown = [line.split()[0] for line in lines[2:]]
    assert shown == ["claude-code-b337ffb9-54a5-4", "claude-code-b337ffb9-54a5-0", "claude-code-19b72b4f", "kites", "claude-code-19b7"]


def test_hostile_titles_are_harmless() -> None:
    bench = Bench("ws://127.0.0.1:1")
    show_sessions(bench.client(), [{"session_id": "s\x1b", "title": "a\n\x1b[2Jb\tc"}], bench.stdout, NOW)
    assert bench.shown == "s␛\ta ␛[2Jb c\t0\t\tyou delete it\n"


def test_no_sessions_are_said_to_be_none() -> None:
    bench = Bench("ws://127.0.0.1:1")
    show_sessions(bench.client(), [], bench.stdout, NOW)
    assert (bench.shown, bench.said) == ("", "There are no sessions yet.\n")


def test_a_screen_has_as_many_sessions_as_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [{"session_id": f"s{number}", "title": f"title {number}", "last_updated": 1.0} for number in range(50)]
    lines = drawn(80, listed, monkeypatch)
    assert sum(line.startswith("s") for line in lines) == 24 - 5


def test_costs_are_shown_where_the_bridge_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    head, _, *rows = drawn(80, [{**NAMED[0], "cost_usd": 0.0162}, NAMED[1]], monkeypatch)
    assert "Cost" in head
    assert "$0.0162" in rows[0]


ROWS = [
    {"session_id": "kites", "title": "How long is a kite's string?", "last_updated": 300.0},
    {"session_id": "boats", "title": "Boats", "last_updated": 200.0},
    {"session_id": "old-kites", "title": "Kites once more", "last_updated": 100.0},
]
LISTING = {"type": "sessions", "sessions": ROWS, "cursor": None}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter("KITE"), ["kites", "old-kites"]),
        (Filter("kite string"), ["kites"]),
        (Filter("old"), ["old-kites"]),
        (Filter(since=150.0), ["kites", "boats"]),
        (Filter("kite", 150.0), ["kites"]),
    ],
)
def test_sessions_are_filtered(wanted: Filter, names: list[str]) -> None:
    with ScriptedBridge([[LISTING]]).running() as bridge:
        assert [row["session_id"] for row in sessions(Bench(bridge.url).client(), 10, wanted)] == names


def deleted(*arguments: str, connections: list[Connection], run: Run) -> tuple[int, str, str, list[str]]:
    """Exit code, standard output, standard error, and what was deleted."""
    with ScriptedBridge(connections).running() as bridge:
        code, stdout, stderr = run("delete", *arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    return code, stdout, stderr, [frame["session_id"] for frame in bridge.received if frame["action"] == "delete"]


GONE: Connection = [{"type": "deleted", "session_id": SESSION}]


def test_several_sessions_are_deleted(run: Run) -> None:
    code, stdout, stderr, gone = deleted(SESSION, "chat-1", "--yes", connections=[GONE, GONE], run=run)
    assert (code, stdout, gone) == (0, "", [SESSION, "chat-1"])
    assert stderr == "Deleted: 2 sessions and everything said in them.\n"


def test_a_deletion_is_reported_as_json(run: Run) -> None:
    code, stdout, _, gone = deleted(SESSION, "--yes", "--json", connections=[GONE], run=run)
    assert (code, gone) == (0, [SESSION])
    assert json.loads(stdout) == {"deleted": [SESSION], "erased": None, "would_delete": []}


LEFT: Connection = [{"type": "deleted", "session_id": SESSION, "erased": False}]
ERASED: Connection = [{"type": "deleted", "session_id": SESSION, "erased": True}]


@pytest.mark.parametrize(
    ("names", "connections", "erased", "said"),
    [
        ([SESSION], [ERASED], True, f"Deleted: {SESSION} and everything said in it.\n"),
        (
            [SESSION],
            [LEFT],
            False,
            f"Deleted: {SESSION}. Its text is still being erased: delete it again to see whether that is done.\n",
        ),
        (
            [SESSION, "chat-1"],
            [ERASED, LEFT],
            False,
            "Deleted: 2 sessions. Their text is still being erased: delete them again to see whether that is done.\n",
        ),
    ],
)
def test_a_deletion_says_whether_the_text_is_erased(
    run: Run, names: list[str], connections: list[Connection], erased: bool, said: str
) -> None:
    assert deleted(*names, "--yes", connections=connections, run=run)[2] == said
    assert json.loads(deleted(*names, "--yes", "--json", connections=connections, run=run)[1])["erased"] is erased


NO_SUCH: Connection = [error("no_such_session")]
NONE: Connection = [{"type": "sessions", "sessions": [], "cursor": None}]


def test_what_is_left_of_a_session_that_cannot_be_read_any_more_is_deleted(run: Run) -> None:
    connections: list[Connection] = [NO_SUCH, NONE, ERASED]
    code, stdout, _, gone = deleted("chat-9", "--json", connections=connections, run=run)
    assert (code, gone) == (0, ["chat-9"])
    assert json.loads(stdout)["erased"] is True


def test_a_session_that_never_was_is_said_not_to_be_there(run: Run) -> None:
    code, _, stderr, gone = deleted("chat-9", connections=[NO_SUCH, NONE, NO_SUCH], run=run)
    assert (code, gone) == (3, ["chat-9"])
    assert "There is no session chat-9" in stderr


def test_nothing_is_deleted_where_nobody_can_be_asked(run: Run) -> None:
    code, _, stderr, gone = deleted(SESSION, connections=[], run=run)
    assert (code, gone) == (2, [])
    assert "add --yes" in stderr


def test_what_is_old_is_deleted(run: Run) -> None:
    now = time.time()
    rows = [{**row, "last_updated": now - days * 86_400} for row, days in zip(ROWS, (1, 29, 31), strict=True)]
    listing = [{"type": "sessions", "sessions": rows, "cursor": None}]
    code, stdout, _, gone = deleted("--older-than", "30d", "--dry-run", connections=[listing], run=run)
    assert (code, stdout, gone) == (0, "old-kites\tKites once more\n", [])
    code, _, _, gone = deleted("--older-than", "4 weeks", "--yes", connections=[listing, GONE, GONE], run=run)
    assert (code, gone) == (0, ["boats", "old-kites"])


def test_a_deletion_says_which_sessions(run: Run) -> None:
    code, _, stderr, gone = deleted(connections=[], run=run)
    assert (code, gone) == (2, [])
    assert "Your sessions: python3 client/ask.py sessions" in stderr


def test_a_person_who_does_not_agree_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedBridge([]).running() as bridge:
        bench = Bench(bridge.url, terminal=True)
        monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
        monkeypatch.setattr(sys, "stderr", Terminal())
        client = bench.client()
        assert delete(client, chosen(client, [SESSION], DeletionFilter(), NOW), yes=False, dry_run=False, as_json=False) == 0
    assert bridge.received == []
    assert "Nothing was deleted." in bench.said


def test_history_as_markdown(run: Run) -> None:
    with ScriptedBridge([[reply("history", "the rest of it")]]).running() as bridge:
        code, stdout, _ = run("history", SESSION, "--markdown", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert code == 0
    assert stdout.startswith(f"# {SESSION}\n\n## Claude (claude-sonnet-5-5)")
    assert stdout.endswith("\n\nand stormy night.\n")


def test_nothing_is_deleted_to_see_what_would_be(run: Run) -> None:
    code, _, _, gone = deleted("chat-9", "--dry-run", connections=[NO_SUCH, NONE], run=run)
    assert (code, gone) == (3, [])


def test_sessions_that_expire_soon_are_pointed_out() -> None:
    bench = Bench("ws://127.0.0.1:1")
    now = NOW.timestamp()
    rows = [{"session_id": name, "title": "t", "expires_at": at} for name, at in (("a", now + 3600), ("b", now + 86_400), ("c", None))]
    show_sessions(bench.client(), rows, bench.stdout, NOW)
    assert bench.said.splitlines()[-1] == "Within 6 hours a will expire. To keep a session: python3 client/ask.py keep SESSION"
    show_sessions(bench.client(), [*rows, {**rows[0], "session_id": "d"}], bench.stdout, NOW)
    assert bench.said.splitlines()[-1].startswith("Within 6 hours 2 of them will expire.")
    show_sessions(bench.client(), rows[1:], bench.stdout, NOW)
    assert len(bench.said.splitlines()) == 2


def test_who_has_only_asked_the_stand_in_learns_where_those_sessions_are(tmp_path: Path) -> None:
    known = KnownSessions(tmp_path)
    bench = Bench("")
    here = replace(bench.client(), url="", known_sessions=known)
    show_sessions(here, [], bench.stdout, NOW)
    assert bench.said == "There are no sessions yet.\n"
    assert known.note(KnownSession("stand-in", "kites", "/", {}))
    show_sessions(here, [], bench.stdout, NOW, filtered=True)
    show_sessions(here, [], bench.stdout, NOW)
    lines = bench.said.splitlines()[1:]
    assert lines == [
        "There are no such sessions.",
        "There are no sessions yet. Those of the stand-in: python3 client/ask.py --stand-in sessions",
    ]
