"""Forgetting, in the SQLite file: of what was deleted or has expired no byte is left, in whatever part of the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from bridge.errors import StoreUnavailable
from bridge.store.records import HEAD, Message, Turn
from bridge_local.sqlite import file as sqlite_file
from bridge_local.sqlite.store import SqliteStore
from contract.samples import NOW, a_claim, a_head, a_progress, a_turn, an_id

SESSIONS = 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, busy_seconds=0.02)) as store:
        yield store


def bytes_of(path: Path) -> bytes:
    """Every byte of the file, its journal and its index."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def filled(store: SqliteStore, chance: Random, *, ending: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Sessions that were asked in turn about: what stands in each, 64 random bits apiece, in turns of very different sizes."""
    canaries: dict[str, list[str]] = {f"s{number}": [] for number in range(SESSIONS)}
    for session in canaries:
        store.begin(session, a_head(ttl=NOW), None)
    for number in range(1, 100):
        session, canary = chance.choice(list(canaries)), f"{chance.getrandbits(64):016x}"
        canaries[session].append(canary)
        said = " ".join([canary] * chance.choice((1, 2, 5, 20, 120)))
        store.add_turn(session, Turn(an_id(number), (Message("user", said), Message("assistant", said)), NOW, ttl=NOW + 3))
        store.advance(session, an_id(0), a_progress(number, title=canary, ttl=NOW + (session not in ending)))
        store.summarise(session, an_id(0), "", f"They said {canary}.", "")
    return canaries


def left(path: Path, canaries: dict[str, list[str]], sessions: Sequence[str]) -> list[str]:
    held = bytes_of(path)
    return [canary for session in sessions for canary in canaries[session] if canary.encode() in held]


@pytest.mark.parametrize("seed", range(6))
def test_of_deleted_sessions_no_byte_is_left(store: SqliteStore, path: Path, seed: int) -> None:
    chance = Random(seed)
    canaries = filled(store, chance)
    deleted = chance.sample(list(canaries), SESSIONS // 2)
    for session in deleted:
        store.begin(session, a_head(200, deleted=True), store.load(session, 1).head)
        store.remove_turns(session, HEAD)
    assert store.scrub()
    assert left(path, canaries, deleted) == []
    others = [session for session in canaries if session not in deleted]
    assert left(path, canaries, others) == [canary for session in others for canary in canaries[session]]


@pytest.mark.parametrize("seed", range(3))
def test_of_expired_sessions_no_byte_is_left(store: SqliteStore, path: Path, seed: int) -> None:
    expired = ("s0", "s1", "s2")
    canaries = filled(store, Random(seed), ending=expired)
    store.expire(NOW)
    assert left(path, canaries, expired) == []
    assert [store.load(session, 9) for session in expired] == [(None, ())] * 3
    assert left(path, canaries, ["s7"]) == canaries["s7"]


def test_a_session_expires_with_all_its_turns_however_many(store: SqliteStore) -> None:
    store.begin("s", a_head(ttl=NOW), None)
    for number in range(1, 502):
        store.add_turn("s", Turn(an_id(number), (), NOW, ttl=None))
    store.expire(NOW)
    assert store.load("s", 600) == (None, ())


def test_a_session_that_is_being_asked_in_does_not_expire(store: SqliteStore) -> None:
    store.begin("s", a_head(ttl=NOW), None)
    store.add_turn("s", a_turn(1)._replace(ttl=NOW + 9))
    claim = a_claim("h", lease_until=NOW + 1.0)._replace(turn=an_id(2))
    store.claim(claim, NOW)
    store.expire(NOW)
    assert len(store.load("s", 9).turns) == 1
    store.expire(NOW + 4)  # Its lease is over.
    assert store.load("s", 9) == (None, ())


@pytest.mark.parametrize("state", ["answered", "failed"])
def test_a_claim_that_has_come_to_its_end_keeps_no_session(store: SqliteStore, state: str) -> None:
    store.begin("s", a_head(ttl=NOW), None)
    store.add_turn("s", a_turn(1)._replace(ttl=NOW + 9))
    claim = a_claim("h", lease_until=NOW + 9.0)._replace(turn=an_id(1) if state == "answered" else an_id(2))
    store.claim(claim, NOW)
    if state == "failed":
        store.fail(claim._replace(state="failed"))
    store.expire(NOW)
    assert store.load("s", 9) == (None, ())


@pytest.mark.slow
def test_a_bridge_that_was_killed_before_it_scrubbed_is_made_up_for(store: SqliteStore, path: Path) -> None:
    canaries = filled(store, Random(1))
    store.remove_turns("s1", HEAD)  # And then nothing more.
    with closing(SqliteStore(path)) as another:
        another.expire(NOW - 1)
    assert [canary for canary in left(path, canaries, ["s1"]) if canary not in str(store.load("s1", 1).head)] == []


def test_a_turn_that_removed_itself_is_scrubbed(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn(1, "a secret question"))
    store.remove_turn("s", an_id(1))
    assert b"secret" in bytes_of(path)
    store.expire(NOW)
    assert b"secret" not in bytes_of(path)


def test_a_reader_is_in_the_way_until_it_is_gone(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "SCRUB_SECONDS", 0.01)
    store.add_turn("s", a_turn(1, "a secret question"))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchall()
        store.remove_turns("s", HEAD)
        assert not store.scrub()
        store.expire(NOW)
        reader.execute("COMMIT")
    assert store.scrub()
    assert b"secret" not in bytes_of(path)


def test_a_large_file_is_not_rewritten(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_turn("s", a_turn(1))
    store.remove_turns("s", HEAD)
    monkeypatch.setattr(sqlite_file, "SCRUBBED_BYTES", 1)
    assert not store.scrub()


def test_a_writer_is_waited_for_no_longer_than_for_a_turn(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn(1))
    store.remove_turns("s", HEAD)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            store.scrub()


def test_nothing_is_rewritten_where_nothing_was_removed(store: SqliteStore, path: Path) -> None:
    store.add_turn("s", a_turn(1))
    before = path.read_bytes()
    assert store.scrub()
    assert path.read_bytes() == before
