"""One answer out of the bytes of a response, however foreign the server is."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bridge.claude.answer import Answer
from bridge.claude.retry import Failure
from bridge.claude.sse import MAX_EVENT_BYTES
from bridge.claude.stream import MessageStream, NotAStream, inflated
from bridge_local.stand_in.exchange import event
from fakes.claude_scripts import MESSAGE, delta, recorded, said_events

START, BLOCK, TEXT, BLOCK_END, ENDING, STOP = said_events("Hello.")


def read(*chunks: bytes, lost: Exception | None = None) -> Answer:
    """The answer in a body of these chunks that ends there, or was `lost`. Raises what the stream raises."""
    stream, answer = MessageStream(), Answer("asked", 10_000)
    for chunk in chunks:
        for one in stream.feed(chunk):
            answer.take(one)
    for one in stream.end(lost) if not stream.is_over else ():
        answer.take(one)
    return answer


FOREIGN = {
    "a ping without data": b"event: ping\ndata:\n\n",
    "a ping without a data line": b"event: ping\n\n",
    "data that is not JSON": b"data: keep-alive\n\n",
    "data that is cut": b'data: {"type": "content_block_delta", "delta": {"type": "text_de\n\n',
    "no object": b"data: [1, 2]\n\ndata: null\n\n",
    "NaN": b'data: {"type": "ping", "load": NaN}\n\n',
    "a text of null": delta("x").replace(b'"x"', b"null"),
    "a text of another type": delta("x").replace(b'"x"', b'["x"]'),
    "an unknown event": event({"type": "vendor.trace", "text": "x"}),
    "no type": b'data: {"trace": "x"}\n\n',
    "a type of another type": b'data: {"type": 7}\n\n',
    "an unknown block": event({"type": "content_block_start", "index": 1, "content_block": {"type": "hologram", "text": "x"}}),
    "a second start": START,
    "a comment": b": keep-alive\n\n",
    "nesting": b"data: " + b"[" * 10_000 + b"\n\n",
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("at", range(6))
def test_what_is_not_understood_is_skipped_wherever_it_stands(foreign: bytes, at: int) -> None:
    parts = [START, BLOCK, TEXT, BLOCK_END, ENDING, STOP]
    answer = read(b"".join([*parts[:at], foreign, *parts[at:]]))
    assert (answer.text, answer.stop_reason, answer.complete) == ("Hello.", "end_turn", True)


ENDS: dict[str, Sequence[bytes]] = {
    "message_stop": [ENDING, STOP],
    "stop_reason": [ENDING],
    "[DONE] after stop_reason": [ENDING, b"data: [DONE]\n\n"],
    "[DONE] alone": [b"data: [DONE]\n\n"],
    "message_stop alone": [STOP],
    "message_stop without data": [b"event: message_stop\n\n"],
    "message_stop with foreign data": [b"event: message_stop\ndata: bye\n\n"],
    "an error after stop_reason": [ENDING, b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n'],
    "an error in other words after stop_reason": [ENDING, b"event: error\ndata: upstream closed\n\n"],
    "a name in place of the type": [ENDING.replace(b'"type":"message_delta",', b"")],
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("lost", [None, ConnectionResetError()], ids=["ended", "cut"])
def test_an_answer_whose_end_was_announced_is_an_answer(end: Sequence[bytes], lost: Exception | None) -> None:
    answer = read(START, BLOCK, TEXT, BLOCK_END, *end, lost=lost)
    assert (answer.text, answer.stop_reason, answer.complete) == ("Hello.", "end_turn", True)


@pytest.mark.parametrize(
    ("parts", "max_retries"),
    [([START], 1), ([START, BLOCK], 1), ([START, BLOCK, TEXT], 0), ([START, BLOCK, TEXT, BLOCK_END], 0)],
    ids=["nothing", "a block", "text", "a whole block"],
)
def test_an_answer_that_just_ends_is_not_paid_for_again_and_again(parts: Sequence[bytes], max_retries: int) -> None:
    with pytest.raises(Failure) as caught:
        read(*parts)
    assert (caught.value.max_retries, caught.value.transient) == (max_retries, max_retries > 0)


def test_an_answer_that_is_cut_is_lost() -> None:
    with pytest.raises(ConnectionResetError):
        read(START, BLOCK, TEXT, lost=ConnectionResetError())


@pytest.mark.parametrize("size", [1, 100, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_message_is_an_answer(size: int, indent: int | None) -> None:
    body = json.dumps(MESSAGE, indent=indent).encode()
    answer = read(*[body[start : start + size] for start in range(0, len(body), size)])
    assert (answer.text, answer.stop_reason, answer.model, answer.complete) == ("Hello there.", "max_tokens", "claude-x", True)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (25, 15)


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "Hello there."},
        {"type": None, "content": [{"type": "text", "text": "Hello there."}, "?", {"type": "text", "text": None}]},
        {"stop_reason": None, "usage": None, "model": 7},
    ],
    ids=["a string", "odd blocks", "no more than the text"],
)
def test_a_whole_message_of_an_odd_form_is_one_too(changes: dict[str, Any]) -> None:
    answer = read(b"\xef\xbb\xbf\n" + json.dumps({**MESSAGE, **changes}).encode())
    assert (answer.text, answer.complete) == ("Hello there.", True)


NO_STREAM = {
    "nothing": b"",
    "white space": b"\n\n\n",
    "a page": b"<!doctype html><title>Sign in</title>",
    "an error": b'{"type": "error", "error": {"type": "api_error", "message": "Oops"}}',
    "text": b"upstream connect error",
    "another API": b'data: {"object": "chat.completion.chunk", "choices": []}\n\ndata: [DONE]\n\n',
    "pings": b'data: {"type": "ping"}\n\n',
    "a line without end": b"x" * (MAX_EVENT_BYTES + 10),
}


@pytest.mark.parametrize("body", NO_STREAM.values(), ids=NO_STREAM.keys())
def test_what_is_neither_a_stream_nor_a_message_is_quoted_as_it_is(body: bytes) -> None:
    with pytest.raises(NotAStream) as caught:
        read(body)
    assert caught.value.body == body[:MAX_EVENT_BYTES]


def test_a_page_is_recognised_by_its_first_byte() -> None:
    with pytest.raises(NotAStream):
        list(MessageStream().feed(b"\xef\xbb\xbf\r\n <"))


def test_an_error_is_an_event_whatever_its_form() -> None:
    forms = (
        b'event: error\ndata: {"error": {"type": "overloaded_error"}}\n\n',
        b'data: {"error": "quota exceeded"}\n\n',
        b"event: error\ndata: upstream timed out\n\n",
    )
    for form in forms:
        [result] = MessageStream().feed(form)
        assert result["type"] == "error"


def test_an_endless_event_is_not_asked_for_again() -> None:
    with pytest.raises(Failure) as caught:
        read(START, b"data: " + b"x" * MAX_EVENT_BYTES)
    assert not caught.value.transient


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return iter([content[start : start + size] for start in range(0, len(content), size)])


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress, bytes], ids=["gzip", "deflate", "not compressed"])
def test_compressed_bodies_are_inflated(compress: Any, size: int) -> None:
    content = recorded("unicode") + b": filler\n" * 20_000
    assert b"".join(inflated(pieces(compress(content), size))) == content


def test_compressed_events_come_as_they_are_sent() -> None:
    compressor = zlib.compressobj(wbits=31)
    sent = [compressor.compress(part) + compressor.flush(zlib.Z_SYNC_FLUSH) for part in (START, TEXT)]
    inflating = inflated(iter(sent))
    assert next(inflating) == START
    assert next(inflating) == TEXT


def test_a_damaged_compression_is_a_lost_connection() -> None:
    with pytest.raises(OSError, match="compression"):
        list(inflated(iter([gzip.compress(b"x" * 100)[:10] + b"\xff" * 20])))
    assert list(inflated(iter([]))) == [b""]
