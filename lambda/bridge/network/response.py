"""The answer to an HTTP/1.1 request, in place of that of `http.client`, which reads the headers as those of an e-mail.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected

from bridge.typed import Any

READ_BYTES = 64 * 1024
MAX_HEADERS = 100

Opened = Callable[[Any], Any]
"""What makes the file that an answer is read from, of the one that its socket gives."""


class Response:
    """What an `HTTPConnection` makes of an answer, as its `response_class`.

    Behind the end of the body it is closed, and its connection can be used again, unless anything follows: trailers are not read.
    """

    def __init__(self, sock: Any, *, opened: Opened | None = None, **_how: object) -> None:
        file = sock.makefile("rb")
        self._file = file if opened is None else opened(file)
        self._headers: list[tuple[str, str]] = []
        self.status = 0
        self.chunked = False
        self.length: int | None = None
        """Of the body, in bytes; None where only its end will tell."""
        self.will_close = True

    def begin(self) -> None:
        """Reads the head. Raises `HTTPException`; `RemoteDisconnected`, which is an `OSError` too, where nothing comes at all."""
        while True:
            version = self._read_status()
            self._headers = list(self._read_headers())
            if self.status >= 200:  # The others announce an answer (https://www.rfc-editor.org/rfc/rfc9110#section-15.2).
                break
        connection = self.getheader("connection").lower()
        self.will_close = "close" in connection if version != "HTTP/1.0" else "keep-alive" not in connection
        self.chunked = self.getheader("transfer-encoding").lower() == "chunked"
        if self.status in (204, 304):
            self.length = 0
        elif not self.chunked:
            self.length = _length(self.getheader("content-length"))
        self.will_close = self.will_close or not (self.chunked or self.length is not None)

    def getheader(self, name: str) -> str:
        """All values of a header, with commas between; "" if there is none. `name` is in lower case."""
        return ", ".join(value for each, value in self._headers if each.lower() == name)

    def getheaders(self) -> list[tuple[str, str]]:
        return self._headers

    def body(self) -> Iterator[bytes]:
        """In pieces, as it comes. Raises `IncompleteRead` when the connection ends before it does."""
        if self.chunked:
            yield from self._chunks()
            return
        left = self.length
        while left is None or left > 0:
            piece = self._file.read1(READ_BYTES if left is None else min(left, READ_BYTES))
            if not piece:
                if left:
                    raise IncompleteRead(b"", left)
                break
            left = None if left is None else left - len(piece)
            yield piece
        self.close()

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self.body())

    def close(self) -> None:
        self._file.close()

    def isclosed(self) -> bool:
        closed: bool = self._file.closed
        return closed

    def _read_line(self) -> str:
        line: bytes = self._file.readline(READ_BYTES + 1)
        if len(line) > READ_BYTES:
            raise LineTooLong("line")
        return line.decode("iso-8859-1")

    def _read_status(self) -> str:
        line = self._read_line()
        if not line:
            raise RemoteDisconnected("Remote end closed connection without response")
        version, _, rest = line.partition(" ")
        status = rest[:3]
        if not version.startswith("HTTP/1.") or not (status.isdecimal() and status.isascii() and len(status) == 3) or rest[3:4].strip():
            raise BadStatusLine(line)
        self.status = int(status)
        return version

    def _read_headers(self) -> Iterator[tuple[str, str]]:
        for _ in range(MAX_HEADERS + 1):
            line = self._read_line()
            if line in ("\r\n", "\n", ""):
                return
            name, _, value = line.partition(":")
            yield name, value.strip()
        raise HTTPException("too many headers")

    def _chunks(self) -> Iterator[bytes]:
        """What the chunks hold, together where several have come together: `http.client` reads each on its own, by four calls."""
        rest, left = b"", 0  # The beginning of a line; how much is still to come of a chunk and of the end of its line.
        while len(rest) <= READ_BYTES and (piece := self._file.read1(READ_BYTES)):
            buffer = rest + piece
            pieces, place, size = [buffer[: max(0, left - 2)]], left, 1
            while place < len(buffer) and (end := buffer.find(b"\n", place)) >= 0 and (size := _size(buffer[place:end])):
                pieces.append(buffer[end + 1 : end + 1 + size])
                place = end + size + 3
            content = b"".join(pieces)
            if content:
                yield content
            if not size:
                rest = buffer[end + 1 :]
                while rest in (b"", b"\r") and (piece := self._file.read1(READ_BYTES)):
                    rest += piece
                if rest in (b"\n", b"\r\n"):
                    self.close()
                return
            rest, left = buffer[place:], max(0, place - len(buffer))
        raise IncompleteRead(b"")


def _length(digits: str) -> int | None:
    """None if that is not a number, or has more digits than `int` accepts."""
    try:
        return int(digits) if digits.isdecimal() and digits.isascii() else None
    except ValueError:
        return None


def _size(line: bytes) -> int:
    """Of a chunk, by the line before it."""
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError:
        size = -1
    if size < 0:
        raise IncompleteRead(b"")
    return size
