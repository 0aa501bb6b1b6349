"""The claim protocol, attacked: two and three invocations of the real code, any order of their steps, anything going wrong at each.

A run is made by its seed alone. This tries more, and others:
`MODEL_RUNS=20000 MODEL_SEED=5000 pytest -n auto tests/bridge/turn/test_claim_model.py`
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from bridge.store.claims import message_hash
from fakes.claim_world import Fault, Invocation, Plan, World
from fakes.virtual_threads import simulated

SEED = int(os.environ.get("MODEL_SEED", "1"))
RUNS = int(os.environ.get("MODEL_RUNS", "240"))
BATCH = 40

Query = dict[str, Any]
HI: Query = {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": True}
HO: Query = HI | {"message": "Ho", "request_id": "r2"}
BEFORE: Query = HI | {"message": "Before", "request_id": "r0"}
RETRYABLE = ("rate_limited", "claude_overloaded", "claude_unavailable", "empty_answer", "still_running", "store_unavailable")
SILENCE_SECONDS = 15.0
ROW_OF_A_FAILURE_IS_GONE = 70.0
JUMPS = (-25 * 3600.0, -3600.0, -20.0, -1.0, 5.0, 20.0, 3600.0, 25 * 3600.0)
SLOW_STEPS = (0.01, 0.7, 2.0)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Attack:
    """One run: who asks what, and what has to be true at the end whatever went wrong."""

    def __init__(self, seed: int, session_ttl_hours: float = 24.0) -> None:
        self.world = World(seed, session_ttl_hours)
        self.asked: list[tuple[Invocation, Query]] = []

    def ask(self, invocation: Invocation, query: Query = HI, at: float = 0.0, seconds: float = 600.0) -> None:
        self.asked.append((invocation, query))
        self.world.ask(invocation, query, at, seconds)

    def reported(self, name: str, query: Query, at: float = 0.5) -> dict[str, Any]:
        """What an undisturbed client is answered."""
        self.world.ask(Invocation(name), query, at)
        self.world.scheduler.run()
        return self.world.heard(name)[-1]

    def until_answered(self, query: Query) -> dict[str, Any]:
        """The last answer to a client that repeats its question for as long as that may help."""
        self.world.failing = 0.0
        last: dict[str, Any] = {}
        waits = self.world.chance.choice((0.5, ROW_OF_A_FAILURE_IS_GONE))
        for number in range(8):
            last = self.reported(f"repeat {number} of {query['message']}", query | {"stream": True}, waits)
            if last["type"] == "done" or last["code"] not in RETRYABLE:
                break
        return last

    def living(self) -> list[tuple[str, str]]:
        """The turns that exist, as question and answer."""
        history = self.reported("history", {"action": "history", "session_id": "s1", "limit": 100})
        return [(turn["context"][0]["content"], turn["context"][1]["content"]) for turn in history.get("turns", [])]

    def check(self) -> None:
        for message in sorted({query["message"] for _, query in self.asked}):
            query = next(query for _, query in self.asked if query["message"] == message)
            last = self.until_answered(query)
            answers = [answer for question, answer in self.living() if question == message]
            assert last["type"] != "error" or last["code"] not in RETRYABLE, f"no end of it: {last}"
            assert len(answers) == (last["type"] == "done"), f"{answers} for {last}"
            self.check_rows(message)
            if not self.world.buried:
                self.check_answers(message, answers)
        for invocation, query in self.asked:
            self.check_heard(invocation, query)
        assert not self.world.trouble, self.world.trouble

    def check_rows(self, message: str) -> None:
        turns = [turn for turn in self.world.store._turns.get("s1", {}).values() if turn.context[0].content == message]
        assert len(turns) <= 1 or self.world.buried, "a second turn lies in the table"
        for turn in turns:
            whole = self.world.said.get(turn.text, False)
            part = turn.truncated and any(text.startswith(turn.text) for text in self.world.said)
            assert whole or part, f"stored as an answer: {turn.text}"

    def check_answers(self, message: str, answers: list[str]) -> None:
        for invocation, query in self.asked:
            frames = self.world.heard(invocation.name)
            end = ending(frames)
            if query["message"] == message and answers and end is not None and end["type"] == "done":
                assert text_of(frames, end) == answers[0], f"{invocation.name} got another answer"

    def check_heard(self, invocation: Invocation, query: Query) -> None:
        frames = self.world.heard(invocation.name)
        end = ending(frames)
        assert end is None or end.get("code") != "internal", end
        if invocation.sound and not self.world.jumps:
            assert end is not None, f"{invocation.name} was left silent"
            assert query["stream"] or len(frames) == 1, f"{invocation.name} got {len(frames)} replies"
            times = [frame["at"] for frame in frames[: 1 + next(n for n, frame in enumerate(frames) if ending([frame]))]]
            longest = max((later - earlier for earlier, later in pairwise(times)), default=0.0)
            assert longest < SILENCE_SECONDS + 0.5 + 2 * max(self.world.latencies), f"{invocation.name} heard nothing for {longest:.1f} s"

    def run(self) -> None:
        try:
            with simulated(self.world.scheduler):
                self.world.scheduler.run()
                self.check()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story()}") from None

    def story(self) -> str:
        steps = [
            f"{one.name}, clock {one.ahead:+.1f} s, {'dead' if one.dead else 'alive'}: {', '.join(one.steps)}" for one, _ in self.asked
        ]
        heard = [f"{name} heard {[frame.get('code') or frame.get('type') for frame in all_]}" for name, all_ in self.world.frames.items()]
        return "\n".join([*steps, *heard])


def ending(frames: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last `done` or `error` of a connection, or what stands in its single reply."""
    for frame in reversed(frames):
        if frame.get("type") in ("done", "error"):
            return dict(frame)
        if "statusCode" in frame:
            return {"type": "done" if frame["statusCode"] == 200 else "error", **json.loads(str(frame["body"]))}
    return None


def text_of(frames: list[dict[str, Any]], done: dict[str, Any]) -> str:
    """What a client that received this shows."""
    if "response" in done:
        return str(done["response"])
    text = ""
    for frame in frames:
        if frame.get("type") == "delta" and frame["answer"] == done["answer"]:
            assert frame["offset"] <= len(text), "a gap"
            text += frame["text"][len(text) - frame["offset"] :]
    return text


def anything(seed: float, often: float) -> Plan:
    """Any fault at any step; posts and events are many, so each has fewer."""
    chance = Random(seed)

    def plan(step: int, name: str) -> Fault | None:
        likely = often / 4 if name in ("post", "event") else often
        return chance.choice(list(Fault)) if chance.random() < likely else None

    return plan


def at_step(number: int, fault: Fault) -> Plan:
    return lambda step, name: fault if step == number else None


def batches() -> Iterable[Any]:
    """The seeds, in parts; `make test` tries the first of them only."""
    end = SEED + RUNS
    parts = [range(first, min(first + BATCH, end)) for first in range(SEED, end, BATCH)]
    return [pytest.param(part, marks=[pytest.mark.slow] if number else [], id=str(part)) for number, part in enumerate(parts)]


def chaos(seed: int, session_ttl_hours: float = 24.0) -> Attack:
    """Two or three invocations at any time, most of one question, on clocks up to 2 s apart."""
    attack = Attack(seed, session_ttl_hours)
    chance = attack.world.chance
    if chance.random() < 0.3:
        with simulated(attack.world.scheduler):
            attack.reported("before", BEFORE)
    attack.world.failing = chance.choice((0.0, 0.2, 0.5))
    attack.world.latencies = chance.choice((attack.world.latencies, attack.world.latencies, SLOW_STEPS))
    often = chance.choice((0.0, 0.03, 0.1))
    for number in range(chance.choice((2, 3, 3))):
        invocation = Invocation(f"c{number}", anything(chance.random(), often), ahead=chance.uniform(-1, 1))
        query = (HO if chance.random() < 0.15 else HI) | {"stream": chance.random() < 0.75}
        attack.ask(invocation, query, chance.choice((0.0, 0.01, 0.4, 5.0, 16.0, 18.0)), chance.choice((600.0, 600.0, 45.0)))
    return attack


@pytest.mark.slow
@pytest.mark.parametrize("seeds", batches())
def test_anything_at_any_step(seeds: range) -> None:
    for seed in seeds:
        try:
            chaos(seed).run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None


def test_a_seed_makes_the_whole_run() -> None:
    runs = []
    for _ in range(2):
        attack = chaos(SEED + 6)
        attack.run()
        runs.append((attack.story(), attack.world.frames))
    assert runs[0] == runs[1]


@pytest.mark.slow
@pytest.mark.parametrize("seeds", batches())
def test_deleted_meanwhile_stays_deleted(seeds: range) -> None:
    for seed in seeds:
        attack = chaos(seed)
        chance = attack.world.chance
        deleting = Invocation("deleting", ahead=chance.uniform(-1, 1))
        attack.world.ask(deleting, {"action": "delete", "session_id": "s1"}, at=chance.choice((0.02, 0.3, 3.0, 8.0, 17.0)))
        try:
            attack.run()
            with simulated(attack.world.scheduler):
                living = attack.living()
            for buried in attack.world.buried:
                assert "Before" not in dict(living), living
                if deleting.sound and all(one.sound for one, _ in attack.asked):
                    assert len(attack.world.store._turns.get("s1", {})) == len(living), "what was deleted still lies in the table"
                assert not [question for question, _ in living if message_hash(question) in buried], f"{living} {attack.story()}"
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None


@pytest.mark.slow
@pytest.mark.parametrize("seeds", batches())
def test_clocks_that_jump_lose_and_double_nothing(seeds: range) -> None:
    for seed in seeds:
        attack = chaos(seed, session_ttl_hours=0)
        chance = attack.world.chance
        for _ in range(chance.choice((1, 2, 3))):
            attack.world.jump(chance.choice((0.02, 0.3, 3.0, 8.0, 17.0)), chance.choice((0.0, *JUMPS)))
        try:
            attack.run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None


@pytest.mark.slow
@pytest.mark.parametrize("comes", [0.01, 0.9, 18.0])
@pytest.mark.parametrize("fault", Fault)
def test_every_fault_at_every_step_of_the_first_while_a_second_comes(fault: Fault, comes: float) -> None:
    step, steps = 0, 1
    while step < steps:
        attack = Attack(step)
        attack.world.pauses = (0.3,)
        first = Invocation("first", at_step(step, fault))
        attack.ask(first)
        attack.ask(Invocation("second", ahead=1.0), at=comes)
        attack.run()
        step, steps = step + 1, len(first.steps)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(SEED, SEED + RUNS // 4)], ids=str)
def test_cancel_stops_the_stream_within_two_seconds(seeds: range) -> None:
    for seed in seeds:
        attack = Attack(seed)
        cancels = attack.world.chance.choice((0.3, 1.7, 3.9, 6.1))
        began = attack.world.scheduler.now
        attack.ask(Invocation("c1", ahead=1.0))
        attack.ask(Invocation("c2", ahead=-1.0), at=0.4)
        attack.world.ask(Invocation("cancelling"), {"action": "cancel", "session_id": "s1", "request_id": "r1"}, at=cancels)
        attack.run()
        late = [at - began for at, one in attack.world.asking if one.name in ("c1", "c2") and at > began + cancels + 2.0]
        stopped = [frame["at"] - began for frame in attack.world.heard("c1") if frame["type"] in ("done", "error")]
        assert not late, f"seed {seed}: Claude goes on {late} after a cancel at {cancels}"
        assert stopped[0] < cancels + 2.5, f"seed {seed}: stopped at {stopped} after a cancel at {cancels}"
