"""Opening the file: who may read it, its tables, and its connections."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple
from urllib.parse import quote

from bridge_local.sqlite.failures import Locked, is_full, is_locked
from bridge_local.sqlite.fair_lock import FairLock

VERSION = 2
"""The version of `SCHEMA`, in `PRAGMA user_version`."""

READERS = 4
SHM_BYTES = 32 * 1024
"""A -shm file that is used has at least this size; an attempt to open the database on a full disk leaves a few bytes."""
WAL_PAUSE = 0.01
"""Seconds between attempts to set the journal mode."""
SHORTENED = 0.05
"""A busy timeout is set again when a thread has waited longer than this, in seconds."""

SCHEMA = (
    """CREATE TABLE sessions (
        session_id TEXT NOT NULL,
        turn TEXT NOT NULL,
        born TEXT,
        owner TEXT,
        last_updated INTEGER,
        ttl INTEGER,
        item TEXT NOT NULL,
        gone TEXT,
        PRIMARY KEY (session_id, turn))""",
    "CREATE INDEX sessions_listed ON sessions (owner, last_updated, session_id) WHERE owner IS NOT NULL",
    "CREATE INDEX sessions_born ON sessions (session_id, born) WHERE born IS NOT NULL",
    "CREATE INDEX sessions_ttl ON sessions (ttl) WHERE ttl IS NOT NULL",
    "CREATE INDEX sessions_gone ON sessions (gone, last_updated) WHERE gone IS NOT NULL",
    "CREATE TABLE hashes (hash TEXT PRIMARY KEY, ttl INTEGER NOT NULL, item TEXT NOT NULL)",
    "CREATE INDEX hashes_ttl ON hashes (ttl)",
    f"PRAGMA user_version = {VERSION}",
)
"""`born` is set only in heads, `owner` only in heads that are listed, `gone` (the owner) only in tombstones, `last_updated` in both."""

MIGRATIONS = {
    1: (
        "ALTER TABLE sessions ADD COLUMN gone TEXT",
        "CREATE INDEX sessions_gone ON sessions (gone, last_updated) WHERE gone IS NOT NULL",
        "PRAGMA user_version = 2",
    )
}
"""From each older version to the next one. Heads of version 1 have no settings: its bridge would drop them."""

_FOREIGN = "was not made by the bridge. Move it away."


class UnusableFile(Exception):
    """The file cannot be used. The text says why, and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason} Or set CLAUDE_BRIDGE_HOME to another folder.")

    @classmethod
    def because(cls, path: Path, error: Exception) -> UnusableFile:
        if is_full(error, path):
            return cls(path, "cannot be created: the disk is full. Free some space.")
        return cls(path, f"cannot be opened ({getattr(error, 'strerror', error)}). Repair it, or move it away.")


class Identity(NamedTuple):
    """The files at a path: device and inode of the database and of the two files that SQLite has beside it while it is open."""

    database: tuple[int, int] | None
    wal: tuple[int, int] | None
    shm: tuple[int, int] | None


class Opened:
    """The connections to the file that was at the path when they were made.

    There is one connection to write with, which threads take in turn, and a few to read with.
    """

    def __init__(self, path: Path, busy_seconds: float) -> None:
        """Creates the file and its folder if needed, for their owner alone. Statements wait `busy_seconds` for other processes.

        Raises `UnusableFile`, `sqlite3.Error` and `OSError`.
        """
        self._busy_seconds = self._busy_now = busy_seconds
        self._lock = FairLock()
        self.damage: sqlite3.Error | None = None
        """What a look at the whole file has found."""
        make_private(path)
        database = _inode(path)
        self._writer = connect(path, busy_seconds)
        try:
            _prepare(self._writer, path)
            _use_wal(self._writer, busy_seconds)
            self._writer.execute("PRAGMA synchronous = FULL")
            self._synced = True
            self._writer.execute("PRAGMA secure_delete = ON")  # Deleted content does not stay readable in the file.
            _version(self._writer)  # A read, for which SQLite creates the two files beside the database.
            real = os.path.realpath(path)
            self._at = str(path), f"{real}-wal", f"{real}-shm"
            self._identity = self._files()._replace(database=database)
        except BaseException:
            self._writer.close()
            raise
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for _ in range(READERS):
            self._readers.put(connect(path, busy_seconds))

    def is_current(self) -> bool:
        """Whether the files at the path still are the ones that were opened."""
        return self._files() == self._identity

    @contextmanager
    def writing(self, deadline: float, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """The writing connection, for one thread at a time. Nothing waits beyond `deadline`, a monotonic time."""
        if not self._lock.acquire(deadline - time.monotonic()):
            raise Locked
        try:
            self.wait_for_others(max(0.0, deadline - time.monotonic()))
            if synced is not self._synced:
                self._writer.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
                self._synced = synced
            yield self._writer
        finally:
            self._lock.release()

    def wait_for_others(self, seconds: float) -> None:
        """How long the next statements of the writing connection wait for other processes."""
        if abs(self._busy_now - seconds) > SHORTENED:
            self._writer.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
            self._busy_now = seconds

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        reader = self._readers.get()
        try:
            yield reader
        finally:
            self._readers.put(reader)

    def close(self) -> None:
        """Waits for running statements. Later ones fail."""
        taken = self._lock.acquire(2 * self._busy_seconds)
        self._writer.close()
        if taken:
            self._lock.release()
        readers = [self._readers.get() for _ in range(READERS)]
        for reader in readers:
            reader.close()
            self._readers.put(reader)

    def _files(self) -> Identity:
        return Identity(*map(_inode, self._at))


def open_to_read(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection that needs no room on the disk. Raises `UnusableFile` and `sqlite3.Error`.

    SQLite reads a database in WAL mode only together with its -shm file, which it may be unable to create. Without that file, and with
    nothing in the -wal file, no process has the database open, and it can be read as it is (https://www.sqlite.org/wal.html, "Read-Only
    Databases").
    """
    real = os.path.realpath(path)
    in_use = _size(Path(f"{real}-shm")) >= SHM_BYTES or _size(Path(f"{real}-wal")) > 0
    address = f"file:{quote(str(path))}?{'mode=ro' if in_use else 'immutable=1'}"
    connection = connect(address, busy_seconds, uri=True)
    try:
        _check_tables(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path | str, busy_seconds: float, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, uri=uri, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    # Damaged text concerns one row alone; by default it is an error of the whole statement.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    return connection


def make_private(path: Path) -> None:
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


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Creates the tables if there are none, and brings those of an older version up to date. Raises `UnusableFile`."""
    if 0 < _version(connection) < VERSION:
        _check_tables(connection, path)
        _migrate(connection)
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # No other process was faster.
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise UnusableFile(path, _FOREIGN)
            for statement in SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    _check_tables(connection, path)


def _migrate(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        while statements := MIGRATIONS.get(_version(connection)):
            for statement in statements:
                connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_tables(connection: sqlite3.Connection, path: Path) -> None:
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
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE)


def _inode(path: Path | str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - it takes a third of the time, and every transaction asks nine times
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
