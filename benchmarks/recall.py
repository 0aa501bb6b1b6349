"""How much of what a question needs is put before Claude.

    python3 benchmarks/recall.py [--data DIR ...] [--generated] [--budget 8000 ...] [--json] [--svg FILE]

Evidence recall: the share of a question's evidence messages whose whole text is in what is sent, averaged over all questions that have
evidence. What is sent besides the question may take the budget; a request that takes more scores 0. DIR holds conversations in LoCoMo's
form or in the plain one (see `locomo_form.py`, `plain_form.py`), of one data set or of several in folders of their own. `--generated` adds
conversations about functions, tables, days, follow-ups and standing instructions, and one of two million characters; `--joined` makes long
conversations of those in DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import data_sets
import recall_report
from curve import svg
from data_sets import DataSet
from dialogues import Dialogue
from generated.sets import sets as generated
from joined import joined
from measuring import measure, measure_cpu

BUDGETS = (4_000, 8_000, 16_000)
"""Of the curve."""
BUDGET = 8_000
LENGTHS = (300, 10_000)
"""In messages: where CPU is compared."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    from_data, made = _sets(options)
    for one in from_data:
        for note in one.notes:
            print(f"{one.name}: {note}", file=sys.stderr)
    sets = [one for one in (*from_data, *made) if any(dialogue.questions for dialogue in one.dialogues)]
    if not sets:
        parser.error(f"no dialogue with questions in {', '.join(map(str, options.data)) or '--data, which is missing'}")
    report = _report(sets, [one for one in sets if not from_data or one in from_data], options)
    _write(report, options)
    print(json.dumps(report, indent=2, ensure_ascii=False) if options.json else recall_report.tables(report))


def _write(report: Mapping[str, Any], options: argparse.Namespace) -> None:
    if options.svg:
        options.svg.write_text(svg(report["budgets"], recall_report.curves(report)), "utf-8")
    if options.results:
        options.results.write_text(json.dumps(recall_report.brief(report), indent=1) + "\n", "utf-8")
    for page in options.page:
        page.write_text(recall_report.with_overview(page.read_text("utf-8"), report), "utf-8")


def _sets(options: argparse.Namespace) -> tuple[list[DataSet], list[DataSet]]:
    """Those in the folders, and the generated ones."""
    from_data = _chosen(data_sets.read(options.data), options)
    if options.joined:
        from_data = [joined(one, options.joined) for one in from_data]
    return from_data, _chosen(generated() if options.generated else [], options)


def _report(sets: Sequence[DataSet], timed: Sequence[DataSet], options: argparse.Namespace) -> dict[str, Any]:
    """Measures. The first budget given is the one that is reported in detail."""
    budget = (options.budget or [BUDGET])[0]
    budgets = sorted({*(options.budget or [BUDGET]), *(BUDGETS if options.svg else ())})
    answered = measure(sets, budgets, options.processes)
    cpu = {} if options.no_cpu else measure_cpu(timed, options.lengths, budget, options.processes)
    return recall_report.report(sets, answered, budget, budgets, cpu)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Evidence recall on conversations.")
    parser.add_argument("--data", type=Path, default=[], action="append", metavar="DIR", help="a folder of conversations (repeatable)")
    parser.add_argument("--generated", action="store_true", help="add the generated conversations")
    parser.add_argument("--joined", type=int, metavar="N", help="join the conversations of each folder to ones of N characters")
    parser.add_argument("--budget", type=int, action="append", metavar="N", help="in characters (default 8000; repeatable)")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these sets")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these conversations")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, metavar="MESSAGES", help="where CPU is compared")
    parser.add_argument("--no-cpu", action="store_true", help="do not measure CPU")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many conversations are measured at a time")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw recall against budget")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep the figures of the table of all sets")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", action="append", default=[], help="put the table of all sets into this page (repeatable)"
    )
    return parser


def _chosen(sets: Sequence[DataSet], options: argparse.Namespace) -> list[DataSet]:
    """The sets, and of each the conversations, that are wanted."""
    return [replace(one, dialogues=tuple(filter(_wanted(options.only), one.dialogues))) for one in sets if _wanted(options.sets)(one)]


def _wanted(names: Sequence[str] | None) -> Callable[[DataSet | Dialogue], bool]:
    return lambda one: names is None or one.name in names


if __name__ == "__main__":
    main()
