"""The store on a laptop: `bridge.store.Store` over one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge.errors import StoreUnavailable
from bridge.store.port import ANY, Lifetime, Listed, Session, up_to
from bridge.store.records import HEAD, Claim, Head, Item, Progress, Turn
from bridge.store.tally import Hold, Tally
from bridge_local.sqlite.file import SqliteFile

BATCH = 500
"""How many expired rows one transaction deletes, so that a turn never waits long for it."""


class SqliteStore:
    """Every method raises `StoreUnavailable` when the file cannot be read or written: locked too long, disk full, corrupt, closed.

    Of a row the key columns are believed, whatever its item says. One turn or session that cannot be read does not take the others along.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 10.0) -> None:
        """Opens or makes the file at `path`. Raises `bridge_local.sqlite_file.UnusableFile`."""
        self._file = SqliteFile(path, busy_seconds)

    def close(self) -> None:
        self._file.close()

    def expire(self, now: float) -> None:
        """Deletes rows whose `ttl` is over, and turns that belong to an earlier life of their session or lie below its tombstone."""
        # A tombstone is asked for its turns before its own time is over.
        for statement in _EXPIRED:
            deleted = BATCH
            while deleted == BATCH:
                with self._file.transaction() as connection:
                    deleted = connection.execute(statement, {"now": now, "batch": BATCH}).rowcount

    # Sessions

    def load(self, session: str, limit: int) -> Session:
        rows = self._file.read("SELECT turn, item FROM sessions WHERE session_id = ? ORDER BY turn DESC LIMIT ?", session, limit)
        head = Head.of(_item(rows.pop(0)[1])) if rows and rows[0][0] == HEAD else None
        return Session(head, tuple(_turn_of(*row) for row in rows))

    def page(self, session: str, after: str, before: str, limit: int, octets: int = ANY) -> tuple[Turn, ...]:
        rows = self._file.rows(
            "SELECT turn, item FROM sessions WHERE session_id = ? AND turn > ? AND turn < ? AND turn <> ? ORDER BY turn DESC LIMIT ?",
            *(session, after, before, HEAD, limit),
        )
        with closing(rows):
            return tuple(up_to(octets, (_turn_of(*row) for row in rows)))

    def turn(self, session: str, turn: str) -> Turn | None:
        rows = self._file.read(_ONE_OF_SESSION, session, turn)
        return Turn.of(_item(rows[0][0]) | {"turn": turn}) if rows else None

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        with self._file.transaction() as connection:
            found = _found(connection, _ONE_OF_SESSION, session, turn.id)
            if found is None:
                _put_turn(connection, session, turn)
                return None
            return Turn.of(found | {"turn": turn.id})

    def remove_turn(self, session: str, turn: str) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE session_id = ? AND turn = ? AND turn <> ?", (session, turn, HEAD))

    def remove_turns(self, session: str, through: str) -> int:
        with self._file.transaction() as connection:
            return connection.execute(
                "DELETE FROM sessions WHERE session_id = ? AND turn <= ? AND turn <> ?", (session, through, HEAD)
            ).rowcount

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        with self._file.transaction() as connection:
            found = _head(connection, session)
            if found is not None and (seen is None or (found.born, found.last_updated) != (seen.born, seen.last_updated)):
                return found
            _put_head(connection, session, head)
            return head

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        with self._file.transaction() as connection:
            head = _head(connection, session)
            if head is not None and head.born == born and not head.deleted:
                head = head.counting(progress)
                _put_head(connection, session, head)
            return head

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str) -> bool:
        with self._file.transaction() as connection:
            head = _head_of(connection, session, born)
            if head is not None and head.summarised_through == seen_through:
                head = head._replace(summary=summary, summarised_through=through)
                _put_head(connection, session, head)
            return head is not None and (head.summary, head.summarised_through) == (summary, through)

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        rows = self._file.read(
            "SELECT turn, ttl FROM sessions WHERE session_id = ? AND turn > ? AND turn <> ? ORDER BY turn LIMIT ?",
            *(session, after, HEAD, limit),
        )
        return tuple(Lifetime(turn, ttl) for turn, ttl in rows)

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None) -> int:
        with self._file.transaction() as connection:
            found = [_readable_turn(connection, session, turn) for turn in dict.fromkeys(turns) if turn != HEAD]
            early = [turn for turn in found if turn is not None and _ends_before(turn.ttl, ttl)]
            for turn in early:
                _put_turn(connection, session, turn._replace(ttl=ttl))
            return len(early)

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool:
        with self._file.transaction() as connection:
            head = _head_of(connection, session, born)
            if head is not None and head.turns_ttl == seen:
                head = head._replace(turns_ttl=turns_ttl)
                _put_head(connection, session, head)
            return head is not None and head.turns_ttl == turns_ttl

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]:
        rows = self._file.read(
            "SELECT session_id, last_updated, item FROM sessions WHERE owner = ? AND (ttl IS NULL OR ttl > ?)"
            " AND (? OR (last_updated, session_id) < (?, ?)) ORDER BY last_updated DESC, session_id DESC LIMIT ?",
            *(owner, now, position is None, *(position or (0, "")), limit),
        )
        found = [(session, last_updated, _readable(text)) for session, last_updated, text in rows]
        return tuple(Listed(key, Head.of(item | {"last_updated": last_updated})) for key, last_updated, item in found if item is not None)

    # Claims

    def claim(self, claim: Claim, now: float) -> Claim | None:
        with self._file.transaction() as connection:
            found = _claim(connection, claim.hash)
            if found is None or found.ttl <= now:
                _put_claim(connection, claim)
                return None
            return _unless_ours(found, claim)

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None:
        with self._file.transaction() as connection:
            found = _claim(connection, claim.hash)
            if found is None or (found.invocation, found.lease_until) == (seen.invocation, seen.lease_until):
                _put_claim(connection, claim)
                return None
            return _unless_ours(found, claim)

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None:  # noqa: ARG002 -- every read here is
        rows = self._file.read(_ONE_OF_HASHES, hash)
        return Claim.of(_item(rows[0][0]) | {"hash": hash}) if rows else None

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None:
        with self._file.transaction() as connection:
            found = _claim(connection, hash)
            if found is None or found.failed or found.invocation != invocation:
                return None
            return _put_claim(connection, found._replace(lease_until=lease_until))

    def follow(self, hash: str, connection_id: str) -> None:
        with self._file.transaction() as connection:
            found = _claim(connection, hash)
            if found is not None and not found.failed:
                _put_claim(connection, found._replace(connection_id=connection_id))

    def cancel(self, hash: str) -> bool:
        with self._file.transaction() as connection:
            found = _claim(connection, hash)
            if found is None or found.failed:
                return False
            _put_claim(connection, found._replace(cancel=True))
            return True

    def fail(self, claim: Claim) -> bool:
        with self._file.transaction() as connection:
            found = _claim(connection, claim.hash)
            if found is None or found.invocation != claim.invocation:
                return False
            if not found.failed:
                _put_claim(connection, claim)
            return True

    # Budgets

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        with self._file.transaction() as connection:
            found = _tally(connection, hold.row)
            if hold.attribute in found.holds:
                return None
            if found.tokens >= limit:
                return found
            _put_tally(connection, found.holding(hold))
            return None

    def settle(self, hold: Hold, used: int) -> None:
        with self._file.transaction() as connection:
            found = _tally(connection, hold.row)
            if hold.attribute in found.holds:
                _put_tally(connection, found.settled(hold, used))


_ONE_OF_SESSION = "SELECT item FROM sessions WHERE session_id = ? AND turn = ?"
_ONE_OF_HASHES = "SELECT item FROM hashes WHERE hash = ?"
_EXPIRED = (
    "DELETE FROM sessions WHERE rowid IN (SELECT turns.rowid FROM sessions AS heads JOIN sessions AS turns USING (session_id)"
    " WHERE heads.born IS NOT NULL AND turns.turn <= heads.born LIMIT :batch)",
    "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE ttl <= :now LIMIT :batch)",
    "DELETE FROM hashes WHERE rowid IN (SELECT rowid FROM hashes WHERE ttl <= :now LIMIT :batch)",
)


def _item(text: str) -> Item:
    try:
        item = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreUnavailable from error
    return item if isinstance(item, dict) else {}


def _readable(text: str) -> Item | None:
    try:
        return _item(text)
    except StoreUnavailable:
        return None


def _turn_of(turn: str, text: str) -> Turn:
    """The turn with this id; one that cannot be read keeps its place, and nothing was said in it."""
    return Turn.of((_readable(text) or {}) | {"turn": turn})


def _readable_turn(connection: sqlite3.Connection, session: str, turn: str) -> Turn | None:
    row = connection.execute(_ONE_OF_SESSION, (session, turn)).fetchone()
    item = _readable(row[0]) if row else None
    return None if item is None else Turn.of(item | {"turn": turn})


def _text(item: Item) -> str:
    return json.dumps(item, separators=(",", ":"))


def _found(connection: sqlite3.Connection, statement: str, *values: Any) -> Item | None:
    row = connection.execute(statement, values).fetchone()
    return None if row is None else _item(row[0])


def _head(connection: sqlite3.Connection, session: str) -> Head | None:
    found = _found(connection, _ONE_OF_SESSION, session, HEAD)
    return None if found is None else Head.of(found)


def _head_of(connection: sqlite3.Connection, session: str, born: str) -> Head | None:
    """The head of this life."""
    head = _head(connection, session)
    return None if head is None or head.deleted or head.born != born else head


def _ends_before(ttl: int | None, new: int | None) -> bool:
    return ttl is not None if new is None else ttl is None or ttl < new


def _claim(connection: sqlite3.Connection, hash: str) -> Claim | None:
    found = _found(connection, _ONE_OF_HASHES, hash)
    return None if found is None else Claim.of(found | {"hash": hash})


def _put_turn(connection: sqlite3.Connection, session: str, turn: Turn) -> None:
    connection.execute(
        "REPLACE INTO sessions (session_id, turn, ttl, item) VALUES (?, ?, ?, ?)", (session, turn.id, turn.ttl, _text(turn.item(session)))
    )


def _put_head(connection: sqlite3.Connection, session: str, head: Head) -> None:
    listed = (head.owner, head.last_updated) if head.owner and not head.deleted else (None, None)
    connection.execute(
        "REPLACE INTO sessions (session_id, turn, born, owner, last_updated, ttl, item) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (session, HEAD, head.born, *listed, head.ttl, _text(head.item(session))),
    )


def _put_claim(connection: sqlite3.Connection, claim: Claim) -> Claim:
    _put_hash(connection, claim.hash, claim.ttl, claim.item())
    return claim


def _tally(connection: sqlite3.Connection, row: str) -> Tally:
    return Tally.of(_found(connection, _ONE_OF_HASHES, row) or {"hash": row})


def _put_tally(connection: sqlite3.Connection, tally: Tally) -> None:
    _put_hash(connection, tally.row, tally.ttl, tally.item())


def _put_hash(connection: sqlite3.Connection, hash: str, ttl: int, item: Item) -> None:
    connection.execute("REPLACE INTO hashes (hash, ttl, item) VALUES (?, ?, ?)", (hash, ttl, _text(item)))


def _unless_ours(found: Claim, claim: Claim) -> Claim | None:
    """The row found, or None when a call put it whose answer was lost."""
    return None if found.invocation == claim.invocation else found
