"""Dates in numbers: 2026-04-03, 3.4.2026, 3.4., 4/3. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bridge.memory.language.calendar import Calendar, Days, one_day, whole_month
from bridge.memory.language.day_tokens import YEARS, code_of

_EAST_ASIAN = "\u3040"
"""The first character of the scripts in which nothing needs to lead to a date: kana, Han, Hangul."""
_YEARS_AROUND = 10
"""A year of two digits lies at most this far away: 3.11.7 is a version."""


def numeric(text: str, calendar: Calendar) -> Iterator[Days]:
    """What the numbers in `text`, which is `spelled`, name: of 4/3 both readings."""
    for match in _numeric().finditer(text):
        try:
            yield from _read(match, text, calendar)
        except (ValueError, OverflowError):
            continue  # There is no such day.


def _read(match: re.Match[str], text: str, calendar: Calendar) -> Iterator[Days]:
    separator, third = match["sep"], match["c"]
    a, b = int(match["a"]), int(match["b"])
    if len(match["a"]) == 4:
        if third or separator != ".":
            yield one_day(a, b, int(third)) if third else whole_month(a, b)
    elif len(match["b"]) > 2:
        if not third and separator != "-" and b in YEARS:
            yield whole_month(b, a)
    elif third:
        year = int(third) if len(third) == 4 else 2000 + int(third)
        if len(third) == 4 or (len(third) == 2 and abs(year - calendar.today.year) < _YEARS_AROUND):
            yield from _readings(a, b, year, separator, calendar)
    elif _is_day(match, text, a, b):
        yield from _readings(a, b, None, separator, calendar)


def _readings(a: int, b: int, year: int | None, separator: str, calendar: Calendar) -> Iterator[Days]:
    """Day and month; and where no dot is between them, month and day."""
    for day, month in [(a, b)] if separator == "." else dict.fromkeys([(a, b), (b, a)]):
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield one_day(year, month, day) if year else calendar.latest(month, day)


def _is_day(match: re.Match[str], text: str, a: int, b: int) -> bool:
    """Whether two numbers are a day and a month, not a fraction ("3/4 of it"), a version ("3.4") or a score."""
    leads, follows = _leads(text, match.start()), text[match.end() : match.end() + 12]
    if match["sep"] == "/":
        share = (a, b) == (24, 7) or bool(re.match(r"\s*(?:of\b|%)", follows))
        return not share and (leads or follows[:1] >= _EAST_ASIAN)
    return match["sep"] == "." and (leads or (bool(match["dot"]) and bool(re.match(r"\s*[\w,?]", follows))))


def _leads(text: str, place: int) -> bool:
    """Whether what stands before this place leads to a date: a word like "on", or the beginning of a line."""
    before = re.search(r"(\w+)\W*$", text[max(0, place - 20) : place])
    return code_of(before[1]) in ("D", "P", "S", "U") if before else not text[:place].rpartition("\n")[2].strip()


@cache
def _numeric() -> re.Pattern[str]:
    return re.compile(
        r"(?<![A-Za-z0-9_.:/-])(?P<a>\d{1,4})(?P<sep>[./-])\s?(?P<b>\d{1,4})(?:(?P=sep)\s?(?P<c>\d{1,4}))?(?P<dot>\.?)"
        r"(?![A-SU-Za-su-z0-9_]|[./:-]\d)"
    )
