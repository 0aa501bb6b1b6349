"""Cutting what was said into passages short enough to be chosen one by one. Pure."""

from __future__ import annotations

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
    if len(text) <= whole:
        return [(0, len(text))] if text else []
    found: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > MOST:
        end = _boundary(text, start)
        found.append((start, end))
        start = end
    found.append((start, len(text)))
    return found


def _boundary(text: str, start: int) -> int:
    for boundary in _BOUNDARIES:
        place = text.rfind(boundary, start + LEAST, start + MOST)
        if place >= 0:
            return place + len(boundary)
    return start + MOST
