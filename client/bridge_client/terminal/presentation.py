"""How a person or a program wants to see an answer."""

from __future__ import annotations

from typing import NamedTuple


class Presentation(NamedTuple):
    as_json: bool = False
    """One JSON object."""
    stream: bool = False
    """As it arrives, also into a pipe or a file."""
    lines: bool = False
    """One JSON object for each thing that happens, as it happens; the last one is the result."""
    raw: bool = False
    """Unchanged, also on a terminal."""
    quiet: bool = False
    """Nothing is said besides it, but for failures."""
