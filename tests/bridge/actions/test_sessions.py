"""Reading back, listing and deleting sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import StoreUnavailable
from bridge.store.port import Session
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says


def history(bench: Bench, **fields: Any) -> dict[str, Any]:
    bench.send({"action": "history", "session_id": "s1", **fields}, to="h")
    assert len(bench.connections.raw("h")[-1]) <= 120 * 1024
    return bench.connections.frames("h")[-1]


def fill(bench: Bench, *texts: tuple[str, str]) -> None:
    """Stores these questions and answers as a session."""
    bench.ask("begin")
    for number, (question, answer) in enumerate(texts, 1):
        messages = (Message("user", question), Message("assistant", answer))
        bench.store.add_turn("s1", Turn(turn_id(2**47 + number), messages, last_updated=7, model="m"))


def test_history_shows_the_newest_turns_oldest_first(bench: Bench) -> None:
    for number in range(4):
        bench.ask(f"question {number}")
    page = history(bench, limit=2, request_id="r1")
    assert [turn["context"][0]["content"] for turn in page["turns"]] == ["question 2", "question 3"]
    assert (page["type"], page["request_id"], page["session_id"], page["more"]) == ("history", "r1", "s1", True)
    assert set(page["turns"][0]) == {
        "turn",
        "context",
        "last_updated",
        "model",
        "stop_reason",
        "truncated",
        "usage",
        "cost_usd",
        "cost_is_estimate",
        "said_at",
    }
    older = history(bench, limit=2, before=page["turns"][0]["turn"])
    assert [turn["context"][0]["content"] for turn in older["turns"]] == ["question 0", "question 1"]
    assert older["more"] is False
    assert history(bench, before=older["turns"][0]["turn"])["turns"] == []


def test_a_page_holds_as_many_turns_as_fit(bench: Bench) -> None:
    fill(bench, *[("q", "x" * 50_000)] * 5)
    page = history(bench)
    assert len(page["turns"]) == 2
    assert page["more"] is True


def walk(bench: Bench) -> list[list[str]]:
    """All that was said, read as a client does: `before` and `offset` as the replies tell. One list of contents per turn."""
    turns: list[list[str]] = []
    asked: dict[str, Any] = {}
    while True:
        page = history(bench, **asked)
        read = [[message["content"] for message in turn["context"]] for turn in page["turns"]]
        cut = page["turns"][0].get("next_offset") if page["turns"] else None
        parts = [(message["role"], message["content"]) for message in page["turns"][0]["context"]] if cut else []
        first = page["turns"][0]["turn"] if page["turns"] else ""
        while cut:
            assert len(page["turns"]) == 1
            page = history(bench, **asked, offset=cut)
            assert page["turns"][0]["turn"] == first
            parts += [(message["role"], message["content"]) for message in page["turns"][0]["context"]]
            cut = page["turns"][0].get("next_offset")
            read = [["".join(text for role, text in parts if role == wanted) for wanted in ("user", "assistant")]]
        turns = read + turns
        if not page["more"]:
            return turns
        asked = {"before": first}


def test_a_turn_that_does_not_fit_comes_in_parts(bench: Bench) -> None:
    long = [("é" * 60_000, "ü" * 120_000), ("short", "answer"), ("q" * 130_000, '"' * 200_000)]
    fill(bench, *long)
    assert walk(bench) == [["begin", "Hello!"], *[list(turn) for turn in long]]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 130_000), st.sampled_from(["x", "é", '"', "\n", "😀"]), st.integers(1, 130_000)), max_size=4))
def test_history_is_all_that_was_said_exactly_once(sizes: list[tuple[int, str, int]]) -> None:
    bench = Bench()
    said = [(character * first, character * second) for first, character, second in sizes]
    fill(bench, *said)
    assert walk(bench) == [["begin", "Hello!"], *[list(turn) for turn in said]]


def test_sessions_are_listed_newest_first_in_pages(bench: Bench) -> None:
    for number in range(5):
        bench.ahead = number * 10.0
        bench.ask(f"  Title\n {number} ", session_id=f"s{number}")
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        bench.send({"action": "sessions", **asked}, to="l")
        page = bench.connections.frames("l")[-1]
        seen += [line["session_id"] for line in page["sessions"]]
        if not page["cursor"]:
            break
        asked["cursor"] = page["cursor"]
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    line = page["sessions"][0]
    assert (line["title"], line["turns"]) == ("Title 0", 1)
    assert line["expires_at"] == line["last_updated"] + 24 * 3600


def test_a_change_moves_a_session_to_the_top_and_reading_its_settings_does_not(bench: Bench) -> None:
    bench.ask("Hi", session_id="first")
    bench.ahead = 10
    bench.ask("Hi", session_id="second")
    for changes, expected in (({}, ["second", "first"]), ({"title": "Kites"}, ["first", "second"])):
        bench.ahead = 20
        bench.send({"action": "configure", "session_id": "first", **changes})
        bench.send({"action": "sessions"}, to="l")
        assert [line["session_id"] for line in bench.connections.frames("l")[-1]["sessions"]] == expected


def test_a_session_without_an_answer_is_not_listed(bench: Bench) -> None:
    bench.claude.scripts = [says()]
    bench.ask("Hi")
    bench.send({"action": "sessions"}, to="l")
    assert bench.connections.frames("l")[0]["sessions"] == []


def test_listings_are_of_ones_own(bench: Bench) -> None:
    bench.send({"action": "query", "message": "Hi", "session_id": "s1"}, owner="ada")
    bench.send({"action": "query", "message": "Hi", "session_id": "s2"}, owner="bob")
    bench.send({"action": "sessions"}, to="l", owner="ada")
    assert [line["session_id"] for line in bench.connections.frames("l")[0]["sessions"]] == ["s1"]


def test_delete_removes_every_row_of_the_conversation(bench: Bench) -> None:
    bench.ask("Hi")
    bench.ask("More")
    bench.send({"action": "delete", "session_id": "s1", "request_id": "r1"}, to="d")
    assert bench.connections.frames("d") == [{"type": "deleted", "request_id": "r1", "session_id": "s1", "erased": True}]
    session = bench.store.load("s1", 50)
    assert session.turns == ()
    assert session.head is not None
    assert session.head.deleted
    assert (session.head.title, session.head.summary, session.head.owner) == ("", "", "default")
    bench.send({"action": "sessions"}, to="l")
    assert bench.connections.frames("l")[0]["sessions"] == []


class NotYet:
    """A store in which nothing can be erased yet: `reason` raises, or returns what `scrub` does."""

    def __init__(self, store: Any, failing: str, reason: Callable[[], object]) -> None:
        self._store, self._failing, self._reason = store, failing, reason

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: self._reason()) if name == self._failing else getattr(self._store, name)


def unavailable() -> object:
    raise StoreUnavailable


@pytest.mark.parametrize(("failing", "reason"), [("remove_turns", unavailable), ("scrub", unavailable), ("scrub", lambda: False)])
def test_a_deletion_says_when_the_text_is_not_erased_yet_and_a_repeat_when_it_is(
    bench: Bench, failing: str, reason: Callable[[], object]
) -> None:
    bench.ask("Hi")
    bench.send({"action": "delete", "session_id": "s1"}, to="d", app=bench.another(store=NotYet(bench.store, failing, reason)))
    assert bench.contents() == []
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert [frame["erased"] for frame in bench.connections.frames("d")] == [False, True]
    assert bench.store.load("s1", 50).turns == ()


def test_erasing_that_takes_long_goes_on_after_the_reply(bench: Bench) -> None:
    fill(bench, *[("q", "a")] * 250)

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def remove_turns(self, *where: Any) -> int:
            bench.later += 10
            return int(bench.store.remove_turns(*where))

    bench.send({"action": "delete", "session_id": "s1"}, to="d", app=bench.another(store=Slow()))
    assert bench.connections.frames("d")[0]["erased"] is False
    assert bench.store.load("s1", 50).turns == ()


def test_what_is_left_of_an_expired_session_is_erased(bench: Bench) -> None:
    bench.ask("Hi")
    bench.ahead = 25 * 3600
    assert bench.contents() == []
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert bench.connections.frames("d")[0]["erased"] is True
    assert bench.store.load("s1", 50).turns == ()


def test_turns_without_a_head_are_erased(bench: Bench) -> None:
    bench.store.add_turn("s1", Turn(turn_id(1), (Message("user", "Hi"),), last_updated=7))
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert bench.connections.frames("d")[0]["erased"] is True
    assert bench.store.load("s1", 50).turns == ()


def test_a_repeated_delete_finishes_the_first(bench: Bench) -> None:
    bench.ask("Hi")
    turn = bench.store.load("s1", 50).turns[0]
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.store.add_turn("s1", turn)  # As if the first had been killed before it removed the turn.
    assert bench.contents() == []
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert bench.connections.frames("d")[1]["type"] == "deleted"
    assert bench.store.load("s1", 50).turns == ()


def test_a_tombstone_is_forgotten_after_an_hour(bench: Bench) -> None:
    bench.ask("Hi")
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.ahead = 3700
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert bench.connections.frames("d")[1]["code"] == "no_such_session"


def test_a_delete_that_meets_a_commit_buries_what_is_there(bench: Bench) -> None:
    bench.ask("Hi")

    class Racing:
        """Another life begins between the load and the burial."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def load(self, session: str, limit: int) -> Session:
            result: Session = bench.store.load(session, limit)
            if bench.connections.of_type("d", "deleted") == [] and not self.raced:
                self.raced = True
                bench.send({"action": "delete", "session_id": "s1"}, to="other")
                bench.ask("A new life", to="c9")
            return result

        raced = False

    bench.send({"action": "delete", "session_id": "s1"}, to="d", app=bench.another(store=Racing()))
    assert bench.connections.frames("d")[-1]["type"] == "deleted"
    assert bench.contents() == []
    assert bench.connections.frames("c9")[-1]["type"] == "done"


@pytest.mark.parametrize("body", [{"action": "history", "session_id": "s1"}, {"action": "delete", "session_id": "s1"}])
def test_another_owners_session_does_not_exist(bench: Bench, body: dict[str, Any]) -> None:
    bench.ask("Hi")
    bench.send(body, to="x", owner="eve")
    assert bench.connections.frames("x")[0]["code"] == "no_such_session"
    assert bench.contents() == ["Hi", "Hello!"]
