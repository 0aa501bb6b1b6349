"""What a turn costs when the conversation has grown long: `python benchmarks/growth.py [--turns 5000] [--json]`.

One warm process answers every turn, on SQLite; Claude is a stand-in. Requests and bytes are those at the store's port: each is one call of
DynamoDB. Recall's own CPU is taken off the time of a turn and stands beside it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

from bridge.store.port import Store
from bridge.store.records import Message, Turn
from bridge.text import encode
from bridge.turn.metrics import Measures
from bridge.turn_ids import turn_id
from played import Conversation
from report import show

QUESTION, ANSWER = 20, 240
"""The words of a question and of an answer."""
MEASURED = 60
"""This many turns are measured, one after the other, up to the one that is named."""
BUDGET = 8_000


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls = 0
        self.size_bytes = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def counted(*values: Any, **named: Any) -> Any:
            self.calls += 1
            self.size_bytes += sum(len(encode(value)) for value in values if not isinstance(value, (int, float)))
            return method(*values, **named)

        return counted


class Cost(NamedTuple):
    """Of one turn. Times in milliseconds: `cpu` and `wall` without what recall took."""

    calls: int
    size_bytes: int
    cpu: float
    wall: float
    recall: float


class Long:
    """A conversation that has this many turns already, and grows."""

    def __init__(self, turns: int) -> None:
        self._stores: list[Counting] = []
        self._recall = 0.0
        self._chance = random.Random(1)
        words = ["".join(self._chance.choices("abcdefghijklmnopqrstuvwxyz", k=self._chance.randint(3, 9))) for _ in range(20_000)]
        self._words, self._weights = words, list(accumulate(1 / (place + 10) for place in range(len(words))))
        self._made = 0
        self.conversation = Conversation(BUDGET, seen=self._count, report=self._take)
        self.conversation.fill([self._turn() for _ in range(turns)])

    def turn(self) -> Cost:
        store, turn = self._stores[0], self._turn()
        store.calls = store.size_bytes = 0
        wall, cpu = time.perf_counter(), time.process_time()
        self.conversation.ask([turn])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Cost(store.calls, store.size_bytes, (cpu - self._recall) * 1000, (wall - self._recall) * 1000, self._recall * 1000)

    def _turn(self) -> Turn:
        self._made += 1
        return Turn(turn_id(1_750_000_000_000 + self._made * 60_000), (self._said("user", QUESTION), self._said("assistant", ANSWER)), 0)

    def _count(self, store: Store) -> Store:
        self._stores.append(Counting(store))
        return cast(Store, self._stores[0])

    def _take(self, measures: Measures) -> None:
        self._recall = measures.recall or 0.0

    def _said(self, role: str, words: int) -> Message:
        return Message(role, " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=words)))


def row(turn: int, costs: Sequence[Cost]) -> dict[str, object]:
    return {
        "turn": turn,
        "requests": fmean(cost.calls for cost in costs),
        "bytes written and asked": fmean(cost.size_bytes for cost in costs),
        "CPU ms": median(cost.cpu for cost in costs),
        "time ms": median(cost.wall for cost in costs),
        "recall ms": median(cost.recall for cost in costs),
    }


def measured(turn: int) -> dict[str, object]:
    """The row of this turn. The first question is not counted: it reads what there is."""
    long = Long(turn - MEASURED)
    try:
        long.turn()
        return row(turn, [long.turn() for _ in range(MEASURED)])
    finally:
        long.conversation.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a turn in a long conversation.")
    parser.add_argument("--turns", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    show(f"A turn of {QUESTION + ANSWER} words, warm", [measured(turn) for turn in (100, options.turns)])


if __name__ == "__main__":
    main()
