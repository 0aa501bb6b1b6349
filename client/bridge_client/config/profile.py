"""The client's profile: a bridge's URL and the token for it, in a file that only its owner can read."""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bridge_client.failures import Failure

TABLE = "bridge"
FORM = 'It holds three lines: [bridge], url = "wss://..." and token = "..."'


@dataclass(frozen=True, slots=True)
class Profile:
    """Both are "" if there is no profile. A profile without a token is for a bridge that needs none."""

    url: str = ""
    token: str = field(default="", repr=False)


def read_profile(path: Path) -> Profile:
    """Raises `Failure` (`bad_configuration`), which quotes nothing from the file."""
    try:
        with path.open("rb") as file:
            _check_access(path, os.fstat(file.fileno()))
            return _parsed(path, file)
    except (FileNotFoundError, NotADirectoryError):
        return Profile()
    except OSError as error:
        raise _bad(f"{path} cannot be read: {os.strerror(error.errno or 0).lower()}.") from error


def _check_access(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.getuid():
        raise _bad(f"{path} belongs to another user. Make one of your own. {FORM}.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise _bad(f"Others can read or change {path}, where a token is kept. Run: chmod 600 {shlex.quote(str(path))}")


def _parsed(path: Path, file: BinaryIO) -> Profile:
    try:
        fields = tomllib.load(file).get(TABLE, {})
    except (ValueError, RecursionError) as error:
        raise _bad(f"{path} is not valid TOML. {FORM}.") from error
    if not isinstance(fields, dict):
        raise _bad(f"{path} names no bridge. {FORM}.")
    url, token = fields.get("url", ""), fields.get("token", "")
    if not isinstance(url, str) or not isinstance(token, str) or (token and not url):
        raise _bad(f"{path} names no bridge. {FORM}.")
    return Profile(url.strip(), token.strip())


def _bad(message: str) -> Failure:
    return Failure("bad_configuration", message)
