"""What a text is about, as terms that can be compared: words of any script, cut to their stem, and the kinds of things they name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bridge.memory.language.spelling import in_two_letters, spelled
from bridge.memory.language.synonyms import IRREGULAR, KINDS, STOP_WORDS

STEM_LETTERS = 6
"""What is left of a word after its English ending is off; cutting the rest serves the endings of other languages."""

_ENDINGS = ("ingly", "edly", "ings", "ing", "ers", "ed", "er", "es", "ly", "s")
_MIN_ROOT_LETTERS = 3
_VOWELS = "aeiou"
_MAX_NUMBER_DIGITS = 20
_SHORT = 24
"""Longer words (pasted keys, sentences without spaces) hardly come again: their terms are not indexed."""

# Vowel signs are no word characters for `re`, yet stand within words: the Indic scripts, Thai to Khmer.
_WORD = re.compile("(?:[^\\W_]|[\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17ff])+")
# Scripts written without spaces (Thai, Lao, Burmese, Khmer, kana, Han), and Hangul, whose particles hang on short words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_HAN, _HANGUL = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", "\uac00-\ud7af"
_SINGLE = re.compile("|".join(f"(?<![{script}])[{script}](?![{script}])" for script in (_HAN, _HANGUL)))
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")


def terms(text: str) -> list[str]:
    """The terms of `text` in its order: stems, pairs of characters where words are not spaced, no stop words."""
    return list(terms_of(words(text)))


def terms_of(said: Iterable[str]) -> Iterator[str]:
    """The terms of these `words`."""
    for word in said:
        yield from (_of_short_word if len(word) <= _SHORT else _of_word)(word)


def single_characters(said: Iterable[str]) -> list[str]:
    """The Han and Hangul characters within these `words` that have none beside them: each may be a word, which texts hold within pairs."""
    return [character for word in said if not word.isascii() for character in _SINGLE.findall(word)]


def kinds(text_terms: list[str]) -> list[str]:
    """The kinds (see `synonyms.KINDS`) that these terms name; a kind begins with `~`, which no term does."""
    return [kind for term in text_terms for kind in _KINDS.get(term, ())]


def words(text: str) -> Iterator[str]:
    """The words of `text`, spelled alike and in lower case; a name in camel case whole and in its parts, Zürich also as Zuerich.

    For a text that is short, as a passage is: the time this takes can grow with its square.
    """
    for word in _WORD.findall(spelled(text)):
        yield word.casefold()
        if len(parts := _HUMP.split(word)) > 1:
            yield from map(str.casefold, parts)
    for also in in_two_letters(text):
        yield from map(str.casefold, _WORD.findall(also))


def _of_word(word: str) -> tuple[str, ...]:
    if word in _STOP_WORDS:
        return ()
    if word.isascii():
        return (stem(word),)
    stems: list[str] = []
    end = 0
    for run in _UNSPACED.finditer(word):
        stems.extend(_stems(word[end : run.start()]))
        stems.extend(_pairs(run.group()))
        end = run.end()
    return (*stems, *_stems(word[end:]))


_of_short_word = lru_cache(maxsize=20_000)(_of_word)


def _stems(word: str) -> list[str]:
    return [stem(word)] if word else []


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(max(1, len(run) - 1))]


def stem(word: str) -> str:
    """The stem of a word in lower case; numbers, and names with digits in them (orders, commits, parts), stay whole."""
    if any(map(str.isdigit, word)):
        return word[:_MAX_NUMBER_DIGITS]
    word = _BASE.get(word, word)
    if not word.isascii():
        return word[: STEM_LETTERS - 1]
    return _root(word)[:STEM_LETTERS]


def _root(word: str) -> str:
    """An English word without its ending: of study, studies, studied and studying the same."""
    word = next(
        (word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= _MIN_ROOT_LETTERS), word
    )
    if len(word) > _MIN_ROOT_LETTERS and (word[-1] == "e" or (word[-1] in "iy" and word[-2] not in _VOWELS)):
        word = word[:-1]
    return word[:-1] if len(word) >= _MIN_ROOT_LETTERS and word[-1] == word[-2] else word


def _bases() -> dict[str, str]:
    groups = [group.split() for line in IRREGULAR.strip().splitlines() for group in line.split("|")]
    return {form: forms[0] for forms in groups for form in forms[1:]}


def _kinds_of_terms() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for line in KINDS.strip().splitlines():
        group = line.split()
        for term in dict.fromkeys(stem(word) for word in group):
            kinds[term] = (*kinds.get(term, ()), "~" + group[0])
    return kinds


_STOP_WORDS = frozenset(STOP_WORDS.split())
_BASE = _bases()
_KINDS = _kinds_of_terms()
