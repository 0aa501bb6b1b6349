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
from dataclasses import replace
from typing import Any

from bridge_local.gateway.limits import Limits

logger = logging.getLogger(__name__)

OWN_FILES = 128
"""What the process opens for itself: the store, sockets that listen, calls to @connections, modules that are imported late."""
OPEN_FILES = 8192
"""A turn uses about three: the client's connection, the one to Claude, and the store."""


def raise_open_file_limit() -> int:
    """Raises the limit on open files to `OPEN_FILES`, or as far as the system allows (on macOS it starts at 256). Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems refuse a limit that they report as allowed; the old limit then stays.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return OPEN_FILES if now == resource.RLIM_INFINITY else now


def within_open_files(limits: Limits, open_files: int) -> Limits:
    """The limits, lowered so that clients cannot use up the descriptors that the bridge needs to answer those who are connected.

    Half of what the process does not need for itself is for connections, a quarter for questions (the connection to Claude, whose other
    end may be the stand-in's), and a quarter for connections that are accepted and closed at once.
    """
    spare = max(8, open_files - OWN_FILES)
    return replace(
        limits,
        connections=min(limits.connections, spare // 2),
        concurrency=min(limits.concurrency, spare // 8),
        backlog=min(limits.backlog, spare // 4),
    )


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
