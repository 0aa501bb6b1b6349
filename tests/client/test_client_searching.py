"""`ask.py search`: what is asked of the bridge, and how hits are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge_client.commands.search import search, show_hits
from client.bench import Bench
from client.scripted_bridge import SESSION, ScriptedBridge, golden, reply

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("session_id", "example"), [("", "in all sessions"), (SESSION, "in one session")])
def test_the_words_are_looked_for_where_they_are_wanted(session_id: str, example: str) -> None:
    with ScriptedBridge([[reply("search", "two hits")]]).running() as bridge:
        result = search(Bench(bridge.url).client(), "kite string", session_id, 10)
    wanted = golden("search", example)
    assert {**bridge.received[0], "request_id": wanted["request_id"]} == wanted
    assert [hit["role"] for hit in result["hits"]] == ["user", "assistant"]
    assert result["complete"] is True


def shown(result: dict[str, Any]) -> tuple[str, str]:
    bench = Bench("ws://127.0.0.1:1")
    show_hits(bench.client(), result, NOW)
    return bench.stdout.getvalue(), bench.stderr.getvalue()


def test_a_hit_is_shown_with_its_session_time_and_speaker() -> None:
    result = {"hits": golden("search", "two hits")["hits"], "complete": True}
    assert shown(result) == (
        f"{SESSION} · 02:26\nYou: My name is Ada and I am building a kite.\n\n"
        f"{SESSION} · 02:26\nClaude: A kite needs a light frame and a long string.\n",
        "",
    )


def test_nothing_found_is_said() -> None:
    assert shown({"hits": [], "complete": True}) == ("", "Nothing found.\n")


def test_what_was_not_searched_is_said() -> None:
    hits = [{"session_id": SESSION, "role": "robot", "text": "x"}]
    assert shown({"hits": hits, "complete": False}) == (f"{SESSION}\nUnknown: x\n", "The oldest messages were not searched.\n")
