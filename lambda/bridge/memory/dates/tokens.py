"""Words, numbers and marks of a text as a grammar of days reads them. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from bridge.memory.dates.words import DAY_WORDS
from bridge.memory.terms import spelled

_LAST_DAY = 31
_YEARS = range(1900, 2200)
_DIGITS = "〇一二三四五六七八九"
_NUMERALS = frozenset(_DIGITS + "十")
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_SHORTEST_STEM = 3
_HEAD = re.compile("[A-Za-z]-?[0-9]+")


class Token(NamedTuple):
    """A word, a number or a mark. `code` is a letter of `words`; Y a year, N or O (3rd) a number up to 31, 9 a larger one, x else."""

    code: str
    value: int
    text: str


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, which is `spelled`: known expressions of several words are one."""
    parts = [part[0] for part in _token().finditer(text)]
    found: list[Token] = []
    place = 0
    while place < len(parts):
        size, token = _longest(parts, place)
        found.append(token)
        place += size
    return found


def code_of(word: str) -> str:
    """The code of a word that is `spelled`; "x" where it has none."""
    return _look_up(word.casefold())[0]


def _longest(parts: list[str], place: int) -> tuple[int, Token]:
    """How many parts the longest known expression takes that begins here, and its token."""
    part = parts[place].casefold()
    lexicon = _lexicon()
    for size in (4, 3, 2) if part in lexicon.begins else ():
        phrase = "_".join(parts[place : place + size]).casefold()
        if phrase in lexicon.words:
            return size, Token(*lexicon.words[phrase], phrase)
    following = parts[place + 1].casefold() if place + 1 < len(parts) else ""
    return 1, Token(*_single(part, following), parts[place])


def _single(part: str, following: str) -> tuple[str, int]:
    if part[0].isdecimal():
        return _number(part)
    if _NUMERALS.issuperset(part):
        return _number(str(_value(part)))
    if part in _lexicon().numbers and _look_up(following)[0] in "Ue":
        return "n", _lexicon().numbers[part]
    if not part[0].isalpha():
        return (";" if part in "?!…؟。" else part), 0
    return _look_up(part)


def _number(part: str) -> tuple[str, int]:
    digits = part.rstrip("abcdefghijklmnopqrstuvwxyz")
    value = int(digits[:9])
    if len(digits) < len(part):
        return "O" if value <= _LAST_DAY else "x", value
    if len(digits) == 4 and value in _YEARS:
        return "Y", value
    return "N" if value <= _LAST_DAY else "9", value


def _value(numerals: str) -> int:
    """Of a number below a hundred in Han numerals, or of digits in a row."""
    tens, ten, ones = numerals.partition("十")
    if ten:
        return _digits(tens or "一") * 10 + _digits(ones or "〇")
    return _digits(numerals)


def _digits(numerals: str) -> int:
    return int("".join(str(max(0, _DIGITS.find(one))) for one in numerals[:4]))


def _look_up(word: str) -> tuple[str, int]:
    lexicon = _lexicon()
    if word in lexicon.words:
        return lexicon.words[word]
    for size in range(len(word), _SHORTEST_STEM - 1, -1):
        if word[:size] in lexicon.stems:
            return lexicon.stems[word[:size]]
    return "x", 0


class _Lexicon(NamedTuple):
    """`begins`: the first words of expressions; `stems`: words with any ending; `numbers`: words that count."""

    words: dict[str, tuple[str, int]]
    begins: frozenset[str]
    stems: dict[str, tuple[str, int]]
    numbers: dict[str, int]


@cache
def _lexicon() -> _Lexicon:
    words: dict[str, tuple[str, int]] = {}
    stems: dict[str, tuple[str, int]] = {}
    numbers: dict[str, int] = {}
    meaning = "", 0
    for word in spelled(DAY_WORDS).split():
        if _HEAD.fullmatch(word):
            meaning = word[0], int(word[1:])
        elif meaning[0] == "n":
            numbers.setdefault(word.rstrip("*"), meaning[1])
        elif word[-1] == "*":
            stems.setdefault(word[:-1].casefold(), meaning)
        else:
            words.setdefault(word.casefold(), meaning)
    return _Lexicon(words, frozenset(word.partition("_")[0] for word in words if "_" in word), stems, numbers)


@cache
def _token() -> re.Pattern[str]:
    lexicon = _lexicon()
    unspaced = re.compile(f"[{_UNSPACED}]")
    known = sorted({word for word in (*lexicon.words, *lexicon.numbers) if unspaced.match(word)}, key=len, reverse=True)
    longer = "|".join(re.escape(word) for word in known if len(word) > 1)
    return re.compile(
        r"\d+(?:st|nd|rd|th|er|e|o|a|de|te|ste)?(?![a-zA-Z\d_])|[\da-zA-Z_]*\d[\da-zA-Z_]*"
        f"|{longer}|[{_DIGITS}十]+|[{_UNSPACED}]"
        f"|(?:[^\\W\\d_{_UNSPACED}]|[\u0900-\u0963])+"
        "|[.,;:/!?…؟。\n]|(?<=\\d)\\s?[-–]\\s?(?=\\d)"
    )
