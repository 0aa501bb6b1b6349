"""Threads that are used again: to hand work to one that waits takes a hundredth of the time that starting one takes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bridge.typed import TYPE_CHECKING

SPARE = 64
"""At most this many threads wait for more work; one more than that ends with its work."""
WAIT_SECONDS = 30.0

if TYPE_CHECKING:
    Work = Callable[[], object]


class Worker:
    """Something with a `run` of its own, which a thread does between `start` and the return of `join`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._ended: threading.Event | None = None

    def start(self) -> None:
        self._ended = self._threads.start(self.run)

    def join(self) -> None:
        """Returns when `run` has, at once if it was never started."""
        if self._ended is not None:
            self._ended.wait()

    def run(self) -> None:
        raise NotImplementedError


class Threads:
    """The threads of one process. They are daemons: what must be finished before the process ends is waited for."""

    def __init__(self, spare: int = SPARE) -> None:
        self._spare = spare
        self._lock = threading.Lock()
        self._waiting: list[_Thread] = []

    def start(self, work: Work) -> threading.Event:
        """Has a thread do this work. The event is set when it has been done, or has failed: then the thread ends as any that fails."""
        ended = threading.Event()
        with self._lock:
            thread = self._waiting.pop() if self._waiting else None
        if thread is None:
            _Thread(self, work, ended).start()
        else:
            thread.go_on(work, ended)
        return ended

    def close(self) -> None:
        """Ends the threads that wait; those that work end with their work."""
        with self._lock:
            waiting, self._waiting, self._spare = self._waiting, [], 0
        for thread in waiting:
            thread.go_on(_nothing, threading.Event())

    def takes_back(self, thread: _Thread) -> bool:
        """Whether a thread that has done its work may wait for more."""
        with self._lock:
            if len(self._waiting) >= self._spare:
                return False
            thread.name = "waiting"
            self._waiting.append(thread)
            return True

    def lets_go(self, thread: _Thread) -> bool:
        """Whether a thread that has waited long enough may end; not if it has been chosen for more work."""
        with self._lock:
            if thread not in self._waiting:
                return False
            self._waiting.remove(thread)
            return True


class _Thread(threading.Thread):
    def __init__(self, threads: Threads, work: Work, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._threads = threads
        self._work, self._ended_with = work, ended
        self._has_work = threading.Lock()
        self._has_work.acquire()

    def go_on(self, work: Work, ended: threading.Event) -> None:
        self._work, self._ended_with = work, ended
        self._has_work.release()

    def run(self) -> None:
        while self._once():
            if not self._has_work.acquire(timeout=WAIT_SECONDS):
                if self._threads.lets_go(self):
                    return
                self._has_work.acquire()

    def _once(self) -> bool:
        self.name = "working"
        work, ended = self._work, self._ended_with
        self._work = _nothing  # What it refers to is not held while the thread waits.
        try:
            work()
            del work
            return self._threads.takes_back(self)  # First: whoever waits for the end may have more work.
        finally:
            ended.set()


def _nothing() -> None:
    return
