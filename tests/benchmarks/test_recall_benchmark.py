"""The benchmark counts what it says it counts."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Any
from xml.etree import ElementTree

import pytest

import data_sets
from bridge.claude.port import MAX_ANSWER_BYTES
from bridge.store.records import Message
from curve import svg
from dialogues import CLOSING, OPENING, Dialogue, Question, Said
from evidence import found
from measuring import Answered, Task, ask_all
from methods import METHODS
from played import Conversation
from recall import BUDGETS, main


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
    (found,) = data_sets.read([folder])
    (dialogue,) = found.dialogues
    return dialogue


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


def percent(answered: list[Answered], method: str) -> float:
    return 100 * fmean(one.found[method].whole for one in answered)


def test_the_bridge_finds_more_than_the_newest_messages_hold(folder: Path) -> None:
    answered = ask_all(Task("set", only(folder), 4_000))
    assert percent(answered, "newest messages") < 60
    assert percent(answered, "BM25") > 90
    assert percent(answered, "the bridge") > 90


def test_a_question_is_asked_at_its_moment_by_every_method(tmp_path: Path) -> None:
    said = ["The key is under the mat.", "OK.", "The key is in the shed now.", "OK."]
    messages = [{"id": str(number), "role": ("user", "assistant")[number % 2], "text": text} for number, text in enumerate(said)]
    questions = [
        {"text": "Where is the key?", "category": "update", "evidence": ["2"]},
        {"text": "Where is the key?", "category": "before", "evidence": ["0"], "after": "1"},
    ]
    (tmp_path / "keys.json").write_text(json.dumps({"messages": messages, "questions": questions}), "utf-8")
    for one in ask_all(Task("set", only(tmp_path), 1_000)):
        for method in METHODS:
            whole, characters = one.found[method].whole, sum(part.characters for part in one.found[method].parts.values())
            assert whole == 1.0, method
            assert (characters > 40) == (one.question.category == "update"), method


def test_a_lead_comes_right_before_its_question_and_is_gone_afterwards(tmp_path: Path) -> None:
    said = ["I bought a kite.", "Nice."]
    messages = [{"id": str(number), "role": ("user", "assistant")[number % 2], "text": text} for number, text in enumerate(said)]
    question = {"text": "And how long?", "category": "followup", "evidence": ["0"]}
    questions = [question | {"lead": ["Let us talk about its string.", "Yes, let us."]}, question]
    (tmp_path / "kite.json").write_text(json.dumps({"messages": messages, "questions": questions}), "utf-8")
    with_lead, without = ask_all(Task("set", only(tmp_path), 1_000))
    lead = len("Let us talk about its string.") + len("Yes, let us.")
    assert with_lead.found["the bridge"].parts["live"].characters == without.found["the bridge"].parts["live"].characters + lead


def test_playing_leaves_what_asking_leaves(folder: Path) -> None:
    """Byte for byte, over several compactions and an answer that is too long to be stored whole."""
    turns = only(folder).turns()
    turns[30] = turns[30]._replace(context=(turns[30].context[0], Message("assistant", "?" * (MAX_ANSWER_BYTES + 1))))
    played, asked = Conversation(1_000), Conversation(1_000)
    for first, last in ((0, 7), (7, 30), (30, 31), (31, 40)):
        played.play(turns[first:last])
        asked.ask(turns[first:last])
        assert played.sent_with("Was Bo in town5?") == asked.sent_with("Was Bo in town5?")
    played.close()
    asked.close()


def test_evidence_counts_whole_by_characters_and_by_pieces() -> None:
    said = "The quick brown fox jumps over the lazy dog and runs away into the dark forest."
    whole, half, other = (found([said], {"recalled": [text]}, 1_000) for text in (f"Me: {said}", said[:39] + "…", "The quick brown cow."))
    assert (whole.whole, whole.characters, whole.touched, whole.precision) == (1.0, 1.0, 1.0, len(said) / (len(said) + 4))
    assert (half.whole, half.touched) == (0.0, 1.0)
    assert half.characters == 39 / len(said)
    assert (other.whole, other.characters, other.touched) == (0.0, 0.0, 0.0)


def test_evidence_is_found_however_its_lines_are_set() -> None:
    assert found(["a:\n\nMe: b <summary>"], {"recalled": ["a:\n Me: b &lt;summary>"]}, 1_000).whole == 1.0


def test_each_part_of_the_request_is_counted_apart() -> None:
    got = found(["One kite.", "Two kites."], {"live": ["One kite."], "recalled": ["Two kites. And more."]}, 1_000)
    assert got.whole == 1.0
    assert got.precision == 0.5
    assert {name: tuple(part) for name, part in got.parts.items()} == {"live": (9, 0.5), "recalled": (20, 0.5)}


def test_a_request_over_the_budget_finds_nothing() -> None:
    assert found(["One kite."], {"live": ["One kite."]}, 9).whole == 1.0
    assert found(["One kite."], {"live": ["One kite."]}, 8).whole == 0.0


def test_a_part_of_a_message_can_be_enough() -> None:
    said = (Said("1", "user", "A kite. Long ago.", 0), Said("2", "user", "Its string.", 1), Said("3", "user", "Else.", 2))
    question = Question("?", "all", frozenset({"1", "2"}), parts={"1": "A kite."})
    assert Dialogue("one", said, (question,)).wanted(question) == ["A kite.", "Its string."]


def test_it_prints_one_object_or_a_table_and_draws(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--data", str(folder), "--budget", "5000", "--json", "--lengths", "60", "300", "--processes", "1"])
    report = json.loads(capsys.readouterr().out)
    assert report["evidence_recall"] == report["methods"]["the bridge"]["evidence_recall"]["5000"] > 90
    assert report["questions"] == 41
    assert set(report["cpu_milliseconds"]) == {"60", "300"}
    main(["--data", str(folder), "--svg", str(folder / "recall.svg"), "--no-cpu", "--processes", "1"])
    assert "the bridge |" in capsys.readouterr().out
    ElementTree.parse(folder / "recall.svg")


def test_a_folder_without_dialogues_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path)])
    assert "no dialogue" in capsys.readouterr().err


def test_a_curve_has_a_line_for_each_method() -> None:
    assert svg(BUDGETS, {"one": [10, 20, 30], "other": [30, 20, 10]}).count("<polyline") == 2
