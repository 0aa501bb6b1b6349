"""The standard streams, made fit for whatever another program has connected them to."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TextIO

from bridge_client.terminal.escape import PLAINER


class Descriptor(io.RawIOBase):
    """A standard stream that waits where its pipe is in non-blocking mode, which a program at the other end may have set.

    Python's own gives up there: half of what was piped would be asked. The mode itself is left alone, since others share it.
    """

    def __init__(self, descriptor: int, *, writing: bool = False, droppable: bool = False) -> None:
        """`droppable`: what cannot be written goes nowhere."""
        self._descriptor = descriptor
        self._writing = writing
        self._droppable = droppable

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def readable(self) -> bool:
        return not self._writing

    def writable(self) -> bool:
        return self._writing

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while True:
            try:
                return os.readv(self._descriptor, [buffer])
            except BlockingIOError:
                select.select([self], [], [])

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                select.select([], [self], [])
            except OSError:
                if not self._droppable:
                    raise
                return len(data)


def prepare_streams() -> None:
    """Replaces the three streams. Standard error may fail: an answer that was paid for is worth more than a note about it."""
    reader = io.BufferedReader(Descriptor(sys.stdin.fileno()))
    sys.stdin = io.TextIOWrapper(reader, encoding=sys.stdin.encoding, errors=sys.stdin.errors)
    sys.stdout, sys.stderr = _writer(sys.stdout, droppable=False), _writer(sys.stderr, droppable=True)


def _writer(stream: TextIO, *, droppable: bool) -> TextIO:
    """A terminal that is not UTF-8 shows what it cannot as an escape."""
    raw = Descriptor(stream.fileno(), writing=True, droppable=droppable)
    buffer = io.BufferedWriter(raw)  # type: ignore[type-var]
    return io.TextIOWrapper(buffer, encoding=stream.encoding, errors=PLAINER, line_buffering=droppable or stream.isatty())
