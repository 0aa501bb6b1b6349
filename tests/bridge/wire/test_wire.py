"""The examples of tests/wire/, which the client's tests read too: the bridge takes the client's and sends what its own show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.app import action_of
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.wire.requests import read
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says

EXCHANGE = {"context": [{"role": "user", "content": "Hi"}], "said_at": 1_700_000_000, "source": "s/p1"}
LONG = [
    {"context": [{"role": "user", "content": said}, {"role": "assistant", "content": "Well. " * 300}], "said_at": 1_700_000_000 + place}
    for place, said in enumerate(("Always answer me in French.", *("And then?",) * 9))
]
WIRE = Path(__file__).parents[2] / "wire"
EXAMPLES = [
    pytest.param(example, id=f"{path.stem}: {example['name']}")
    for path in sorted(WIRE.glob("*.json"))
    for example in json.loads(path.read_text())
]
FROM_THE_CLIENT = [example for example in EXAMPLES if example.values[0]["direction"] == "client"]  # type: ignore[index]
FROM_THE_BRIDGE = [
    example
    for example in EXAMPLES
    if example.values[0]["direction"] == "bridge" and "connectionId" not in example.values[0]["frame"]  # type: ignore[index]
]


@pytest.mark.parametrize("example", FROM_THE_CLIENT)
def test_what_the_client_sends_is_understood(example: dict[str, Any]) -> None:
    reading, fields = read(json.dumps(example["frame"]))
    assert not isinstance(fields, BridgeError)
    request = action_of(fields).read(fields)
    assert type(request).__name__.lower() == example["frame"]["action"]
    assert reading.request_id == example["frame"].get("request_id", "")


class _Unreadable:
    def check(self, now: float) -> None:
        raise StoreUnavailable


PRICED = "claude-sonnet-5-5"


@pytest.fixture(scope="module")
def sent() -> list[dict[str, Any]]:
    """Frames of every kind, as a bridge sends them."""
    bench = Bench()
    overloaded = Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=0.01)
    misconfigured = Failure(BridgeError(Code.CLAUDE_MISCONFIGURED, setting="CLAUDE_MODEL", retry_after=1.0), transient=False)
    hello, long = says("Hello!", model=PRICED), says("x" * 200_000, model=PRICED)
    bench.claude.scripts = [[overloaded], hello, long, [misconfigured], hello]
    for number in range(3):
        bench.ask("Hi", request_id=f"r{number}")
    for body in (
        {"action": "query", "message": "Hi", "session_id": "s2"},
        {"action": "query", "message": "Hi", "request_id": "r9"},
        *({"action": "sessions", "request_id": "r", "limit": limit} for limit in (1, 9)),
        *({"action": "history", "session_id": "s1", "request_id": "r", **page} for page in ({}, {"limit": 1})),
        {"action": "history", "session_id": "s1", "before": bench.store.load("s1", 50).turns[0].id},
        {"action": "search", "words": "hello", "request_id": "r"},
        {"action": "configure", "session_id": "s1", "title": "Kites", "request_id": "r"},
        {"action": "recall", "message": "Hi, hello", "request_id": "r"},
        {"action": "query", "message": "Hi", "session_id": "s5", "stream": True, "scope": "all", "request_id": "r"},
        {"action": "remember", "session_id": "s3", "text": "The kite is red.", "request_id": "r"},
        {"action": "import", "session_id": "s4", "turns": [EXCHANGE], "settings": {"keep_hours": 24}, "request_id": "r"},
        {"action": "import", "session_id": "s6", "turns": LONG, "request_id": "r"},
        {"action": "query", "message": "Hi", "session_id": "s6", "stream": True, "request_id": "r"},
        *({"action": action, "session_id": "s1", "request_id": "r"} for action in ("cancel", "ping", "delete")),
        {"action": "history", "session_id": "s1", "request_id": "r"},
        {"action": "query", "stream": True},
        {"action": "query", "session_id": "s1", "request_id": "r"},
    ):
        bench.send(body)
    for known in (True, False, misconfigured):
        bench.claude.known = known
        bench.send(
            {"action": "ping", "check": True, "request_id": "r"}, app=bench.another(store=None if known in (True, False) else _Unreadable())
        )
    return bench.connections.frames("c1")


def shape(value: Any) -> Any:
    """The names and types of a frame; a list has the shapes of what it holds."""
    if isinstance(value, dict):
        return {name: shape(field) for name, field in value.items()}
    return sorted({json.dumps(shape(item), sort_keys=True) for item in value}) if isinstance(value, list) else type(value).__name__


def is_like(example: Any, real: Any) -> bool:
    """Every field of the example is one that the bridge sends, with its type (null where the bridge may say so)."""
    if isinstance(example, dict) and isinstance(real, dict):
        return all(name in real and is_like(value, real[name]) for name, value in example.items())
    if isinstance(example, list) and isinstance(real, list):
        return all(any(is_like(item, other) for other in real) for item in example)
    if isinstance(example, (int, float)) and isinstance(real, (int, float)):
        return isinstance(example, bool) is isinstance(real, bool)
    return example is None or isinstance(real, type(example))


def body_of(frame: dict[str, Any]) -> dict[str, Any]:
    return json.loads(frame["body"]) if "body" in frame else frame


@pytest.mark.slow
@pytest.mark.parametrize("example", FROM_THE_BRIDGE)
def test_what_the_client_is_tested_with_is_what_the_bridge_sends(example: dict[str, Any], sent: list[dict[str, Any]]) -> None:
    frame = example["frame"]
    kin = [real for real in sent if real.get("type") == frame.get("type") and ("statusCode" in real) is ("statusCode" in frame)]
    assert any(is_like(body_of(frame), body_of(real)) for real in kin), [shape(real) for real in kin]
