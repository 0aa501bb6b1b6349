"""Deleting what has expired, and leaving nothing of it in the file.

A row of the file counts what was removed since it was last scrubbed. Whoever is killed in between, a later bridge scrubs it.
"""

from __future__ import annotations

import sqlite3

from bridge.store.claims import EXPIRED_ROW_SECONDS
from bridge.store.lives import CLOCK_SKEW_SECONDS
from bridge.store.records import HEAD
from bridge_local.sqlite import rows
from bridge_local.sqlite.file import SqliteFile

BATCH = 500
"""How many rows one transaction deletes: few enough that a turn never waits long for it."""

_TURNS = """DELETE FROM sessions WHERE rowid IN
    (SELECT rowid FROM sessions WHERE session_id = :session AND turn <= :through AND turn <> :head ORDER BY turn LIMIT :limit)"""
_EARLIER_LIVES = """DELETE FROM sessions WHERE rowid IN
    (SELECT turns.rowid FROM sessions AS heads JOIN sessions AS turns USING (session_id)
    WHERE heads.born IS NOT NULL AND turns.turn <= heads.born LIMIT :batch)"""
_EXPIRED_TURNS = "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE ttl <= :now AND born IS NULL LIMIT :batch)"
_EXPIRED_HASHES = "DELETE FROM hashes WHERE rowid IN (SELECT rowid FROM hashes WHERE ttl <= :expired LIMIT :batch)"


def expire(file: SqliteFile, now: float) -> None:
    """Deletes expired rows, those of the hashes table `EXPIRED_ROW_SECONDS` later; and turns up to the `born` of a head or tombstone.

    With a session go all its turns, whose own time is longer; not while an answer is being made there, which would keep it alive.
    """
    _delete(file, _EARLIER_LIVES)  # Before the heads and tombstones by which they are recognised.
    asked_in = _asked_in(file, now)
    for (session,) in file.read("SELECT session_id FROM sessions WHERE born IS NOT NULL AND ttl <= ?", now):
        while session not in asked_in and _end(file, session, now):
            pass
    _delete(file, _EXPIRED_TURNS, now=now)
    _delete(file, _EXPIRED_HASHES, expired=now - EXPIRED_ROW_SECONDS)


def remove_turns(connection: sqlite3.Connection, session: str, through: str, limit: int) -> int:
    """Deletes the oldest turns up to `through`; returns how many."""
    values = {"session": session, "through": through, "head": HEAD, "limit": limit}
    removed = connection.execute(_TURNS, values).rowcount
    if removed:
        rows.note_removal(connection)
    return removed


def scrub(file: SqliteFile) -> bool:
    """Whether the files hold nothing any more of what was removed; see `SqliteFile.scrub`."""
    removals = file.read_one(rows.ONE_HASH_ROW, rows.REMOVALS)
    if removals is None:
        return True
    if not file.scrub():
        return False
    with file.transaction() as connection:  # The count is another one if something was removed meanwhile.
        connection.execute("DELETE FROM hashes WHERE hash = ? AND item = ?", (rows.REMOVALS, *removals))
    return True


def _delete(file: SqliteFile, statement: str, **values: float) -> None:
    deleted = BATCH
    while deleted == BATCH:
        with file.transaction() as connection:
            deleted = connection.execute(statement, {**values, "batch": BATCH}).rowcount
            if deleted and statement is not _EXPIRED_HASHES:
                rows.note_removal(connection)


def _asked_in(file: SqliteFile, now: float) -> frozenset[str]:
    """The sessions in which an answer is being made: a claim holds, and its turn is not stored yet."""
    claims = (rows.claim_of("", text) for (text,) in file.read("SELECT item FROM hashes WHERE ttl > ?", now))
    held = (claim for claim in claims if claim and not claim.failed and claim.lease_until > now - CLOCK_SKEW_SECONDS)
    return frozenset(one.session for one in held if not file.read(rows.ONE_SESSION_ROW, one.session, one.turn))


def _end(file: SqliteFile, session: str, now: float) -> bool:
    """Deletes turns of a session that has expired; with the last ones its head. True if there are more."""
    with file.transaction() as connection:
        head = rows.get_head(connection, session)
        if head is None or head.ttl is None or head.ttl > now:
            return False
        if remove_turns(connection, session, HEAD, BATCH) == BATCH:
            return True
        connection.execute("DELETE FROM sessions WHERE session_id = ? AND turn = ?", (session, HEAD))
        rows.note_removal(connection)
        return False
