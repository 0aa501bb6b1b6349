"""What `recall.py` reports: one JSON object, or tables in Markdown. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from data_sets import DataSet
from evidence import Evidence
from measuring import Answered

OWN = "the bridge"
MEASURES: Mapping[str, str] = {"whole": "evidence_recall", "characters": "characters", "touched": "any_piece", "precision": "precision"}
"""What is reported of an `Evidence`, and under which name."""
MARKS = ("<!-- overview: written by `make recall` -->", "<!-- end of overview -->")
"""Between these stands the table of all sets in docs/memory.md."""

Cpu = Mapping[str, Mapping[int, float]]
"""Milliseconds by set and number of messages."""


def report(sets: Sequence[DataSet], answered: Sequence[Answered], budget: int, budgets: Sequence[int], cpu: Cpu) -> dict[str, Any]:
    """All figures in percent, but CPU in milliseconds and `held` in characters.

    `evidence_recall` is of the bridge at `budget`: the mean of the sets. Of a single set all figures stand at the top, too.
    """
    of_sets = {one.name: _of_set([each for each in answered if each.set == one.name], budget, budgets, cpu) for one in sets}
    whole = {
        "evidence_recall": round(fmean(one["evidence_recall"] for one in of_sets.values()), 2),
        "budget": budget,
        "budgets": list(budgets),
        "questions": sum(one["questions"] for one in of_sets.values()),
        "sets": of_sets,
        "left_out": [f"{one.name}/{note}" for one in sets for note in one.notes],
    }
    return whole | (next(iter(of_sets.values())) if len(of_sets) == 1 else {})


def _of_set(answered: Sequence[Answered], budget: int, budgets: Sequence[int], cpu: Cpu) -> dict[str, Any]:
    at_budget = [one for one in answered if one.budget == budget]
    own = [one.evidence[OWN] for one in at_budget]
    return {
        "evidence_recall": _percent(own, "whole"),
        "questions": len(at_budget),
        "dialogues": _by(at_budget, lambda one: one.dialogue),
        "categories": _by(at_budget, lambda one: one.question.category),
        "held": _held(own),
        "cpu_milliseconds": {str(length): round(value, 2) for length, value in cpu.get(answered[0].set, {}).items()},
        "methods": {name: _of_method(answered, name, budgets) for name in at_budget[0].evidence},
    }


def _of_method(answered: Sequence[Answered], method: str, budgets: Sequence[int]) -> dict[str, dict[str, float]]:
    return {
        name: {str(budget): _percent([one.evidence[method] for one in answered if one.budget == budget], measure) for budget in budgets}
        for measure, name in MEASURES.items()
    }


def _by(answered: Sequence[Answered], key: Callable[[Answered], str]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for one in answered:
        groups[key(one)].append(one)
    return {name: _of_group(group) for name, group in groups.items()}


def _of_group(group: Sequence[Answered]) -> dict[str, Any]:
    own = [one.evidence[OWN] for one in group]
    return {"questions": len(group)} | {name: _percent(own, measure) for measure, name in MEASURES.items()}


def _held(own: Sequence[Evidence]) -> dict[str, dict[str, float]]:
    """Of each part of the request: its characters, and the percentage of the evidence that is whole in it, averaged over all questions."""
    names = list(dict.fromkeys(name for one in own for name in one.parts))
    return {name: _held_by(name, own) for name in names}


def _held_by(name: str, own: Sequence[Evidence]) -> dict[str, float]:
    parts = [one.parts.get(name) for one in own]
    return {
        "characters": round(fmean(part.characters if part else 0 for part in parts)),
        "evidence_recall": round(100 * fmean(part.whole if part else 0.0 for part in parts), 2),
    }


def _percent(evidence: Iterable[Evidence], measure: str) -> float:
    return round(100 * fmean(getattr(one, measure) for one in evidence), 2)


def curves(whole: Mapping[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Evidence recall at the budgets, by set and method."""
    return {
        name: {method: list(measures["evidence_recall"].values()) for method, measures in of_set["methods"].items()}
        for name, of_set in whole["sets"].items()
    }


def brief(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report is stored in the repository: what `overview` needs."""
    sets = {
        name: {
            "questions": of_set["questions"],
            "methods": {method: {"evidence_recall": measures["evidence_recall"]} for method, measures in of_set["methods"].items()},
        }
        for name, of_set in whole["sets"].items()
    }
    return {"budget": whole["budget"], "budgets": whole["budgets"], "sets": sets}


def tables(whole: Mapping[str, Any]) -> str:
    """The table of all sets, CPU where it was measured, and a table for each set by ability."""
    parts = [overview(whole), _cpu(whole), *(_of_one_set(name, of_set, whole["budget"]) for name, of_set in whole["sets"].items())]
    return "\n\n".join(part for part in parts if part)


def overview(whole: Mapping[str, Any]) -> str:
    """Evidence recall of all sets: of every method at the budget, of the bridge at all budgets."""
    budget = str(whole["budget"])
    methods = list(next(iter(whole["sets"].values()))["methods"])
    head = [
        "evidence recall, percent",
        "questions",
        *(f"{method}, {int(budget):,}" for method in methods if method != OWN),
        *(f"{OWN}, {of:,}" for of in whole["budgets"]),
    ]
    return markdown(head, [_row(name, of_set, budget) for name, of_set in whole["sets"].items()])


def with_overview(page: str, whole: Mapping[str, Any]) -> str:
    """The text of a page with the table between its two marks."""
    before, begin, rest = page.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    return f"{before}{begin}\n{overview(whole)}\n{end}{after}" if end else page


def _row(name: str, of_set: Mapping[str, Any], budget: str) -> list[str]:
    recall = {method: measures["evidence_recall"] for method, measures in of_set["methods"].items()}
    others = [f"{by_budget[budget]:.1f}" for method, by_budget in recall.items() if method != OWN]
    return [
        name,
        str(of_set["questions"]),
        *others,
        *(f"**{value:.1f}**" if of == budget else f"{value:.1f}" for of, value in recall[OWN].items()),
    ]


def _cpu(whole: Mapping[str, Any]) -> str:
    measured = {name: of_set["cpu_milliseconds"] for name, of_set in whole["sets"].items() if of_set["cpu_milliseconds"]}
    if not measured:
        return ""
    lengths = list(next(iter(measured.values())))
    head = ["CPU of a question, milliseconds", *(f"{int(length):,} messages" for length in lengths)]
    return markdown(head, [[name, *(f"{times[length]:.1f}" for length in lengths)] for name, times in measured.items()])


def _of_one_set(name: str, of_set: Mapping[str, Any], budget: int) -> str:
    head = [f"{name}, the bridge at {budget:,} characters", "questions", "whole", "characters", "any piece", "precision"]
    rows = [
        [group, str(figures["questions"]), *(f"{figures[measure]:.1f}" for measure in MEASURES.values())]
        for groups in (of_set["categories"], of_set["dialogues"])
        for group, figures in groups.items()
    ]
    held = ", ".join(
        f"{part} {figures['characters']:,} characters and {figures['evidence_recall']:.1f} % of the evidence"
        for part, figures in of_set["held"].items()
    )
    return f"{markdown(head, rows)}\n\nHeld: {held}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
