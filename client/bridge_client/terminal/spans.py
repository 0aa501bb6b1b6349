"""Lengths of time as people write them: 30m, 12h, 3d, 2w."""

from __future__ import annotations

import re

UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_SPAN = re.compile(r"(\d{1,6}(?:\.\d+)?) ?(m|min|h|hours?|d|days?|w|weeks?)")


def span_of(text: str) -> float | None:
    """The seconds of "3d" or "3 days"; None for anything else."""
    match = _SPAN.fullmatch(text.strip().lower())
    return float(match[1]) * UNITS[match[2][0]] if match else None
