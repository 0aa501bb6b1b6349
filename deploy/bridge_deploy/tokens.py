"""Client tokens: made here, shown once, and stored as hashes in a file of Terraform variables."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bridge_deploy.failures import Failure

FILE = "tokens.auto.tfvars.json"
ROOM = 4096
"""What a function's environment holds, in bytes, by Lambda's own count: those of its JSON."""

_OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """What is deployed of a token. `expires` is in seconds since the epoch; None: never."""

    owner: str
    sha256: str
    expires: int | None = None


def new_token() -> str:
    """256 random bits. The prefix is for people and for scanners of leaked secrets."""
    return f"ccb_{secrets.token_urlsafe(32)}"


def entry_for(token: str, owner: str, days: str, now: float) -> Entry:
    """`days` is the text of a whole number, or "": the token never expires. Raises `Failure`."""
    if not _OWNER.fullmatch(owner) or owner == "default":
        raise Failure("Say whose token it is: make token OWNER=name (1 to 64 characters from A-Z a-z 0-9 _ -, and not `default`).")
    if days and not (days.isascii() and days.isdigit() and 0 < int(days[:6]) < 100_000):
        raise Failure(f"DAYS must be a whole number of days, like DAYS=90, not {days!r}.")
    return Entry(owner, hash_of(token), int(now) + int(days) * _DAY if days else None)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class TokenFile:
    """The hashes, in `terraform/tokens.auto.tfvars.json`. It holds no secret and may be committed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def entries(self) -> tuple[Entry, ...]:
        """Raises `Failure` where the file is not as it should be."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            # A name that is not known, like a misspelt expiry, must not be lost when the file is written again.
            return tuple(Entry(**item) for item in content.get("client_tokens", []))
        except FileNotFoundError:
            return ()
        except (ValueError, TypeError, AttributeError) as error:
            raise Failure(f"{self.path} is damaged. Correct it, or delete it and create all tokens again.") from error

    def add(self, entry: Entry) -> None:
        """Raises `Failure` where there is no more room."""
        entries = (*self.entries(), entry)
        if _size(entries) > ROOM:
            raise Failure("There is no room for another token in the 4 KB of a function's environment. Revoke one: make revoke OWNER=name")
        self._write(entries)

    def rotate(self, entry: Entry, until: int) -> int:
        """Adds the token, and has all others of its owner end at `until` at the latest; returns how many there are. Raises `Failure`."""
        entries = self.entries()
        others = [other for other in entries if other.owner == entry.owner]
        if not others:
            raise Failure(f"{entry.owner!r} has no token to replace. Make one: make token OWNER={entry.owner}")
        self._write(replace(other, expires=min(other.expires or until, until)) if other in others else other for other in entries)
        self.add(entry)
        return len(others)

    def remove_owner(self, owner: str) -> int:
        """Removes all tokens of `owner` and says how many there were."""
        return self._keep([entry for entry in self.entries() if entry.owner != owner])

    def remove(self, sha256: str) -> None:
        """Removes one token, if it is there."""
        self._keep([entry for entry in self.entries() if entry.sha256 != sha256])

    def _keep(self, entries: list[Entry]) -> int:
        removed = len(self.entries()) - len(entries)
        if removed:
            self._write(entries)
        return removed

    def _write(self, entries: Iterable[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: (entry.owner, entry.sha256))
        text = json.dumps({"client_tokens": [asdict(entry) for entry in ordered]}, indent=2) + "\n"
        temporary = self.path.with_name(f"{FILE}.new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.path)


def _size(entries: Iterable[Entry]) -> int:
    """In bytes, as terraform/variables.tf computes it."""
    compact = (",", ":")
    value = json.dumps([asdict(entry) for entry in entries], separators=compact)
    return len(json.dumps({"CLIENT_TOKENS": value}, separators=compact))
