"""The local program as a process: when it stops, how many files it may open, and how errors of its event loop are logged."""

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
"""A turn uses about three: the client's connection, the one to Claude, and the store."""


def raise_open_file_limit() -> None:
    """Raises the limit on open files to `OPEN_FILES`, or as far as the system allows: on macOS it starts at 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems refuse a limit that they report as allowed; the old limit then stays.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def stop_event(*, child: bool) -> asyncio.Event:
    """An event that is set when the program should stop: at SIGTERM, and at Ctrl-C.

    A child ignores Ctrl-C, which is for its parent to handle, and stops when its stdin closes: its parent has ended.
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
    # Reading a closed stdin fails: that counts as its end.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # The loop is closed: the program is already ending.
        act()


def log_loop_errors() -> None:
    """Logs where callbacks of the running loop fail. The loop's own message would show their arguments, which may hold message text."""

    def log(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        logger.error("A callback of the event loop failed.", exc_info=context.get("exception"))

    asyncio.get_running_loop().set_exception_handler(log)
