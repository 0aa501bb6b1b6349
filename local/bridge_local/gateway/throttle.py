"""How many messages a stage takes, by the token bucket that API Gateway describes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from __future__ import annotations

from collections.abc import Callable

THROTTLED = "Too Many Requests"
"""What a client is told instead of an answer: AWS documents "429 Too Many Requests", not the frame, which has the form of its others."""


class Throttle:
    """A bucket of `burst` tokens, full at first, to which `rate` are added each second. `now` gives monotonic seconds.

    For one thread: the event loop's.
    """

    def __init__(self, rate: float, burst: int, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._tokens = float(burst)
        self._filled_at = now()

    def takes_one(self) -> bool:
        """Takes a token out for one message; False where there is none."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
