"""The days that a text names."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        "on apr 3 I asked",
        "What did I say on the 3rd?",
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
        "on the 3rd floor",
        "he came in 3rd",
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


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("three days ago", D(2026, 4, 12), D(2026, 4, 12)),
        ("vor drei Tagen", D(2026, 4, 12), D(2026, 4, 12)),
        ("il y a trois jours", D(2026, 4, 12), D(2026, 4, 12)),
        ("三日前", D(2026, 4, 12), D(2026, 4, 12)),
        ("3 дня назад", D(2026, 4, 12), D(2026, 4, 12)),
        ("قبل ثلاثة أيام", D(2026, 4, 12), D(2026, 4, 12)),
        ("two weeks ago", D(2026, 3, 29), D(2026, 4, 4)),
        ("a few days ago", D(2026, 4, 10), D(2026, 4, 13)),
        ("the last 3 days", D(2026, 4, 12), D(2026, 4, 15)),
        ("yesterday", D(2026, 4, 14), D(2026, 4, 14)),
        ("avant-hier", D(2026, 4, 13), D(2026, 4, 13)),
        ("last week", D(2026, 4, 6), D(2026, 4, 12)),
        ("上个月", D(2026, 3, 1), D(2026, 3, 31)),
        ("last Monday", D(2026, 4, 13), D(2026, 4, 13)),
        ("上周一", D(2026, 4, 6), D(2026, 4, 6)),
        ("Monday last week", D(2026, 4, 6), D(2026, 4, 6)),
        ("last year", D(2025, 1, 1), D(2025, 12, 31)),
        ("on the 31st", D(2026, 3, 31), D(2026, 3, 31)),
        ("on may 5 I left", D(2025, 5, 5), D(2025, 5, 5)),
        ("in 2025", D(2025, 1, 1), D(2025, 12, 31)),
        ("10/2025", D(2025, 10, 1), D(2025, 10, 31)),
        ("en avril", D(2026, 4, 1), D(2026, 4, 30)),
        ("去年4月", D(2025, 4, 1), D(2025, 4, 30)),
    ],
)
def test_periods_are_counted_back_from_today(text: str, first: date, last: date) -> None:
    assert named(text) == [(first, last)]


def test_a_date_that_is_read_in_two_ways_names_both_days() -> None:
    assert named("on 4/3") == [(D(2026, 3, 4), D(2026, 3, 4)), (D(2026, 4, 3), D(2026, 4, 3))]


def test_what_is_no_day_of_the_calendar_names_none() -> None:
    for text in ("31 February 2026", "2026-13-01", "0000-01-01", "99999999999 years ago", "on 31/31"):
        assert named(text) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"0123456789./-: 年月日十一昨", "April", " may ", " ago ", " days ", " last "]), max_size=60).map("".join))
def test_any_text_names_spans_that_have_begun(text: str) -> None:
    assert all(start < end and start <= NOW for start, end in spans(text, NOW, 0))


@pytest.mark.parametrize("piece", ["may ", "3/4 ", "月", "_", "1", "\u0301", "il y a 3 ", "十"])
def test_any_message_is_read_in_a_moment(piece: str) -> None:
    spans("warm", NOW, 0)
    message, seconds = piece * (131_072 // len(piece)), []
    for _ in range(3):
        begun = time.process_time()
        spans(message, NOW, 0)
        seconds.append(time.process_time() - begun)
    assert min(seconds) < 0.2 * (4 if sys.gettrace() else 1)  # Measuring coverage takes most of the time.
