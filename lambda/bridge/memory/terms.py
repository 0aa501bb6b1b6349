"""What a text is about, as terms that can be compared: words of any script, cut to their stem, and the kinds of things they name. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bridge.memory.language.synonyms import IRREGULAR, KINDS, STOP_WORDS

STEM_LETTERS = 6
"""What is left of a word after its English ending is off; cutting the rest serves the endings of other languages."""

_ENDINGS = ("ingly", "edly", "ings", "ing", "ers", "ed", "er", "es", "ly", "s")
_SHORTEST_ROOT = 3
_VOWELS = "aeiou"
_LONGEST_NUMBER = 20
_SHORT = 24
"""Longer words (pasted keys, sentences without spaces) hardly come again: their terms are not kept."""

# Vowel signs and points are no word characters for `re`, yet stand within words: Hebrew, Arabic, the Indic scripts, Thai to Khmer.
_WORD = re.compile("(?:[^\\W_]|[\u0591-\u05c7\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17ff])+")
# Scripts written without spaces (Thai, Lao, Burmese, Khmer, kana, Han), and Hangul, whose particles hang on short words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_HAN, _HANGUL = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", "\uac00-\ud7af"
_SINGLE = re.compile("|".join(f"(?<![{script}])[{script}](?![{script}])" for script in (_HAN, _HANGUL)))
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]")
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
    """The words of `text`, in lower case and without accents; a name in camel case whole and in its parts.

    For a text that is short, as a passage is: the time this takes can grow with its square.
    """
    for word in _WORD.findall(text if text.isascii() else unicodedata.normalize("NFKC", text)):
        yield _plain(word)
        if len(parts := _HUMP.split(word)) > 1:
            yield from map(_plain, parts)


def spelled(text: str) -> str:
    """`text` in the one spelling by which texts are compared: no accents, ASCII digits, nothing invisible. Upper case stays.

    The time this takes can grow with the square of a run of accents: for texts of a few thousand characters.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_SPELLING)


class _Spelling(dict[int, str]):
    """The spelling of a character by its code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        spelling = self[code] = _of_character(chr(code))
        return spelling


def _of_character(character: str) -> str:
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    if character in _LETTERS:
        return _LETTERS[character]
    if unicodedata.category(character) in ("Mn", "Cf") and not _KEPT_MARK.match(character):
        return ""
    parts = unicodedata.normalize("NFKD", character)
    return character if parts == character else unicodedata.normalize("NFC", "".join(map(_of_character, parts)))


_SPELLING = _Spelling()
_KEPT_MARK = re.compile("[\u0900-\u0eff\u1000-\u109f\u1780-\u17ff\u3099\u309a]")
_LETTERS: dict[str, str] = dict(zip("ŁłØøĐđÐðıÆæŒœẞßÞþ", (*"LlOoDdDdi", "AE", "ae", "OE", "oe", "SS", "ss", "TH", "th"), strict=True))


def _plain(word: str) -> str:
    lower = word.casefold()
    if lower.isascii():
        return lower
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", lower)))


def _of_word(word: str) -> tuple[str, ...]:
    if word in _STOP_WORDS:
        return ()
    if word.isascii():
        return (stem(word),)
    found: list[str] = []
    end = 0
    for run in _UNSPACED.finditer(word):
        found.extend(_stems(word[end : run.start()]))
        found.extend(_pairs(run.group()))
        end = run.end()
    return (*found, *_stems(word[end:]))


_of_short_word = lru_cache(maxsize=20_000)(_of_word)


def _stems(word: str) -> list[str]:
    return [stem(word)] if word else []


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(max(1, len(run) - 1))]


def stem(word: str) -> str:
    """The stem of a word in lower case; numbers, and names with digits in them (orders, commits, parts), stay whole."""
    if any(map(str.isdigit, word)):
        return word[:_LONGEST_NUMBER]
    word = _BASE.get(word, word)
    if not word.isascii():
        return word[: STEM_LETTERS - 1]
    return _root(word)[:STEM_LETTERS]


def _root(word: str) -> str:
    """An English word without its ending: of study, studies, studied and studying the same."""
    word = next((word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_ROOT), word)
    if len(word) > _SHORTEST_ROOT and (word[-1] == "e" or (word[-1] in "iy" and word[-2] not in _VOWELS)):
        word = word[:-1]
    return word[:-1] if len(word) >= _SHORTEST_ROOT and word[-1] == word[-2] else word


def _bases() -> dict[str, str]:
    groups = [group.split() for line in IRREGULAR.strip().splitlines() for group in line.split("|")]
    return {form: forms[0] for forms in groups for form in forms[1:]}


def _kinds_of_terms() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in KINDS.strip().splitlines():
        group = line.split()
        for term in dict.fromkeys(stem(word) for word in group):
            found[term] = (*found.get(term, ()), "~" + group[0])
    return found


_STOP_WORDS = frozenset(STOP_WORDS.split())
_BASE = _bases()
_KINDS = _kinds_of_terms()
