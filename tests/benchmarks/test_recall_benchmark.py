"""The benchmark counts what it says it counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from curve import svg
from dialogues import CLOSING, OPENING, Dialogue, read
from methods import Bridge, Newest, PlainBM25
from recall import BUDGETS, main, score


def dialogue() -> dict[str, Any]:
    """Two people over 40 days; on each Bo says where he was."""
    content: dict[str, Any] = {"speaker_a": "Ann", "speaker_b": "Bo", "qa": []}
    for day in range(1, 41):
        content[f"session_{day}_date_time"] = f"1:56 pm on {day % 28 + 1} {'May' if day < 28 else 'June'}, 2023"
        content[f"session_{day}"] = [
            {
                "speaker": "Bo",
                "dia_id": f"D{day}:1",
                "text": f"I was in town{day} and saw a nice square there, with a fountain and some trees.",
            },
            {"speaker": "Ann", "dia_id": f"D{day}:2", "text": "How did you like it? I would love to see such a place myself one day."},
            {"speaker": "Ann", "dia_id": f"D{day}:3", "text": "Look!", "blip_caption": f"a photo of picture{day}"},
        ]
        content["qa"].append({"question": f"When was Bo in town{day}?", "answer": "", "evidence": [f"D{day}:1"], "category": 2})
    content["qa"] += [
        {"question": "What did Ann show?", "answer": "", "evidence": ["D1:3; D2:3", "D:nonsense"], "category": 1},
        {"question": "Never said.", "answer": "", "evidence": ["D1:1"], "category": 5},
        {"question": "No evidence.", "answer": "", "evidence": [], "category": 4},
    ]
    return content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.json").write_text(json.dumps(dialogue()), "utf-8")
    (tmp_path / "README.md").write_text("No dialogue.", "utf-8")
    return tmp_path


def only(folder: Path) -> Dialogue:
    (found,) = read(folder)
    return found


def test_a_dialogue_is_read_with_the_evidence_that_exists(folder: Path) -> None:
    found = only(folder)
    assert len(found.messages) == 120
    assert found.messages[2].text == "Ann: Look! [a photo of picture1]"
    assert len(found.questions) == 41
    assert found.questions[-1].evidence == {"D1:3", "D2:3"}


def test_a_dialogue_becomes_turns_of_two_messages_each(folder: Path) -> None:
    turns = only(folder).turns()
    assert [[message.role for message in turn.context] for turn in turns] == [["user", "assistant"]] * len(turns)
    assert turns[0].context[0].content == OPENING
    assert turns[-1].context[1].content == CLOSING
    assert turns[1].context[0].content.split("\n")[1] == "Ann: Look! [a photo of picture1]"
    assert [turn.id for turn in turns] == sorted({turn.id for turn in turns})


def test_the_bridge_finds_more_than_the_newest_messages_hold(folder: Path) -> None:
    found = [only(folder)]
    assert score(Newest, found, 3_000).percent < 50
    assert score(PlainBM25, found, 4_000).percent > 90
    assert score(Bridge, found, 4_000).percent > 90


def test_a_request_over_the_budget_scores_nothing(folder: Path) -> None:
    class Everything:
        def __init__(self, dialogue: Dialogue, budget: int) -> None:
            self._texts = [said.text for said in dialogue.messages]

        def sent(self, question: str) -> list[str]:
            return self._texts

        def close(self) -> None:
            """Holds nothing."""

    assert score(Everything, [only(folder)], 100_000).percent == 100
    assert score(Everything, [only(folder)], 1_000).percent == 0


def test_evidence_counts_only_whole(folder: Path) -> None:
    class Half:
        def __init__(self, dialogue: Dialogue, budget: int) -> None:
            self._texts = [said.text[:-1] for said in dialogue.messages]

        def sent(self, question: str) -> list[str]:
            return self._texts

        def close(self) -> None:
            """Holds nothing."""

    assert score(Half, [only(folder)], 100_000).percent == 0


def test_it_prints_one_object_or_a_table_and_draws(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--data", str(folder), "--budget", "5000", "--json", "--lengths", "60", "300"])
    report = json.loads(capsys.readouterr().out)
    assert report["evidence_recall"] == report["methods"]["the bridge"]["evidence_recall"]["5000"] > 90
    assert report["questions"] == 41
    main(["--data", str(folder), "--svg", str(folder / "recall.svg"), "--lengths", "60", "120"])
    assert "| the bridge |" in capsys.readouterr().out
    ElementTree.parse(folder / "recall.svg")


def test_a_folder_without_dialogues_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path)])
    assert "no dialogue" in capsys.readouterr().err


def test_a_curve_has_a_line_for_each_method() -> None:
    assert svg(BUDGETS, {"one": [10, 20, 30], "other": [30, 20, 10]}).count("<polyline") == 2
