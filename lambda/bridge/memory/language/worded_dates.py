"""Dates in words: "3 April", "three days ago", "last Monday", and how they are put together in several languages. Pure.

Each word becomes a letter (see `day_words`), and the grammar is one pattern over the string of these letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from bridge.memory.language.calendar import DAY, WEEK, YEAR, Calendar, Days, one_day, whole_month
from bridge.memory.language.day_tokens import Token, tokens

_MAX_AGO, _MIN_AGO = 5, 2
"""What "a few" may be."""

_GRAMMAR = {
    "few": r"Bfe?U|fe?U[GgL]",
    "ago": r"B[nNO9]?e?U|B?T[GgL]?|[nNO9]e?U[GgL]|U[Gg]",
    "lately": r"L[nNO9]e?U",
    "weekday": r"Ve?W|LUe?W|We?(?:V|LU|UL)|[LD]e?[Ww]|W|w(?=L)",
    "chinese": r"[LH]?U[NU](?![UGKNnfMastge.])",
    "asian": r"(?:(?P<y1>[YN9V])[Ue]{0,2})?(?P<m1>N)K(?!G)(?:e?(?P<d1>N)U?)?",
    "dayfirst": r"(?P<d2>[NO])\.?e{0,3}(?P<m2>[Mastg])\.?[eUn,]{0,2}(?P<y2>Y)?",
    "monthfirst": r"(?P<m3>[Mas])\.?e?(?P<d3>[NO])(?![UG]|:[NO9])[,eUn]{0,2}(?P<y3>Y)?",
    "ordinal": r"[DSn]e(?P<d4>O)(?=[.,;\n]|$)",
    "year": r"P(?P<y5>Y)",
    "month": r"(?P<m4>[Mast])\.?[,eUn]{0,2}(?P<y4>[YV])?",
    "relative": r"[Rh]",
    "period": r"V|[LH]e?U|Ue?[LH]",
}


def worded(text: str, calendar: Calendar) -> Iterator[Days]:
    """What the words of `text`, which is `spelled`, name."""
    reader = _Reader(tokens(text), calendar)
    for match in _grammar().finditer(reader.codes):
        try:
            yield from getattr(reader, match.lastgroup or "")(match)
        except (ValueError, OverflowError):
            continue  # There is no such day.


@cache
def _grammar() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{form})" for name, form in _GRAMMAR.items()))


class _Reader:
    """Reads the matches of the grammar in one text, by the name of the form that matched."""

    def __init__(self, tokens: list[Token], calendar: Calendar) -> None:
        self.tokens, self.calendar = tokens, calendar
        self.codes = "".join(token.code for token in tokens)

    def few(self, match: re.Match[str]) -> Iterator[Days]:
        _, unit = self._amount(match)
        yield self.calendar.back(_MAX_AGO * unit, _MIN_AGO * unit)

    def ago(self, match: re.Match[str]) -> Iterator[Days]:
        number, unit = self._amount(match)
        if unit != DAY or len(match[0]) > 2:  # "some days ago"
            yield self.calendar.ago(number, unit)

    def lately(self, match: re.Match[str]) -> Iterator[Days]:
        number, unit = self._amount(match)
        yield self.calendar.back(number * unit, 0)

    def weekday(self, match: re.Match[str]) -> Iterator[Days]:
        weeks: int | None = int("U" in match[0]) or None
        if "V" in match[0]:
            weeks, unit = divmod(self._values(match, "V")[0], 1000)
            if unit != WEEK:
                return
        if "X" not in (self._before(match), self._after(match)):
            yield self.calendar.weekday(self._values(match, "Ww")[0], weeks)

    def chinese(self, match: re.Match[str]) -> Iterator[Days]:
        """周一, 上周一, 上周日: the word for week, and a number or the sign of the day."""
        week, day = self.tokens[match.end() - 2 : match.end()]
        if week.text[-1] not in "周期拜":
            yield from self.period(match) if match[0][0] in "LH" else ()
        elif (day.code == "U" or 1 <= day.value <= 6) and self._before(match) != "X":
            yield self.calendar.weekday(6 if day.code == "U" else day.value - 1, {"L": 1, "H": 0}.get(match[0][0]))

    def asian(self, match: re.Match[str]) -> Iterator[Days]:
        year = self._year(match, "y1")
        month = self._value(match, "m1")
        if match["d1"]:
            yield self._day(year, month, self._value(match, "d1"))
        else:
            yield self._month(year, month)

    def dayfirst(self, match: re.Match[str]) -> Iterator[Days]:
        if self._is_month(match, "2"):
            yield self._day(self._year(match, "y2"), self._value(match, "m2"), self._value(match, "d2"))

    def monthfirst(self, match: re.Match[str]) -> Iterator[Days]:
        month = self._value(match, "m3")
        if self._before(match) == "P" and match["d3"] == "N":  # "in April 20 people came"
            if match["m3"] == "M":
                yield self._month(None, month)
        elif self._is_month(match, "3"):
            yield self._day(self._year(match, "y3"), month, self._value(match, "d3"))

    def month(self, match: re.Match[str]) -> Iterator[Days]:
        code, before = match["m4"], self._before(match)
        is_sure = code == "M" or bool(match["y4"]) or (before in tuple("PSL") and code != "t")
        if is_sure and before != "X":
            yield self._month(self._year(match, "y4"), self._value(match, "m4"))

    def ordinal(self, match: re.Match[str]) -> Iterator[Days]:
        """ "on the 22nd", with nothing after it that is counted."""
        yield self.calendar.latest_day(self._value(match, "d4"))

    def year(self, match: re.Match[str]) -> Iterator[Days]:
        yield date(self._value(match, "y5"), 1, 1), date(self._value(match, "y5"), 12, 31)

    def relative(self, match: re.Match[str]) -> Iterator[Days]:
        token = self.tokens[match.start()]
        if token.code == "R" or _is_french(self.tokens):
            yield self.calendar.ago(-token.value, DAY)

    def period(self, match: re.Match[str]) -> Iterator[Days]:
        number, unit = divmod(self._values(match, "VU")[0], 1000)
        if unit != DAY:
            yield self.calendar.whole(number + ("L" in match[0]), unit)

    def _is_month(self, match: re.Match[str], form: str) -> bool:
        """Whether a word that may also mean something else is a month here, next to a day."""
        code, year, before, after = match["m" + form], match["y" + form], self._before(match), self._after(match)
        place = match.start("m" + form)
        if code in "Mag":
            return True
        if code == "t":
            return bool(year) or before == "D" or self.codes[place - 1] == "e"
        if before == "I" or (after == "I" and before not in tuple("DS")):
            return False
        is_name = self.tokens[place].text[0].isupper() and before not in ("", ".", ";")
        return is_name or bool(year) or match["d" + form] == "O" or before in tuple("DS") or after in ("", ";", ",", "\n")

    def _amount(self, match: re.Match[str]) -> tuple[int, int]:
        """A number, which is one where none is said, and its unit."""
        number, unit = divmod(self._values(match, "TU")[0], 1000)
        return number or (self._values(match, "nNO9") or [1])[0], unit

    def _value(self, match: re.Match[str], group: str) -> int:
        return self.tokens[match.start(group)].value

    def _values(self, match: re.Match[str], codes: str) -> list[int]:
        """The values of the tokens in the match that have one of these codes."""
        return [token.value for token in self.tokens[match.start() : match.end()] if token.code in codes]

    def _before(self, match: re.Match[str]) -> str:
        return self.codes[match.start() - 1] if match.start() else ""

    def _after(self, match: re.Match[str]) -> str:
        return self.codes[match.end() : match.end() + 1]

    def _year(self, match: re.Match[str], group: str) -> int | None:
        """The year that is written, with two digits or four, or the one so many back ("last year")."""
        if not match[group]:
            return None
        value = self._value(match, group)
        if match[group] == "V":
            number, unit = divmod(value, 1000)
            return self.calendar.today.year - number if unit == YEAR else None
        return value if value >= 100 else 2000 + value

    def _day(self, year: int | None, month: int, day: int) -> Days:
        return one_day(year, month, day) if year else self.calendar.latest(month, day)

    def _month(self, year: int | None, month: int) -> Days:
        return whole_month(year, month) if year else self.calendar.latest_month(month)


_FRENCH = frozenset(
    re.findall(r"\w+", "je j ai tu nous vous que qu quoi quel quelle les le est avons avez avec soir matin pas pour dans ma mes il")
)


def _is_french(said: list[Token]) -> bool:
    """Whether "hier" is yesterday, not the German word for here."""
    return not _FRENCH.isdisjoint(token.text.casefold() for token in said)
