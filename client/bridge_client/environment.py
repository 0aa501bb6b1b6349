"""The client's configuration: the one place that reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    url: str
    """`CLAUDE_BRIDGE_URL`; "": the client starts a bridge of its own."""
    home: Path
    """`CLAUDE_BRIDGE_HOME`: where the local bridge keeps its sessions and its log."""
    debug: bool
    """`CLAUDE_BRIDGE_DEBUG`: show the trace of an unexpected exception."""
    by_make: bool
    """`CLAUDE_BRIDGE_COMMAND=make`: the Makefile runs the client, so it is make that people type."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Environment:
        return cls(
            url=variables.get("CLAUDE_BRIDGE_URL", "").strip(),
            home=_home(variables),
            debug=variables.get("CLAUDE_BRIDGE_DEBUG", "") not in ("", "0"),
            by_make=variables.get("CLAUDE_BRIDGE_COMMAND", "") == "make",
        )


def _home(variables: Mapping[str, str]) -> Path:
    named = variables.get("CLAUDE_BRIDGE_HOME", "")
    if named:
        return Path(named).expanduser()
    # A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
    data = Path(variables.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "claude-bridge"
