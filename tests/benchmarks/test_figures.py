"""Every figure that is claimed has a run behind it, and is that run's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ledger import PAGES, RESULTS, Note, flat, measure
from parts import memory, page
from parts.figures import ID, Figure, counted, ratios, slug
from parts.memory import of_report

ROOT = Path(__file__).resolve().parents[2]
WHOLE = json.loads(RESULTS.read_text("utf-8"))
FIGURES = WHOLE["figures"]
README = (ROOT / "README.md").read_text("utf-8")
CLAIM = re.compile(
    r"\d[\d.,]*[ -]?(?:ms|milliseconds?|µs|seconds?|s|times|x|×|percent|%|(?:US )?cents|dollars|turns a second|MB|KB|GB|units)\b"
    r"|\b(?:twice|half|(?:a|one|two) (?:third|quarter|fifth|tenth)s?|(?:two|three|four|five|six|ten|\w+ty) times)"
    r" (?:as|of|the|faster|less|more)\b"
)
LIMITS = {"128 KB", "256 KB"}
"""What is promised and no figure: docs/protocol.md has them, and the tests of the code."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.name))
def test_every_figure_that_is_quoted_is_that_of_its_run(path: Path) -> None:
    assert page.faults(path.read_text("utf-8"), WHOLE) == []


def test_the_readme_claims_nothing_that_has_no_id() -> None:
    assert unproved(README) == []
    assert len(page.QUOTED.findall(README)) > 10


def test_the_ledger_and_its_drawing_are_those_of_the_results() -> None:
    assert (ROOT / "docs" / "ledger.md").read_text("utf-8") == page.page(flat(WHOLE))
    assert (ROOT / "docs" / "ledger.svg").read_text("utf-8") == page.svg(flat(WHOLE))
    assert ElementTree.fromstring(page.svg(flat(WHOLE))).findall(".//{*}rect[@class='bridge']")


def test_the_tables_of_memory_are_in_the_results() -> None:
    for figure in of_report(json.loads((ROOT / "docs" / "recall.json").read_text("utf-8"))):
        assert FIGURES[figure.id]["value"] == figure.row()["value"], figure.id


def test_each_figure_says_how_sure_it_is_and_where_it_comes_from() -> None:
    for key, one in FIGURES.items():
        assert ID.fullmatch(key)
        assert one["low"] <= one["value"] <= one["high"], key
        assert one["command"].startswith("make "), key
        assert one["unit"] and one["runs"] >= 1 and re.fullmatch(r"\d{4}-\d\d-\d\d", one["date"]), key  # noqa: PT018


def test_the_results_tell_nothing_of_a_machine() -> None:
    text = RESULTS.read_text("utf-8")
    assert not re.search(r"/(?:home|root|tmp|work|Users)/|127\.0\.0\.1:\d|localhost", text)


@pytest.mark.parametrize("quoted", list(page.QUOTED.finditer(README)), ids=lambda quoted: quoted["id"])
def test_changing_a_figure_of_the_readme_is_noticed(quoted: re.Match[str]) -> None:
    digits = quoted["number"]
    other = digits[:-1] + ("3" if digits[-1] != "3" else "4")
    changed = README[: quoted.start()] + README[quoted.start() :].replace(digits, other, 1)
    assert [fault.partition(":")[0] for fault in page.faults(changed, WHOLE)] == [other]
    assert page.with_figures(changed, WHOLE) == README


def test_an_id_without_a_run_and_one_without_a_number_are_noticed() -> None:
    assert page.faults("It takes 3 ms<!-- figure: nothing.at-all -->.", WHOLE) == ["3: nothing.at-all has no run behind it"]
    assert page.faults("It is fast<!-- figure: price.question -->.", WHOLE) == ["1 ids have no number before them"]


@pytest.mark.parametrize(
    "claim",
    [
        "It answers in 3 ms.",
        "It is 2.5 times faster.",
        "| start | 0.4 seconds |",
        "98 percent less",
        "12x",
        "twice as fast",
        "3 cents",
        "40 MB",
    ],
)
def test_a_claim_without_an_id_is_noticed(claim: str) -> None:
    assert unproved(f"{README}\n{claim}\n")
    assert not unproved(f"It answers in 3 ms<!-- figure: {next(iter(FIGURES))} -->.")


def test_ratios_are_of_runs_next_to_each_other() -> None:
    figure = ratios("a.b", [1.0, 4.0, 9.0], [2.0, 4.0, 3.0])
    assert (figure.value, figure.low, figure.high, figure.runs) == (1.0, 0.5, 3.0, 3)
    assert counted("a.b", 200, "KB").low < 200 < counted("a.b", 200, "KB").high
    assert slug("BM25, the person's words") == "bm25-the-person-s-words"


def unproved(text: str) -> list[str]:
    """Claims outside code, generated tables and limits, that no figure stands behind."""
    text = re.sub(r"```.*?```|<!-- overview.*?<!-- end of overview -->|`[^`\n]*`", "", text, flags=re.DOTALL)
    text = page.QUOTED.sub("", text)
    return [claim for claim in CLAIM.findall(text) if claim not in LIMITS]


def test_a_part_that_fails_says_so_and_keeps_what_was_measured_before() -> None:
    def breaks_off(note: Note) -> Iterator[Figure]:
        note("price: half is missing")
        yield counted("price.question", 2, "US cents")
        raise OSError("no room")

    results: dict[str, Any] = {"figures": {"price.question": {"value": 1}, "price.claudes-part": {"value": 99}}, "not_measured": {}}
    assert not measure("price", breaks_off, results, {"commit": "abc"})
    assert (results["figures"]["price.question"]["value"], results["figures"]["price.claudes-part"]["value"]) == (2, 99)
    assert results["not_measured"]["price"] == ["price: half is missing", "price: it failed after 1 figures: OSError: no room"]
    assert measure("price", lambda _: [counted("price.question", 3, "US cents")], results, {"commit": "abc"})
    assert list(results["figures"]) == ["price.question"]
    assert results["not_measured"]["price"] == []


def test_a_whole_run_keeps_recall_as_make_recall_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.loads((ROOT / "docs" / "recall.json").read_text("utf-8"))
    for name in ("README.md", "docs/memory.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(memory, "ROOT", tmp_path)
    monkeypatch.setattr(memory, "RESULTS", tmp_path / "docs" / "recall.json")
    memory.keep({**report, "sets": {**report["sets"], "own": report["sets"]["locomo"]}}, "<svg/>")
    assert json.loads((tmp_path / "docs" / "recall.json").read_text("utf-8"))["sets"]["own"] == report["sets"]["locomo"]
    assert (tmp_path / "docs" / "memory.md").read_text("utf-8") != (ROOT / "docs" / "memory.md").read_text("utf-8")
    memory.keep(report, (ROOT / "docs" / "recall.svg").read_text("utf-8"))
    for name in ("README.md", "docs/memory.md", "docs/recall.json", "docs/recall.svg"):
        assert (tmp_path / name).read_text("utf-8") == (ROOT / name).read_text("utf-8"), name
