"""What a message asks for: its terms, whose words, and from when. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from datetime import date, timedelta
from typing import NamedTuple

from bridge.memory.passages import pieces
from bridge.memory.terms import single_characters, terms_of, words

MOST_READ = 16_000
"""Of a longer message its beginning and end are read, half as many characters each: what is asked stands before or after what is pasted."""
MOST_SINGLE = 4
"""At most this many of the characters that stand alone are looked for: each takes a walk over all terms of a conversation."""

_EPOCH = date(1970, 1, 1)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_AMBIGUOUS = ("may", "march")
"""These name a month only next to a day, a year, or a word as in "last March"."""

_NAMED = re.compile(
    r"(?P<before>\b(?:in|of|since|until|during|last|this|early|late|mid)\s+)?"
    r"(?:\b(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"\b(?P<month>{'|'.join(_MONTHS)})\b"
    r"(?:\s+(?P<day_after>\d{1,2})(?:st|nd|rd|th)?\b)?"
    r"(?:,?\s+(?P<year>\d{4})\b)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?\b")

_LABEL = re.compile(r"^[ \t]*([^\W\d_][^\W_]*(?: [^\W\d_][^\W_]*)?):\s", re.MULTILINE)
_FIRST_PERSON = frozenset(("i", "me", "my", "mine", "we", "us", "our", "ours"))
_SECOND_PERSON = frozenset(("you", "your", "yours"))


class SearchTerms(NamedTuple):
    """What a message looks for, worked out once.

    `text` is what was read of the message, `terms` how often each stands there, `single_characters` those that may be words by themselves.
    """

    text: str
    words: frozenset[str]
    terms: Mapping[str, int]
    single_characters: tuple[str, ...]

    @classmethod
    def of(cls, message: str) -> SearchTerms:
        """Reads piece by piece: to normalise a text takes the square of its accents, and no other thread gets on meanwhile."""
        text = message if len(message) <= MOST_READ else message[: MOST_READ // 2] + "\n" + message[-MOST_READ // 2 :]
        said = [word for start, end in pieces(text) for word in words(text[start:end])]
        return cls(text, frozenset(said), Counter(terms_of(said)), tuple(dict.fromkeys(single_characters(said)))[:MOST_SINGLE])


def speakers(text: str, before: list[str]) -> tuple[list[str], list[str]]:
    """Who speaks in `text`, and who at its end, where lines begin like those of minutes or of a chat ("Anna Berg: ..."): words of names.

    `before` is who speaks where no such line has begun.
    """
    found = list(_LABEL.finditer(text))
    names = [list(words(label.group(1))) for label in found]
    said = [] if found and found[0].start() == 0 else before
    return list(dict.fromkeys([*said, *(word for name in names for word in name)])), names[-1] if names else before


def roles(said: Set[str]) -> list[str]:
    """Whose messages a question in these words is about: "what did I say" about the user's, "what did you say" about the assistant's."""
    first, second = not said.isdisjoint(_FIRST_PERSON), not said.isdisjoint(_SECOND_PERSON)
    return ["user"] * (first and not second) + ["assistant"] * (second and not first)


def days(text: str, first: int, last: int) -> list[tuple[int, int]]:
    """The spans of days that `text` names, as days since the epoch (both ends included), between `first` and `last`.

    A month named without a year is that month of every year. A day comes with its month, and reaches into the next day: of what happened
    in the evening people tell the day after.
    """
    spans: list[tuple[int, int]] = []
    for year, month, day in dict.fromkeys(_dates(text)):
        for of_year in [year] if year is not None else range(_year(first), _year(last) + 1):
            spans.extend(_spans(of_year, month, day))
    return [(start, end) for start, end in dict.fromkeys(spans) if start <= last and end >= first]


def _dates(text: str) -> Iterator[tuple[int | None, int, int | None]]:
    for found in _NAMED.finditer(text):
        year, day = found["year"], found["day"] or found["day_after"]
        month = found["month"].lower()
        if year or day or found["before"] or month not in _AMBIGUOUS:
            yield _number(year), _MONTHS.index(month) + 1, _number(day)
    for found in _ISO.finditer(text):
        yield int(found["year"]), int(found["month"]), _number(found["day"])


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _spans(year: int, month: int, day: int | None) -> Iterator[tuple[int, int]]:
    try:
        start = date(year, month, 1)
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        yield (start - _EPOCH).days, (end - _EPOCH).days
        if day is not None:
            told = (date(year, month, day) - _EPOCH).days
            yield told, told + 1
    except ValueError:
        return  # There is no such day.


def _year(day: int) -> int:
    return (_EPOCH + timedelta(days=min(day, 2_900_000))).year
