"""What comes back from Claude's side, down to the bytes: events however they are split, HTTP that lies, events of no sense."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aws.scripted_server import Exchange, HangUp, ScriptedServer, scripted
from bridge.claude.answer import Answer
from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.interrupt import Interrupt
from bridge.claude.messages_api import MessagesApi, Timeouts
from bridge.claude.retry import Failure
from bridge.claude.sse import MAX_EVENT_BYTES, EventStream, EventTooLong, ServerEvent
from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.store.records import Usage
from bridge.wire.frames import FRAME_BYTES
from fakes.bridge_bench import Bench
from fuzz.examples import examples
from fuzz.strategies import BOMBS, objects

PARTS = (
    b"data",
    b":",
    b" ",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xef",
    b"event: x",
    b"data: {}",
    b"\xe2\x80\xa8",
    b"\xf0\x9f",
    b": c",
    b"id",
)
wire = st.lists(st.sampled_from(PARTS) | st.binary(max_size=4), max_size=30).map(b"".join)
LONG = b"data: 1\n\n" + b"data: " + b"x" * (MAX_EVENT_BYTES // 2) + b"\ndata: " + b"y" * (MAX_EVENT_BYTES // 2)


def events(data: bytes, cuts: list[int]) -> list[ServerEvent | str]:
    """The events of `data` fed in pieces; the last one says so where it grew too long."""
    stream = EventStream()
    result: list[ServerEvent | str] = []
    try:
        for start, end in itertools.pairwise([0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]):
            result.extend(stream.feed(data[start:end]))  # What was there before an error counts.
    except EventTooLong:
        result.append("too long")
    return result


@examples(150)
@given(wire, st.lists(st.integers(0, 200), max_size=12))
@example(b"data: x\r\n\r\ndata: y\r\r", [8, 9, 10])
def test_any_split_of_any_bytes_gives_the_same_events(data: bytes, cuts: list[int]) -> None:
    assert events(data, cuts) == events(data, []) == events(data, list(range(len(data))))


@pytest.mark.parametrize("more", [-20, -5, 0, 5])
@pytest.mark.parametrize("after", [b"", b"\n\n", b"\n\ndata: 2\n\n"])
def test_what_is_too_long_is_so_however_it_is_split(more: int, after: bytes) -> None:
    data = LONG + b"y" * max(0, more) if more >= 0 else LONG[:more]
    result = events(data + after, [])
    assert result == events(data + after, list(range(0, len(data), 65_536)))
    assert result[0] == ServerEvent("", "1")


def test_lines_that_say_nothing_take_no_room_without_end() -> None:
    lines = b"data\n" * (MAX_EVENT_BYTES // 2)
    assert events(lines, list(range(0, len(lines), 65_536))) == ["too long"]


STREAMED = ("type", "message", "model", "usage", "input_tokens", "output_tokens", "delta", "text", "stop_reason", "content_block", "error")
KINDS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "message_stop",
    "error",
    "ping",
    "text",
    "text_delta",
    "new",
)
streamed = st.builds(lambda kind, fields: {**fields, "type": kind}, st.sampled_from(KINDS), objects(*STREAMED))
absurd = {"type": "message_start", "message": {"model": "m" * 100_000, "usage": {"input_tokens": 10**400, "output_tokens": -1}}}


@pytest.mark.slow
@examples(60)
@given(st.lists(streamed, max_size=8), st.integers(0, 20))
@example([absurd], 20)
def test_any_events_add_up_to_an_answer(result: list[dict[str, Any]], limit: int) -> None:
    answer = Answer("asked", limit)
    shown = "".join(answer.take(event) for event in result)
    assert shown == answer.text
    assert len(answer.text.encode()) <= limit
    assert all(0 <= count < 2**53 for count in answer.usage)
    assert len(answer.model) + len(answer.stop_reason) <= 400


def test_absurd_names_and_counts_fit_in_a_frame_and_a_table() -> None:
    bench = Bench()
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}
    ended = {"type": "message_delta", "delta": {"stop_reason": "s" * 100_000}, "usage": {"output_tokens": 2**70}}
    bench.claude.scripts = [[absurd, text, ended, {"type": "message_stop"}]]
    assert bench.ask("Hello")["type"] == "done"
    assert all(len(data) <= FRAME_BYTES for data in bench.connections.raw("c1"))
    [turn] = bench.store.load("s1", 5).turns
    assert turn.usage == Usage()


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

GOOD = b'event: message_start\ndata: {"type": "message_start", "message": {}}\n\ndata: {"type": "message_stop"}\n\n'
STATUS = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 99999 x",
    b"HTTP/1.1 -1",
    b"HTTP/9 200",
    b"ICY 200 OK",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 529 ",
    b"HTTP/1.1 401",
)
HEADERS = (
    *(
        b"content-length: 5",
        b"content-length: -1",
        b"content-length: " + b"9" * 5_000,
        b"content-length: 100000",
        b"transfer-encoding: chunked",
    ),
    *(
        b"transfer-encoding: gzip, chunked",
        b"connection: close",
        b"retry-after: 1e999",
        b"x-should-retry: maybe",
        b"no colon",
        b": no name",
    ),
    *(b"x: \xff\x1b[2J", b"x: " + b"y" * 70_000, b"content-encoding: gzip", b" folded"),
)
BODY = (
    *(
        GOOD,
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD),
        b"-5\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nx",
        b"zz\r\n",
        b"5;ext=1\r\nabcde\r\n0\r\n\r\n",
    ),
    *(b"data: " + bomb.encode("utf-8", "replace") + b"\n\n" for bomb in BOMBS),
    *(b'data: {"type": "error", "error": 7}\n\n', b"\x00" * 50, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b"{}", b""),
)
answers = st.builds(
    lambda status, headers, end, body: b"\r\n".join([status, *headers]) + end + body,
    st.sampled_from(STATUS),
    st.lists(st.sampled_from(HEADERS), max_size=4),
    st.sampled_from([b"\r\n\r\n", b"\n\n", b"\r\n", b""]),
    st.sampled_from(BODY) | st.binary(max_size=40),
)
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(GOOD), GOOD)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted() as server:
        yield server


@pytest.mark.slow
@examples(60)
@given(answers, st.booleans())
@example(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nabc\r\n", True)
@example(b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n" + GOOD, True)
@example(WHOLE + WHOLE, False)
def test_any_answer_over_http_is_a_stream_or_a_failure(server: ScriptedServer, data: bytes, hangs_up: bool) -> None:
    def lie(exchange: Exchange) -> None:
        exchange.send(data)
        if hangs_up:
            raise HangUp

    api = MessagesApi(AnthropicApi(server.url, FixedKey("k")), Clock(), timeouts=Timeouts(silence=0.05))
    server.script.extend([lie] * 3)
    try:
        result = asked(api)
        assert result is None or result[-1]["type"] == "message_stop"
        server.script.clear()
        server.otherwise = lambda exchange: exchange.send(WHOLE)
        # A machine that is busy may take longer than the read time-out.
        again = next(filter(None, iter(lambda: asked(api), [])))
        assert again == [{"type": "message_start", "message": {}}, {"type": "message_stop"}], "something was left over"
    finally:
        api.close()


def asked(api: MessagesApi) -> list[dict[str, Any]] | None:
    """The events; None for a failure of the kinds that there are."""
    try:
        return [dict(event) for event in api.stream({"model": "m", "messages": []}, Interrupt())]
    except (Failure, BridgeError):
        return None
