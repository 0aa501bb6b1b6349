"""Cancelling a request that runs, that does not, and that comes a little later."""

from __future__ import annotations

import threading

import pytest

from fakes.bridge_bench import Bench
from fakes.intercepted_store import Intercepted, unavailable

QUERY = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}


@pytest.mark.slow
def test_cancelling_what_does_not_run_is_no_error(bench: Bench) -> None:
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"})
    assert bench.connections.frames("c1")[0]["type"] == "cancelled"


def test_a_cancel_that_overtakes_its_question_stops_it(bench: Bench) -> None:
    bench.claude.scripts = [[threading.Event()]]
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            bench.start(QUERY)
            bench.connections.wait_for("c1", "accepted")

    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x", app=bench.another(sleep=meanwhile))
    bench.join()
    assert len(waits) == 2
    assert [frame["type"] for frame in bench.connections.frames("x")] == ["cancelled"]
    assert bench.connections.frames("c1")[-1]["code"] == "cancelled"


def test_a_cancel_of_nothing_gives_up_within_two_seconds(bench: Bench) -> None:
    waits: list[float] = []
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x", app=bench.another(sleep=waits.append))
    assert [frame["type"] for frame in bench.connections.frames("x")] == ["cancelled"]
    assert sum(waits) < 2


def test_a_cancel_that_cannot_be_tried_again_has_been_answered(bench: Bench) -> None:
    store = Intercepted(bench.store)

    def broken(_: float) -> None:
        store.before["cancel"] = unavailable

    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x", app=bench.another(store=store, sleep=broken))
    assert [frame["type"] for frame in bench.connections.frames("x")] == ["cancelled"]
