"""What stands in a request to the Messages API."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.memory import request, summary
from bridge.memory.request import Window
from bridge.settings import Settings
from bridge.store.records import Message
from bridge_local.stand_in.rules import problems

LONG = Window((Message("user", "q" * 1_500), Message("assistant", "a" * 1_500)), quoted="quoted")


def controls(body: dict[str, Any]) -> list[int]:
    """The places of the messages that carry a `cache_control`."""
    return [place for place, message in enumerate(body["messages"]) if not isinstance(message["content"], str)]


def test_nothing_is_cached_unless_asked_for() -> None:
    assert controls(request.question(Settings(), LONG, "Hi")) == []


@pytest.mark.parametrize("ttl", ["5m", "1h"])
def test_the_end_of_what_is_sent_again_is_where_the_cache_ends(ttl: str) -> None:
    body = request.question(Settings(prompt_cache=ttl), LONG, "Hi")
    assert controls(body) == [1]
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "a" * 1_500, "cache_control": {"type": "ephemeral", "ttl": ttl}},
    ]
    assert list(problems(body, "2026-10-21")) == []


def test_what_is_too_short_for_any_model_is_not_marked() -> None:
    short = Window((Message("user", "q" * 1_000), Message("assistant", "a" * 1_000)))
    assert controls(request.question(Settings(prompt_cache="5m"), short, "Hi")) == []
    assert controls(request.question(Settings(prompt_cache="5m", system_prompt="s" * 100), short, "Hi")) == [1]
    assert controls(request.question(Settings(prompt_cache="5m", system_prompt="s" * 9_000), Window(), "Hi")) == []


def test_a_summary_is_asked_of_its_own_model_with_room_to_think() -> None:
    body = summary.new_summary(Settings(summary_model="small", context_limit=8_000), summary.SummaryRequest("system", "message", "t"))
    assert body == {"model": "small", "max_tokens": 8_400, "system": "system", "messages": [{"role": "user", "content": "message"}]}
    assert list(problems(body, "2026-10-21")) == []
