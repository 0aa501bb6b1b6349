"""A lock that serves threads in the order they came.

`threading.Lock` does not: whoever runs when it is released takes it, and among hundreds of threads some wait many times as long as others,
longer than a lease lasts.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class FairLock:
    """A context manager, as `threading.Lock` is. It cannot be entered twice by one thread."""

    def __init__(self) -> None:
        self._state = Lock()
        """Held for a moment, to look at and change what follows."""
        self._taken = False
        self._waiting: deque[Lock] = deque()
        """One lock a thread, held until it is that thread's turn."""

    def __enter__(self) -> None:
        with self._state:
            if not self._taken:
                self._taken = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().release()  # It stays taken: nobody comes in between.
            else:
                self._taken = False
