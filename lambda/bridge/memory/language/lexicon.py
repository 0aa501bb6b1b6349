"""A vocabulary in which every word has a code and a value, and the cutting of texts of any script into its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from bridge.memory.terms import spelled

UNKNOWN = "x"

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""The scripts written without spaces, and Hangul: there, a known word is looked for at every place."""
_MEANING = re.compile("[A-Za-z]-?[0-9]+")
_SHORTEST_STEM = 3
_LONGEST_EXPRESSION = 4


class Meaning(NamedTuple):
    """What a word is for a grammar: `code` is one letter."""

    code: str
    value: int


class Lexicon(NamedTuple):
    """`begins`: the first words of expressions; `stems`: words with any ending. All are `spelled` and in lower case."""

    words: dict[str, Meaning]
    begins: frozenset[str]
    stems: dict[str, Meaning]

    @classmethod
    def of(cls, data: str) -> Lexicon:
        """Of a code and a value ("M1") followed by its words, and so on; `_` stands for a space, a `*` at the end for any ending."""
        words: dict[str, Meaning] = {}
        stems: dict[str, Meaning] = {}
        meaning = Meaning(UNKNOWN, 0)
        for word in spelled(data).split():
            if _MEANING.fullmatch(word):
                meaning = Meaning(word[0], int(word[1:]))
            elif word[-1] == "*":
                stems.setdefault(word[:-1].casefold(), meaning)
            else:
                words.setdefault(word.casefold(), meaning)
        return cls(words, frozenset(word.partition("_")[0] for word in words if "_" in word), stems)

    def longest(self, parts: list[str], place: int) -> tuple[int, str]:
        """How many of these words in lower case the longest known expression takes that begins at this place, and the expression."""
        if parts[place] in self.begins:
            for size in range(_LONGEST_EXPRESSION, 1, -1):
                expression = "_".join(parts[place : place + size])
                if expression in self.words:
                    return size, expression
        return 1, parts[place]

    def meaning(self, word: str) -> Meaning:
        """Of a word or expression in lower case; an unknown word has the code UNKNOWN."""
        if word in self.words:
            return self.words[word]
        for size in range(len(word), _SHORTEST_STEM - 1, -1):
            if word[:size] in self.stems:
                return self.stems[word[:size]]
        return Meaning(UNKNOWN, 0)


def parts_pattern(known: Iterable[str], *others: str) -> re.Pattern[str]:
    """Finds the words of a text that is `spelled`, where words are not spaced those `known` and single characters, and the `others`."""
    unspaced = re.compile(f"[{_UNSPACED}]")
    longer = sorted({word for word in known if len(word) > 1 and unspaced.match(word)}, key=len, reverse=True)
    word = f"(?:[^\\W\\d_{_UNSPACED}]|[\u0900-\u0963])+"
    return re.compile("|".join((*map(re.escape, longer), *others, f"[{_UNSPACED}]", word)))
