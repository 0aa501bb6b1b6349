"""What the SQLite store promises beyond the contract: the file, other processes, crashes, expiry."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bridge.errors import StoreUnavailable
from bridge.store.claims import EXPIRED_ROW_SECONDS
from bridge.store.port import Listed
from bridge.store.records import HEAD, Head, Turn
from bridge_local.sqlite import opening, rows
from bridge_local.sqlite.erasing import BATCH
from bridge_local.sqlite.opening import SCHEMA, UnusableFile
from bridge_local.sqlite.store import SqliteStore
from contract.samples import NOW, a_claim, a_head, a_progress, a_turn, an_id

PYTHON_PATH = os.pathsep.join(path for path in sys.path if path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, busy_seconds=0.02)) as store:
        yield store


@pytest.fixture
def other(store: SqliteStore, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has the store's file open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


# The file


def test_folder_and_files_are_their_owners_alone(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"sessions.db": 0o600, "sessions.db-wal": 0o600, "sessions.db-shm": 0o600}


def test_a_copy_that_others_can_read_is_taken_from_them(path: Path) -> None:
    SqliteStore(path).close()
    path.chmod(0o644)
    SqliteStore(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_to_where_nothing_is_yet_leads_to_a_file_of_its_owner_alone(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    target = tmp_path / "disk" / "conversations.db"
    path.symlink_to(target)
    SqliteStore(path).close()
    assert path.is_symlink()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (target, target.parent)] == [0o600, 0o700]


def test_links_in_a_circle_are_said(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(path)
    with pytest.raises(UnusableFile, match="Too many levels of symbolic links"):
        SqliteStore(path)


def test_what_was_stored_is_there_after_opening_again(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.add_turn("s", a_turn())
        store.begin("s", a_head(), None)
        store.claim(a_claim("h"), NOW)
    with closing(SqliteStore(path)) as store:
        assert store.load("s", 50) == (a_head(), (a_turn(),))
        assert store.look("h") == a_claim("h")


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {opening.VERSION + 1}")
    with pytest.raises(UnusableFile) as refusal:
        SqliteStore(path)
    assert str(refusal.value) == (
        f"{path} was written by a newer version of the bridge. Update the bridge. Or set CLAUDE_BRIDGE_HOME to another folder."
    )


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (note TEXT)")
    before = path.read_bytes()
    with pytest.raises(UnusableFile, match=r"notes\.db was not made by the bridge\. Move it away\."):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_file_of_the_first_version_is_brought_up_to_date_where_it_is(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.add_turn("s", a_turn())
        store.begin("s", a_head(owner="ada"), None)
    make_first_version(path)
    with closing(SqliteStore(path)) as store:
        assert store.load("s", 50) == (a_head(owner="ada"), (a_turn(),))
        store.begin("s", a_head(5, owner="ada", deleted=True), a_head(owner="ada"))
        assert store.sessions("ada", 10, None, NOW) == ()


def test_the_first_version_refuses_a_file_of_this_one(path: Path) -> None:
    """Its bridge drops what it does not know of a head. This is the code by which it looks at a file."""
    SqliteStore(path).close()
    first = types.ModuleType("first_version")
    exec(Path(opening.__file__).read_text().replace("VERSION = 2\n", "VERSION = 1\n"), first.__dict__)
    with pytest.raises(first.UnusableFile, match="was written by a newer version"):
        first.Opened(path, 1.0)


def make_first_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX sessions_gone")
        connection.execute("ALTER TABLE sessions DROP COLUMN gone")
        connection.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize("version", [1, -1])
def test_the_database_of_a_program_that_counts_its_versions_too_is_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sessions (note TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(UnusableFile, match="was not made by the bridge"):
        SqliteStore(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada, " * 1000)
    with pytest.raises(UnusableFile, match=r"letter\.txt cannot be opened \(file is not a database\)\."):
        SqliteStore(path)
    assert path.read_text() == "Dear Ada, " * 1000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableFile, match=r"sessions\.db cannot be opened \(Not a directory\)\."):
        SqliteStore(tmp_path / "file" / "home" / "sessions.db")


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with closing(SqliteStore(path)) as store:
        assert store.add_turn("s", a_turn()) is None


# Other threads and processes


def test_many_threads_share_a_few_connections(path: Path) -> None:
    def ask(number: int) -> int:
        shared.add_turn(f"s{number}", a_turn(number))
        return len(shared.load(f"s{number}", 50).turns)

    with closing(SqliteStore(path)) as shared, ThreadPoolExecutor(100) as threads:
        assert list(threads.map(ask, range(300))) == [1] * 300


def test_a_store_locked_for_too_long_is_unavailable_and_recovers(store: SqliteStore, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as failure:
        store.add_turn("s", a_turn())
    assert isinstance(failure.value.__cause__, sqlite3.OperationalError)
    other.execute("ROLLBACK")
    assert store.add_turn("s", a_turn()) is None


def test_reading_does_not_wait_for_a_writer(store: SqliteStore, other: sqlite3.Connection) -> None:
    store.add_turn("s", a_turn())
    other.execute("BEGIN IMMEDIATE")
    assert store.load("s", 50).turns == (a_turn(),)


def test_of_two_that_make_the_file_at_once_one_makes_its_tables(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = _opening(path)
        for statement in SCHEMA:
            other.execute(statement)
        other.execute("COMMIT")
        opening.join(10)
    with closing(SqliteStore(path)) as store:
        assert store.add_turn("s", a_turn()) is None


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"])
def test_opening_waits_until_others_let_it_set_the_journal(path: Path, begin: str) -> None:
    with _without_wal(path) as other:
        other.execute(begin)
        other.execute("SELECT count(*) FROM sessions").fetchone()
        opening = _opening(path)
        other.execute("COMMIT")
        opening.join(10)
    with closing(sqlite3.connect(path)) as later:
        assert later.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_opening_gives_up_on_a_file_that_stays_locked(path: Path) -> None:
    with _without_wal(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnusableFile, match="database is locked"):
            SqliteStore(path, busy_seconds=0.02)


def test_a_closed_store_is_unavailable(store: SqliteStore) -> None:
    store.close()
    with pytest.raises(StoreUnavailable):
        store.load("s", 50)
    with pytest.raises(StoreUnavailable):
        store.add_turn("s", a_turn())


def test_a_write_that_breaks_off_leaves_nothing_behind(store: SqliteStore) -> None:
    with pytest.raises(UnicodeEncodeError):
        store.add_turn("\ud800", a_turn())
    assert store.add_turn("s", a_turn()) is None


# Damage


def test_a_corrupt_file_is_unavailable(store: SqliteStore, path: Path) -> None:
    for number in range(50):
        store.add_turn("s", a_turn(number, "q" * 2000))
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with closing(SqliteStore(path)) as store, pytest.raises(StoreUnavailable):
        store.load("s", 50)


@pytest.mark.parametrize("text", ["{", "[1]", "", "\x00" * 400, "[" * 100_000])
def test_a_head_that_cannot_be_read_keeps_its_life_and_can_be_counted_in(store: SqliteStore, other: sqlite3.Connection, text: str) -> None:
    store.begin("s", a_head()._replace(owner="ada", title="Kites", summary="They build a kite."), None)
    other.execute("UPDATE sessions SET item = ?", (text,))
    left = a_head()._replace(owner="ada")
    assert store.load("s", 50).head == left
    assert store.sessions("ada", 5, None, NOW) == (Listed("s", left),)
    assert store.advance("s", left.born, a_progress()) == left.counting(a_progress())


def test_a_head_that_cannot_be_read_can_be_deleted(store: SqliteStore, other: sqlite3.Connection) -> None:
    store.begin("s", a_head()._replace(owner="ada"), None)
    other.execute("UPDATE sessions SET item = '{'")
    seen = store.load("s", 1).head
    tombstone = a_head(5, deleted=True)
    assert store.begin("s", tombstone, seen) == tombstone
    assert store.sessions("ada", 5, None, NOW) == ()


def test_a_turn_that_is_no_json_keeps_its_place(store: SqliteStore, other: sqlite3.Connection) -> None:
    damaged, whole = a_turn(1), a_turn(2)
    store.add_turn("s", damaged)
    store.add_turn("s", whole)
    other.execute("UPDATE sessions SET item = ? WHERE turn = ?", ("[" * 100_000, damaged.id))
    assert store.load("s", 50).turns == store.page("s", "", HEAD, 50) == (whole, Turn(damaged.id, (), 0))
    for read in (store.turn, lambda session, _: store.add_turn(session, damaged)):
        with pytest.raises(StoreUnavailable):
            read("s", damaged.id)
    assert store.prolong("s", [damaged.id, whole.id], None) == 1


def test_of_a_row_the_key_is_believed(store: SqliteStore, other: sqlite3.Connection) -> None:
    mine, theirs = a_turn(1), a_turn(2)
    store.add_turn("s", mine)
    store.add_turn("s", theirs)
    other.execute("UPDATE sessions SET item = json_set(item, '$.turn', ?) WHERE turn = ?", (theirs.id, mine.id))
    assert store.prolong("s", [mine.id], None) == 1
    assert store.turn("s", theirs.id) == theirs
    store.claim(a_claim("h"), NOW)
    other.execute("UPDATE hashes SET item = json_set(item, '$.hash', 'another')")
    assert store.cancel("h")
    assert store.look("another") is None


def test_a_row_of_another_shape_counts_as_empty(store: SqliteStore, other: sqlite3.Connection) -> None:
    store.add_turn("s", a_turn(1))
    other.execute("UPDATE sessions SET item = '[1]'")
    assert store.load("s", 50).turns == (Turn(a_turn(1).id, (), 0),)


def test_a_full_disk_is_unavailable_and_costs_nothing_that_was_stored(path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from bridge.errors import StoreUnavailable
from bridge_local.sqlite.store import SqliteStore
from contract.samples import a_turn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(Path(sys.argv[1]))
store.add_turn("s", a_turn(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    store.add_turn("s", a_turn(2, "q" * 500_000))
except StoreUnavailable as error:
    print(type(error.__cause__).__module__)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(store.add_turn("s", a_turn(3)))
"""
    assert _run(program, path) == ["sqlite3", "None"]
    with closing(SqliteStore(path)) as store:
        assert store.load("s", 50).turns == (a_turn(3), a_turn(1))


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_a_killed_process_leaves_every_acknowledged_turn_whole(path: Path, acknowledged: int) -> None:
    program = """
import sys
import types
from pathlib import Path
from bridge_local.sqlite.store import SqliteStore
from contract.samples import a_turn
store = SqliteStore(Path(sys.argv[1]))
for number in range(1_000_000):
    store.add_turn("s", a_turn(number, "q" * 5_000, "a" * (number % 20_000)))
    print(number, flush=True)
"""
    with _started(program, path) as process:
        assert process.stdout is not None
        numbers = [int(process.stdout.readline()) for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
        numbers += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    with closing(SqliteStore(path)) as store:
        result = store.page("s", "", HEAD, 1_000_000)
        assert [turn.id for turn in result][-len(numbers) :] == [an_id(number) for number in reversed(numbers)]
        assert result == tuple(a_turn(number, "q" * 5_000, "a" * (number % 20_000)) for number in reversed(range(len(result))))
        assert store.add_turn("s", a_turn(2_000_000)) is None


# Expiry


def test_rows_whose_time_is_over_are_deleted(store: SqliteStore, other: sqlite3.Connection) -> None:
    for ttl in (NOW - 1, NOW, NOW + 1, None):
        store.begin(f"s{ttl}", a_head(ttl=ttl), None)
        store.add_turn(f"t{ttl}", _expiring(1, ttl))
    store.expire(NOW)
    left = other.execute("SELECT session_id FROM sessions ORDER BY 1").fetchall()
    assert [row[0] for row in left] == sorted([f"{kind}{ttl}" for ttl in (NOW + 1, None) for kind in "st"])


def test_claims_stay_for_two_days_after_their_time_should_a_clock_jump(store: SqliteStore, other: sqlite3.Connection) -> None:
    for ttl in (NOW - EXPIRED_ROW_SECONDS, NOW - EXPIRED_ROW_SECONDS + 1, NOW):
        store.claim(a_claim(f"h{ttl}", ttl=ttl), 0)
    store.expire(NOW)
    assert [row[0] for row in other.execute("SELECT hash FROM hashes ORDER BY 1")] == [f"h{NOW - EXPIRED_ROW_SECONDS + 1}", f"h{NOW}"]


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_a_claim_that_cannot_be_read_can_be_claimed_again(store: SqliteStore, other: sqlite3.Connection, text: str) -> None:
    store.claim(a_claim("h"), NOW)
    other.execute("UPDATE hashes SET item = ?", (text,))
    assert store.look("h") is None
    assert store.claim(a_claim("h", "second"), NOW) is None


def test_more_rows_than_one_transaction_deletes_are_deleted(store: SqliteStore) -> None:
    for number in range(BATCH + 1):
        store.add_turn("s", _expiring(number, NOW))
    store.expire(NOW)
    assert store.load("s", 50).turns == ()


def test_turns_of_a_deleted_session_are_deleted_even_if_its_tombstone_expires_now(store: SqliteStore) -> None:
    for number in (1, 2, 3, 4):
        store.add_turn("s", _expiring(number, None))
        store.add_turn("other", _expiring(number, None))
    store.begin("s", a_head(3, deleted=True, ttl=NOW), None)
    store.expire(NOW)
    assert store.load("s", 50) == (None, ())
    assert len(store.load("other", 50).turns) == 4


def test_turns_of_an_earlier_life_are_deleted(store: SqliteStore) -> None:
    for number in (1, 2, 3):
        store.add_turn("s", _expiring(number, None))
    store.begin("s", a_head(2), None)
    store.expire(NOW)
    assert store.load("s", 50) == (a_head(2), (_expiring(3, None),))


def test_deleted_text_does_not_stay_in_the_file(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn(1, "a secret question", "a secret answer " * 1000))
    store.remove_turns("s", HEAD)
    store.close()
    assert b"secret" not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def _expiring(number: int, ttl: int | None) -> Turn:
    return Turn(id=an_id(number), context=(), last_updated=NOW, ttl=ttl)


@contextmanager
def _without_wal(path: Path) -> Iterator[sqlite3.Connection]:
    """A store's file as a process leaves it that was killed before it had set the journal."""
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        yield connection


def _opening(path: Path) -> Thread:
    """A thread that opens the store, and has come to wait."""
    thread = Thread(target=lambda: SqliteStore(path).close())
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    return thread


def _started(program: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PYTHON_PATH})


def _run(program: str, path: Path) -> list[str]:
    with _started(program, path) as process:
        return process.communicate(timeout=30)[0].split()


def test_a_turn_that_another_process_counts_meanwhile_is_counted_too(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.begin("s", a_head(), None)
    read = rows.head_of
    with closing(SqliteStore(path)) as other:

        def read_slowly(*columns: Any) -> Head:
            monkeypatch.setattr(rows, "head_of", read)
            assert other.advance("s", a_head().born, a_progress(2)) is not None
            return read(*columns)

        monkeypatch.setattr(rows, "head_of", read_slowly)
        advanced = store.advance("s", a_head().born, a_progress(1))
    assert advanced is not None
    assert advanced.turns == a_head().turns + 2
    assert store.load("s", 1).head == advanced
