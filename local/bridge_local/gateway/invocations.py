"""Runs the function: each invocation in a thread of its own, as in Lambda each has an environment of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
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
    deadline = time.monotonic() + seconds

    def run() -> Mapping[str, Any] | None:
        try:
            return handle(event, lambda: deadline - time.monotonic())
        except BaseException:  # Includes sys.exit(), which fails an invocation in Lambda as well.
            logger.exception("The function failed.", extra={"request_id": event["requestContext"]["requestId"]})
            return None

    return in_thread(threads, run)
