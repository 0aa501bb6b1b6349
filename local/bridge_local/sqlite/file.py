"""One SQLite file, shared by all threads of a process and by several processes.

A row is one of the bridge's items as JSON, plus the columns that keys, listing and expiry need. Writers take turns: there is one writing
connection and one short transaction at a time, which is on the disk when it returns (`synchronous = FULL`). Readers never wait for a
writer (WAL, https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from bridge.errors import StoreUnavailable
from bridge_local.sqlite.fair_lock import FairLock

VERSION = 1
"""The version of `SCHEMA`, in `PRAGMA user_version`."""

READERS = 4
WAL_PAUSE = 0.01
"""Seconds between attempts to set the journal mode."""

SCHEMA = (
    """CREATE TABLE sessions (
        session_id TEXT NOT NULL,
        turn TEXT NOT NULL,
        born TEXT,
        owner TEXT,
        last_updated INTEGER,
        ttl INTEGER,
        item TEXT NOT NULL,
        PRIMARY KEY (session_id, turn))""",
    "CREATE INDEX sessions_listed ON sessions (owner, last_updated, session_id) WHERE owner IS NOT NULL",
    "CREATE INDEX sessions_born ON sessions (session_id, born) WHERE born IS NOT NULL",
    "CREATE INDEX sessions_ttl ON sessions (ttl) WHERE ttl IS NOT NULL",
    "CREATE TABLE hashes (hash TEXT PRIMARY KEY, ttl INTEGER NOT NULL, item TEXT NOT NULL)",
    "CREATE INDEX hashes_ttl ON hashes (ttl)",
    f"PRAGMA user_version = {VERSION}",
)
"""`born` is set only in heads, `owner` and `last_updated` only in heads that are listed."""

_FOREIGN = "was not made by the bridge. Move it away."

Rows = list[tuple[Any, ...]]


class UnusableFile(Exception):
    """The file cannot be used. The text says why, and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason} Or set CLAUDE_BRIDGE_HOME to another folder.")


class SqliteFile:
    def __init__(self, path: Path, busy_seconds: float) -> None:
        """Opens the file, creating it and its folder if needed, for its owner alone. Statements wait `busy_seconds` for other processes.

        Raises `UnusableFile`.
        """
        try:
            _make_private(path)
            with closing(_connected(path, busy_seconds)) as connection:
                _prepare(connection, path)
                _use_wal(connection, busy_seconds)
            self._writer = _connected(path, busy_seconds)
            self._writer.execute("PRAGMA synchronous = FULL")
            self._writer.execute("PRAGMA secure_delete = ON")  # Deleted content does not stay readable in the file.
            self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
            for _ in range(READERS):
                self._readers.put(_connected(path, busy_seconds))
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", error)
            raise UnusableFile(path, f"cannot be opened ({reason}). Repair it, or move it away.") from error
        self._writing = FairLock()

    def read(self, statement: str, *values: Any) -> Rows:
        """The rows of a SELECT, all from the same moment."""
        return list(self.rows(statement, *values))

    def read_one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a SELECT, or None."""
        return next(iter(self.read(statement, *values)), None)

    def rows(self, statement: str, *values: Any) -> Generator[tuple[Any, ...], None, None]:
        """The rows of a SELECT, all from the same moment, read as they are consumed. Close it unless you consume all of them."""
        reader = self._readers.get()
        try:
            with _store_errors(), closing(reader.execute(statement, values)) as rows:
                yield from rows
        finally:
            self._readers.put(reader)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction on the writing connection: at the end of the block everything done on it is stored, or nothing."""
        with self._writing, _store_errors():
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    def close(self) -> None:
        """Waits for running statements. Later ones raise `StoreUnavailable`."""
        with self._writing:
            self._writer.close()
        readers = [self._readers.get() for _ in range(READERS)]
        for reader in readers:
            reader.close()
            self._readers.put(reader)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable from error


def _make_private(path: Path) -> None:
    """Creates the file if it is missing. Takes it from other users if they can read it: it may be a restored copy."""
    # A link may point to a file that does not exist yet: SQLite would create one that others can read.
    path = Path(os.path.realpath(path))  # Unlike `resolve`, it leaves a loop of links for `open` to report.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its -wal and -shm files the mode of this one. An existing file is not opened here: closing it would release the locks
    # that this process holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        status = path.stat()
        if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(0o600)


def _connected(path: Path, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Creates the tables if there are none. Raises `UnusableFile`."""
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # No other process was faster.
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise UnusableFile(path, _FOREIGN)
            for statement in SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    if _version(connection) > VERSION:
        raise UnusableFile(path, "was written by a newer version of the bridge. Update the bridge.")
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('sessions', 'hashes')").fetchone()[0] != 2:
        raise UnusableFile(path, _FOREIGN)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Sets the journal mode, which is stored in the file. For this one statement SQLite does not always wait for other processes."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE)
