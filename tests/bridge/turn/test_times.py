"""Until when each part of answering a question has to be done."""

from __future__ import annotations

import pytest

from bridge.clock import Clock, Timing
from bridge.turn.times import Times

CLOCK = Clock(lambda: 5_000.0, lambda: 100.0)
TIMING = Timing(single_reply_seconds=25.0, reserve_seconds=10.0)


def test_the_reserve_is_left_of_the_invocation() -> None:
    times = Times.of(CLOCK, TIMING, time_left=60.0, sent_at=None)
    assert times == Times(deadline=150.0, single_by=125.0, give_up_at=155.0)


@pytest.mark.parametrize(
    ("sent_at", "single_by"), [(4_990.0, 115.0), (4_900.0, 100.0), (5_001.0, 125.0)], ids=["before", "long ago", "ahead"]
)
def test_a_single_reply_counts_from_when_the_request_was_taken(sent_at: float, single_by: float) -> None:
    assert Times.of(CLOCK, TIMING, 60.0, sent_at).single_by == single_by


@pytest.mark.parametrize(
    ("now", "single", "seconds"),
    [(110.0, False, 40.0), (110.0, True, 15.0), (130.0, True, 20.0)],
    ids=["streamed", "a single reply is waited for", "it has timed out"],
)
def test_upkeep_does_not_delay_a_single_reply_beyond_its_time_out(now: float, single: bool, seconds: float) -> None:
    assert Times(150.0, 125.0, 155.0).spare_seconds(now, single=single) == seconds
