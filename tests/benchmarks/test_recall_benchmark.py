"""The benchmark reports what it measured, as an object, as tables and as a drawing."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Any
from xml.etree import ElementTree

import pytest

import recall_report
from curve import svg
from data_sets import DataSet
from dialogues import Question
from evidence import Evidence, Held
from fakes.small_conversations import locomo, only, plain, write
from measuring import Answered, Task, ask_all, measure
from recall import BUDGETS, main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "people", "one", locomo())


def percent(answered: list[Answered], method: str) -> float:
    return 100 * fmean(one.evidence[method].whole for one in answered)


def test_the_bridge_finds_more_than_the_newest_messages_hold(folder: Path) -> None:
    answered = ask_all(Task("people", only(folder), 4_000))
    assert percent(answered, "newest messages") < 60
    assert percent(answered, "BM25") > 90
    assert percent(answered, "the bridge") > 90


def test_the_result_does_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    dialogues = tuple(
        only(write(tmp_path / name, name, plain([f"{name} kite", "OK."] * length, [{"text": "A kite?", "evidence": ["0"]}])))
        for name, length in (("a", 3), ("b", 9))
    )
    sets = [DataSet("set", dialogues)]
    assert measure(sets, [100, 200], 1) == measure(sets, [100, 200], 2)


def report_of_two() -> dict[str, Any]:
    """Two questions of one conversation: one is answered by a recalled message, the other by half of one in the live part."""
    first = Evidence(1.0, 1.0, 1.0, 0.25, {"live": Held(100, 0.0), "recalled": Held(40, 1.0)})
    second = Evidence(0.0, 0.5, 1.0, 0.0, {"live": Held(200, 0.0)})
    answered = [
        Answered("set", "one", Question("?", category, frozenset({"1"})), 500, {"BM25": second, "the bridge": evidence})
        for category, evidence in (("time", first), ("place", second))
    ]
    return recall_report.report([DataSet("set", (), ("x: left out",))], answered, 500, [500], {"set": {300: 1.234}})


def test_every_figure_of_a_set_is_reported() -> None:
    report = report_of_two()
    assert (report["evidence_recall"], report["budget"], report["questions"], report["left_out"]) == (50.0, 500, 2, ["set/x: left out"])
    assert report["methods"]["the bridge"] == {
        "evidence_recall": {"500": 50.0},
        "characters": {"500": 75.0},
        "any_piece": {"500": 100.0},
        "precision": {"500": 12.5},
    }
    assert report["methods"]["BM25"]["evidence_recall"] == {"500": 0.0}
    assert report["categories"]["time"] == {
        "questions": 1,
        "evidence_recall": 100.0,
        "characters": 100.0,
        "any_piece": 100.0,
        "precision": 25.0,
    }
    assert report["dialogues"]["one"]["evidence_recall"] == 50.0
    assert report["held"] == {"live": {"characters": 150, "evidence_recall": 0.0}, "recalled": {"characters": 20, "evidence_recall": 50.0}}
    assert report["cpu_milliseconds"] == {"300": 1.23}
    assert report["sets"]["set"]["evidence_recall"] == 50.0


def test_the_tables_show_every_set_and_ability() -> None:
    shown = recall_report.tables(report_of_two())
    assert "| set | 2 | 0.0 | **50.0** |" in shown
    assert "| time | 1 | 100.0 | 100.0 | 100.0 | 25.0 |" in shown
    assert "live 150 characters and 0.0 % of the evidence, recalled 20 characters and 50.0 % of the evidence" in shown
    assert "| set | 1.2 |" in shown


@pytest.mark.slow
def test_it_prints_one_object_with_the_mean_of_the_sets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        folder.parent / "chats", "two", plain(["A kite.", "OK."] * 90, [{"text": "Boat?", "evidence": ["1"], "parts": {"1": "not there"}}])
    )
    main(["--data", str(folder.parent), "--budget", "900", "--json", "--lengths", "60", "--processes", "1"])
    report = json.loads(capsys.readouterr().out)
    people, chats = report["sets"]["people"], report["sets"]["chats"]
    assert chats["evidence_recall"] == 0.0
    assert report["evidence_recall"] == round(people["evidence_recall"] / 2, 2) > 0
    assert report["questions"] == 42
    assert people["cpu_milliseconds"]["60"] > 0


@pytest.mark.slow
def test_it_draws_all_sets_and_keeps_their_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawing, results = folder.parent / "recall.svg", folder.parent / "recall.json"
    page = folder.parent / "page.md"
    page.write_text("Before.\n{}\nold\n{}\nAfter.\n".format(*recall_report.MARKS), "utf-8")
    files = ["--svg", str(drawing), "--results", str(results), "--page", str(page)]
    main(["--data", str(folder), "--no-cpu", "--processes", "1", *files])
    table = recall_report.overview(json.loads(results.read_text("utf-8")))
    assert table in capsys.readouterr().out
    assert page.read_text("utf-8") == "Before.\n{}\n{table}\n{}\nAfter.\n".format(*recall_report.MARKS, table=table)
    assert ">people</text>" in drawing.read_text("utf-8")


def test_sets_and_conversations_can_be_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "two", plain(["A kite.", "OK."], [{"text": "Kite?", "evidence": ["0"]}]))
    main(["--data", str(folder), "--only", "two", "--json", "--no-cpu", "--processes", "1"])
    assert list(json.loads(capsys.readouterr().out)["dialogues"]) == ["two"]
    with pytest.raises(SystemExit):
        main(["--data", str(folder), "--sets", "other"])


def test_what_was_not_understood_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "odd", {"turns": []})
    main(["--data", str(folder), "--budget", "500", "--no-cpu", "--processes", "1"])
    assert "people: odd: neither LoCoMo's form" in capsys.readouterr().err


def test_a_folder_without_dialogues_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path)])
    assert "no dialogue" in capsys.readouterr().err


def test_a_curve_has_a_panel_for_each_set_and_a_line_for_each_method() -> None:
    drawn = svg(BUDGETS, {name: {"one": [10, 20, 30], "other": [30, 20, 10]} for name in ("a", "b & c")})
    ElementTree.fromstring(drawn)
    assert drawn.count("<g ") == 2
    assert drawn.count("<polyline") == 2 * 2 + 2  # And the legend's.
