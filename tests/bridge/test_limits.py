"""What fits: as much as the protocol says, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.app import action_of
from bridge.errors import BridgeError
from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id
from bridge.wire.frames import REPLY_BYTES
from bridge.wire.requests import read
from fakes.bridge_bench import Bench

LONGEST_ID = "x" * 128


@pytest.mark.parametrize("action", ["history", "sessions", "search"])
@pytest.mark.parametrize(
    ("asked", "given"), [({}, 20), ({"limit": 1}, 1), ({"limit": 100}, 100), ({"limit": 101}, 100), ({"limit": 10**9}, 100)]
)
def test_a_page_has_at_most_100(action: str, asked: dict[str, Any], given: int) -> None:
    _, fields = read(json.dumps({"action": action, "session_id": "s1", "words": "kite", **asked}))
    assert not isinstance(fields, BridgeError)
    request = action_of(fields).read(fields)
    assert getattr(request, "limit", None) == given


def test_no_more_than_100_turns_are_returned(bench: Bench) -> None:
    bench.ask("begin")
    for number in range(120):
        bench.store.add_turn("s1", Turn(turn_id(2**47 + number), (Message("user", "q"), Message("assistant", "a")), 7))
    bench.send({"action": "history", "session_id": "s1", "limit": 1_000}, to="h")
    reply = bench.connections.frames("h")[0]
    assert (len(reply["turns"]), reply["more"]) == (100, True)


def test_no_more_than_100_sessions_are_listed_and_they_always_fit(bench: Bench) -> None:
    for number in range(101):
        bench.ask('"😀' * 100, session_id=f"{number:03}{LONGEST_ID[3:]}", to=f"c{number}")
    bench.send({"action": "sessions", "limit": 1_000, "request_id": LONGEST_ID}, to="l")
    [raw] = bench.connections.raw("l")
    assert len(raw) <= REPLY_BYTES
    reply = json.loads(raw)
    assert len(reply["sessions"]) == 100
    bench.send({"action": "sessions", "cursor": reply["cursor"]}, to="l")
    assert len(bench.connections.frames("l")[1]["sessions"]) == 1


def test_the_longest_ids_work_everywhere(bench: Bench) -> None:
    ids = {"session_id": LONGEST_ID, "request_id": LONGEST_ID}
    assert bench.ask("Hi", **ids)["type"] == "done"
    for action in ("history", "search", "cancel", "delete"):
        bench.send({"action": action, "words": "w" * 1_000, **ids}, to=action)
        assert bench.connections.frames(action)[0]["type"] in (action, "cancelled", "deleted")


def test_the_longest_message_is_answered(bench: Bench) -> None:
    assert bench.ask("é" * 100_000)["type"] == "done"
    assert bench.contents()[0][:5] == "ééééé"


def test_an_offset_beyond_everything_shows_nothing_more(bench: Bench) -> None:
    bench.ask("Hi")
    bench.send({"action": "history", "session_id": "s1", "offset": 10**4_000}, to="h")
    [turn] = bench.connections.frames("h")[0]["turns"]
    assert (turn["context"], "next_offset" in turn) == ([], False)
