"""Server-sent events, sans I/O: bytes in, the data of each event out.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. Lines end in LF, CR or CRLF only:
U+2028 and U+0085 may stand inside the JSON, so lines are split as bytes and decoded afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_EVENT_BYTES = 1024 * 1024
"""More than any event of the Messages API; beyond it the stream is broken, not long."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event grew beyond `MAX_EVENT_BYTES`."""


class EventStream:
    """Feed it the bytes as they come, in pieces of any size; the same bytes give the same events however they are split."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0  # Of the lines of the event so far.
        self._first = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of every event that `chunk` completes; to be taken to the end before the next chunk. Raises `EventTooLong`."""
        if self._after_cr and chunk:
            # The CR was taken as the end of its line, or an event would wait for a byte that may never come; its LF is not another one.
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or chunk.endswith(b"\r")
        begun, *lines = _LINE_END.split(chunk)
        self._go_on(begun)
        for line in lines:
            yield from self._end_line()
            self._go_on(line)

    def _go_on(self, part: bytes) -> None:
        self._line += part
        if len(self._line) + self._size > MAX_EVENT_BYTES:
            raise EventTooLong

    def _end_line(self) -> Iterator[str]:
        line = bytes(self._line)
        self._line.clear()
        if self._first:
            line = line.removeprefix(_BOM)
            self._first = False
        if not line:
            data, self._data, self._size = self._data, [], 0
            if data:
                yield b"\n".join(data).decode("utf-8", "replace")
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(line)
