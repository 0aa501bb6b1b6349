"""API keys in a file that only their owner can read, each bound to the address that it is for."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

from bridge_client.failures import Failure
from bridge_client.private_files import write_private

DEFAULT_ADDRESS = "https://api.anthropic.com"
_KEY = re.compile(r"[!-~]{8,4096}")


class Keys:
    """The keys in `path`, which need not exist. Every method raises `Failure` (`bad_configuration`) for a file that cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, address: str = "") -> str:
        """The key for this address; "" if there is none."""
        return self.all().get(_normal(address), "")

    def set(self, key: str, address: str = "") -> str:
        """Stores a key; returns the address that it is for."""
        if not _KEY.fullmatch(key):
            raise Failure("bad_configuration", "That is not an API key: it is too short, or has characters that no key has.")
        self._write({**self.all(), _normal(address): key})
        return _normal(address)

    def remove(self, address: str = "") -> str:
        """Removes the key for an address, and returns that. Raises `Failure` if there is none."""
        keys = self.all()
        if _normal(address) not in keys:
            raise Failure("bad_configuration", f"There is no key for {_normal(address)}.")
        self._write({name: key for name, key in keys.items() if name != _normal(address)})
        return _normal(address)

    def all(self) -> dict[str, str]:
        """The keys by their addresses."""
        try:
            with self.path.open(encoding="utf-8") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise Failure("bad_configuration", f"Others can read {self.path}, where your API key is. Run: chmod 600 {self.path}")
                content = json.load(file)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError) as error:
            raise Failure("bad_configuration", f"{self.path} cannot be read. Delete it, and store the key again.") from error
        if not isinstance(content, dict) or not all(isinstance(key, str) for key in content.values()):
            raise Failure("bad_configuration", f"{self.path} is not a file of keys. Delete it, and store the key again.")
        return content

    def _write(self, keys: dict[str, str]) -> None:
        try:
            write_private(self.path, json.dumps(keys, indent=1) + "\n")
        except OSError as error:
            raise Failure("bad_configuration", f"{self.path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


def masked(secret: str) -> str:
    """The secret as it may be shown: enough of it to tell it from another one."""
    return f"{secret[:7]}...{secret[-4:]}" if len(secret) > 20 else "..." if secret else ""


def _normal(address: str) -> str:
    return (address or DEFAULT_ADDRESS).rstrip("/").lower()
