"""Until when each part of answering a question has to be done. Pure."""

from __future__ import annotations

from bridge.clock import Clock, Timing
from bridge.typed import NamedTuple


class Times(NamedTuple):
    """By the monotonic clock, in seconds.

    `deadline`: the answer is stored by then, and the upkeep done. `single_by`: an unstreamed request has its reply. `give_up_at`:
    connections that take nothing are tried until then.
    """

    deadline: float
    single_by: float
    give_up_at: float

    @classmethod
    def of(cls, clock: Clock, timing: Timing, time_left: float, sent_at: float | None) -> Times:
        """`time_left` is that of the invocation; `sent_at` is when API Gateway took the request, by the wall clock, if it says so."""
        now = clock.monotonic()
        deadline = now + time_left - timing.reserve_seconds
        waited = 0.0 if sent_at is None else max(0.0, clock.now() - sent_at)
        return cls(
            deadline, single_by=now + max(0.0, timing.single_reply_seconds - waited), give_up_at=deadline + timing.reserve_seconds / 2
        )

    def spare_seconds(self, now: float, *, single: bool) -> float:
        """The time there is for the upkeep. A client that waits for a single reply must not hear of a time-out of API Gateway's."""
        left, until_timeout = self.deadline - now, self.single_by - now
        return min(left, until_timeout) if single and until_timeout > 0 else left
