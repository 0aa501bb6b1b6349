"""The benchmark reads both forms of conversations, and says what it left out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import data_sets
from dialogues import CLOSING, OPENING, turns
from fakes.small_conversations import locomo, only, plain, write
from joined import joined


def test_a_locomo_dialogue_is_read_with_the_evidence_that_exists(tmp_path: Path) -> None:
    result = only(write(tmp_path, "one", locomo()))
    assert len(result.messages) == 120
    assert result.messages[2].text == "Ann: Look! [a photo of picture1]"
    assert len(result.questions) == 41
    assert result.questions[-1].evidence == {"D1:3", "D2:3"}


def test_the_original_release_of_locomo_is_read_too(tmp_path: Path) -> None:
    content = locomo()
    questions = content.pop("qa")
    (result,) = data_sets.read([write(tmp_path, "two", [{"conversation": content, "qa": questions}] * 2)])
    assert [(one.name, len(one.messages), len(one.questions)) for one in result.dialogues] == [("two-1", 120, 41), ("two-2", 120, 41)]


def test_a_plain_conversation_is_read_with_its_times_and_moments(tmp_path: Path) -> None:
    content = plain(
        ["A kite.", "Nice.", "A boat.", "Oh."], [{"text": "Last?", "evidence": ["2"]}, {"text": "First?", "evidence": ["0"], "after": "1"}]
    )
    content["messages"][0]["at"] = "2026-02-02T09:10:00Z"
    content["messages"][2]["at"] = "2026-02-03T09:10:00"
    result = only(write(tmp_path, "one", content))
    first = round(datetime(2026, 2, 2, 9, 10, tzinfo=UTC).timestamp()) * 1000
    assert [said.at - first for said in result.messages] == [0, 60_000, 86_400_000, 86_460_000]
    assert [(question.text, result.moment(question)) for question in result.questions] == [("First?", 2), ("Last?", 4)]


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ({"text": "After?", "evidence": ["0"], "after": "9"}, "it comes after 9, which is not there"),
        ({"text": "Before?", "evidence": ["2"], "after": "1"}, "names 1 messages, of which 0 were said before it"),
        ({"text": "Nothing?", "evidence": []}, "names 0 messages"),
    ],
    ids=["unknown moment", "said later", "no evidence"],
)
def test_a_question_that_cannot_be_scored_is_left_out_and_noted(tmp_path: Path, question: dict[str, Any], note: str) -> None:
    (result,) = data_sets.read([write(tmp_path, "one", plain(["A.", "B.", "C.", "D."], [question]))])
    assert result.dialogues[0].questions == ()
    assert note in result.notes[0]


def test_a_message_of_nobody_or_with_nothing_in_it_is_left_out_and_noted(tmp_path: Path) -> None:
    content = plain(["A.", " ", "C.", "D."], [{"text": "?", "evidence": ["0"]}])
    content["messages"][2]["role"] = "tool"
    (result,) = data_sets.read([write(tmp_path, "one", content)])
    assert [said.id for said in result.dialogues[0].messages] == ["0", "3"]
    assert [note.split(": ", 1)[1] for note in result.notes] == [
        "message 1 is left out: it is empty",
        "message 2 is left out: its role is 'tool'",
    ]


def test_each_folder_is_a_set_and_files_of_no_known_form_are_noted(tmp_path: Path) -> None:
    write(tmp_path / "people", "one", locomo())
    write(tmp_path / "chats", "two", plain(["A.", "B."], [{"text": "?", "evidence": ["0"]}]))
    write(tmp_path / "chats", "three", {"turns": []})
    write(tmp_path / "chats", "four", {"messages": [{"id": "1", "text": "no role"}], "questions": []})
    (tmp_path / "chats" / "five.json").write_text("{", "utf-8")
    (tmp_path / "README.md").write_text("No conversation.", "utf-8")
    chats, people = data_sets.read([tmp_path])
    assert (chats.name, people.name) == ("chats", "people")
    assert [one.name for one in chats.dialogues] == ["two"]
    assert [note.split(":")[0] for note in chats.notes] == ["five.json", "four", "three"]


def test_sets_of_the_same_name_are_distinguished(tmp_path: Path) -> None:
    for version in ("old", "new"):
        write(tmp_path / version / "chats", "one", plain(["A.", "B."], []))
    assert [one.name for one in data_sets.read([tmp_path / "old", tmp_path / "new"])] == ["old/chats", "new/chats"]


def test_a_dialogue_becomes_turns_of_two_messages_each(tmp_path: Path) -> None:
    made = only(write(tmp_path, "one", locomo())).turns()
    assert [[message.role for message in turn.context] for turn in made] == [["user", "assistant"]] * len(made)
    assert made[0].context[0].content == OPENING
    assert made[-1].context[1].content == CLOSING
    assert made[1].context[0].content.split("\n")[1] == "Ann: Look! [a photo of picture1]"
    assert [turn.id for turn in made] == sorted({turn.id for turn in made})


def test_nothing_said_is_no_turn() -> None:
    assert turns([]) == []


def test_joined_conversations_follow_one_another_with_their_questions(tmp_path: Path) -> None:
    questions: list[dict[str, Any]] = [
        {"text": "First?", "evidence": ["0"], "after": "1", "parts": {"0": "kite"}},
        {"text": "Last?", "evidence": ["2"]},
    ]
    for name in ("a", "b", "c"):
        write(tmp_path, name, plain(["A kite.", "Nice.", "A boat.", "Oh."], questions))
    (one,) = data_sets.read([tmp_path])
    two = joined(one, 30)
    (both,) = two.dialogues
    assert [said.id for said in both.messages][3:5] == ["a/3", "b/0"]
    assert [both.moment(question) for question in both.questions] == [2, 6, 8, 8]
    assert [both.wanted(question) for question in both.questions] == [["kite"], ["kite"], ["A boat."], ["A boat."]]
    assert both.messages[4].at - both.messages[3].at >= 86_400_000
    assert "c: left out" in two.notes[0]
