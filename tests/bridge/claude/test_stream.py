"""From bytes to an answer: server-sent events and what they add up to."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.claude.answer import Answer, MalformedEvent
from bridge.claude.sse import MAX_EVENT_BYTES, EventStream, EventTooLong
from bridge.store.records import Usage

STREAM = (
    b'\xef\xbb\xbf: a comment\nevent: one\ndata: {"a": 1}\n\n'
    b"data:no space\r\n\r\nid: 7\rdata: two\rdata:  lines\r\r"
    b"data\n\n" + "data: \u2028 and \u0085 and 😀 stay\n\n".encode() + b"data: never ended\n"
)
EVENTS = ['{"a": 1}', "no space", "two\n lines", "", "\u2028 and \u0085 and 😀 stay"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_gives_the_same_events(cuts: list[int]) -> None:
    stream = EventStream()
    places = [0, *sorted(cuts), len(STREAM)]
    events = [event for start, end in itertools.pairwise(places) for event in stream.feed(STREAM[start:end])]
    assert events == EVENTS


def test_an_endless_event_is_refused() -> None:
    stream = EventStream()
    with pytest.raises(EventTooLong):
        list(stream.feed(b"data: " + b"x" * MAX_EVENT_BYTES))
    stream = EventStream()
    list(stream.feed(b"data: " + b"x" * (MAX_EVENT_BYTES - 10) + b"\n"))
    with pytest.raises(EventTooLong):
        list(stream.feed(b"data: " + b"x" * 100 + b"\n"))


def text_delta(text: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def taken(*events: dict[str, Any], limit: int = 10_000) -> tuple[Answer, list[str]]:
    answer = Answer("asked", limit)
    return answer, [answer.take(event) for event in events]


def test_text_blocks_are_the_answer_and_thinking_is_not() -> None:
    answer, _ = taken(
        {"type": "message_start", "message": {"model": "claude-x", "usage": {"input_tokens": 3, "cache_read_input_tokens": None}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "A"}},
        {"type": "ping"},
        text_delta("B"),
        {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": ""}},
        text_delta("C"),
        {"type": "brand_new"},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 9, "input_tokens": True}},
        {"type": "message_stop"},
    )
    assert (answer.text, answer.model, answer.stop_reason, answer.complete) == ("ABC", "claude-x", "end_turn", True)
    assert answer.usage == Usage(input_tokens=3, output_tokens=9)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message_start"},
        {"type": "message_start", "message": []},
        {"type": "content_block_start", "content_block": "text"},
        {"type": "content_block_delta"},
        text_delta(7),
        {"type": "message_delta", "delta": None},
    ],
)
def test_events_that_make_no_sense_are_refused(event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        taken(event)


def test_a_surrogate_pair_split_over_two_deltas_is_one_character() -> None:
    answer, pieces = taken(*[json.loads(json.dumps(text_delta(part))) for part in ("a\ud83d", "\ude00b")])
    assert (answer.text, pieces) == ("a😀b", ["a", "😀b"])


def test_a_lone_surrogate_never_gets_out() -> None:
    answer, pieces = taken(text_delta("a\ud83d"), text_delta("b\ude00"), text_delta("c\ud83d"), {"type": "message_stop"})
    assert answer.text == "a\ufffdb\ufffdc\ufffd" == "".join(pieces)


@given(st.lists(st.text(alphabet="aé😀", max_size=8)), st.integers(0, 40))
def test_text_beyond_the_limit_is_dropped(parts: list[str], limit: int) -> None:
    answer, pieces = taken(*map(text_delta, parts), limit=limit)
    whole = "".join(parts)
    assert "".join(pieces) == answer.text
    assert whole.startswith(answer.text)
    assert len(answer.text.encode()) <= limit
    assert answer.full is (len(whole.encode()) > limit)
    if answer.full:
        assert len(answer.text.encode()) > limit - 4
