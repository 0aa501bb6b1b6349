"""A call to Claude that failed, and when to make it again. Pure."""

from __future__ import annotations

from bridge.errors import BridgeError, Code

MAX_RETRIES = 4
FIRST_WAIT_SECONDS = 0.5
"""Before the first retry; doubled before each further one."""
JITTER = 0.25
"""How much of a wait chance may take away, so that those who failed together do not come back together."""
MAX_WAIT_SECONDS = 60.0
"""A person waits at the other end: a longer `retry-after` fails at once and is reported."""


class Failure(Exception):
    """A call to Claude that gave no answer.

    `error` is what the client gets, if it comes to that. `transient` says that trying again may help, at most `max_retries` times.
    `retry_after` is what the server asked for, in seconds; `status` and `kind` are for the log.
    """

    def __init__(
        self,
        error: BridgeError,
        *,
        transient: bool,
        retry_after: float | None = None,
        status: int = 0,
        kind: str = "",
        max_retries: int = MAX_RETRIES,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.transient = transient
        self.retry_after = retry_after
        self.status = status
        self.kind = kind
        self.max_retries = max_retries

    @classmethod
    def lost(cls, kind: str) -> Failure:
        """No connection, a stream that was cut, or silence for too long."""
        return cls(BridgeError(Code.CLAUDE_UNAVAILABLE), transient=True, kind=kind)

    @classmethod
    def ended(cls, kind: str, *, max_retries: int) -> Failure:
        """A stream that came to its end, or to a point where it makes no sense, before the answer did."""
        error = BridgeError(Code.CLAUDE_UNAVAILABLE, "Claude's answer ended before it was complete. Try again.")
        return cls(error, transient=max_retries > 0, kind=kind, max_retries=max_retries)


def next_wait(failure: Failure, retries: int, time_left: float, jitter: float) -> float | None:
    """Seconds until the next try, `retries` having been made so far; None when it is not worth it or there is no time for it.

    `jitter` is a random number from 0 to 1.
    """
    if not failure.transient or retries >= failure.max_retries:
        return None
    wait = failure.retry_after or FIRST_WAIT_SECONDS * 2.0**retries * (1 - JITTER * jitter)
    return wait if wait <= min(MAX_WAIT_SECONDS, time_left) else None
