"""Server-sent events, sans I/O: bytes in, the data of each event out.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. Lines end in LF, CR or CRLF only:
U+2028 and U+0085 may stand inside the JSON, so lines are split as bytes and decoded afterwards.
"""

from __future__ import annotations

import re

MAX_EVENT_BYTES = 1024 * 1024
"""More than any event of the Messages API; beyond it the stream is broken, not long."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event grew beyond `MAX_EVENT_BYTES`."""


class EventStream:
    """Feed it the bytes as they come, in pieces of any size; the same bytes give the same events however they are split."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._started = False
        self._after_cr = False
        self._size = 0

    def feed(self, chunk: bytes) -> list[str]:
        """The data of every event that `chunk` completes. Raises `EventTooLong`."""
        if self._after_cr and chunk:
            # The CR was taken as the end of its line, or an event would wait for a byte that may never come; its LF is not another one.
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or chunk.endswith(b"\r")
        self._rest += chunk
        if not self._started:
            if len(self._rest) < len(_BOM) and _BOM.startswith(self._rest):
                return []
            self._rest = self._rest.removeprefix(_BOM)
            self._started = True
        events = [event for line in self._lines() if (event := self._line(line)) is not None]
        if len(self._rest) + self._size > MAX_EVENT_BYTES:
            raise EventTooLong
        return events

    def _lines(self) -> list[bytes]:
        *lines, self._rest = _LINE_END.split(self._rest)
        return lines

    def _line(self, line: bytes) -> str | None:
        if not line:
            data, self._data, self._size = self._data, [], 0
            return b"\n".join(data).decode("utf-8", "replace") if data else None
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value)
        return None
