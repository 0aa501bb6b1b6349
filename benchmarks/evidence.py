"""How much of the wanted messages is in what Claude is sent. Pure.

Texts are compared with each run of white space as one space: a quotation may set a line in, or leave out an empty one. A delimiter that the
bridge made harmless counts as what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

PIECE = 30
"""A piece of a message is this many of its characters in a row, or all of a shorter one."""
_END = "\0"
"""Stands between two texts: no piece reaches from one into the next."""


class Held(NamedTuple):
    """One part of what is sent: its characters, and the share of the wanted messages that are whole in it alone."""

    characters: int
    whole: float


class Evidence(NamedTuple):
    """Of the messages wanted by one question: shares from 0 to 1.

    `whole`: the messages that are there from their first to their last character. `characters`: what is there of their text. `touched`: the
    messages of which at least a piece is there. `precision`: the characters among those recalled for the question that are in a wanted
    message. `parts`: what each part of the request held.
    """

    whole: float
    characters: float
    touched: float
    precision: float
    parts: Mapping[str, Held]


def evidence_in(wanted: Sequence[str], sent: Mapping[str, Sequence[str]], budget: int) -> Evidence:
    """`sent` has the texts of each part; those in `recalled` were chosen for the question. A request over the budget finds nothing."""
    parts = {name: _plain(texts) for name, texts in sent.items()}
    plain = [" ".join(_visible(text).split()) for text in wanted]
    sizes = {name: sum(map(len, texts)) for name, texts in sent.items()}
    held = {name: Held(sizes[name], fmean(text in part for text in plain)) for name, part in parts.items()}
    if sum(sizes.values()) > budget:
        return Evidence(0.0, 0.0, 0.0, 0.0, held)
    everything = _END.join(parts.values())
    there = [_there(text, everything) for text in plain]
    recalled = parts.get("recalled", "")
    chosen = sum(_there(text, recalled) for text in plain) if recalled else 0
    return Evidence(
        whole=fmean(text in everything for text in plain),
        characters=sum(there) / max(1, sum(map(len, plain))),
        touched=fmean(characters > 0 for characters in there),
        precision=min(1.0, chosen / len(recalled)) if recalled else 0.0,
        parts=held,
    )


def _plain(texts: Sequence[str]) -> str:
    return _END.join(" ".join(_visible(text).split()) for text in texts)


def _visible(text: str) -> str:
    return text.replace("&lt;", "<")


def _there(text: str, sent: str) -> int:
    """How many characters of `text` are in `sent`, in pieces that begin where a word does."""
    if text in sent:
        return len(text)
    total, done = 0, 0
    for start in _starts(text):
        if start >= done and text[start : start + PIECE] in sent and start + PIECE <= len(text):
            done = _longest(text, start, sent)
            total += done - start
    return total


def _starts(text: str) -> Iterator[int]:
    """Where words begin; in scripts without spaces, every character."""
    before = " "
    for place, character in enumerate(text):
        if before == " " or not character.isascii():
            yield place
        before = character


def _longest(text: str, start: int, sent: str) -> int:
    """Where the longest piece from `start` on ends that is in `sent`; the first `PIECE` characters are."""
    low, high = start + PIECE, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text[start:middle] in sent:
            low = middle
        else:
            high = middle - 1
    return low
