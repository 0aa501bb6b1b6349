"""Until when a request is ours, and what becomes of its answer when that is in doubt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from bridge.clock import Clock
from bridge.errors import StoreUnavailable
from bridge.turn.lease import Lease
from fakes.bridge_bench import QUICK, Bench
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import says

QUERY = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}


class Hands:
    """The hands of two clocks."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.monotonic = 50.0
        self.slept = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.monotonic, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def lease(self) -> Lease:
        return Lease(15.0, self.monotonic, self.wall + 15.0, self.clock())

    def tick(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@pytest.mark.parametrize(
    ("wall", "monotonic", "held"),
    [
        (0, 0, True),
        (14, 14, True),
        (15, 15, False),
        (14, 15, False),
        (15, 1, False),
        (25 * 3600, 0, False),
        (-0.4, 1, True),
        (-1, 0, False),
        (-25 * 3600, 1, False),
    ],
)
def test_a_lease_holds_by_both_clocks(wall: float, monotonic: float, held: bool) -> None:
    hands = Hands()
    lease = hands.lease()
    hands.wall += wall
    hands.monotonic += monotonic
    assert lease.is_held() is held


def test_a_renewed_lease_holds_again_and_a_lost_one_never() -> None:
    hands = Hands()
    lease = hands.lease()
    hands.tick(60)
    lease.extend(hands.monotonic, hands.wall + 15.0)
    assert lease.is_held()
    lease.is_lost = True
    lease.extend(hands.monotonic, hands.wall + 15.0)
    assert not lease.is_held()


@pytest.mark.parametrize(("time_left", "lost", "confirmed"), [(0, False, False), (9, True, False)])
def test_confirming_ends_with_the_lease_or_the_time(time_left: float, lost: bool, confirmed: bool) -> None:
    hands = Hands()
    lease = hands.lease()
    hands.tick(60)
    lease.is_lost = lost
    assert lease.confirm(lambda: time_left, 1.0) is confirmed
    assert hands.slept == 0


class Blocked(MemoryStore):
    """Some of its methods are unavailable for a while."""

    def __init__(self, *methods: str) -> None:
        super().__init__()
        self.blocked = False
        self.refused = threading.Event()
        for name in methods:
            setattr(self, name, self._guarded(getattr(self, name)))

    def _guarded(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.blocked:
                self.refused.set()
                raise StoreUnavailable
            return act(*args, **kwargs)

        return call


def test_a_finished_answer_is_kept_until_it_can_be_stored() -> None:
    store = Blocked("add_turn")
    bench = Bench(store)
    store.blocked = True
    bench.start(QUERY)
    assert store.refused.wait(10)
    store.blocked = False
    bench.join()
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]
    assert len(bench.claude.requests) == 1


def test_a_finished_answer_is_given_up_when_the_time_is_up() -> None:
    store = Blocked("add_turn")
    bench = Bench(store)
    store.blocked = True
    bench.send(QUERY, seconds=0.2)
    assert bench.connections.frames("c1")[-1]["code"] == "store_unavailable"
    store.blocked = False
    bench.ahead = 20.0
    bench.send(QUERY, to="c2")
    assert bench.connections.frames("c2")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]


def test_an_answer_survives_a_store_that_is_away_for_longer_than_the_lease() -> None:
    store = Blocked("look", "renew", "add_turn")
    bench = Bench(store, timing=QUICK._replace(status_interval=0.05))
    gate = threading.Event()
    bench.claude.scripts = [[*says("Hello!")[:3], gate, *says("Hello!")[3:]]]
    bench.start(QUERY, seconds=600.0)
    bench.connections.wait_for("c1", "delta")
    store.blocked = True
    bench.later = bench.ahead = 60.0
    gate.set()
    assert store.refused.wait(10)
    signs = len(bench.connections.of_type("c1", "status"))
    while len(bench.connections.of_type("c1", "status")) < signs + 2:
        threading.Event().wait(0.01)
    assert "done" not in [frame["type"] for frame in bench.connections.frames("c1")]
    store.blocked = False
    bench.join()
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]


@pytest.mark.parametrize("jump", [-25 * 3600.0, -3600.0, 60.0, 25 * 3600.0])
def test_an_answer_survives_a_jump_of_the_clock(jump: float) -> None:
    bench = Bench(session_ttl_hours=0)
    gate = threading.Event()
    bench.claude.scripts = [[*says("Hello!")[:3], gate, *says("Hello!")[3:]]]
    bench.start(QUERY)
    bench.connections.wait_for("c1", "delta")
    bench.ahead = jump
    gate.set()
    bench.join()
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]


@pytest.mark.parametrize("jump", [60.0, 25 * 3600.0])
def test_of_two_one_answers_when_the_first_was_asleep_for_longer_than_its_lease_or_its_claim(jump: float) -> None:
    bench = Bench(session_ttl_hours=0)
    gate = threading.Event()
    bench.claude.scripts = [[*says("First")[:3], gate, *says("First")[3:]], says("Second")]
    asleep = Blocked("look", "renew")
    asleep.__dict__.update({name: value for name, value in vars(bench.store).items() if name.startswith("_") and name != "_guarded"})
    bench.start(QUERY, app=bench.another(store=asleep, ahead=lambda: bench.ahead))
    bench.connections.wait_for("c1", "delta")
    asleep.blocked = True
    bench.ahead = jump
    bench.send(QUERY, to="c2")
    asleep.blocked = False
    gate.set()
    bench.join()
    assert bench.contents() == ["Hi", "Second"]
    assert "done" not in [frame["type"] for frame in bench.connections.frames("c1")][:-1]
