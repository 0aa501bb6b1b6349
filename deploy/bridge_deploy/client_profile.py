"""The client's profile: which bridge it talks to, and with which token.

`$XDG_CONFIG_HOME/claude-bridge/config.toml`, readable by its owner alone. The table `[bridge]` is written and removed here; whatever
else a person keeps in the file stays as it is.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge_deploy.failures import Failure

TABLE = "bridge"


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
    """Raises `Failure` where the file is no TOML."""
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
    """Puts the entry in place of the one that is there, if any."""
    lines = [f'stack = "{profile.stack}"', f'url = "{profile.url}"', f'token = "{profile.token}"']
    others = _without_entry(path)
    _replace(path, "\n".join([f"[{TABLE}]", *lines, ""]) if not others else "\n".join([others, f"[{TABLE}]", *lines, ""]))


def remove(path: Path) -> None:
    """Removes the entry, and the file where nothing else is in it."""
    if others := _without_entry(path):
        _replace(path, others)
    else:
        path.unlink(missing_ok=True)


def _without_entry(path: Path) -> str:
    """The file's text without the table: from its heading to the next one."""
    kept, inside = [], False
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line.startswith("["):
            inside = line.split("#")[0].strip() == f"[{TABLE}]"
        if not inside:
            kept.append(line)
    text = "\n".join(kept).strip()
    return text + "\n" if text else ""


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
