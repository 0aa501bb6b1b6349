"""When to send the same request again. Pure: the caller waits."""

from __future__ import annotations

from dataclasses import dataclass

from bridge_client.failures import Failure
from bridge_client.protocol.conversation import ASKED_AGAIN, Event, Text, Void


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Times in seconds; `silence` is docs/protocol.md's, which has the bridge say something every 15 s."""

    silence: float = 40.0
    connect: float = 10.0
    first_wait: float = 0.25
    max_wait: float = 10.0
    losses: int = 9
    """Connections lost in a row, without any text of the answer, before giving up: about a minute in all."""
    connect_retries: int = 3
    """Further attempts to reach a bridge that was never reached: about 1.5 s, in which one that restarts is back."""
    errors: int = 3
    max_retry_after: float = 60.0
    """If the bridge asks for a longer wait than this, the person decides."""
    restarts: int = 5
    """Answers started over: each costs a call to Claude, so the client gives up on a bridge that keeps failing."""
    stopping: float = 8.0
    """For a bridge to end an answer that is to be stopped. It takes milliseconds, unless its store is in trouble."""


class Retries:
    """The attempts of one request so far."""

    def __init__(self, retry_policy: RetryPolicy) -> None:
        self._retry_policy = retry_policy
        self._losses = 0
        self._errors = 0
        self._restarts = 0

    def saw(self, event: Event) -> None:
        """Text that arrives is progress: the count of lost connections starts over."""
        if isinstance(event, Text):
            self._losses = 0
        elif isinstance(event, Void):
            self._restarts += 1

    def next_wait(self, failure: Failure, jitter: float) -> float | None:
        """Seconds until the request is sent again; None means that `failure` has to be reported. `jitter` in [0, 1) decides half of it.

        After an error that passes (`ASKED_AGAIN`) the request is sent again up to `errors` times, after `retry_after` if there is one. A
        lost connection is replaced up to `losses` times in a row; one that could not be made at all is tried `connect_retries` times more.
        """
        if failure.code in ASKED_AGAIN:
            self._errors += 1
            if self._errors > self._retry_policy.errors or (failure.retry_after or 0.0) > self._retry_policy.max_retry_after:
                return None
            return max(failure.retry_after or 0.0, self._backoff(self._errors, jitter))
        self._losses += 1
        most = (
            self._retry_policy.losses
            if failure.code != "unreachable"
            else min(self._retry_policy.connect_retries, self._retry_policy.losses)
        )
        if self._losses > most or self._restarts > self._retry_policy.restarts:
            return None
        return self._backoff(self._losses, jitter)

    def _backoff(self, attempt: int, jitter: float) -> float:
        return min(self._retry_policy.max_wait, self._retry_policy.first_wait * 2.0 ** (attempt - 1)) * (0.5 + jitter / 2)
