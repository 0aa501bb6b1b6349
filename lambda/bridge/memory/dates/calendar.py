"""Periods of days, counted from the day it is. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

Days = tuple[date, date]
"""The first and the last day of a period."""

_YEARS_BACK = 8
"""29 February comes again after at most eight years."""


class Calendar:
    """What `today` makes of words and numbers. Raises ValueError or OverflowError for what is no day."""

    def __init__(self, today: date) -> None:
        self.today = today

    def back(self, first: int, last: int) -> Days:
        """From `first` to `last` days ago."""
        return self.today - timedelta(days=first), self.today - timedelta(days=last)

    def week(self, back: int) -> Days:
        """The week from Monday to Sunday, `back` weeks before this one."""
        monday = self.today.weekday() + back * 7
        return self.back(monday, monday - 6)

    def month_back(self, number: int) -> Days:
        year, month = divmod(self.today.year * 12 + self.today.month - 1 - number, 12)
        return whole_month(year, month + 1)

    def year_back(self, number: int) -> Days:
        return date(self.today.year - number, 1, 1), date(self.today.year - number, 12, 31)

    def latest(self, month: int, day: int) -> Days:
        """The latest such day that is not after today."""
        for year in range(self.today.year, self.today.year - _YEARS_BACK - 1, -1):
            if day <= monthrange(year, month)[1] and date(year, month, day) <= self.today:
                return one_day(year, month, day)
        raise ValueError(day)

    def latest_month(self, month: int) -> Days:
        return whole_month(self.today.year - (month > self.today.month), month)


def one_day(year: int, month: int, day: int) -> Days:
    return date(year, month, day), date(year, month, day)


def whole_month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
