"""Whose words a question is about, and from when."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.cues import days, roles, speakers


def day(year: int, month: int, day_: int) -> int:
    return (date(year, month, day_) - date(1970, 1, 1)).days


FIRST, LAST = day(2022, 11, 1), day(2023, 8, 31)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("What happened in May 2023?", [(day(2023, 5, 1), day(2023, 5, 31))]),
        ("What happened on 7 May 2023?", [(day(2023, 5, 1), day(2023, 5, 31)), (day(2023, 5, 7), day(2023, 5, 8))]),
        ("and on May 7th, 2023?", [(day(2023, 5, 1), day(2023, 5, 31)), (day(2023, 5, 7), day(2023, 5, 8))]),
        ("the 3rd of august", [(day(2023, 8, 1), day(2023, 8, 31)), (day(2023, 8, 3), day(2023, 8, 4))]),
        ("our December trip", [(day(2022, 12, 1), day(2022, 12, 31))]),
        ("since March", [(day(2023, 3, 1), day(2023, 3, 31))]),
        ("on 2023-02-28", [(day(2023, 2, 1), day(2023, 2, 28)), (day(2023, 2, 28), day(2023, 3, 1))]),
        ("in 2023-07", [(day(2023, 7, 1), day(2023, 7, 31))]),
        ("May I march on?", []),
        ("31 February 2023", [(day(2023, 2, 1), day(2023, 2, 28))]),
        ("2023-13-01 and 0000-01-01", []),
        ("in May 1999", []),
        ("nothing of the sort", []),
    ],
)
def test_dates_are_spans_of_days(text: str, spans: list[tuple[int, int]]) -> None:
    assert days(text, FIRST, LAST) == spans


def test_a_month_without_a_year_is_that_month_of_every_year() -> None:
    assert days("in july", day(2020, 1, 1), day(2023, 8, 1)) == [(day(year, 7, 1), day(year, 7, 31)) for year in (2020, 2021, 2022, 2023)]


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{1,2} (May|June|February) [0-9]{4} [0-9]{4}-[0-9]{2}-[0-9]{2}"), st.integers(0, 2**48 // 86_400_000))
def test_any_date_can_be_named(text: str, last: int) -> None:
    assert all(start <= end for start, end in days(text, 0, last))


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
