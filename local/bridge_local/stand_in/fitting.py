"""The sentence, of all that a request holds, that best fits its question. Pure: the same request gets the same sentence."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

OWN_WORDS = "I am a stand-in"
"""What the stand-in says of itself in each of its answers: its own words are never quoted back."""

STEM_CHARACTERS = 6
"""Letters of a word that count, so that "building" fits "builds"."""

_SENTENCE = re.compile(r"[^.!?。！？\n]*[^.!?。！？\n\s][^.!?。！？\n]*[.!?。！？]*")
_QUESTION_MARKS = ("?", "？", "؟")
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_QUOTED = re.compile(r"<(summary|earlier)>\n(.*?)\n</\1>(?:\n\n|$)", re.DOTALL)
_DAY = re.compile(r"\[(\d{4})-(\d\d)-(\d\d)[^]\n]*\]")
_SPEAKERS = {"Me: ": "user", "You: ": "assistant"}


class Sentence(NamedTuple):
    """One sentence, who said it (`user` or `assistant`), and on which day, where the request tells that."""

    text: str
    role: str
    day: date | None = None


def split(text: str) -> tuple[list[tuple[str, str]], str]:
    """The quotations that a message begins with, as (`summary` or `earlier`, text), and what the person wrote after them."""
    quotations = []
    while match := _QUOTED.match(text):
        quotations.append((match[1], match[2]))
        text = text[match.end() :]
    return quotations, text


def best(question: str, said: Iterable[Sentence]) -> Sentence | None:
    """The sentence that shares the rarest words with the question; of equals the newest. None where none shares a word.

    `said` is in order of time. Questions and the stand-in's own words are left out: they are what was asked, not what is known.
    """
    words = _words(question)
    candidates = [(sentence, _words(sentence.text)) for sentence in said if not sentence.text.endswith(_QUESTION_MARKS)]
    holding = Counter(word for _, terms in candidates for word in terms)
    scored = [
        (sum(math.log(1 + len(candidates) / holding[word]) for word in words & terms), place) for place, (_, terms) in enumerate(candidates)
    ]
    score, place = max(scored, default=(0.0, 0))
    return candidates[place][0] if score else None


def sentences_of(role: str, text: str) -> Iterator[Sentence]:
    """The sentences of one message: first those of the quotations it begins with, which carry their day, then its own."""
    quotations, own = split(text)
    for name, quoted in quotations:
        if name == "earlier":
            yield from _quoted_sentences(quoted)
    yield from _sentences(role, own, None)


def _quoted_sentences(quoted: str) -> Iterator[Sentence]:
    day: date | None = None
    role = ""
    for line in quoted.split("\n"):
        if heading := _DAY.match(line):
            day = _date(*map(int, heading.groups()))
            continue
        for speaker, name in _SPEAKERS.items():
            if line.startswith(speaker):
                role, line = name, line.removeprefix(speaker)
        if role:
            yield from _sentences(role, line, day)


def _sentences(role: str, text: str, day: date | None) -> Iterator[Sentence]:
    if role == "assistant" and OWN_WORDS in text:
        return
    for match in _SENTENCE.finditer(text):
        yield Sentence(match[0].strip(), role, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _words(text: str) -> set[str]:
    folded = text.casefold()
    return {word[:STEM_CHARACTERS] for word in _WORD.findall(folded)} | set(_IDEOGRAPH.findall(folded))
