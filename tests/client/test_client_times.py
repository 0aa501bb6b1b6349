"""Times and spans, as people write and read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click
import pytest

from bridge_client.command_line.times import Moment
from bridge_client.terminal.spans import span_of
from bridge_client.terminal.wording import age, dollars, remaining

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("12h", 43_200), ("1.5h", 5400), ("3d", 259_200), ("3 days", 259_200), ("2W", 1_209_600), ("x", None), ("3", None)],
)
def test_spans(text: str, seconds: float | None) -> None:
    assert span_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("today", "2026-11-03T00:00+02:00"),
        ("yesterday", "2026-11-02T00:00+02:00"),
        ("2026-11-01", "2026-11-01T00:00+02:00"),
        ("2026-11-01T10:00", "2026-11-01T10:00+02:00"),
        ("2026-11-01T10:00+00:00", "2026-11-01T12:00+02:00"),
        ("2h", "2026-11-03T10:00+02:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert Moment(lambda: NOON).convert(text, None, None) == datetime.fromisoformat(moment).timestamp()


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(click.BadParameter, match="some day is not a time"):
        Moment(lambda: NOON).convert("some day", None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "now"),
        (90, "1 min ago"),
        (7200, "2 h ago"),
        (47 * 3600, "47 h ago"),
        (49 * 3600, "2 days ago"),
        (3 * 365 * 86_400, "3 years ago"),
    ],
)
def test_ages(seconds: int, words: str) -> None:
    assert age(NOON.timestamp() - seconds, NOON) == words


def test_what_is_no_time_has_no_age() -> None:
    assert (age(None, NOON), remaining(None, NOON)) == ("", "never")
    assert remaining(NOON.timestamp() + 3 * 3600, NOON) == "in 3 h"
    assert remaining(NOON.timestamp() - 1, NOON) == "in 0 min"


@pytest.mark.parametrize(
    ("amount", "words"), [(None, ""), (0, "$0.00"), (0.00001, "<$0.0001"), (0.0162, "$0.0162"), (12.3, "$12.30"), ("x", "")]
)
def test_costs(amount: object, words: str) -> None:
    assert dollars(amount) == words
