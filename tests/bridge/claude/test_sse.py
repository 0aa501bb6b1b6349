"""Server-sent events from bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.claude.sse import MAX_EVENT_BYTES, EventStream, EventTooLong

STREAM = (
    b'\xef\xbb\xbf: a comment\nevent: one\ndata: {"a": 1}\n\n'
    b"data:no space\r\n\r\nid: 7\rdata: two\rdata:  lines\r\r"
    b"data\n\n" + "data: \u2028 and \u0085 and 😀 stay\n\n".encode() + b"data: never ended\n"
)
EVENTS = [("one", '{"a": 1}'), ("", "no space"), ("", "two\n lines"), ("", "\u2028 and \u0085 and 😀 stay")]


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
