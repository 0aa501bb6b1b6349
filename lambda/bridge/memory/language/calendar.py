"""Periods of days, counted from the day it is. Pure."""

from __future__ import annotations

from datetime import date, timedelta

DAY, WEEK, MONTH, YEAR = 1, 7, 30, 365
"""Units of time; their values stand in `day_words`."""

Days = tuple[date, date]
"""The first and the last day of a period."""

_YEARS_BACK = 8
"""29 February comes again after at most eight years."""


class Calendar:
    """What `today` makes of words and numbers. Raises ValueError or OverflowError for what is not a day."""

    def __init__(self, today: date) -> None:
        self.today = today

    def back(self, first: int, last: int) -> Days:
        """From `first` to `last` days ago."""
        return self.today - timedelta(days=first), self.today - timedelta(days=last)

    def ago(self, number: int, unit: int) -> Days:
        """Days are meant exactly, weeks give or take three days, months and years as those of the calendar."""
        if unit == DAY:
            return self.back(number, number)
        if unit == WEEK:
            return self.back(number * WEEK + 3, max(1, number * WEEK - 3))
        return self.whole(number, unit)

    def whole(self, number: int, unit: int) -> Days:
        """The week (from Monday), month or year that lies this many back; 0 is the present one."""
        if unit == WEEK:
            monday = self.today.weekday() + number * WEEK
            return self.back(monday, monday - 6)
        if unit == MONTH:
            year, month = divmod(self.today.year * 12 + self.today.month - 1 - number, 12)
            return whole_month(year, month + 1)
        return date(self.today.year - number, 1, 1), date(self.today.year - number, 12, 31)

    def weekday(self, weekday: int, weeks: int | None) -> Days:
        """This day of the week that lies so many weeks back; None: the latest before today."""
        back = self.today.weekday() - weekday
        back += WEEK * (back <= 0 if weeks is None else weeks)
        return self.back(back, back)

    def latest(self, month: int, day: int) -> Days:
        """The latest such day that is not after today."""
        for year in range(self.today.year, self.today.year - _YEARS_BACK - 1, -1):
            if day <= whole_month(year, month)[1].day and date(year, month, day) <= self.today:
                return one_day(year, month, day)
        raise ValueError(day)

    def latest_day(self, day: int) -> Days:
        """The latest day with this number that is not after today."""
        for back in range(3):  # Of two months in a row at least one has 31 days; the present one may not have come so far.
            first, last = self.whole(back, MONTH)
            if day <= last.day and first.replace(day=day) <= self.today:
                return one_day(first.year, first.month, day)
        raise ValueError(day)

    def latest_month(self, month: int) -> Days:
        return whole_month(self.today.year - (month > self.today.month), month)


def one_day(year: int, month: int, day: int) -> Days:
    return date(year, month, day), date(year, month, day)


def whole_month(year: int, month: int) -> Days:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)
