"""The days that a text names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.memory.language.days import names_beginning, spans

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC).timestamp()
"""A Wednesday."""
D = date


def named(text: str, utc_offset_minutes: int = 0) -> list[tuple[date, date]]:
    """The first and the last day of each span, on the person's calendar."""
    shift = timedelta(minutes=utc_offset_minutes)
    days = []
    for start, end in spans(text, NOW, utc_offset_minutes):
        first, after = (datetime.fromtimestamp(moment, UTC) + shift for moment in (start, end))
        assert (first.hour, first.minute, after.hour, after.minute) == (0, 0, 0, 0)
        days.append((first.date(), after.date() - timedelta(days=1)))
    return days


@pytest.mark.parametrize(
    "text",
    [
        "What did I ask you on Apr 3?",
        "on April 3rd",
        "3 April 2026",
        "Was habe ich am 3.4. gefragt?",
        "3.4.2026",
        "2026-04-03",
        "2026/04/03",
        "4月3日に何を聞いた?",
        "2026年4月3日",
        "四月三日",
        "4월 3일에 뭐 물어봤지",
        "le 3 avril",
        "el 3 de abril",
        "il 3 aprile",
        "op 3 april",
        "3 kwietnia",
        "3 апреля",
        "3 Nisan'da",
        "den 3 april",
        "3. dubna",
        "٣ أبريل",
        "३ अप्रैल",
        "ngày 3 tháng 4",
    ],
)
def test_a_day_is_named_in_the_usual_forms_and_languages(text: str) -> None:
    assert named(text) == [(D(2026, 4, 3), D(2026, 4, 3))]


@pytest.mark.parametrize(
    "text",
    [
        "I may 5 times",
        "I march 5 miles",
        "the sun set 3 times",
        "3/4 of it",
        "24/7",
        "version 3.4.1",
        "next Monday",
        "Ich bin hier",
        "May I?",
    ],
)
def test_no_day_is_named(text: str) -> None:
    assert named(text) == []


def test_a_day_without_a_year_is_the_latest_that_has_begun() -> None:
    assert named("on 16 April") == [(D(2025, 4, 16), D(2025, 4, 16))]
    assert named("on 29 February") == [(D(2024, 2, 29), D(2024, 2, 29))]
    assert named("in May") == [(D(2025, 5, 1), D(2025, 5, 31))]


def test_days_are_those_of_the_person() -> None:
    late = datetime(2026, 4, 14, 20, tzinfo=UTC).timestamp()
    assert spans("yesterday", late, 540) == spans("yesterday", NOW, 540)
    assert spans("yesterday", late, 0) != spans("yesterday", NOW, 0)


def test_a_question_can_be_about_the_beginning() -> None:
    assert names_beginning("What was my first question?")
    assert not names_beginning("What was my last question?")
