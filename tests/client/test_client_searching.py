"""`ask.py search`: what is asked of the bridge, and how hits are shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_client.commands.search import excerpt, pattern_of, search, show_hits
from client.bench import Bench
from client.conftest import Run
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
        f'To go on: python3 client/ask.py "..." {SESSION}\n',
    )


def test_nothing_found_is_said() -> None:
    assert shown({"hits": [], "complete": True}) == ("", "Nothing found.\n")


def test_what_was_not_searched_is_said() -> None:
    hits = [{"session_id": SESSION, "role": "robot", "text": "x"}]
    assert shown({"hits": hits, "complete": False}) == (
        f"{SESSION}\nUnknown: x\n",
        f'The oldest messages were not searched.\nTo go on: python3 client/ask.py "..." {SESSION}\n',
    )


def test_on_a_terminal_matches_are_bold() -> None:
    bench = Bench("ws://127.0.0.1:1", terminal=True)
    show_hits(bench.client(), {"hits": golden("search", "two hits")["hits"], "complete": True}, NOW, "kites strings")
    assert "a light frame and a long \x1b[1mstring\x1b[0m." in bench.stdout.getvalue()
    assert "building a \x1b[1mkite\x1b[0m." in bench.stdout.getvalue()


def test_control_codes_in_a_passage_are_harmless_on_a_terminal() -> None:
    bench = Bench("ws://127.0.0.1:1", terminal=True)
    show_hits(bench.client(), {"hits": [{"session_id": SESSION, "text": "a\x1b[2Jkite"}], "complete": True}, NOW, "kite")
    assert "\x1b[2J" not in bench.stdout.getvalue()


def test_one_hit_is_shown_once() -> None:
    twice = {**reply("search", "two hits")}
    twice["hits"] = twice["hits"] * 2
    with ScriptedBridge([[twice]]).running() as bridge:
        assert len(search(Bench(bridge.url).client(), "kite", "", 10)["hits"]) == 2


@settings(deadline=None)
@given(st.text(max_size=1500), st.text(max_size=20))
def test_an_excerpt_is_short_and_part_of_the_text(text: str, words: str) -> None:
    shown = excerpt(text, pattern_of(words))
    assert len(shown) <= 404
    assert shown.removeprefix("… ").removesuffix(" …").strip() in text


def test_an_excerpt_has_the_match() -> None:
    assert "a kite" in excerpt("x " * 1000 + "a kite " + "y " * 1000, pattern_of("kites"))


@pytest.mark.parametrize(("since", "count"), [("2026-11-01", 2), ("2026-11-02", 0)])
def test_hits_since_a_day(run: Run, since: str, count: int) -> None:
    with ScriptedBridge([[reply("search", "two hits")]]).running() as bridge:
        _, stdout, _ = run("search", "kite", "--since", since, "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert len(json.loads(stdout)["hits"]) == count
