"""How much of what a question needs is put before Claude.

    python3 benchmarks/recall.py --data DIR [--budget 8000] [--json] [--svg FILE]

Evidence recall: the share of a question's evidence messages whose whole text is in what is sent, averaged over all questions that have
evidence. What is sent beside the question may take the budget; a request that takes more scores 0. DIR holds LoCoMo dialogues.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

from curve import svg
from dialogues import CATEGORIES, Dialogue, read
from methods import METHODS, Method

BUDGETS = (4_000, 8_000, 16_000)
LENGTHS = (600, 10_000)
"""In messages: where CPU is compared."""
TIMED_QUESTIONS = 40


@dataclass
class Score:
    """The evidence recall of one method at one budget: a value from 0 to 1 for each question."""

    by_dialogue: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_category: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def percent(self) -> float:
        return _percent([value for values in self.by_dialogue.values() for value in values])


def score(method: type[Method], dialogues: Sequence[Dialogue], budget: int) -> Score:
    total = Score()
    for dialogue in dialogues:
        played = method(dialogue, budget)
        texts = {said.id: said.text for said in dialogue.messages}
        for question in dialogue.questions:
            sent = played.sent(question.text)
            found = [any(texts[id_] in text for text in sent) for id_ in question.evidence]
            value = fmean(found) if sum(map(len, sent)) <= budget else 0.0
            total.by_dialogue[dialogue.name].append(value)
            total.by_category[question.category].append(value)
        played.close()
    return total


def milliseconds(method: type[Method], dialogues: Sequence[Dialogue], messages: int, budget: int) -> float:
    """The CPU time of one question in a conversation of so many messages, made of the dialogues, one after the other and over again."""
    played = method(lengthened(dialogues, messages), budget)
    questions = [question.text for dialogue in dialogues for question in dialogue.questions][:TIMED_QUESTIONS]
    played.sent(questions[0])
    begun = time.process_time()
    for question in questions:
        played.sent(question)
    used = time.process_time() - begun
    played.close()
    return used / len(questions) * 1000


def lengthened(dialogues: Sequence[Dialogue], messages: int) -> Dialogue:
    said = [one for dialogue in dialogues for one in dialogue.messages]
    day = 86_400_000
    return Dialogue(
        "long", tuple(replace(said[place % len(said)], at=(place // 20 + 1) * day + place % 20 * 60_000) for place in range(messages)), ()
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Evidence recall on LoCoMo dialogues.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of dialogues, one JSON file each")
    parser.add_argument("--budget", type=int, default=8_000, help="characters (default 8000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--lengths", type=int, nargs=2, default=LENGTHS, metavar="MESSAGES", help="where CPU is compared")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw recall against budget")
    options = parser.parse_args(arguments)
    dialogues = read(options.data)
    if not any(dialogue.questions for dialogue in dialogues):
        parser.error(f"no dialogue with questions in {options.data}")
    budgets = sorted({*BUDGETS, options.budget})
    scores = {name: {budget: score(method, dialogues, budget) for budget in budgets} for name, method in METHODS.items()}
    cpu = {name: [milliseconds(method, dialogues, of, options.budget) for of in options.lengths] for name, method in METHODS.items()}
    if options.svg:
        options.svg.write_text(svg(budgets, {name: [of[budget].percent for budget in budgets] for name, of in scores.items()}), "utf-8")
    if options.json:
        print(json.dumps(_report(options.budget, scores, cpu, options.lengths), indent=2))
    else:
        _print_table(options.budget, scores, cpu, options.lengths)


def _report(budget: int, scores: dict[str, dict[int, Score]], cpu: dict[str, list[float]], lengths: Sequence[int]) -> dict[str, Any]:
    own = scores["the bridge"][budget]
    return {
        "evidence_recall": round(own.percent, 2),
        "budget": budget,
        "questions": sum(map(len, own.by_dialogue.values())),
        "dialogues": {name: round(_percent(values), 2) for name, values in own.by_dialogue.items()},
        "categories": {CATEGORIES[category]: round(_percent(values), 2) for category, values in sorted(own.by_category.items())},
        "methods": {
            name: {
                "evidence_recall": {str(of): round(score.percent, 2) for of, score in by_budget.items()},
                "cpu_milliseconds": {str(length): round(value, 3) for length, value in zip(lengths, cpu[name], strict=True)},
            }
            for name, by_budget in scores.items()
        },
    }


def _print_table(budget: int, scores: dict[str, dict[int, Score]], cpu: dict[str, list[float]], lengths: Sequence[int]) -> None:
    budgets = sorted(next(iter(scores.values())))
    columns = [*(f"{of:,}" for of in budgets), *(f"ms at {length:,}" for length in lengths), "growth"]
    print("| evidence recall in percent, by characters sent | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, by_budget in scores.items():
        short, long = cpu[name]
        cells = [f"{by_budget[of].percent:.1f}" for of in budgets]
        print(f"| {name} | " + " | ".join([*cells, f"{short:.2f}", f"{long:.2f}", f"{long / max(short, 1e-6):.1f}"]) + " |")
    own = scores["the bridge"][budget]
    print(f"\nThe bridge at {budget:,} characters:")
    for name, values in own.by_dialogue.items():
        print(f"  dialogue {name}: {_percent(values):.1f} ({len(values)} questions)")
    for category, values in sorted(own.by_category.items()):
        print(f"  {CATEGORIES[category]}: {_percent(values):.1f} ({len(values)} questions)")


def _percent(values: Sequence[float]) -> float:
    return 100 * fmean(values)


if __name__ == "__main__":
    main()
