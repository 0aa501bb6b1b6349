"""The port to the clients' connections, and when to post again to one that is busy."""

from __future__ import annotations

from bridge.typed import Protocol

_FIRST_WAIT_SECONDS = 0.1
_MAX_WAIT_SECONDS = 2.0


class Connections(Protocol):
    def post(self, connection_id: str, data: bytes) -> None:
        """Sends one text message. Raises `ConnectionGone`, or `ConnectionBusy` when it may be posted again later."""

    def try_post(self, connection_id: str, data: bytes) -> bool:
        """The same without waiting for anything; False where that cannot be done, and nothing is sent. Raises `ConnectionGone`."""


def busy_wait(attempts: int) -> float:
    """Seconds until the next attempt, after this many (1, 2, ...) that a busy connection did not take."""
    return min(_FIRST_WAIT_SECONDS * 2.0 ** (attempts - 1), _MAX_WAIT_SECONDS)
