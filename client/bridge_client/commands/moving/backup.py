"""`backup`: everything in one file. On this machine a copy of the store, made by SQLite itself; of another bridge an archive of exports."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from pathlib import Path

from bridge_client.commands.client import Client
from bridge_client.commands.moving.exporting import files_of, written_to
from bridge_client.failures import Failure

BUSY_SECONDS = 10.0


def backup(client: Client, store: Path, file: str, *, as_json: bool) -> int:
    """Writes the file, which only its owner can read; an older one stays until the new one is whole. Raises `Failure`.

    `store`: the file of a bridge on this machine, which may run meanwhile.
    """
    target = Path(file)
    if target.is_dir():
        raise Failure("bad_usage", f"{file} is a folder. Name a file.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        if client.url:
            _archive(client, unfinished, shown=not as_json)
        else:
            _copy(store, unfinished)
        size = unfinished.stat().st_size
        unfinished.replace(target)
    except OSError as error:
        raise Failure("not_written", f"{file} could not be written: {(error.strerror or str(error)).lower()}.") from error
    finally:
        with suppress(OSError):  # What could not be made cannot be removed, either.
            unfinished.unlink()
    kind = "archive" if client.url else "sqlite"
    if as_json:
        client.output.write_json({"file": file, "bytes": size, "kind": kind})
        return 0
    again = client.hints.command("import", file) if client.url else f"cp {file} {store}"
    client.notes.say(f"Backed up to {file} ({size:,} bytes).", style="")
    client.notes.say_command("To restore it:" if client.url else "To restore it, while no bridge runs:", again)
    return 0


def _copy(store: Path, target: Path) -> None:
    """A consistent copy, whoever writes meanwhile. Raises `Failure`, `OSError`."""
    if not store.is_file():
        raise Failure("nothing_known", f"There is nothing to back up: {store} does not exist.")
    # Beside a database in WAL mode SQLite needs a file of its own, even to read, unless nobody else can write it.
    frozen = not os.access(store.parent, os.W_OK) and not _size(store.with_name(f"{store.name}-wal"))
    try:
        address = f"{store.absolute().as_uri()}?{'immutable=1' if frozen else 'mode=ro'}"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            # One file: the copy needs no log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            (state,) = copy.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        if shutil.disk_usage(target.parent).free < _size(store):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise Failure("not_written", f"{store} could not be copied: {error}.") from error
    if state != "ok":
        raise Failure("not_written", f"{store} is damaged: {state}.")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _archive(client: Client, target: Path, *, shown: bool) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        written_to(client, Path(folder), shown=shown)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files_of(Path(folder)):
                archive.write(path, path.name)
