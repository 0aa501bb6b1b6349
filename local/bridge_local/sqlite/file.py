"""One SQLite file, shared by all threads of a process and by several processes.

A row is one of the bridge's items as JSON, plus the columns that keys, listing and expiry need. Writers take turns: there is one writing
connection and one short transaction at a time, which is on the disk when it returns (`synchronous = FULL`), but for what may be lost with
the machine. Readers never wait for a writer (WAL, https://www.sqlite.org/wal.html).

The file may be moved or replaced while it is open. Whatever is written to a file that nobody will open again is lost, so the path is
looked at around each transaction. Then everything is refused for longer than a lease lasts, so that no answer is stored in the new file
whose claim is in the old one; after that the file at the path is opened.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from bridge.errors import StoreUnavailable
from bridge_local.sqlite.failures import is_locked, store_errors
from bridge_local.sqlite.opening import Opened, UnusableFile, open_to_read

LOOK_SECONDS = 2.0
"""How long `look_for_damage` may read."""
STEPS = 10_000
"""Of SQLite's virtual machine, between two looks at the clock."""
SCRUB_SECONDS = 0.5
"""How long `scrub` waits for readers."""
SCRUBBED_BYTES = 256 * 1024 * 1024
"""A larger file is not rewritten while others wait for it: a hundred MB take about a second."""

Rows = list[tuple[Any, ...]]

logger = logging.getLogger(__name__)


class SqliteFile:
    def __init__(self, path: Path, busy_seconds: float, refuse_seconds: float) -> None:
        """Opens the file; creates it if it is missing. A file that cannot be written to can be read.

        Nothing waits longer than `busy_seconds` for other threads and processes. Everything is refused for `refuse_seconds` after the
        file was replaced. Raises `UnusableFile`.
        """
        self._path = path
        self._busy_seconds = busy_seconds
        self._refuse_seconds = refuse_seconds
        self._state = threading.Lock()
        """Guards the following attributes."""
        self._opened: Opened | None = None
        self._refused_until = 0.0
        self._closed = False
        try:
            self._opened = Opened(path, busy_seconds)
        except (sqlite3.Error, OSError) as error:
            self._start_reading_only(error)

    def _start_reading_only(self, error: sqlite3.Error | OSError) -> None:
        try:
            if is_locked(error):
                raise error
            open_to_read(self._path, self._busy_seconds).close()
        except (sqlite3.Error, OSError, UnusableFile):
            raise UnusableFile.because(self._path, error) from error
        with suppress(StoreUnavailable), store_errors(self._path):
            raise error

    def read(self, statement: str, *values: Any) -> Rows:
        """The rows of a SELECT, all from the same moment."""
        return list(self.rows(statement, *values))

    def read_one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a SELECT, or None."""
        return next(iter(self.read(statement, *values)), None)

    def rows(self, statement: str, *values: Any) -> Generator[tuple[Any, ...], None, None]:
        """The rows of a SELECT, all from the same moment, read as they are consumed. Close it unless you consume all of them."""
        with store_errors(self._path), self._reader() as reader, closing(reader.execute(statement, values)) as rows:
            yield from rows

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction on the writing connection: at the end of the block everything done on it is stored, or nothing.

        One that is not `synced` outlives the process like any other, but not the machine: a power failure takes it back, unless a later
        one was synced (https://www.sqlite.org/pragma.html#pragma_synchronous, NORMAL).
        """
        with self._writer(synced=synced) as writer:
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield writer
                writer.execute("COMMIT")
            finally:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")

    @contextmanager
    def statements(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """The writing connection, on which each statement is a transaction of its own: a quarter of the calls of a `transaction`."""
        with self._writer(synced=synced) as writer:
            yield writer

    def scrub(self) -> bool:
        """Rewrites the file from what is in it now, and empties the journal. False if the file is too large, or another process reads it.

        `secure_delete` overwrites what is deleted, but not the copies that SQLite leaves in unused parts of a page when it moves rows
        from one page to another.
        """
        with self._writer() as writer:
            if self._path.stat().st_size > SCRUBBED_BYTES:
                return False
            writer.execute("VACUUM")
            opened = self._current()
            if opened is not None:
                opened.wait_for_others(SCRUB_SECONDS)
            busy: int = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    def look_for_damage(self) -> None:
        """Reads the file for at most `LOOK_SECONDS`. Raises `StoreUnavailable` if it is damaged; `raise_known_damage` then does so too."""
        deadline = time.monotonic() + LOOK_SECONDS
        with store_errors(self._path), self._reader() as reader:
            reader.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
            try:
                self._note_damage(reader.execute("PRAGMA quick_check(1)").fetchone()[0])
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorname != "SQLITE_INTERRUPT":
                    raise
            finally:
                reader.set_progress_handler(None, 0)

    def raise_known_damage(self) -> None:
        opened = self._current()
        with store_errors(self._path):
            if opened is not None and opened.damage is not None:
                raise opened.damage

    def close(self) -> None:
        """Waits for running statements. Later ones raise `StoreUnavailable`."""
        with self._state:
            opened, self._opened, self._closed = self._opened, None, True
        if opened is not None:
            opened.close()

    def _note_damage(self, verdict: str) -> None:
        if verdict == "ok":
            return
        damage = sqlite3.DatabaseError()
        damage.sqlite_errorname = "SQLITE_CORRUPT"
        opened = self._current()
        if opened is not None:
            opened.damage = damage
        raise damage

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        opened = self._current() or self._reopened()
        if opened is None:
            with closing(self._only_reader()) as reader:
                yield reader
        else:
            with opened.reading() as reader:
                yield reader

    @contextmanager
    def _writer(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        deadline = time.monotonic() + self._busy_seconds
        with store_errors(self._path):
            opened = self._current(look=False) or self._open()
            with opened.writing(deadline, synced=synced) as writer:
                self._check(opened)  # It may have been replaced before, or while this thread waited.
                yield writer
                self._check(opened)

    def _only_reader(self) -> sqlite3.Connection:
        try:
            return open_to_read(self._path, self._busy_seconds)
        except UnusableFile as error:
            raise StoreUnavailable(str(error)) from error

    def _current(self, *, look: bool = True) -> Opened | None:
        """The connections to the file at the path; None if it has to be opened. Raises `StoreUnavailable` if it was replaced lately.

        Without a `look` at the path it may have been replaced since the last one.
        """
        with self._state:
            if self._closed:
                raise StoreUnavailable
            if look and self._opened is not None and not self._opened.is_current():
                logger.error("The file was moved or replaced while it was open.", extra={"condition": "replaced", "file": str(self._path)})
                # Running transactions are waited for. SQLite itself sees that the file was moved, and leaves what is at the path alone.
                threading.Thread(target=self._opened.close, daemon=True).start()
                self._opened = None
                self._refused_until = time.monotonic() + self._refuse_seconds
            left = math.ceil(self._refused_until - time.monotonic())
            if left > 0:
                sentence = f"{self._path} was moved or replaced while the bridge was running. Ask again in {left} seconds."
                raise StoreUnavailable(sentence, retry_after=left)
            return self._opened

    def _check(self, opened: Opened) -> None:
        if self._current() is not opened:
            raise StoreUnavailable

    def _open(self) -> Opened:
        with self._state:
            if self._opened is None:
                try:
                    self._opened = Opened(self._path, self._busy_seconds)
                except UnusableFile as error:
                    raise StoreUnavailable(str(error)) from error
            return self._opened

    def _reopened(self) -> Opened | None:
        try:
            return self._open()
        except (sqlite3.Error, OSError):
            return None
