"""An answer: what `http.client` makes of the same bytes, however they arrive."""

from __future__ import annotations

import io
import itertools
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead, UnknownProtocol
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.network.response import MAX_HEADERS, READ_BYTES, Response

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class _Pieces(io.RawIOBase):
    """What a socket gives: one piece each time it is read."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            return 0
        piece = self._pieces[0][: len(buffer)]
        self._pieces[0] = self._pieces[0][len(piece) :]
        if not self._pieces[0]:
            self._pieces.pop(0)
        buffer[: len(piece)] = piece
        return len(piece)


class _Socket:
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Pieces(self._pieces))


def response_to(*pieces: bytes) -> Response:
    response = Response(_Socket([CHUNKED, *pieces]))
    response.begin()
    return response


def their_response_to(*pieces: bytes) -> HTTPResponse:
    socket_: Any = _Socket([*pieces])
    response = HTTPResponse(socket_)
    response.begin()
    return response


def outcome(read: Any) -> bytes | str:
    try:
        return bytes(read())
    except (HTTPException, ValueError) as error:
        return type(error).__name__


def body(*pieces: bytes) -> tuple[bytes | str, bool]:
    """The content or the name of the error, and whether the connection can be used again."""
    response = response_to(*pieces)
    return outcome(lambda: b"".join(response.body())), response.isclosed()


def theirs(content: bytes) -> bytes | str:
    return outcome(their_response_to(CHUNKED, content).read)


SIZES = st.sampled_from(["%x", "%X", "%04x", "%x;name=value", "%x ;name"])
CHUNKS = st.lists(
    st.tuples(st.binary(min_size=1, max_size=40), SIZES).map(lambda one: (one[1] % len(one[0])).encode() + b"\r\n" + one[0] + b"\r\n")
)
CLEAN = (b"0\r\n\r\n", b"0;last\r\n\r\n", b"0\n\n")
"""How a body ends behind which nothing follows."""
ENDS = st.sampled_from(
    [
        b"0\r\n\r\n",
        b"0;last\r\n\r\n",
        b"00\r\nTrailer: a\r\nAnother: b\r\n\r\n",
        b"0\r\n\r\nmore",
        b"0\n\n",
        b"0\r\n",
        b"",
        b"x\r\n",
        b"-1\r\n",
    ]
)


@given(CHUNKS, ENDS, st.lists(st.integers(0, 400), max_size=8))
def test_any_split_gives_what_http_client_reads(chunks: list[bytes], end: bytes, cuts: list[int]) -> None:
    content = b"".join(chunks) + end
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    # What comes behind the end only after that was read is for the pool to notice: `Connection.is_quiet`.
    is_clean = end in CLEAN or (end.endswith(b"more") and len(content) - len(b"more") in places)
    assert body(*(content[start:stop] for start, stop in itertools.pairwise(places))) == (theirs(content), is_clean)


@pytest.mark.parametrize("cut", range(1, len(b"1\r\na\r\n0\r\n\r\n")))
def test_what_follows_the_end_shows_wherever_it_was_split(cut: int) -> None:
    content = b"1\r\na\r\n0\r\n\r\nmore"
    assert body(content[:cut], content[cut:]) == (b"a", False)


@given(CHUNKS, st.integers(0, 400))
def test_a_body_that_is_cut_is_incomplete(chunks: list[bytes], cut: int) -> None:
    content = b"".join(chunks)
    assert body(content[: min(cut, len(content))]) == ("IncompleteRead", False)


def test_what_has_come_is_given_before_the_cut_shows() -> None:
    pieces = response_to(b"3\r\nabc\r\n5\r\nde").body()
    assert next(pieces) == b"abcde"
    with pytest.raises(IncompleteRead):
        next(pieces)


def test_chunks_that_come_together_are_given_together() -> None:
    assert list(response_to(b"1\r\na\r\n" * 1000 + b"0\r\n\r\n").body()) == [b"a" * 1000]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(IncompleteRead):
        list(response_to(b"1;" + b"x" * 70_000, b"x" * 70_000).body())


STATUS_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 429 Too Many Requests",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 529 Overloaded",
        b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 20 OK",
        b"ICY 200 OK",
        b"<html>",
        b"",
    ]
)
HEADERS = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 3",
            b"content-length:2",
            b"Content-Length: -1",
            b"Content-Length: many",
            b"Content-Length: " + b"9" * 5000,
            b"Transfer-Encoding: chunked",
            b"TRANSFER-ENCODING: Chunked",
            b"transfer-encoding: gzip",
            b"Connection: close",
            b"Connection: Keep-Alive",
            b"Connection: x, Close",
            b"X-Amzn-ErrorType: Throttling",
            b"x-many: one",
            b"X-Many:  two",
            b"X-Latin: \xe9",
            b"X-Empty:",
        ]
    ),
    max_size=6,
    unique_by=lambda line: line.lower().partition(b":")[0] if not line.lower().startswith(b"x-many") else line,
)


@given(STATUS_LINES, HEADERS, st.sampled_from([b"\r\n", b"\n"]))
def test_a_head_means_what_it_means_to_http_client(status: bytes, headers: list[bytes], end: bytes) -> None:
    head = b"".join(line + end for line in [status, *headers]) + end if status else b""

    def known(response: Any) -> tuple[Any, ...]:
        response.begin()
        names = sorted({name.lower() for name, _ in response.getheaders()})
        values = {name: response.getheader(name) for name in names}
        return response.status, values, response.chunked, response.length, response.will_close

    def of(kind: Any) -> tuple[Any, ...] | type[Exception]:
        try:
            return known(kind(_Socket([head, b"abc"])))
        except HTTPException as error:
            return BadStatusLine if isinstance(error, UnknownProtocol) else type(error)

    assert of(Response) == of(HTTPResponse)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 " + b"x" * READ_BYTES,
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * READ_BYTES,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n",
    ],
)
def test_an_endless_head_is_refused(head: bytes) -> None:
    with pytest.raises(HTTPException):
        their_response_to(head)
    with pytest.raises(HTTPException):
        Response(_Socket([head])).begin()


def test_an_early_hint_is_no_answer() -> None:
    response = Response(_Socket([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"]))
    response.begin()
    assert (response.status, response.getheader("link"), response.read(), response.isclosed()) == (200, "", b"a", True)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    response = Response(_Socket([b"HTTP/1.1 200 OK\r\n\r\nabc", b"def"]))
    response.begin()
    assert (response.will_close, list(response.body())) == (True, [b"abc", b"def"])


@pytest.mark.parametrize("piece", [b"", b"ab"])
def test_a_body_that_is_shorter_than_its_length_is_incomplete(piece: bytes) -> None:
    response = Response(_Socket([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", piece]))
    response.begin()
    with pytest.raises(IncompleteRead):
        response.read()
    assert not response.isclosed()


def test_an_answer_is_read_from_the_file_that_is_made_of_its_sockets() -> None:
    files: list[Any] = []

    def opened(file: Any) -> Any:
        files.append(file)
        return io.BytesIO(file.read().replace(b"abc", b"def"))

    response = Response(_Socket([CHUNKED, b"3\r\nabc\r\n0\r\n\r\n"]), opened=opened)
    response.begin()
    assert (len(files), response.read()) == (1, b"def")
