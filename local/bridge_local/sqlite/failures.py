"""SQLite's errors, as the log names them and as a client gets them."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import Code, StoreUnavailable

LITTLE_ROOM = 64 * 1024
"""With fewer free bytes than this, an I/O error means that the disk is full."""

logger = logging.getLogger(__name__)


class Locked(sqlite3.OperationalError):
    """Other threads of this process were in the way for too long."""

    sqlite_errorname = "SQLITE_BUSY"


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Logs SQLite's errors, and raises `StoreUnavailable` instead of them."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(error, path) from error
    except OSError as error:
        logger.error("The store failed.", extra={"condition": error.strerror})
        raise StoreUnavailable(f"{path} cannot be opened: {error.strerror}.") from error


def failure(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    """The error that a client gets. The original is logged under SQLite's own name."""
    name = error_name(error)
    if name:
        logger.error("The store failed.", extra={"condition": name, "file": str(path)})
    if is_full(error, path):
        return StoreUnavailable(f"The disk is full: {path} cannot grow. Free some space, then ask again. Stored sessions can be read.")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        sentence = f"{path} is damaged. Restore a backup, repair the file (docs/operations.md says how), or move it away to start empty."
        return StoreUnavailable(sentence, code=Code.STORE_DAMAGED)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreUnavailable(f"{path} cannot be written to. Make the file and its folder writable, then ask again.")
    if is_locked(error):
        return StoreUnavailable(f"Another program keeps {path} locked. Try again.")
    return StoreUnavailable()


def is_full(error: Exception, path: Path) -> bool:
    """Whether the disk is full. SQLite has a code for that, but not for every file that it cannot extend."""
    name = error_name(error)
    return name in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE") or (name.startswith("SQLITE_IOERR") and _free_bytes(path) < LITTLE_ROOM)


def is_locked(error: Exception) -> bool:
    return error_name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def error_name(error: Exception) -> str:
    """SQLite's name of the error; "" if it has none: the connection is closed."""
    return str(getattr(error, "sqlite_errorname", ""))


def _free_bytes(path: Path) -> int:
    try:
        system = os.statvfs(path.parent)
    except OSError:
        return LITTLE_ROOM
    return system.f_bavail * system.f_frsize
