"""Cutting what was said into passages short enough to be chosen one by one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.memory import blocks

WHOLE = 480
"""A message of at most this many characters is one passage,"""
WHOLE_OF_PERSON = 1_500
"""and one of the person's own: what they state about themselves, they state in a few sentences."""
LEAST, MOST = 100, 300
"""The size of the passages of a longer one."""

_BOUNDARIES = ("\n\n", "\n", ". ", "! ", "? ", "。", "！", "？", "; ", ", ", " ")
"""Where to cut, best first."""


def pieces(text: str, whole: int = WHOLE) -> list[tuple[int, int]]:
    """The passages of `text` as (start, end), in order and without a gap between them; a single one of up to `whole` characters."""
    return list(_cut(text, 0, len(text), whole))


def pieces_and_blocks(text: str, whole: int = WHOLE) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The passages of `text`, and for each of its blocks (see `blocks.find`) which of them hold it, as (first, end) in the list.

    No passage holds a part of a block and anything else but the few words that stand before a block, or after the last one.
    """
    if len(text) <= whole:
        return pieces(text, whole), []
    passages: list[tuple[int, int]] = []
    numbers: list[tuple[int, int]] = []
    start = 0
    for begin, end in _with_few_words_around(text, blocks.find(text)):
        passages.extend(_cut(text, start, begin, MOST))
        first, start = len(passages), end
        passages.extend(_cut(text, begin, end, MOST))
        numbers.append((first, len(passages)))
    return [*passages, *_cut(text, start, len(text), MOST)], numbers


def _with_few_words_around(text: str, parts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last = 0
    for start, end in parts:
        begin = start if start - last >= LEAST else last
        last = len(text) if end == parts[-1][1] and len(text) - end < LEAST else end
        yield begin, last


def _cut(text: str, start: int, end: int, whole: int) -> Iterator[tuple[int, int]]:
    if end - start > whole:
        while end - start > MOST:
            place = _boundary(text, start)
            yield start, place
            start = place
    if start < end:
        yield start, end


def _boundary(text: str, start: int) -> int:
    for boundary in _BOUNDARIES:
        place = text.rfind(boundary, start + LEAST, start + MOST)
        if place >= 0:
            return place + len(boundary)
    return start + MOST
