"""docs/memory.md and its drawing show the figures that were measured last, of all sets."""

from __future__ import annotations

import json
from pathlib import Path

from curve import svg
from generated.sets import sets
from recall import BUDGETS
from recall_report import curves, overview

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = json.loads((DOCS / "recall.json").read_text("utf-8"))


def test_the_page_has_the_table_of_all_sets() -> None:
    page = (DOCS / "memory.md").read_text("utf-8")
    assert f"\n{overview(RESULTS)}\n" in page
    assert f"\n{overview(RESULTS)}\n" in (DOCS.parent / "README.md").read_text("utf-8")
    for name in RESULTS["sets"]:
        assert f"\n| {name} | " in page.partition("| set | what it is |")[2]


def test_the_drawing_shows_all_sets() -> None:
    assert (DOCS / "recall.svg").read_text("utf-8") == svg(BUDGETS, curves(RESULTS))


def test_every_generated_set_was_measured() -> None:
    assert {one.name: sum(len(dialogue.questions) for dialogue in one.dialogues) for one in sets()}.items() <= {
        name: one["questions"] for name, one in RESULTS["sets"].items()
    }.items()
