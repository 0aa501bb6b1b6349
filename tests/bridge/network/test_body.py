"""The body of a response, read in pieces: what `http.client` makes of the same bytes, however they arrive."""

from __future__ import annotations

import io
import itertools
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.network.http_pool import body_of

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


def response_to(*pieces: bytes) -> HTTPResponse:
    response = HTTPResponse(_Socket([CHUNKED, *pieces]))  # type: ignore[arg-type]
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
    return outcome(lambda: b"".join(body_of(response))), response.isclosed()


def theirs(content: bytes) -> bytes | str:
    return outcome(response_to(content).read)


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
    pieces = body_of(response_to(b"3\r\nabc\r\n5\r\nde"))
    assert next(pieces) == b"abcde"
    with pytest.raises(IncompleteRead):
        next(pieces)


def test_chunks_that_come_together_are_given_together() -> None:
    assert list(body_of(response_to(b"1\r\na\r\n" * 1000 + b"0\r\n\r\n"))) == [b"a" * 1000]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(IncompleteRead):
        list(body_of(response_to(b"1;" + b"x" * 70_000, b"x" * 70_000)))
