"""The local program as a process: until when it runs, how many files it may open, and what is logged of its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import threading
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

OPEN_FILES = 8192
"""A turn has some three at once: the client's connection, the one to Claude, the store."""


def raise_open_file_limit() -> None:
    """Has as many open files as are wanted, or as many as are allowed: macOS begins with 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # A system may refuse what it says is allowed; the old limit then stands.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def stop_event(*, child: bool) -> asyncio.Event:
    """An event that is set when the program is to end: at SIGTERM, and at Ctrl-C.

    A child ends with its parent instead, that is at the end of its stdin; Ctrl-C is its parent's to decide about.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_at_end_of_input, args=(lambda: loop.call_soon_threadsafe(stop.set),), daemon=True).start()
    else:
        loop.add_signal_handler(signal.SIGINT, stop.set)
    return stop


def _at_end_of_input(act: Callable[[], object]) -> None:
    # A closed stdin is at its end, too.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # The loop is closed: the program is ending already.
        act()


def log_loop_errors() -> None:
    """Logs where the running loop's callbacks fail. The loop's own words would show their arguments, which may be what was said."""

    def log(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        logger.error("A callback of the event loop failed.", exc_info=context.get("exception"))

    asyncio.get_running_loop().set_exception_handler(log)
