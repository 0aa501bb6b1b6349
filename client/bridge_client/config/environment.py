"""The client's configuration: the one place that reads the environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMPLETE = "_ASK_CLAUDE_COMPLETE"


@dataclass(frozen=True, slots=True)
class Environment:
    url: str
    """The plugin's (`ASK_CLAUDE_PLUGIN_URL`), else `CLAUDE_BRIDGE_URL`; "": the profile says, or the client starts a bridge of its own."""
    token: str = field(repr=False)
    """The plugin's (`ASK_CLAUDE_PLUGIN_TOKEN`), else, where the plugin names no URL, `CLAUDE_BRIDGE_TOKEN`; "": the profile's, if it is
    the profile's bridge.
    """
    profile: Path
    """`$XDG_CONFIG_HOME/claude-bridge/config.toml`, which need not exist."""
    home: Path
    """`CLAUDE_BRIDGE_HOME`: where the local bridge keeps its sessions and its log."""
    state: Path
    """`CLAUDE_BRIDGE_HOME`, else `$XDG_STATE_HOME/claude-bridge`: where questions are noted until they are answered."""
    profile_name: str
    """`CLAUDE_BRIDGE_PROFILE`: which of its bridges."""
    has_key: bool
    """`ANTHROPIC_API_KEY`, or a provider that needs none (`CLAUDE_PROVIDER`), is set: no stored key is looked for."""
    address: str
    """`ANTHROPIC_BASE_URL`: where a stored key would be sent; "": to the Messages API itself."""
    stand_in: bool
    """`CLAUDE_BRIDGE_STAND_IN=1`: a stand-in answers instead of Claude, on this machine."""
    debug: bool
    """`CLAUDE_BRIDGE_DEBUG`: show the trace of an unexpected exception."""
    by_make: bool
    """`CLAUDE_BRIDGE_COMMAND=make`: the Makefile runs the client, so people type `make`."""
    path: str = ""
    """`PATH`: the folders in which a shell looks for programs."""
    colour: bool | None = None
    """Always, or never; None: on a terminal."""
    completing: str = ""
    """`_ASK_CLAUDE_COMPLETE`: a shell asks what a command line could go on with (click's own protocol)."""
    has_display: bool = False
    """There is a screen for a browser, or BROWSER says what to open pages with."""
    memory_off: tuple[str, ...] = ()
    """`ASK_CLAUDE_PLUGIN_OFF`: the projects, or their folders, in which the plugin's hooks do nothing; commas between them."""

    @property
    def keys(self) -> Path:
        """Where `keys set` stores API keys."""
        return self.profile.with_name("keys.json")

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Environment:
        plugin_url, plugin_token = (variables.get(f"ASK_CLAUDE_PLUGIN_{name}", "").strip() for name in ("URL", "TOKEN"))
        return cls(
            url=plugin_url or variables.get("CLAUDE_BRIDGE_URL", "").strip(),
            token=plugin_token or ("" if plugin_url else variables.get("CLAUDE_BRIDGE_TOKEN", "").strip()),
            profile=_folder(variables, "XDG_CONFIG_HOME", ".config") / "config.toml",
            home=_home(variables, "XDG_DATA_HOME", ".local/share"),
            state=_home(variables, "XDG_STATE_HOME", ".local/state"),
            profile_name=variables.get("CLAUDE_BRIDGE_PROFILE", "").strip(),
            has_key=_has_key(variables),
            address=variables.get("ANTHROPIC_BASE_URL", "").strip(),
            stand_in=variables.get("CLAUDE_BRIDGE_STAND_IN", "") == "1",
            debug=variables.get("CLAUDE_BRIDGE_DEBUG", "") not in ("", "0"),
            by_make=variables.get("CLAUDE_BRIDGE_COMMAND", "") == "make",
            path=variables.get("PATH", ""),
            colour=_colour(variables),
            completing=variables.get(COMPLETE, ""),
            has_display=sys.platform == "darwin" or any(variables.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")),
            memory_off=tuple(part.strip() for part in variables.get("ASK_CLAUDE_PLUGIN_OFF", "").split(",") if part.strip()),
        )


def _colour(variables: Mapping[str, str]) -> bool | None:
    """The conventions of no-color.org and bixense.com/clicolors, and FORCE_COLOR, which many CI systems set."""
    if variables.get("NO_COLOR"):
        return False
    forced = [variables[name] for name in ("CLICOLOR_FORCE", "FORCE_COLOR") if variables.get(name)]
    if any(value.lower() not in ("0", "false") for value in forced):
        return True
    return False if forced or variables.get("CLICOLOR") == "0" else None


def _has_key(variables: Mapping[str, str]) -> bool:
    return bool(variables.get("ANTHROPIC_API_KEY", "").strip()) or variables.get("CLAUDE_PROVIDER", "").strip() not in ("", "anthropic")


def _home(variables: Mapping[str, str], name: str, default: str) -> Path:
    named = variables.get("CLAUDE_BRIDGE_HOME", "")
    return Path(named).expanduser() if named else _folder(variables, name, default)


def _folder(variables: Mapping[str, str], name: str, default: str) -> Path:
    """Our folder below `$name`, or below `default` in the home. A relative path has to be ignored (XDG Base Directory Specification)."""
    base = Path(variables.get(name, ""))
    return (base if base.is_absolute() else Path.home() / default) / "claude-bridge"
