"""The configuration file: which bridge to use, with which token, and where the key for a bridge on this machine comes from."""

from __future__ import annotations

import os
import re
import shlex
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from bridge_client.config.secret_command import Command
from bridge_client.failures import Failure

BRIDGE, PROFILES, LOCAL = "bridge", "profile", "local"
BRIDGE_KEYS = frozenset({"stack", "url", "token", "token_command"})
LOCAL_KEYS = frozenset({"key_command"})
FORM = 'A bridge is three lines: [bridge], url = "wss://..." and token = "..."'


@dataclass(frozen=True, slots=True)
class Profile:
    """One bridge; all are empty if none is configured. A profile without a token is for a bridge that needs none."""

    url: str = ""
    token: str = field(default="", repr=False)
    token_command: Command = ()
    """Prints the token."""


@dataclass(frozen=True, slots=True)
class Configuration:
    bridge: Profile = Profile()
    """The one that is used unless another is named."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    """The others, by their names."""
    key_command: Command = ()
    """Prints the API key for a bridge on this machine."""


def read_configuration(path: Path) -> Configuration:
    """Raises `Failure` (`bad_configuration`), which quotes nothing secret from the file: not for one that does not exist."""
    try:
        with path.open("rb") as file:
            _check_access(path, os.fstat(file.fileno()))
            return _Reader(path).configuration(file)
    except (FileNotFoundError, NotADirectoryError):
        return Configuration()
    except OSError as error:
        raise bad(f"{path} cannot be read: {os.strerror(error.errno or 0).lower()}.") from error


def _check_access(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.getuid():
        raise bad(f"{path} belongs to another user. Make one of your own. {FORM}.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise bad(f"Others can read or change {path}, which holds a token. Run: chmod 600 {shlex.quote(str(path))}")


class _Reader:
    """Refuses whatever it does not know: a misspelt table would send questions to another place than is meant."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def configuration(self, file: BinaryIO) -> Configuration:
        try:
            content = tomllib.load(file)
        except (ValueError, RecursionError) as error:
            place = re.search(r"\(at .*\)$", str(error))
            raise bad(f"{self._path} is not valid TOML{f' {place[0]}' if place else ''}. {FORM}.") from error
        for name in content.keys() - {BRIDGE, PROFILES, LOCAL}:
            raise bad(self._unknown(name))
        profiles = self._table(content, PROFILES)
        return Configuration(
            self._profile(self._table(content, BRIDGE), f"[{BRIDGE}]"),
            {name: self._profile(self._table(profiles, name), f"[{PROFILES}.{name}]") for name in profiles},
            self._command(self._known(self._table(content, LOCAL), LOCAL_KEYS, f"[{LOCAL}]"), "key_command"),
        )

    def _profile(self, fields: dict[str, Any], place: str) -> Profile:
        self._known(fields, BRIDGE_KEYS, place)
        profile = Profile(self._text(fields, "url"), self._text(fields, "token"), self._command(fields, "token_command"))
        if (profile.token or profile.token_command) and not profile.url:
            raise bad(f'{self._path} has a token without a bridge: {place} needs url = "wss://...".')
        if profile.token and profile.token_command:
            raise bad(f"{self._path} has two tokens in {place}: token and token_command.")
        return profile

    def _unknown(self, name: str) -> str:
        if name in BRIDGE_KEYS:
            return f"{self._path} has {name} outside of a table. Write [{BRIDGE}] on the line above it. {FORM}."
        return f"{self._path} has an unknown table or value: {name}. Known: [{BRIDGE}], [{PROFILES}.NAME] and [{LOCAL}]. {FORM}."

    def _known(self, fields: dict[str, Any], names: frozenset[str], place: str) -> dict[str, Any]:
        for name in fields.keys() - names:
            raise bad(f"{self._path} has an unknown value in {place}: {name}. Known: {', '.join(sorted(names))}.")
        return fields

    def _table(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        value = content.get(name, {})
        if not isinstance(value, dict):
            raise bad(f"{self._path} has {name} as a value; it is a table: [{name}]. {FORM}.")
        return value

    def _text(self, fields: dict[str, Any], name: str) -> str:
        value = fields.get(name, "")
        if not isinstance(value, str):
            raise bad(f"{self._path} has {name} without quotes. {FORM}.")
        return value.strip()

    def _command(self, fields: dict[str, Any], name: str) -> Command:
        """A command line, or a list of its words."""
        value = fields.get(name, "")
        try:
            words = shlex.split(value) if isinstance(value, str) else value
        except ValueError:
            words = None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise bad(f'{self._path} has a {name} that is not a command, like "pass show bridge".')
        return tuple(words)


def bad(message: str) -> Failure:
    return Failure("bad_configuration", message)
