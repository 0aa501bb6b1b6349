"""Which bridge the command line asks for."""

from __future__ import annotations

from typing import NamedTuple


class Choice(NamedTuple):
    url: str = ""
    """--url; "": what is configured."""
    local: bool = False
    """--local: a bridge on this machine, whatever is configured."""

    @property
    def options(self) -> tuple[str, ...]:
        """The options that make this choice again."""
        return ("--url", self.url) if self.url else ("--local",) if self.local else ()
