"""The generated conversations are the same in every run, and ask what they are meant to ask."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from dialogues import Dialogue, Question
from generated import days, follow_ups, functions, instructions, leaning, long_chat, whole_things
from generated.sets import sets


def test_two_runs_make_the_same_conversations() -> None:
    assert sets() == sets()


def test_all_evidence_exists_is_said_before_the_question_and_is_named_apart() -> None:
    for one in sets():
        for dialogue in one.dialogues:
            places = {said.id: place for place, said in enumerate(dialogue.messages)}
            assert len(places) == len(dialogue.messages)
            for question in dialogue.questions:
                assert question.evidence
                assert all(places[id_] < dialogue.moment(question) for id_ in question.evidence)
                assert all(part in dialogue.messages[places[id_]].text for id_, part in question.parts.items())


def by_category(dialogue: Dialogue, category: str) -> list[Question]:
    return [question for question in dialogue.questions if question.category == category]


def test_the_functions_are_python_of_24_to_48_lines_in_a_chat_of_160_turns() -> None:
    chat = functions.dialogue()
    assert len(chat.messages) == 320
    texts = [chat.wanted(question)[0] for question in by_category(chat, "whole")]
    assert sorted(len(text.splitlines()) for text in texts) == [24, 29, 34, 39, 44, 48]
    for text in texts:
        ast.parse(text)


@pytest.mark.parametrize("made", functions.REVISED, ids=lambda made: made[0])
def test_each_version_of_a_function_is_python_that_goes_beyond_the_one_before(made: tuple[str, str, str, str, int]) -> None:
    versions = [functions.function(*made, version) for version in range(1, functions.VERSIONS + 1)]
    for older, newer in pairwise(versions):
        ast.parse(newer)
        assert set(older.splitlines()) < set(newer.splitlines())


def test_the_newest_version_is_the_one_that_is_wanted() -> None:
    chat = functions.dialogue()
    questions = {question.text: question for question in by_category(chat, "the newest of 4 versions")}
    for made in functions.REVISED:
        question = questions[f"Please add logging to {made[0]}."]
        assert chat.wanted(question) == [functions.function(*made, functions.VERSIONS)]
        assert question.evidence == {[said.id for said in chat.messages if made[0] in said.text][-1]}


def test_a_day_is_asked_for_in_nine_forms_and_seven_languages() -> None:
    chat = days.dialogue()
    categories = {question.category for question in chat.questions}
    english = {"April 3", "Apr 3", "3 April 2026", "2026-04-03", "3.4.", "4/3", "yesterday", "three days ago", "on Monday"}
    assert english < categories
    assert {"German", "French", "Spanish", "Japanese", "Chinese", "Korean"} < categories
    for question in chat.questions:
        said = [said for said in chat.messages if said.id in question.evidence]
        (day,) = {datetime.fromtimestamp(one.at / 1000, UTC).date() for one in said}
        assert len(said) == 4
        if question.category == "2026-04-03":
            assert day.isoformat() in question.text
        if question.category in ("yesterday", "three days ago"):
            asked = datetime.fromtimestamp(chat.messages[chat.moment(question) - 1].at / 1000, UTC).date()
            assert (asked - day).days == (1 if question.category == "yesterday" else 3)


def test_nothing_that_the_person_asked_on_a_day_was_asked_on_another() -> None:
    texts = [said.text for said in days.dialogue().messages if said.role == "user"]
    assert len(set(texts)) == len(texts)


def test_follow_ups_name_their_subject_only_in_the_turn_before() -> None:
    for (subject, fact, question), asked in zip(follow_ups.FACTS, follow_ups.dialogue().questions, strict=True):
        assert asked.lead is not None
        assert subject in asked.lead[0]
        assert subject.split()[-1] in fact
        assert subject.split()[-1] not in question


def test_answers_that_are_leaned_on_are_longer_than_a_quarter_of_the_budget_and_shorter_than_half() -> None:
    chat = leaning.dialogue()
    for question in chat.questions:
        (answer,) = chat.wanted(question)
        assert 2_000 < len(answer) < 4_000
        assert chat.messages[chat.moment(question) - 1].text == answer


def test_tables_and_lists_have_the_rows_that_they_are_said_to_have() -> None:
    chat = whole_things.dialogue()
    lines = sorted(chat.wanted(question)[0].count("\n") + 1 for question in chat.questions)
    assert lines == sorted([*(rows + 2 for _, _, rows, _ in whole_things.TABLES), *(steps for _, steps, _ in whole_things.LISTS)])


def test_instructions_stand_160_turns_before_the_question() -> None:
    for chat in instructions.dialogues():
        for question in chat.questions:
            (id_,) = question.evidence
            assert len(chat.messages) - [said.id for said in chat.messages].index(id_) >= 320


def test_the_long_chat_has_two_million_characters() -> None:
    chat = long_chat.dialogue()
    assert 2_000_000 <= sum(len(said.text) for said in chat.messages) < 2_010_000
    assert len(chat.questions) == 48
