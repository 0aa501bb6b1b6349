"""The claim protocol, attacked: two and three invocations of the real code, every order of their steps, everything that goes wrong.

A run is made by its seed alone: `MODEL_RUNS=5000 MODEL_SEED=1 pytest tests/bridge/test_claim_model.py` tries more, or others.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from fakes.claim_world import Fault, Invocation, Plan, World
from fakes.virtual_threads import simulated

SEED = int(os.environ.get("MODEL_SEED", "1"))
RUNS = int(os.environ.get("MODEL_RUNS", "300"))
BATCH = 50

QUERY = {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": True}
RETRYABLE = ("rate_limited", "claude_overloaded", "claude_unavailable", "empty_answer", "still_running", "store_unavailable")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def ending(frames: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last `done` or `error` of a connection, or what stands in its single reply."""
    for frame in reversed(frames):
        if frame.get("type") in ("done", "error"):
            return frame
        if "statusCode" in frame:
            return {"type": "done" if frame["statusCode"] == 200 else "error", **json.loads(frame["body"])}
    return None


def text_of(frames: list[dict[str, Any]], done: dict[str, Any]) -> str:
    """What a client shows that was told this."""
    if "response" in done:
        return str(done["response"])
    text = ""
    for frame in frames:
        if frame.get("type") == "delta" and frame["answer"] == done["answer"]:
            assert frame["offset"] <= len(text), "a gap"
            text += frame["text"][len(text) - frame["offset"] :]
    return text


def asked_again(world: World) -> dict[str, Any]:
    """What a client is told that repeats its question until it has an answer, nothing going wrong any more."""
    for number in range(8):
        repeat = Invocation(f"repeat {number}")
        world.failing = 0.0
        world.ask(repeat, QUERY, at=0.5)
        world.scheduler.run()
        last = ending(world.heard(repeat.name))
        assert last is not None, f"{repeat.name} heard nothing"
        if last["type"] == "done" or last["code"] not in RETRYABLE:
            return last
    raise AssertionError(f"no end of it: {last}")


def contents(world: World) -> list[tuple[str, str]]:
    """The living turns, as question and answer."""
    teller = Invocation("history")
    world.ask(teller, {"action": "history", "session_id": "s1", "limit": 100})
    world.scheduler.run()
    reply = world.heard("history")[-1]
    return [(turn["context"][0]["content"], turn["context"][1]["content"]) for turn in reply.get("turns", [])]


def check(world: World, invocations: list[Invocation], *, deleted: bool = False) -> None:
    """What has to be true at the end, whatever went wrong."""
    last = asked_again(world)
    answers = [answer for question, answer in contents(world) if question == "Hi"]
    stored = [turn for turn in world.store._turns.get("s1", {}).values() if turn.context[0].content == "Hi"]
    assert len(answers) == (last["type"] == "done"), f"{answers} for {last}"
    assert deleted or len(stored) == len(answers), "a second turn lies in the table"
    assert all(world.told[answer] for answer in answers), "a part of an answer is stored"
    for invocation in invocations:
        frames = world.heard(invocation.name)
        end = ending(frames)
        assert end is not None or not invocation.sound, f"{invocation.name} was left silent"
        assert not invocation.sound or sum("statusCode" in frame for frame in frames) <= 1
        if end is not None and end["type"] == "done" and answers and not deleted:
            assert text_of(frames, end) == answers[0], f"{invocation.name} was told something else"
        assert end is None or end.get("code") != "internal", end
    assert not world.trouble, world.trouble


def explain(world: World, invocations: list[Invocation]) -> str:
    lines = [f"{one.name}: clock {one.ahead:+.1f} s, {'dead' if one.dead else 'alive'}, {', '.join(one.steps)}" for one in invocations]
    heard = [f"{name} heard {[frame.get('code') or frame.get('type') for frame in frames]}" for name, frames in world.frames.items()]
    return "\n".join([*lines, *heard])


def attack(world: World, invocations: list[Invocation], **expected: bool) -> None:
    try:
        world.scheduler.run()
        check(world, invocations, **expected)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{explain(world, invocations)}") from None


def chaos(seed: float, often: float) -> Plan:
    """Anything at any step."""
    chance = Random(seed)
    return lambda step, name: chance.choice(list(Fault)) if chance.random() < (often / 4 if name in ("post", "event") else often) else None


def one_run(seed: int, *, delete: bool = False) -> None:
    world = World(seed)
    chance = world.chance
    with simulated(world.scheduler):
        if chance.random() < 0.3:
            world.ask(Invocation("before"), QUERY | {"message": "Before", "request_id": "r0"})
            world.scheduler.run()
        world.failing = chance.choice((0.0, 0.2))
        often = chance.choice((0.0, 0.03, 0.1))
        invocations = [Invocation(f"c{n}", chaos(chance.random(), often), ahead=chance.uniform(-1, 1)) for n in range(chance.choice((2, 3, 3)))]
        for invocation in invocations:
            world.ask(invocation, QUERY | {"stream": chance.random() < 0.75}, at=chance.choice((0.0, 0.01, 0.4, 5.0, 16.0, 18.0)))
        if delete:
            deleting = Invocation("delete", ahead=chance.uniform(-1, 1))
            world.ask(deleting, {"action": "delete", "session_id": "s1"}, at=chance.choice((0.02, 0.3, 3.0, 8.0, 17.0)))
        attack(world, invocations, deleted=delete)


@pytest.mark.parametrize("first", range(SEED, SEED + RUNS, BATCH))
def test_anything_at_any_step(first: int) -> None:
    for seed in range(first, min(first + BATCH, SEED + RUNS)):
        try:
            one_run(seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None
