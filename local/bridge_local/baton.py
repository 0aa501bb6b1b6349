"""One invocation computes at a time, and whoever waits for something lets another one go on.

Python runs one thread at a time anyway, and may switch at every call that lets go of its lock, of which a turn makes a hundred: where ten
invocations want to run, the switches take a quarter of the processor. So an invocation runs with a baton, puts it down while it waits for
bytes, another thread or a moment, and then takes it up again, before those that have not begun. One that has had it for `MAX_SECONDS` while
others wait goes on without it: no invocation depends on what another one does.
"""

from __future__ import annotations

import contextlib
import io
import select
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from bridge.clock import Clock
from bridge.threads import Threads

MAX_SECONDS = 0.02


class Baton:
    """`threads` are for the one that watches how long it is kept while others wait."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._own = threading.local()
        """`grant`: what this thread's invocation got with the baton, by which it is known whether it still has it."""
        self._lock = threading.Lock()
        """Guards the following attributes."""
        self._holder: object = None
        self._since = 0.0
        self._returning: deque[tuple[object, threading.Lock]] = deque()
        self._beginning: deque[tuple[object, threading.Lock]] = deque()
        self._is_watched = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """For a whole invocation."""
        self._own.grant = self._take(self._beginning)
        try:
            yield
        finally:
            grant, self._own.grant = self._own.grant, None
            self._give(grant)

    @contextlib.contextmanager
    def put_down(self) -> Iterator[None]:
        """For as long as an invocation waits. In other threads it does nothing."""
        grant = getattr(self._own, "grant", None)
        if grant is None:
            yield
            return
        self._give(grant)
        try:
            yield
        finally:
            self._own.grant = self._take(self._returning)

    def opened(self, file: io.BufferedReader) -> io.BufferedReader:
        """The file of a socket, from which an invocation reads without the baton where it has to wait for what it reads."""
        return io.BufferedReader(_Socket(file.detach(), self))

    def _take(self, queue: deque[tuple[object, threading.Lock]]) -> object:
        grant, turn = object(), threading.Lock()
        with self._lock:
            if self._holder is None:
                self._holder, self._since = grant, time.monotonic()
                return grant
            turn.acquire()
            queue.append((grant, turn))
            starts = not self._is_watched
            self._is_watched = True
        if starts:
            self._watch_later()
        turn.acquire()
        return grant

    def _give(self, grant: object) -> None:
        with self._lock:
            if self._holder is grant:
                self._pass_on()

    def _pass_on(self) -> None:
        """To who has waited longest, of those that have begun first."""
        queue = self._returning or self._beginning
        self._holder, self._since = None, time.monotonic()
        if queue:
            self._holder, turn = queue.popleft()
            turn.release()

    def _watch(self) -> None:
        with self._lock:
            if time.monotonic() - self._since >= MAX_SECONDS:
                self._pass_on()
            self._is_watched = bool(self._returning or self._beginning)
            goes_on = self._is_watched
        if goes_on:
            self._watch_later()

    def _watch_later(self) -> None:
        try:
            self._threads.start_in(MAX_SECONDS, self._watch)
        except RuntimeError:  # There can be no more threads at the moment: the next one that waits tries again.
            with self._lock:
                self._is_watched = False


class _Socket(io.RawIOBase):
    """What a socket's file reads from."""

    def __init__(self, raw: io.RawIOBase, baton: Baton) -> None:
        self._raw = raw
        self._baton = baton

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        with contextlib.nullcontext() if _is_readable(self._raw) else self._baton.put_down():
            count: int | None = self._raw.readinto(buffer)
            return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BatonThreads(Threads):
    """The threads of the bridge: an invocation that waits for their work does so without the baton."""

    def __init__(self) -> None:
        super().__init__()
        self.baton = Baton(self)

    def wait(self, ended: threading.Event) -> None:
        if not ended.is_set():
            with self.baton.put_down():
                super().wait(ended)


def _is_readable(raw: io.RawIOBase) -> bool:
    """Whether a read would return at once. False where nobody can say: on Windows, and for TLS within the TLS of a proxy."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    try:
        poll.register(raw.fileno(), select.POLLIN)
    except (OSError, ValueError):
        return False
    return bool(poll.poll(0))


def clock_of(baton: Baton) -> Clock:
    """A clock by which an invocation sleeps without the baton."""

    def sleep(seconds: float) -> None:
        with baton.put_down() if seconds > 0 else contextlib.nullcontext():
            time.sleep(seconds)

    return Clock(sleep=sleep)
