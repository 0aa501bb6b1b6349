"""What the events of a stream add up to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.claude.answer import Answer
from bridge.store.records import Usage


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
        {"type": "content_block_start", "content_block": {"type": "text", "text": None}},
        {"type": "content_block_delta"},
        text_delta(7),
        text_delta(None),
        {"type": "message_delta", "delta": None},
        {"type": "message_delta", "delta": {"stop_reason": 7}, "usage": {"output_tokens": float("nan")}},
        {"type": ["message_stop"]},
    ],
    ids=json.dumps,
)
def test_what_has_the_wrong_type_is_skipped(event: dict[str, Any]) -> None:
    answer, pieces = taken(text_delta("A"), event, text_delta("B"), {"type": "message_stop"})
    assert (answer.text, answer.stop_reason, answer.usage, pieces[1]) == ("AB", "end_turn", Usage(), "")


START = {"input_tokens": 25, "cache_read_input_tokens": 2_000, "cache_creation_input_tokens": 300, "output_tokens": 1}


@pytest.mark.parametrize(
    "usage",
    [
        {"output_tokens": 15},
        {"output_tokens": 15, "input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
        {"output_tokens": 15, "input_tokens": None, "cache_read_input_tokens": -1},
        {"output_tokens": 15, "input_tokens": "25", "cache_read_input_tokens": 7.5},
    ],
)
def test_a_later_count_never_undoes_a_larger_one(usage: dict[str, Any]) -> None:
    answer, _ = taken(
        {"type": "message_start", "message": {"usage": START}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 0}},
    )
    assert answer.usage == Usage(25, 2_000, 300, 15)


def test_counts_that_come_late_count() -> None:
    answer, _ = taken(
        {"type": "message_start", "message": {"usage": dict.fromkeys(START, 0)}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": START},
    )
    assert answer.usage == Usage(**START)


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
