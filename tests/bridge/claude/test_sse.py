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


LINES = st.sampled_from(
    [b"event: a", b"event:b", b"event: ", b"data: 1", b"data:2", b"data: ", b"data", b": a comment", b"id: 7", b"event: a:b", b""]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\n", b"\n", b"\n\n", b"\r\n", b"\r"])).map(b"".join)).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 200), max_size=6))
def test_events_that_arrive_together_are_those_that_arrive_byte_by_byte(content: bytes, cuts: list[int]) -> None:
    whole, single = EventStream(), EventStream()
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    events = [event for start, end in itertools.pairwise(places) for event in whole.feed(content[start:end])]
    assert events == [event for place in range(len(content)) for event in single.feed(content[place : place + 1])]


def test_an_endless_event_is_refused_that_arrives_whole_after_another() -> None:
    event = b"event: a\ndata: " + b"x" * MAX_EVENT_BYTES + b"\n\n"
    with pytest.raises(EventTooLong):
        list(EventStream().feed(b"data: 1\n\n" + event))


def test_an_endless_event_is_refused() -> None:
    stream = EventStream()
    with pytest.raises(EventTooLong):
        list(stream.feed(b"data: " + b"x" * MAX_EVENT_BYTES))
    stream = EventStream()
    list(stream.feed(b"data: " + b"x" * (MAX_EVENT_BYTES - 10) + b"\n"))
    with pytest.raises(EventTooLong):
        list(stream.feed(b"data: " + b"x" * 100 + b"\n"))
