"""Imports: what is refused, and that no earlier life of a session is ever seen."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.importing_contract import foreign, sent
from fakes.bridge_bench import Bench

HOUR = 3600
STEPS = st.lists(
    st.sampled_from(["ask", "import", "import again", "remember", "delete", "wait an hour", "wait a day", "heads go", "turns go"]),
    min_size=3,
    max_size=14,
)

BAD: list[tuple[str, dict[str, Any]]] = [
    ("turns", {"turns": None}),
    ("turns", {"turns": []}),
    ("turns", {"turns": ["x"]}),
    ("turns", {"turns": [foreign()] * 101}),
    ("settings", {"settings": 7}),
    ("title", {"settings": {"title": "x" * 201}}),
    ("title", {"settings": {"title": "two\nlines"}}),
    ("title", {"settings": {"title": "\u202eevil"}}),
    ("keep_hours", {"settings": {"keep_hours": "long"}}),
    ("turn", {"turns": [foreign(turn="yesterday")]}),
    ("turn", {"turns": [foreign(turn="7ZZZZZZZZZZZZZZZZZZZZZZZZZ")]}),
    ("said_at", {"turns": [foreign(said_at=None)]}),
    ("said_at", {"turns": [foreign(said_at="now")]}),
    ("said_at", {"turns": [foreign(said_at=631_151_999)]}),
    ("said_at", {"turns": [foreign(said_at=2**34)]}),
    ("said_at", {"turns": [foreign(said_at=float("inf"))]}),
    ("context", {"turns": [foreign(context=None)]}),
    ("context", {"turns": [foreign(context=[{"role": "system", "content": "x"}])]}),
    ("context", {"turns": [foreign(context=[{"role": "user", "content": 7}])]}),
    ("source", {"turns": [foreign(source="x" * 301)]}),
    ("source", {"turns": [foreign(source=["x"])]}),
    ("model", {"turns": [foreign(model=7)]}),
    ("truncated", {"turns": [foreign(truncated="yes")]}),
    ("last_updated", {"turns": [foreign(last_updated="now")]}),
    ("last_updated", {"turns": [foreign(last_updated=2**40)]}),
    ("cost_usd", {"turns": [foreign(cost_usd=-1)]}),
    ("part", {"turns": [foreign(part=3, parts=2)]}),
    ("parts", {"turns": [foreign(part=1, parts=0)]}),
]


@pytest.mark.parametrize(("name", "fields"), BAD, ids=[f"{name}: {str(fields)[:60]}" for name, fields in BAD])
def test_a_bad_field_is_named_and_nothing_is_imported(name: str, fields: dict[str, Any]) -> None:
    bench = Bench()
    reply = sent(bench, {"action": "import", "session_id": "s1", "turns": [foreign()], **fields})
    assert (reply["type"], reply["code"]) == ("error", "bad_request")
    assert f"`{name}`" in reply["message"]
    assert bench.store.load("s1", 9) == (None, ())


@pytest.mark.parametrize("said_at", [1, "yesterday", float("nan"), 2**34])
def test_nothing_is_remembered_of_a_time_that_cannot_be(said_at: object) -> None:
    bench = Bench()
    reply = sent(bench, {"action": "remember", "text": "The kite is red.", "session_id": "s1", "said_at": said_at})
    assert reply["code"] == "bad_request"
    assert bench.store.load("s1", 9).turns == ()


def test_what_is_remembered_without_a_session_gets_one() -> None:
    reply = sent(Bench(), {"action": "remember", "text": "The kite is red."})
    assert reply["session_id"].startswith("chat-")


def test_another_owner_imports_into_a_session_of_its_own() -> None:
    bench = Bench()
    bench.ask("Hi", "s1")
    bench.send({"action": "import", "session_id": "s1", "turns": [foreign()]}, to="ada", owner="ada")
    assert bench.connections.frames("ada")[-1]["added"] == 1
    assert bench.contents("s1") == ["Hi", "Hello!"]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(STEPS)
def test_no_earlier_life_is_ever_seen(steps: list[str]) -> None:
    """Rows that have expired go at any time, heads and turns apart."""
    bench, alive, ends = Bench(session_ttl_hours=2, keep_hours_max=0.0), set[str](), 0.0
    body: dict[str, Any] = {"action": "import", "session_id": "s1", "settings": {"keep_hours": 2}}
    for number, step in enumerate(steps):
        bench.ahead += {"wait an hour": HOUR, "wait a day": 24 * HOUR}.get(step, 30)
        now = time.time() + bench.ahead
        if ends <= now:
            alive = set()
        reply: dict[str, Any] = {}
        text = f"Question {number}"
        if step == "ask":
            reply = bench.ask(text)
        elif step == "remember":
            reply = sent(bench, {"action": "remember", "session_id": "s1", "text": text})
        elif step == "import":
            body = {**body, "turns": [foreign(number, said_at=now - 9), foreign(number + 100, said_at=now - 10 * HOUR)]}
            reply = sent(bench, body)
            alive |= {f"Question {number + 100}"} if reply["type"] == "imported" else set()
        elif step == "import again" and "turns" in body:
            reply = sent(bench, body)
            if reply["type"] == "imported":
                text = body["turns"][0]["context"][0]["content"]
                alive |= {body["turns"][1]["context"][0]["content"]}
        elif step == "delete":
            sent(bench, {"action": "delete", "session_id": "s1"})
            alive = set()
        elif step.endswith("go"):
            expired(bench, now, step)
        if reply.get("type") in ("done", "remembered", "imported"):
            alive.add(text)
            ends = reply["expires_at"]
        assert {said for said in bench.contents() if said.startswith("Question")} == alive


def expired(bench: Bench, now: float, step: str) -> None:
    """What the table deletes by itself."""
    store: Any = bench.store
    if step == "heads go":
        store._heads = {key: head for key, head in store._heads.items() if head.ttl is None or head.ttl > now}
    else:
        turns = store._turns.get("s1", {})
        store._turns["s1"] = {key: turn for key, turn in turns.items() if turn.ttl is None or turn.ttl > now}
