"""Throttling of a stage, by the token bucket that API Gateway describes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from __future__ import annotations

from collections.abc import Callable

THROTTLED = "Too Many Requests"
"""The error message for a throttled message. AWS documents "429 Too Many Requests" but not the frame; this one looks like its others."""


class Throttle:
    """A bucket of `burst` tokens, full at first, refilled with `rate` tokens a second. `now` gives monotonic seconds.

    Not thread-safe: it belongs to the event loop.
    """

    def __init__(self, rate: float, burst: int, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._tokens = float(burst)
        self._filled_at = now()

    def takes_one(self) -> bool:
        """Takes a token for one message; False if the bucket is empty."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
