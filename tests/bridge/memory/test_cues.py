"""Whose words a question is about, and from when."""

from __future__ import annotations

import pytest

from bridge.memory.cues import roles, speakers


@pytest.mark.parametrize(
    ("text", "said", "last"),
    [
        ("Ada: hello", ["ada"], ["ada"]),
        ("Ada Lovelace: hello", ["ada", "lovelace"], ["ada", "lovelace"]),
        ("José: hola\nBo: hi\nJosé: adiós", ["jose", "bo"], ["jose"]),
        ("and so on.\nBo: hi", ["user:", "bo"], ["bo"]),
        ("at 10:30 we", ["user:"], ["user:"]),
        ("https://x", ["user:"], ["user:"]),
    ],
)
def test_lines_can_begin_with_who_speaks(text: str, said: list[str], last: list[str]) -> None:
    assert speakers(text, ["user:"]) == (said, last)


@pytest.mark.parametrize(
    ("question", "of"),
    [("what is my name", ["user"]), ("what did you recommend", ["assistant"]), ("what did i tell you", []), ("which tests fail", [])],
)
def test_a_question_can_be_about_one_side_of_the_conversation(question: str, of: list[str]) -> None:
    assert roles(set(question.split())) == of
