"""A wall clock that is set, or has stood still while the machine was asleep, loses no turn and makes no second one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.store.claim_row import Claim
from bridge.store.claims import EXPIRED_ROW_SECONDS, ClaimState, claim_state, message_hash, request_hash
from bridge.turn_ids import turn_id
from bridge_local.sqlite.store import SqliteStore
from fakes.bridge_bench import Bench

HOUR = 3600.0
JUMPS = pytest.mark.parametrize("jump", [-25 * HOUR, -HOUR, HOUR, 25 * HOUR])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "sessions.db")) as store:
        yield store


def query(request_id: str, message: str = "Hi") -> dict[str, Any]:
    return {"action": "query", "message": message, "session_id": "s1", "stream": True, "request_id": request_id}


def now(bench: Bench) -> float:
    return bench.app._services.clock.now()


def test_one_question_while_the_clock_is_behind_costs_nothing(store: SqliteStore) -> None:
    bench = Bench(store)
    bench.send(query("r1", "First"))
    bench.ahead = -25 * HOUR
    bench.send(query("r2", "Second"))
    bench.ahead = 0
    store.expire(now(bench))
    assert bench.contents() == ["First", "Hello!", "Second", "Hello!"]
    bench.ahead = 23 * HOUR
    store.expire(now(bench))
    assert bench.contents() == ["First", "Hello!", "Second", "Hello!"]


def test_a_turn_stored_while_the_clock_is_behind_lives_as_long_as_the_others(store: SqliteStore) -> None:
    bench = Bench(store)
    bench.send(query("r1"))
    bench.ahead = -200 * HOUR
    bench.send(query("r2"))
    newer, older = (turn.ttl for turn in store.load("s1", 50).turns)
    assert newer is not None
    assert older is not None
    assert newer >= older


def test_a_deletion_while_the_clock_is_behind_lasts(store: SqliteStore) -> None:
    bench = Bench(store)
    bench.send(query("r1"))
    bench.ahead = -25 * HOUR
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.ahead = 0
    store.expire(now(bench))
    assert bench.contents() == []
    head = store.load("s1", 1).head
    assert head is not None
    assert head.deleted


REMEMBER = {"action": "remember", "session_id": "s1", "text": "A note", "request_id": "n1"}
IMPORTED = {
    "context": [{"role": "user", "content": "OtherSessions"}, {"role": "assistant", "content": "Yes"}],
    "said_at": 1_600_000_000,
    "source": "a",
}


@pytest.mark.parametrize(
    "body",
    [
        REMEMBER,
        {"action": "configure", "session_id": "s1", "title": "Kites"},
        {"action": "configure", "session_id": "s1"},
        {"action": "import", "session_id": "s1", "turns": [IMPORTED]},
        {"action": "history", "session_id": "s1"},
        {"action": "sessions"},
        {"action": "search", "query": "First"},
        {"action": "recall", "message": "First"},
        {"action": "cancel", "session_id": "s1", "request_id": "r1"},
        query("r1", "First"),
    ],
    ids=lambda body: str(body["action"]) + "".join(sorted(body.keys() & {"title"})),
)
def test_no_action_while_the_clock_is_behind_shortens_a_life(store: SqliteStore, body: dict[str, Any]) -> None:
    bench = Bench(store)
    bench.send(query("r1", "First"))
    before = store.load("s1", 50)
    head, ttl = before.head, before.turns[0].ttl
    assert head is not None
    assert head.ttl is not None
    assert ttl is not None
    bench.ahead = -25 * HOUR
    bench.send(body, to="other")
    bench.ahead = 0
    store.expire(now(bench))
    after = store.load("s1", 50)
    assert after.head is not None
    assert (after.head.ttl or 0) >= head.ttl
    assert after.head.last_updated >= head.last_updated
    assert [turn.ttl or 0 for turn in after.turns if turn.id == before.turns[0].id] >= [ttl]
    bench.ahead = 23 * HOUR
    store.expire(now(bench))
    assert bench.contents()[:2] == ["First", "Hello!"]


@JUMPS
def test_a_repeat_after_the_clock_has_jumped_is_replayed(store: SqliteStore, jump: float) -> None:
    bench = Bench(store, session_ttl_hours=0)
    bench.send(query("r1"))
    bench.ahead = jump
    store.expire(now(bench))
    bench.send(query("r1"), to="c2")
    assert bench.connections.frames("c2")[-1]["duplicate"]
    assert len(bench.claude.requests) == 1


@JUMPS
def test_a_repeat_after_the_clock_has_come_back_is_replayed(store: SqliteStore, jump: float) -> None:
    bench = Bench(store, session_ttl_hours=0)
    bench.ahead = jump
    bench.send(query("r1"))
    bench.ahead = 0
    store.expire(now(bench))
    bench.send(query("r1"), to="c2")
    assert bench.connections.frames("c2")[-1]["duplicate"]
    assert bench.contents() == ["Hi", "Hello!"]


# What a row means


def row(*, lease_until: float = 0.0, ttl: int = 10_000, message: str = "m", state: str = "running") -> Claim:
    return Claim("h", "s", "t", message, "i", lease_until, ttl, state)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (row(lease_until=1010), ClaimState.RUNNING),
        (row(lease_until=1017), ClaimState.RUNNING),
        (row(lease_until=1018), ClaimState.ABANDONED),
        (row(lease_until=1000 + HOUR), ClaimState.ABANDONED),
        (row(lease_until=999), ClaimState.RUNNING),
        (row(lease_until=998), ClaimState.ABANDONED),
        (row(ttl=1000), ClaimState.ABANDONED),
        (row(message="another"), ClaimState.CONFLICT),
        (row(message="another", ttl=1000), ClaimState.FREE),
        (row(state="failed"), ClaimState.FAILED),
        (row(state="failed", ttl=1000), ClaimState.FREE),
    ],
)
def test_what_a_row_means_at_1000_with_leases_of_15_seconds(result: Claim, expected: ClaimState) -> None:
    assert claim_state(result, "m", 1000.0, 15.0) is expected


def test_a_lease_from_before_the_clock_was_set_back_is_over(store: SqliteStore) -> None:
    bench = Bench(store)
    moment = now(bench) + HOUR
    key = request_hash("default", "s1", "r1", "", "Hi")
    killed = Claim(key, "s1", turn_id(round(moment * 1000)), message_hash("Hi"), "killed", moment + 15.0, int(moment) + 86_400)
    store.claim(killed, moment)
    bench.send(query("r1"))
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert [turn.id for turn in store.load("s1", 50).turns] == [killed.turn]


def test_a_request_id_is_free_for_another_message_when_its_time_is_over(store: SqliteStore) -> None:
    bench = Bench(store, session_ttl_hours=0)
    bench.send(query("r1", "First"))
    bench.ahead = 25 * HOUR
    bench.send(query("r1", "Second"), to="c2")
    assert bench.connections.frames("c2")[-1]["type"] == "done"
    assert bench.contents() == ["First", "Hello!", "Second", "Hello!"]


def test_a_claim_that_ended_days_ago_is_no_claim(store: SqliteStore) -> None:
    bench = Bench(store, session_ttl_hours=0)
    bench.send(query("r1"))
    bench.ahead = 24 * HOUR + EXPIRED_ROW_SECONDS + 1
    bench.send(query("r1"), to="c2")
    assert len(bench.claude.requests) == 2
