"""Looking for turns of phrase in a message, without a pattern that must be compiled: a few hundred are looked for in microseconds. Pure."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import NamedTuple

from bridge.memory.language.lexicon import is_unspaced
from bridge.memory.language.phrase_words import POLITE
from bridge.memory.language.spelling import spelled

_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963])+")
_GAP = 30


def words_of(text: str) -> list[str]:
    """The words of `text`, spelled alike and in lower case; what is not spaced is one word."""
    return _WORD.findall(spelled(text).casefold())


class Phrasebook(NamedTuple):
    """`spread`: phrases of two parts, each with its alternatives, at most _GAP characters apart."""

    anywhere: tuple[str, ...]
    beginnings: tuple[str, ...]
    spread: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def matches(self, words: list[str]) -> bool:
        """Whether one of the phrases stands in a message of these `words_of`."""
        said = f" {' '.join(words)} "
        return (
            any(phrase in said for phrase in self.anywhere)
            or f" {' '.join(_without_polite(words))} ".startswith(self.beginnings)
            or any(_stand_together(said, *parts) for parts in self.spread)
        )


def _without_polite(words: list[str]) -> list[str]:
    first = next((place for place, word in enumerate(words) if word not in word_set(POLITE)), 0)
    return words[first:]


def _stand_together(said: str, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    ends = (said.find(part) + len(part) for part in first if part in said)
    return any(part in said[end - 1 : end + _GAP] for end in ends for part in second)


@cache
def word_set(data: str) -> frozenset[str]:
    return frozenset(spelled(data).casefold().split())


@cache
def phrasebook(data: str) -> Phrasebook:
    """Reads phrases as `phrase_words` has them."""
    anywhere: list[str] = []
    beginnings: list[str] = []
    spread = []
    for phrase in spelled(data).casefold().split():
        parts = [tuple(map(_part, part.split("/"))) for part in phrase.lstrip("^").split("~")]
        if phrase[0] == "^":
            beginnings.extend(map("".join, product(*parts)))
        elif len(parts) == 1:
            anywhere.extend(parts[0])
        else:
            spread.append((parts[0], parts[1]))
    return Phrasebook(tuple(anywhere), tuple(beginnings), tuple(spread))


def _part(phrase: str) -> str:
    words = phrase.rstrip("*").replace("_", " ").replace("'", " ")
    if is_unspaced(words[0]):
        return words
    return f" {words}" if phrase[-1] == "*" else f" {words} "
