"""A vocabulary in which every word has a code and a value, and the cutting of texts of any script into its words. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from bridge.memory.language.spelling import spelled

UNKNOWN = "x"

_WORD = "(?:[^\\W\\d_]|[\u0900-\u0963])(?:\\w|[\u0900-\u0963])*"
_ORDINAL = "(?:st|nd|rd|th|er|e|o|a|de|te|ste)"
_MIN_STEM_LETTERS = 3


def parts(text: str) -> list[str]:
    """The words, numbers and marks of `text`, which is `spelled`; where words are not spaced, and in Hangul, each character."""
    pieces: list[str] = []
    for part in _part().findall(text):
        pieces.extend([part] if part.isascii() or not any(map(is_unspaced, part)) else _part_of_unspaced().findall(part))
    return pieces


@cache
def _part() -> re.Pattern[str]:
    number = rf"\d+{_ORDINAL}?(?![a-zA-Z\d_])|\d[\da-zA-Z_]*"
    return re.compile(rf"{number}|{_WORD}|[〇.,;:/!?…؟。\n]|(?<=\d)\s?[-–]\s?(?=\d)")


@cache
def _part_of_unspaced() -> re.Pattern[str]:
    return re.compile("[0-9]+|[a-zA-Z]+|[〇一二三四五六七八九十]+|.")


def is_unspaced(character: str) -> bool:
    """Whether it is of a script written without spaces, or Hangul, whose particles hang on words."""
    return "\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\ud7af"


class Meaning(NamedTuple):
    """What a word is for a grammar: `code` is one letter."""

    code: str
    value: int


class Lexicon(NamedTuple):
    """`begins`: the first parts of expressions, and of how many parts those are at most; `stems`: words with any ending.

    All are `spelled` and in lower case.
    """

    words: dict[str, Meaning]
    begins: dict[str, int]
    stems: dict[str, Meaning]

    @classmethod
    def of(cls, data: str) -> Lexicon:
        """Of a code and a value ("=M1") followed by its words, and so on; `_` stands for a space, a `*` at the end for any ending."""
        words: dict[str, Meaning] = {}
        stems: dict[str, Meaning] = {}
        meaning = Meaning(UNKNOWN, 0)
        for word in spelled(data).split():
            if word[0] == "=":
                meaning = Meaning(word[1], int(word[2:]))
            elif word[-1] == "*":
                stems.setdefault(word[:-1].casefold(), meaning)
            else:
                words.setdefault(word.casefold(), meaning)
        begins: dict[str, int] = {}
        for word in words:
            together = word.split("_") if "_" in word else word if is_unspaced(word[0]) else ()
            if len(together) > 1:
                begins[together[0]] = max(len(together), begins.get(together[0], 0))
        return cls(words, begins, stems)

    def longest(self, parts: list[str], place: int) -> tuple[int, str]:
        """How many of these parts in lower case the longest known expression takes that begins at this place, and the expression."""
        most = min(self.begins.get(parts[place], 1), len(parts) - place)
        for size in range(most, 1, -1):
            together = parts[place : place + size]
            for expression in ("_".join(together), "".join(together)):
                if expression in self.words:
                    return size, expression
        return 1, parts[place]

    def meaning(self, word: str) -> Meaning:
        """Of a word or expression in lower case; an unknown word has the code UNKNOWN."""
        if word in self.words:
            return self.words[word]
        for size in range(len(word), _MIN_STEM_LETTERS - 1, -1):
            if word[:size] in self.stems:
                return self.stems[word[:size]]
        return Meaning(UNKNOWN, 0)
