"""How a person or a program wants to see an answer."""

from __future__ import annotations

from typing import NamedTuple


class Presentation(NamedTuple):
    as_json: bool = False
    """One JSON object."""
    stream: bool = False
    """As it arrives, also into a pipe or a file."""
    raw: bool = False
    """Unchanged, also on a terminal."""
