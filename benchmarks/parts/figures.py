"""The figures of a run: each has an id, a value, a unit and an interval. Pure, but for what is known of the machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
EXACT = 0.005
"""What is counted and not measured may be quoted rounded by this share."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`low` to `high` is what may be quoted: the least and the most of `runs` rounds, or the value as it is rounded."""

    id: str
    value: float
    unit: str
    low: float
    high: float
    runs: int

    def __post_init__(self) -> None:
        assert ID.fullmatch(self.id), self.id
        assert self.low <= self.value <= self.high, self

    def row(self) -> dict[str, Any]:
        of = asdict(self)
        del of["id"]
        return {name: significant(value) if isinstance(value, float) else value for name, value in of.items()}


def measured(id: str, values: Sequence[float], unit: str) -> Figure:
    """The median of the rounds."""
    return Figure(id, float(median(values)), unit, float(min(values)), float(max(values)), len(values))


def counted(id: str, value: float, unit: str) -> Figure:
    """Comes out the same each time."""
    return Figure(id, float(value), unit, value * (1 - EXACT), value * (1 + EXACT), 1)


def ratios(id: str, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Ours divided by theirs, round by round: they ran next to each other."""
    return measured(id, [one / other for one, other in zip(ours, theirs, strict=True)], "ratio")


def slug(name: str) -> str:
    """`two million characters` as part of an id."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def significant(value: float) -> float:
    return float(f"{value:.5g}")


def by_id(figures: Iterable[Figure]) -> dict[str, Figure]:
    every = list(figures)
    unique = {figure.id: figure for figure in every}
    assert len(unique) == len(every), "two figures have one id"
    return unique
