"""Words, numbers and marks of a text as a grammar of days reads them. Pure."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from bridge.memory.language.day_words import DAY_WORDS, NUMBER_WORDS
from bridge.memory.language.lexicon import Lexicon, Meaning, parts

_LAST_DAY = 31
YEARS = range(1900, 2200)
_DIGITS = "〇一二三四五六七八九"
_NUMERALS = frozenset(_DIGITS + "十")


class Token(NamedTuple):
    """A word, a number or a mark. `code` is a letter of `day_words`; Y a year, N or O (3rd) a number up to 31, 9 a larger one."""

    code: str
    value: int
    text: str


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, which is `spelled`: known expressions of several words are one."""
    words, _ = _vocabulary()
    written = parts(text)
    lower = [part.casefold() for part in written]
    result: list[Token] = []
    place = 0
    while place < len(lower):
        size, expression = words.longest(lower, place)
        meaning = words.words[expression] if size > 1 else _of_one(lower, place)
        result.append(Token(*meaning, expression if size > 1 else written[place]))
        place += size
    return result


def code_of(word: str) -> str:
    """The code of a word that is `spelled`."""
    return _vocabulary()[0].meaning(word.casefold()).code


def _of_one(lower: list[str], place: int) -> Meaning:
    words, numbers = _vocabulary()
    part = lower[place]
    if part[0].isdecimal():
        return _number(part)
    if _NUMERALS.issuperset(part):
        return _number(str(_value(part)))
    number = numbers.meaning(part)
    if number.code == "n" and place + 1 < len(lower) and words.meaning(words.longest(lower, place + 1)[1]).code in "Ue":
        return number
    if not part[0].isalpha():
        return Meaning(";" if part in "?!…؟。" else part[0], 0)
    return words.meaning(part)


def _number(part: str) -> Meaning:
    digits = part.rstrip("abcdefghijklmnopqrstuvwxyz")
    if not digits.isdecimal():
        return Meaning("x", 0)  # A name like 3d2.
    value = int(digits[:9])
    if len(digits) < len(part):
        return Meaning("O" if value <= _LAST_DAY else "x", value)
    if len(digits) == 4 and value in YEARS:
        return Meaning("Y", value)
    return Meaning("N" if value <= _LAST_DAY else "9", value)


def _value(numerals: str) -> int:
    """Of a number below a hundred in Han numerals, or of digits in a row."""
    tens, ten, ones = numerals.partition("十")
    if ten:
        return _digits(tens or "一") * 10 + _digits(ones or "〇")
    return _digits(numerals)


def _digits(numerals: str) -> int:
    return int("".join(str(max(0, _DIGITS.find(one))) for one in numerals[:4]))


@cache
def _vocabulary() -> tuple[Lexicon, Lexicon]:
    return Lexicon.of(DAY_WORDS), Lexicon.of(NUMBER_WORDS)
