"""Cutting what was said into passages short enough to be chosen one by one. Pure."""

from __future__ import annotations

WHOLE = 480
"""A message of at most so many characters is one passage."""
LEAST, MOST = 100, 300
"""The size of the passages of a longer one."""

_BOUNDARIES = ("\n\n", "\n", ". ", "! ", "? ", "。", "！", "？", "; ", ", ", " ")
"""Where to cut, best first."""


def pieces(text: str) -> list[tuple[int, int]]:
    """The passages of `text` as (start, end), in order and without a gap between them."""
    if len(text) <= WHOLE:
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
