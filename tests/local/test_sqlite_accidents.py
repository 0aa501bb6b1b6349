"""What happens to the SQLite file while it is used: the disk fills, the file is damaged, made read-only, moved or replaced."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bridge.errors import Code, StoreUnavailable
from bridge.store.check import SECONDS
from bridge.store.port import Session
from bridge.store.records import Turn
from bridge.store.tally import Hold
from bridge_local.sqlite.failures import failure
from bridge_local.sqlite.opening import UnusableFile
from bridge_local.sqlite.store import SqliteStore
from contract.samples import NOW, a_claim, a_failure, a_head, a_progress, a_turn

REFUSED = 0.05
"""Seconds for which a store refuses everything after its file was replaced."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, busy_seconds=1.0, refuse_seconds=REFUSED)) as store:
        yield store


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 600 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> Path:
    file = disk / "filling"
    with suppress(OSError), file.open("wb", buffering=0) as filling:
        while True:
            filling.write(b"x" * 512)
    return file


def refused(act: Callable[[], object]) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as refusal:
        act()
    return refusal.value


# What a client gets


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError()
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "sentence", "code"),
    [
        ("SQLITE_FULL", "The disk is full", Code.STORE_UNAVAILABLE),
        ("SQLITE_IOERR_SHMSIZE", "The disk is full", Code.STORE_UNAVAILABLE),
        ("SQLITE_IOERR_READ", "The conversation store did not answer", Code.STORE_UNAVAILABLE),
        ("SQLITE_CORRUPT", "is damaged", Code.STORE_DAMAGED),
        ("SQLITE_CORRUPT_INDEX", "is damaged", Code.STORE_DAMAGED),
        ("SQLITE_NOTADB", "is damaged", Code.STORE_DAMAGED),
        ("SQLITE_READONLY_DBMOVED", "cannot be written to", Code.STORE_UNAVAILABLE),
        ("SQLITE_CANTOPEN", "cannot be written to", Code.STORE_UNAVAILABLE),
        ("SQLITE_BUSY", "keeps", Code.STORE_UNAVAILABLE),
    ],
)
def test_each_accident_has_its_sentence_and_is_logged_under_sqlites_name(
    path: Path, caplog: pytest.LogCaptureFixture, name: str, sentence: str, code: Code
) -> None:
    path.parent.mkdir()
    error = failure(sqlite_error(name), path)
    assert sentence in error.message
    assert error.code is code
    assert [vars(record)["condition"] for record in caplog.records] == [name]


def test_damage_is_not_to_be_tried_again_and_a_full_disk_is() -> None:
    assert not Code.STORE_DAMAGED.retryable
    assert Code.STORE_UNAVAILABLE.retryable


# A full disk


def test_a_full_disk_is_named_and_costs_nothing_that_was_stored(disk: Path) -> None:
    path = disk / "sessions.db"
    with closing(SqliteStore(path)) as store:
        store.add_turn("s", a_turn(1))
        filling = fill(disk)
        assert refused(lambda: store.add_turn("s", a_turn(2, "q" * 50_000))).message.startswith(f"The disk is full: {path} cannot grow.")
        assert store.load("s", 50).turns == (a_turn(1),)
        filling.unlink()
        assert store.add_turn("s", a_turn(2)) is None


def test_a_store_on_a_full_disk_opens_to_read_and_writes_when_there_is_room(disk: Path) -> None:
    path = disk / "sessions.db"
    with closing(SqliteStore(path)) as store:
        store.add_turn("s", a_turn(1))
        store.begin("s", a_head()._replace(owner="ada"), None)
    filling = fill(disk)
    with closing(SqliteStore(path)) as store:
        assert store.load("s", 50).turns == (a_turn(1),)
        assert [line.session for line in store.sessions("ada", 5, None, NOW)] == ["s"]
        assert "disk is full" in refused(lambda: store.check(NOW)).message
        filling.unlink()
        assert store.add_turn("s", a_turn(2)) is None
        assert store.load("s", 50).turns == (a_turn(2), a_turn(1))


def test_no_store_can_be_made_on_a_full_disk(disk: Path) -> None:
    fill(disk)
    with pytest.raises(UnusableFile, match="cannot be created: the disk is full"):
        SqliteStore(disk / "sessions.db")


# A read-only file system


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_a_read_only_file_system_can_be_read(disk: Path, killed: bool) -> None:
    path = disk / "sessions.db"
    with closing(SqliteStore(path)) as store:
        store.add_turn("s", a_turn(1))
        if killed:
            for file in disk.iterdir():
                shutil.copy(file, disk / f"copy-{file.name}")
            path = disk / "copy-sessions.db"
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with closing(SqliteStore(path)) as store:
        assert store.load("s", 50).turns == (a_turn(1),)
        assert "Make the file and its folder writable" in refused(lambda: store.add_turn("s", a_turn(2))).message


# Damage


def damage(path: Path, beginning: int = 4096) -> None:
    with path.open("r+b") as file:
        file.seek(beginning)
        file.write(b"\xff" * (path.stat().st_size - beginning))


def filled(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for number in range(50):
            store.add_turn("s", a_turn(number, "q" * 2000))


def test_damage_is_found_by_a_check_and_reported_from_then_on(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(path)
    damage(path, path.stat().st_size // 2)
    with closing(SqliteStore(path)) as store:
        for look in (store.inspect, store.check):
            error = refused(lambda look=look: look(NOW))  # type: ignore[misc]
            assert error.code is Code.STORE_DAMAGED
            assert str(path) in error.message
    assert {vars(record)["condition"] for record in caplog.records} == {"SQLITE_CORRUPT"}


def test_damage_that_is_met_is_reported(path: Path) -> None:
    filled(path)
    damage(path)
    with closing(SqliteStore(path)) as store:
        assert refused(lambda: store.load("s", 50)).code is Code.STORE_DAMAGED


def test_bytes_that_are_no_text_cost_their_own_turn_alone(store: SqliteStore, path: Path) -> None:
    for number in (1, 2):
        store.add_turn("s", a_turn(number))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE sessions SET item = CAST(? AS TEXT) WHERE turn = ?", (b"\xff" * 400, a_turn(1).id))
    assert store.load("s", 50).turns == (a_turn(2), Turn(a_turn(1).id, (), 0))


def test_a_whole_file_passes_inspection(store: SqliteStore) -> None:
    store.inspect(NOW)
    store.check(NOW)


def test_a_check_writes_once_a_minute(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        seen = []
        for moment in (NOW, NOW + 1, NOW + SECONDS - 1, NOW + SECONDS, NOW - 7200):
            store.check(moment)
            seen.append(other.execute("PRAGMA data_version").fetchone()[0])
    assert seen[0] == seen[1] == seen[2] != seen[3] != seen[4]


def test_a_check_whose_row_is_gone_fails_and_writes_it_again(store: SqliteStore, path: Path) -> None:
    store.check(NOW)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM hashes")
    refused(lambda: store.check(NOW))
    store.check(NOW)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs the sqlite3 program")
def test_a_damaged_file_is_repaired_as_the_documentation_says(path: Path) -> None:
    filled(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text().partition("To repair a file")[2]
    commands = text.partition("```sh\n")[2].partition("```")[0]
    subprocess.run(commands, shell=True, check=True, env={**os.environ, "CLAUDE_BRIDGE_HOME": str(path.parent)}, capture_output=True)
    with closing(SqliteStore(path)) as store:
        store.inspect(NOW)
        readable = [turn for turn in store.load("s", 100).turns if turn.context]
        assert len(readable) > 40
        assert store.add_turn("s", a_turn(100)) is None


# The file is moved or replaced


def removed(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()


def replaced(path: Path) -> None:
    new = path.with_name("new.db")
    SqliteStore(new).close()
    new.replace(path)


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def journal_removed(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def locks_removed(path: Path) -> None:
    path.with_name(f"{path.name}-shm").unlink()


ACCIDENTS = [removed, replaced, folder_moved, journal_removed, locks_removed]


def reopened(store: SqliteStore) -> None:
    """Waits until the store does what it is asked again."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(StoreUnavailable):
            store.load("s", 1)
            return
        time.sleep(0.01)


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_file_that_is_no_longer_at_its_path_is_refused_and_then_opened_again(
    store: SqliteStore, path: Path, accident: Callable[[Path], None]
) -> None:
    store.add_turn("s", a_turn(1))
    accident(path)
    error = refused(lambda: store.add_turn("s", a_turn(2)))
    assert error.message == f"{path} was moved or replaced while the bridge was running. Ask again in 1 seconds."
    assert error.retry_after == 1
    refused(lambda: store.load("s", 1))
    reopened(store)
    assert store.add_turn("s", a_turn(3)) is None
    with closing(SqliteStore(path)) as another:
        assert a_turn(3) in another.load("s", 50).turns


@pytest.mark.parametrize("accident", [journal_removed, locks_removed])
def test_what_was_stored_survives_the_removal_of_sqlites_own_files(
    store: SqliteStore, path: Path, accident: Callable[[Path], None]
) -> None:
    store.add_turn("s", a_turn(1))
    accident(path)
    refused(lambda: store.load("s", 1))
    reopened(store)
    assert store.load("s", 50).turns == (a_turn(1),)


SYNCED: dict[str, Callable[[SqliteStore], object]] = {
    "a turn": lambda store: store.add_turn("s", a_turn(2)),
    "a tombstone": lambda store: store.begin("t", a_head(deleted=True), None),
    "a head that is listed": lambda store: store.begin("t", a_head(owner="ada"), None),
    "another head": lambda store: store.begin("s", a_head(1), a_head()),
    "tokens held": lambda store: store.hold(Hold("budget", "hold", 1, NOW + 60), 100),
    "the first turn of a session, by which it is listed": lambda store: store.advance("s", a_head().born, a_progress(1)),
}
NOT_SYNCED: dict[str, Callable[[SqliteStore], object]] = {
    "a claim": lambda store: store.claim(a_claim("other"), NOW),
    "a renewal": lambda store: store.renew("h", a_claim("h").invocation, NOW + 20.0),
    "a failure": lambda store: store.fail(a_failure("h")),
    "a head without a turn": lambda store: store.begin("t", a_head(), None),
    "one more turn of a session": lambda store: store.advance("u", a_head().born, a_progress(2)),
}


@pytest.mark.parametrize("name", [*SYNCED, *NOT_SYNCED])
def test_only_what_may_be_lost_with_the_machine_is_not_synced_to_the_disk(store: SqliteStore, name: str) -> None:
    store.claim(a_claim("h"), NOW)
    for session in ("s", "u"):
        store.begin(session, a_head(), None)
    store.advance("u", a_head().born, a_progress(1))
    said: list[str] = []
    opened = store._file._current()
    assert opened is not None
    opened._writer.set_trace_callback(said.append)
    (SYNCED | NOT_SYNCED)[name](store)
    opened._writer.set_trace_callback(None)
    level = opened._writer.execute("PRAGMA synchronous").fetchone()[0]
    wrote = any(statement.startswith(("INSERT", "REPLACE", "UPDATE")) for statement in said)
    assert (wrote, level) == (True, 2 if name in SYNCED else 1)


def after_power_failure(path: Path, folder: Path, synced: int, lost: int) -> SqliteStore:
    """The store as it is found then: of the journal the last `lost` bytes are gone, but nothing of the first `synced`."""
    journal = Path(f"{path}-wal").read_bytes()
    copy = folder / "copy" / "sessions.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    Path(f"{copy}-wal").write_bytes(journal[: max(synced, len(journal) - lost)])
    return SqliteStore(copy)


@pytest.mark.parametrize("lost", range(0, 4200, 300))
def test_a_power_failure_takes_back_the_claim_and_nothing_before_it(store: SqliteStore, path: Path, tmp_path: Path, lost: int) -> None:
    store.add_turn("s", a_turn(1))
    synced = Path(f"{path}-wal").stat().st_size
    store.claim(a_claim("h"), NOW)
    with closing(after_power_failure(path, tmp_path, synced, lost)) as after:
        assert after.load("s", 50).turns == (a_turn(1),)
        taken = after.claim(a_claim("h", "second"), NOW)
        assert taken == (None if lost else a_claim("h"))


def test_what_begins_a_session_is_on_the_disk_with_its_first_turn(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    store.begin("s", a_head(), None)
    store.add_turn("s", a_turn(1))
    synced = Path(f"{path}-wal").stat().st_size
    store.claim(a_claim("h"), NOW)
    with closing(after_power_failure(path, tmp_path, synced, lost=1_000_000)) as after:
        assert after.load("s", 50) == Session(a_head(), (a_turn(1),))


@pytest.mark.parametrize("lost", range(0, 12_300, 900))
def test_a_power_failure_takes_back_at_most_what_the_last_turn_counts(store: SqliteStore, path: Path, tmp_path: Path, lost: int) -> None:
    store.begin("s", a_head(), None)
    for number in (1, 2):
        store.add_turn("s", a_turn(number))
        before = store.load("s", 50).head
        synced = Path(f"{path}-wal").stat().st_size
        store.advance("s", a_head().born, a_progress(number))
    after_all = store.load("s", 50).head
    with closing(after_power_failure(path, tmp_path, synced, lost)) as after:
        loaded = after.load("s", 50)
        assert loaded.turns == (a_turn(2), a_turn(1))
        assert loaded.head == (before if lost else after_all)
        assert [listed.session for listed in after.sessions("ada", 9, None, NOW)] == ["s"]
        assert after.advance("s", a_head().born, a_progress(3)) is not None


def test_no_claim_of_the_old_file_is_renewed_in_the_new_one(store: SqliteStore, path: Path) -> None:
    store.claim(a_claim("h"), NOW)
    removed(path)
    refused(lambda: store.renew("h", a_claim("h").invocation, NOW + 15.0))
    reopened(store)
    assert store.renew("h", a_claim("h").invocation, NOW + 15.0) is None


def test_a_file_that_is_replaced_within_a_transaction_is_not_acknowledged(store: SqliteStore, path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="was moved or replaced"), store._file.transaction():
        replaced(path)


def test_the_new_file_is_left_alone_by_whoever_has_the_old_one(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn(1))
    removed(path)
    with closing(SqliteStore(path)) as another:
        another.add_turn("s", a_turn(2))
        refused(lambda: store.load("s", 1))
        reopened(store)
        assert another.add_turn("s", a_turn(3)) is None
        assert Path(f"{path}-wal").exists()
        assert store.load("s", 50).turns == another.load("s", 50).turns == (a_turn(3), a_turn(2))
