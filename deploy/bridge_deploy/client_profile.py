"""The client's profile: which bridge it talks to, and with which token.

`$XDG_CONFIG_HOME/claude-bridge/config.toml`, readable by its owner alone. Three values of the table `[bridge]` are written and removed
here; whatever else a person keeps in the file stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge_deploy.failures import Failure

TABLE = "bridge"

_HEADING = re.compile(r"""\s*\[\s*(?:bridge|"bridge"|'bridge')\s*\]\s*(?:#.*)?$""")
_VALUE = re.compile(r"\s*(stack|url|token)\s*=")


@dataclass(frozen=True, slots=True)
class Profile:
    """`stack` is the deployment's name: two of them must not overwrite each other's entry."""

    stack: str
    url: str
    token: str


def path_of(environment: Mapping[str, str], home: Path) -> Path:
    # A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
    configured = Path(environment.get("XDG_CONFIG_HOME", ""))
    return (configured if configured.is_absolute() else home / ".config") / "claude-bridge" / "config.toml"


def read(path: Path) -> Profile | None:
    """Raises `Failure` where the file is not TOML."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Failure(f"{path} cannot be read: {error}") from error
    table = content.get(TABLE)
    if not isinstance(table, dict):
        return None
    return Profile(*(str(table.get(name, "")) for name in ("stack", "url", "token")))


def write(path: Path, profile: Profile) -> None:
    """Sets the three values. Raises `Failure`, with the lines to write, where the file has a form that cannot be edited."""
    lines = [f"{name} = {json.dumps(getattr(profile, name))}" for name in ("stack", "url", "token")]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    others, place = _without_values(before)
    if place is None:
        others += ["", f"[{TABLE}]"] if others else [f"[{TABLE}]"]
        place = len(others)
    after = "\n".join([*others[:place], *lines, *others[place:], ""])
    if _parsed(after) != {**_parsed(before), TABLE: {**_table(before), "stack": profile.stack, "url": profile.url, "token": profile.token}}:
        raise Failure("\n".join([f"{path} could not be edited. Write into it:", f"[{TABLE}]", *lines]))
    _replace(path, after)


def remove(path: Path) -> None:
    """Removes the three values, the table where nothing else is in it, and the file where it is empty then."""
    others, place = _without_values(path.read_text(encoding="utf-8")) if path.exists() else ([], None)
    if place is not None and not any(line.strip() for line in _until_heading(others[place:])):
        del others[place - 1]
    text = "\n".join(others).strip()
    if text:
        _replace(path, text + "\n")
    else:
        path.unlink(missing_ok=True)


def _without_values(text: str) -> tuple[list[str], int | None]:
    """The lines without the three values, and where the first line below the table's heading is; None where there is no heading."""
    lines: list[str] = []
    place, inside = None, False
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            inside = bool(_HEADING.match(line))
        if not (inside and _VALUE.match(line)):
            lines.append(line)
        if inside and place is None:
            place = len(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines, place


def _until_heading(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    return lines[:end]


def _parsed(text: str) -> dict[str, Any]:
    """The content; empty where it is not TOML, which nothing that is written equals."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _table(text: str) -> dict[str, Any]:
    table = _parsed(text).get(TABLE)
    return table if isinstance(table, dict) else {}


def _replace(path: Path, text: str) -> None:
    path = path.resolve()  # A link stays a link.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
