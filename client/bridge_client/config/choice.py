"""Which bridge the command line asks for."""

from __future__ import annotations

from typing import NamedTuple

ALWAYS, WITHOUT_KEY, NEVER = "always", "without-key", ""
"""When a stand-in answers instead of Claude."""


class Choice(NamedTuple):
    url: str = ""
    """--url; "": what is configured."""
    local: bool = False
    """--local: a bridge on this machine, whatever is configured."""
    stand_in: bool = False
    """--stand-in: a bridge on this machine in which a stand-in answers instead of Claude."""

    profile: str = ""
    """--profile: the bridge of this name in the configuration file."""

    @property
    def options(self) -> tuple[str, ...]:
        """The options that make this choice again."""
        if self.url:
            return ("--url", self.url)
        if self.profile:
            return ("--profile", self.profile)
        return (*(("--local",) if self.local else ()), *(("--stand-in",) if self.stand_in else ()))
