"""Dates in words: "3 April", "three days ago", "last Monday", and how they are put together in several languages. Pure.

Each word becomes a letter (see `words`), and the grammar is one pattern over the string of these letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from bridge.memory.dates.calendar import Calendar, Days, one_day, whole_month
from bridge.memory.dates.tokens import Token, tokens

_FEW = (2, 5)
_WEEK, _MONTH, _YEAR = 7, 30, 365


def worded(text: str, calendar: Calendar) -> Iterator[Days]:
    """What the words of `text`, which is `spelled`, name."""
    reader = _Reader(tokens(text), calendar)
    for match in _grammar().finditer(reader.codes):
        try:
            yield from _READERS[match.lastgroup or ""](reader, match)
        except (ValueError, OverflowError):
            continue  # There is no such day.


class _Reader:
    """Reads the matches of the grammar in one text."""

    def __init__(self, tokens: list[Token], calendar: Calendar) -> None:
        self.tokens, self.calendar = tokens, calendar
        self.codes = "".join(token.code for token in tokens)

    def value(self, match: re.Match[str], group: str) -> int:
        """The value of the one token that this group of the grammar is."""
        return self.tokens[match.start(group)].value

    def values(self, match: re.Match[str], codes: str) -> list[int]:
        """The values of the tokens in the match that have one of these codes."""
        return [token.value for token in self.tokens[match.start() : match.end()] if token.code in codes]

    def before(self, match: re.Match[str]) -> str:
        return self.codes[match.start() - 1 : match.start()] if match.start() else ""

    def _day_and_month(self, match: re.Match[str]) -> Iterator[Days]:
        kind = "2" if match["dayfirst"] else "3"
        day, month = self.value(match, "d" + kind), self.value(match, "m" + kind)
        if not 1 <= day <= 31 or not self._is_month(match, kind):
            if match["monthfirst"] and match["m3"] == "M":
                yield from self._whole_month(month, None)
            return
        year = match["y" + kind]
        yield one_day(self.value(match, "y" + kind), month, day) if year else self.calendar.latest(month, day)

    def _is_month(self, match: re.Match[str], kind: str) -> bool:
        code = match["m" + kind]
        before = self.before(match)
        if kind == "3" and before == "P" and match["d3"] == "N":
            return False  # "in April 20 people came"
        if code in "Ma":
            return True
        if code in "tg":
            return bool(match["y" + kind]) or before == "D" or self.codes[match.start("m" + kind) - 1] == "e" or code == "g"
        after = self.codes[match.end() : match.end() + 1]
        if "I" in (before, after):
            return False
        capital = self.tokens[match.start("m" + kind)].text[0].isupper() and before not in ("", ".", ";")
        return capital or bool(match["y" + kind]) or match["d" + kind] == "O" or before in tuple("DS") or after in ("", ";", ",", "\n")

    def _month_alone(self, match: re.Match[str]) -> Iterator[Days]:
        code, before = match["m4"], self.before(match)
        beside = bool(match["y4"]) or (before in tuple("PSL") if code != "t" else False)
        if before != "X" and (code == "M" or beside):
            year = self.value(match, "y4") if match["y4"] else None
            yield from self._whole_month(self.value(match, "m4"), year)

    def _whole_month(self, month: int, year: int | None) -> Iterator[Days]:
        yield self.calendar.latest_month(month) if year is None else whole_month(self._year(year), month)

    def _east_asian(self, match: re.Match[str]) -> Iterator[Days]:
        month = self.value(match, "m1")
        year = self._year(self.value(match, "y1")) if match["y1"] else None
        if match["d1"]:
            day = self.value(match, "d1")
            yield one_day(year, month, day) if year else self.calendar.latest(month, day)
        else:
            yield whole_month(year, month) if year else self.calendar.latest_month(month)

    def _year(self, value: int) -> int:
        """A year as it is written, with two digits, or as so many days back or on ("last year")."""
        if abs(value) == _YEAR:
            return self.calendar.today.year - (value < 0)
        return value if value >= 100 else 2000 + value

    def _relative(self, match: re.Match[str]) -> Iterator[Days]:
        token = self.tokens[match.start()]
        if token.code == "R" or _is_french(self.tokens):
            yield self.calendar.back(-token.value, -token.value)

    def _ago(self, match: re.Match[str]) -> Iterator[Days]:
        number, unit = self._amount(match)
        if unit == 1:
            yield self.calendar.back(number, number)
        elif unit == _WEEK:
            yield self.calendar.back(number * _WEEK + 3, max(1, number * _WEEK - 3))
        elif unit == _MONTH:
            yield self.calendar.month_back(number)
        else:
            yield date(self.calendar.today.year - number, 1, 1), date(self.calendar.today.year - number, 12, 31)

    def _amount(self, match: re.Match[str]) -> tuple[int, int]:
        both = self.values(match, "T")
        if both:
            return divmod(both[0], 1000)
        unit = self.values(match, "U")[0]
        return (self.values(match, "nNO9") or [1])[0], unit

    def _few_ago(self, match: re.Match[str]) -> Iterator[Days]:
        unit = self.values(match, "U")[0]
        yield self.calendar.back(_FEW[1] * unit, _FEW[0] * unit)

    def _last_few(self, match: re.Match[str]) -> Iterator[Days]:
        number, unit = self._amount(match)
        yield self.calendar.back(number * unit, 0)

    def _weekday(self, match: re.Match[str]) -> Iterator[Days]:
        if self.before(match) == "X" or self.codes[match.end() : match.end() + 1] == "X":
            return
        back = (self.calendar.today.weekday() - self.values(match, "Ww")[0]) % 7 or 7
        yield self.calendar.back(back, back)

    def _weekday_of_week(self, match: re.Match[str]) -> Iterator[Days]:
        ago = -(self.values(match, "V") or [-_WEEK])[0]
        if abs(ago) <= 2 * _WEEK and self.before(match) != "X":
            monday = self.calendar.today.weekday() + (ago if ago > 0 else 0)
            back = monday - self.values(match, "Ww")[0]
            yield self.calendar.back(back, back)

    def _chinese_weekday(self, match: re.Match[str]) -> Iterator[Days]:
        """上周一, 上周日: the week, and a number or the sign of the day."""
        week, day = self.tokens[match.start()], self.tokens[match.start() + 1]
        if abs(week.value) == _WEEK and week.text[-1] in "周期拜" and (day.code == "U" or 1 <= day.value <= 6):
            back = self.calendar.today.weekday() + max(0, -week.value) - (6 if day.code == "U" else day.value - 1)
            yield self.calendar.back(back, back)

    def _period(self, match: re.Match[str]) -> Iterator[Days]:
        if match[0][0] == "V":
            value = self.tokens[match.start()].value
            number, unit = max(0, -value) // abs(value), abs(value)
            for size in (_WEEK, _MONTH):
                if unit == 2 * size:
                    number, unit = number * 2, size
        else:
            number, unit = int("L" in match[0]), self.values(match, "U")[0]
        if unit == 1:
            return
        if unit == _WEEK:
            monday = self.calendar.today.weekday() + number * _WEEK
            yield self.calendar.back(monday, monday - 6)
        elif unit == _MONTH:
            yield self.calendar.month_back(number)
        else:
            yield date(self.calendar.today.year - number, 1, 1), date(self.calendar.today.year - number, 12, 31)


_FRENCH = frozenset(
    re.findall(r"\w+", "je j ai tu nous vous que qu quoi quel quelle les le est avons avez avec soir matin pas pour dans ma mes il")
)


def _is_french(said: list[Token]) -> bool:
    """Whether "hier" is yesterday, not the German word for here."""
    return not _FRENCH.isdisjoint(token.text.casefold() for token in said)


@cache
def _grammar() -> re.Pattern[str]:
    return re.compile(
        "|".join(
            (
                r"(?P<fewago>Bfe?U|fe?U[GgL])",
                r"(?P<ago>B[nNO9]?e?U|B?T[GgL]?|[nNO9]e?U[GgL]|U[Gg])",
                r"(?P<range>L[nNO9]e?U)",
                r"(?P<weekof>Ve?W|LUe?W|We?(?:V|LU))",
                r"(?P<weekday>[LD]e?[Ww]|W|w(?=L))",
                r"(?P<chinese>V[NU](?![NK]))",
                r"(?P<asian>(?:(?P<y1>[YN9V])[Ue]{0,2})?(?P<m1>N)K(?!G)(?:e?(?P<d1>N)U?)?)",
                r"(?P<dayfirst>(?P<d2>[NO])\.?e{0,3}(?P<m2>[Mastg])\.?[eUn,]{0,2}(?P<y2>Y)?)",
                r"(?P<monthfirst>(?P<m3>[Mas])\.?e?(?P<d3>[NO])(?![UG]|:[NO9])[,eUn]{0,2}(?P<y3>Y)?)",
                r"(?P<month>(?P<m4>[Mast])\.?[,eUn]{0,2}(?P<y4>[YV])?)",
                r"(?P<relative>[Rh])",
                r"(?P<period>V|[LH]e?U|Ue?[LH])",
            )
        )
    )


_READERS = {
    "fewago": _Reader._few_ago,
    "ago": _Reader._ago,
    "range": _Reader._last_few,
    "weekof": _Reader._weekday_of_week,
    "weekday": _Reader._weekday,
    "chinese": _Reader._chinese_weekday,
    "asian": _Reader._east_asian,
    "dayfirst": _Reader._day_and_month,
    "monthfirst": _Reader._day_and_month,
    "month": _Reader._month_alone,
    "relative": _Reader._relative,
    "period": _Reader._period,
}
