"""The sessions this machine has asked in: the last `done` of each, without a word of what was said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge_client.private_files import write_private
from bridge_client.protocol.frames import Frame, object_in, session_id_in, text_in

MAX_SESSIONS = 200
"""How many are known; the one that was used longest ago goes first."""


class KnownSession(NamedTuple):
    place: str
    """The bridge: its URL, or which of the two on this machine."""
    session_id: str
    directory: str
    """Where it was last asked in."""
    done: Frame
    """The last frame of its last answer (docs/protocol.md)."""


class KnownSessions:
    """The records in `folder`, which need not exist. Nothing here fails if the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, known: KnownSession) -> bool:
        """False if it cannot be written."""
        try:
            write_private(self._path(known.place, known.session_id), json.dumps(known._asdict()))
            for path in self._newest_first()[MAX_SESSIONS:]:
                path.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def forget(self, place: str, session_id: str) -> None:
        with suppress(OSError):
            self._path(place, session_id).unlink()

    def last(self, place: str, directory: str = "") -> KnownSession | None:
        """The one that was used last: in this directory, or anywhere."""
        return next((known for known in self.all(place) if not directory or known.directory == directory), None)

    def get(self, place: str, session_id: str) -> KnownSession | None:
        return _read(self._path(place, session_id))

    def all(self, place: str) -> Iterator[KnownSession]:
        """Those of this bridge, the last used one first."""
        return (known for known in self.everywhere() if known.place == place)

    def everywhere(self) -> Iterator[KnownSession]:
        """Those of all bridges, the last used one first."""
        return (known for path in self._newest_first() if (known := _read(path)) is not None)

    def _path(self, place: str, session_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{place} {session_id}'.encode()).hexdigest()[:32]}.json"

    def _newest_first(self) -> list[Path]:
        by_time: list[tuple[int, Path]] = []
        with suppress(OSError):
            for path in self._folder.glob("*.json"):
                by_time.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(by_time, reverse=True)]


def _read(path: Path) -> KnownSession | None:
    """None for a file that cannot be read, or is not a record."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not session_id_in(fields):
        return None
    return KnownSession(text_in(fields, "place"), session_id_in(fields), text_in(fields, "directory"), object_in(fields, "done"))
