"""Runs the function: each invocation in a thread of its own, as in Lambda each has an environment of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bridge.threads import Threads

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Handle = Callable[[Mapping[str, Any], Callable[[], float]], Mapping[str, Any]]
"""The function: takes an event and a callable that gives the seconds until the time-out; returns API Gateway's proxy response."""


def in_thread(threads: Threads, function: Callable[[], Result]) -> asyncio.Future[Result]:
    """Runs `function`, which must not raise, in one of the `threads`.

    These are daemons: a question that takes minutes must not delay the end of the program.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result) -> None:
        if not outcome.cancelled():
            outcome.set_result(result)

    def run() -> None:
        result = function()
        # If the loop is closed, nothing waits for the outcome.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result)

    threads.start(run)
    return outcome


def invoke(threads: Threads, handle: Handle, event: Mapping[str, Any], seconds: float) -> asyncio.Future[Mapping[str, Any] | None]:
    """Starts one invocation with a time-out of `seconds`. The result is None if it failed; the reason is in the log."""
    return in_thread(threads, invocation_of(handle, event, seconds))


def invocation_of(handle: Handle, event: Mapping[str, Any], seconds: float) -> Callable[[], Mapping[str, Any] | None]:
    """The same to be run by the caller; its time-out begins now."""
    deadline = time.monotonic() + seconds

    def run() -> Mapping[str, Any] | None:
        try:
            return handle(event, lambda: deadline - time.monotonic())
        except BaseException:  # Includes sys.exit(), which fails an invocation in Lambda as well.
            logger.exception("The function failed.", extra={"request_id": event["requestContext"]["requestId"]})
            return None

    return run


class Slots:
    """Room for `count` invocations: taken in the event loop, given back by any thread, which wakes the loop only if something waits."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        """Guards the following attributes."""
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._finishing: asyncio.Future[None] | None = None

    async def take(self) -> None:
        """In the order of the calls."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            slot = asyncio.get_running_loop().create_future()
            self._waiting.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if not slot.cancelled():  # It was handed over in the same moment.
                self.give_back()
            raise

    def give_back(self) -> None:
        wake: Callable[[asyncio.Future[None]], None]
        with self._lock:
            if self._waiting:
                waiter, wake = self._waiting.popleft(), self._hand_over
            else:
                self._free += 1
                if self._finishing is None or self._free < self._count:
                    return
                waiter, wake = self._finishing, _set
        with contextlib.suppress(RuntimeError):  # The loop is closed: nothing waits.
            waiter.get_loop().call_soon_threadsafe(wake, waiter)

    async def all_free(self) -> None:
        """Returns once no invocation runs. For the end of the program: it is called once."""
        with self._lock:
            if self._free == self._count:
                return
            finishing = self._finishing = asyncio.get_running_loop().create_future()
        await finishing

    def _hand_over(self, slot: asyncio.Future[None]) -> None:
        if slot.done():  # Whoever waited was cancelled.
            self.give_back()
        else:
            slot.set_result(None)


def _set(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
