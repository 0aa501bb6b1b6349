"""`remember`: what is refused, and a request that somebody else is storing or has stored."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from contract.importing_contract import Killed, sent
from contract.keeping_contract import Death
from fakes.bridge_bench import Bench

BODY = {"action": "remember", "session_id": "s1", "text": "The kite is red.", "request_id": "r"}


def left_half_done(**settings: Any) -> Bench:
    """A bridge of which a process has claimed the request and ended."""
    bench = Bench(**settings)
    with suppress(Death):
        sent(bench, BODY, bench.another(Killed(bench.store, 0)))
    assert bench.contents() == []
    return bench


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": 7}, "bad_request"),
        ({"text": ["Red."]}, "bad_request"),
        ({"text": " \n"}, "empty_message"),
        ({"text": "x" * 11}, "message_too_long"),
        ({"text": "Red.", "said_at": time.time() + 90_000}, "bad_request"),
    ],
)
def test_what_cannot_be_remembered_is_refused_and_nothing_is_stored(fields: dict[str, Any], code: str) -> None:
    bench = Bench(max_message_chars=10)
    assert sent(bench, {**BODY, **fields})["code"] == code
    assert bench.contents() == []


def test_another_process_that_is_storing_the_same_is_waited_for_a_while() -> None:
    bench = left_half_done()
    waits: list[float] = []
    assert sent(bench, BODY, bench.another(sleep=waits.append))["code"] == "still_running"
    assert waits == [bench.timing.poll_interval] * 20


def test_the_turn_of_another_process_is_taken_when_it_is_there() -> None:
    bench = left_half_done(lease_seconds=3.0)
    turns: list[str] = []

    def other_stores(_seconds: float) -> None:
        bench.ahead = 10.0
        turns.append(sent(bench, BODY, bench.another())["turn"])

    assert sent(bench, BODY, bench.another(sleep=other_stores))["turn"] == turns[0]
    assert len(turns) == 1
    assert bench.contents() == ["The kite is red."]


def test_a_claim_that_is_gone_is_made_again() -> None:
    bench = left_half_done()
    assert sent(bench, BODY, bench.another(sleep=lambda _seconds: bench.store._claims.clear()))["type"] == "remembered"
    assert bench.contents() == ["The kite is red."]


def test_of_two_that_take_over_one_stores_it() -> None:
    bench = left_half_done(lease_seconds=3.0)
    bench.ahead = 10.0

    class Late:
        """A store that another process is quicker with."""

        def __init__(self) -> None:
            self.turns: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def take_over(self, claim: Any, row: Any) -> Any:
            if not self.turns:
                self.turns.append(sent(bench, BODY, bench.another())["turn"])
            return bench.store.take_over(claim, row)

    late = Late()
    bench.send(BODY, to="late", app=bench.another(late))
    assert [bench.connections.frames("late")[-1]["turn"]] == late.turns
    assert bench.contents() == ["The kite is red."]
