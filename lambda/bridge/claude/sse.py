"""Server-sent events, sans I/O: bytes in, the name and the data of each event out.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. Lines end in LF, CR or CRLF only:
U+2028 and U+0085 may stand inside the JSON, so lines are split as bytes and decoded afterwards.

Nearly every event of the Messages API is a name and one line of data, and most arrive whole, several together: those are cut out at once.
All else, also what a chunk leaves of an event, goes line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.typed import NamedTuple

MAX_EVENT_BYTES = 1024 * 1024
"""More than any event of the Messages API; beyond it the stream is broken, not long."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_NAME, _DATA = b"event: ", b"\ndata: "
_NAME_STARTS = len(_NAME)
_EVENT_END = b"\n\n"


class ServerEvent(NamedTuple):
    """`name` is empty where the stream gives none. `data` is the data lines, joined by line feeds."""

    name: str
    data: str


class EventTooLong(ValueError):
    """An event grew beyond `MAX_EVENT_BYTES`."""


class EventStream:
    """Feed it the bytes as they come, in pieces of any size; the same bytes give the same events however they are split."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0  # Of the lines of the event so far.
        self._first = True
        self._after_cr = False
        self._between = False  # Two events: nothing of the next one has been fed.

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Every event that `chunk` completes; exhaust it before feeding the next chunk. Raises `EventTooLong`."""
        if self._after_cr or b"\r" in chunk or len(chunk) > MAX_EVENT_BYTES:
            self._between = False
            yield from self._feed_lines(chunk)
            return
        if not self._between:
            begun, end, chunk = chunk.partition(_EVENT_END)
            yield from self._feed_lines(begun + end)
            if not end:
                return
        *events, begun = chunk.split(_EVENT_END)
        for event in events:
            name, is_simple, data = event.partition(_DATA)
            if is_simple and data and name[:_NAME_STARTS] == _NAME and b"\n" not in name and b"\n" not in data:
                yield tuple.__new__(ServerEvent, (name[_NAME_STARTS:].decode("utf-8", "replace"), data.decode("utf-8", "replace")))
            else:
                yield from self._feed_lines(event + _EVENT_END)
        self._between = not begun
        yield from self._feed_lines(begun)

    def _feed_lines(self, chunk: bytes) -> Iterator[ServerEvent]:
        if self._after_cr and chunk:
            # The CR ended its line at once, since an LF may never come; one that does come ends no further line.
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or chunk.endswith(b"\r")
        begun, *lines = _LINE_END.split(chunk)
        self._extend(begun)
        for line in lines:
            yield from self._end_line()
            self._extend(line)

    def _extend(self, part: bytes) -> None:
        self._line += part
        if len(self._line) + self._size > MAX_EVENT_BYTES:
            raise EventTooLong

    def _end_line(self) -> Iterator[ServerEvent]:
        line = bytes(self._line)
        self._line.clear()
        if self._first:
            line = line.removeprefix(_BOM)
            self._first = False
        if not line:
            yield from self._end_event()
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(line)
        elif name == b"event":
            self._name = value.removeprefix(b" ")

    def _end_event(self) -> Iterator[ServerEvent]:
        event = ServerEvent(self._name.decode("utf-8", "replace"), b"\n".join(self._data).decode("utf-8", "replace"))
        self._name, self._data, self._size = b"", [], 0
        if event.name or event.data:
            yield event
