"""Which session the command line asks for."""

from __future__ import annotations

from typing import NamedTuple


class SessionChoice(NamedTuple):
    name: str = ""
    """An id, the beginning of one, or a title; "": a new session."""
    last: bool = False
    """The last session of this directory."""
    new: str = ""
    """A new session of this name."""
