"""A lock that serves threads in the order in which they arrive.

`threading.Lock` goes to whichever thread runs when it is released. Among hundreds of threads some then wait many times as long as others:
longer than a lease lasts.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class FairLock:
    """Not reentrant."""

    def __init__(self) -> None:
        self._state = Lock()
        """Guards the following attributes."""
        self._taken = False
        self._waiting: deque[Lock] = deque()
        """One lock per waiting thread, released when it is that thread's turn."""

    def acquire(self, seconds: float) -> bool:
        """Waits at most this long. False: the lock was not available, and another thread has it."""
        with self._state:
            if not self._taken:
                self._taken = True
                return True
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=max(0.0, seconds)):
            return True
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # It was handed over just when the time was up.

    def release(self) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().release()  # `_taken` stays True, so that no other thread gets in between.
            else:
                self._taken = False
