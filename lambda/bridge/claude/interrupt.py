"""The way to end a running answer early, from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum


class Reason(Enum):
    """Why an answer was ended. The values are the `stop_reason` of an answer that is stored as far as it came."""

    CANCELLED = "cancelled"
    OUT_OF_TIME = "out_of_time"
    TOO_LONG = "too_long"
    LEASE_LOST = "lease_lost"


class Interrupt:
    """The first reason counts, and stands in `reason`. Setting it wakes any waiter and calls the attached `cut`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self.reason: Reason | None = None  # Not a property: it is looked at after every piece of an answer.
        self._cut: Callable[[], None] | None = None

    def set(self, reason: Reason) -> None:
        with self._lock:
            self.reason = self.reason or reason
            self._event.set()
            if self._cut is not None:
                self._cut()

    def attach(self, cut: Callable[[], None]) -> None:
        """`cut` is called when the interrupt is set, or now if it is already."""
        with self._lock:
            self._cut = cut
            if self.reason is not None:
                cut()

    def detach(self) -> None:
        """Nothing is cut from here on: reading is over, and somebody else may be using the connection."""
        with self._lock:
            self._cut = None

    def wait(self, seconds: float) -> bool:
        """Waits for at most `seconds`; True when the interrupt is set."""
        return self._event.wait(seconds)


@contextmanager
def time_limit(seconds: float) -> Iterator[Interrupt]:
    """An interrupt that is set after `seconds`. At the end of the block it is detached, and its thread has ended."""
    interrupt = Interrupt()
    alarm = threading.Timer(seconds, interrupt.set, [Reason.OUT_OF_TIME])
    alarm.daemon = True
    alarm.start()
    try:
        yield interrupt
    finally:
        interrupt.detach()
        alarm.cancel()
        alarm.join()
