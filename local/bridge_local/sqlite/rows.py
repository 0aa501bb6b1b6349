"""The rows of the two tables: the bridge's records in and out."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from bridge.errors import StoreUnavailable
from bridge.store import check
from bridge.store.claim_row import Claim
from bridge.store.records import HEAD, Head, Item, Turn
from bridge.store.tally import Tally

ONE_SESSION_ROW = "SELECT item FROM sessions WHERE session_id = ? AND turn = ?"
ONE_HEAD = "SELECT item, born, owner, last_updated, ttl FROM sessions WHERE session_id = ? AND turn = ?"
ONE_HASH_ROW = "SELECT item FROM hashes WHERE hash = ?"
_HEAD = "INTO sessions (session_id, turn, born, owner, gone, last_updated, ttl, item) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

_encode = json.JSONEncoder(separators=(",", ":")).encode

REMOVALS = "removals"
"""The hash of a row that counts removals of text since the file was last scrubbed; it is there until then, whoever is killed meanwhile."""
NEVER = 2**53


def item_of(text: str) -> Item:
    """The item in a row. Raises `StoreUnavailable` if it is not JSON; other JSON than an object counts as an empty item."""
    try:
        item = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreUnavailable from error
    return item if isinstance(item, dict) else {}


def item_or_none(text: str) -> Item | None:
    """The same, with None for what is not JSON."""
    try:
        return item_of(text)
    except StoreUnavailable:
        return None


def head_of(text: str, born: str, owner: str | None, last_updated: int | None, ttl: int | None) -> Head:
    """The head in a row.

    Of an unreadable one the columns are left: it can be asked in, listed and deleted, but has lost its title, summary and usage.
    """
    return Head.of(item_or_none(text) or {"born": born, "owner": owner, "last_updated": last_updated, "ttl": ttl})


def claim_of(hash: str, text: str) -> Claim | None:
    item = item_or_none(text)
    return Claim.of(item | {"hash": hash}) if item else None


def turn_of(turn: str, text: str) -> Turn:
    """The turn with this id. An unreadable one keeps its place, without any messages."""
    return Turn.of((item_or_none(text) or {}) | {"turn": turn})


def get_turn(connection: sqlite3.Connection, session: str, turn: str) -> Turn | None:
    item = _get(connection, ONE_SESSION_ROW, session, turn)
    return None if item is None else Turn.of(item | {"turn": turn})


def get_readable_turn(connection: sqlite3.Connection, session: str, turn: str) -> Turn | None:
    """The turn, or None if it is missing or unreadable."""
    try:
        return get_turn(connection, session, turn)
    except StoreUnavailable:
        return None


def add_turn(connection: sqlite3.Connection, session: str, turn: Turn) -> bool:
    """Adds the turn unless it is there already. Says whether it was added."""
    statement = "INSERT INTO sessions (session_id, turn, ttl, item) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    return connection.execute(statement, (session, turn.id, turn.ttl, _text(turn.item(session)))).rowcount == 1


def put_turn(connection: sqlite3.Connection, session: str, turn: Turn) -> None:
    connection.execute(
        "REPLACE INTO sessions (session_id, turn, ttl, item) VALUES (?, ?, ?, ?)", (session, turn.id, turn.ttl, _text(turn.item(session)))
    )


def set_ttl(connection: sqlite3.Connection, session: str, turn: str, ttl: int | None, by: int) -> None:
    """Changes until when a turn is kept, and nothing else of it."""
    item = {
        name: value for name, value in (_get(connection, ONE_SESSION_ROW, session, turn) or {}).items() if name not in ("ttl", "ttl_by")
    }
    item |= ({} if ttl is None else {"ttl": ttl}) | ({"ttl_by": by} if by else {})
    connection.execute("UPDATE sessions SET ttl = ?, item = ? WHERE session_id = ? AND turn = ?", (ttl, _text(item), session, turn))


def get_head(connection: sqlite3.Connection, session: str) -> Head | None:
    row = connection.execute(ONE_HEAD, (session, HEAD)).fetchone()
    return None if row is None else head_of(*row)


def get_head_of_life(connection: sqlite3.Connection, session: str, born: str) -> Head | None:
    """The head, if it belongs to the life that began with `born` and is not a tombstone."""
    head = get_head(connection, session)
    return None if head is None or head.deleted or head.born != born else head


def put_head(connection: sqlite3.Connection, session: str, head: Head) -> None:
    connection.execute(f"REPLACE {_HEAD}", _columns(session, head))


def _columns(session: str, head: Head) -> tuple[Any, ...]:
    owner, gone = (None, head.owner or None) if head.deleted else (head.owner or None, None)
    return session, HEAD, head.born, owner, gone, head.last_updated if head.owner else None, head.ttl, _text(head.item(session))


def add_head(connection: sqlite3.Connection, session: str, head: Head) -> bool:
    """Adds the head unless the session has one. Says whether it was added."""
    return connection.execute(f"INSERT {_HEAD} ON CONFLICT DO NOTHING", _columns(session, head)).rowcount == 1


def change_head(connection: sqlite3.Connection, session: str, seen: str, head: Head) -> bool:
    """Changes the head if its item still is the one `seen`, and only the indexes whose columns change. Says whether it did."""
    _, _, *columns = _columns(session, head)
    statement = (
        "UPDATE sessions SET born = ?, owner = ?, gone = ?, last_updated = ?, ttl = ?, item = ?"
        " WHERE session_id = ? AND turn = ? AND item = ?"
    )
    return connection.execute(statement, (*columns, session, HEAD, seen)).rowcount == 1


def get_claim(connection: sqlite3.Connection, hash: str) -> Claim | None:
    """The claim; None if it is missing or unreadable: the request is then free to be claimed again."""
    row = connection.execute(ONE_HASH_ROW, (hash,)).fetchone()
    return claim_of(hash, row[0]) if row else None


def add_claim(connection: sqlite3.Connection, claim: Claim, now: float) -> bool:
    """Adds the claim unless there is one that has not expired at `now`. Says whether it was added."""
    statement = (
        "INSERT INTO hashes (hash, ttl, item) VALUES (?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET ttl = excluded.ttl, item = excluded.item WHERE hashes.ttl <= ?"
    )
    return connection.execute(statement, (claim.hash, claim.ttl, _text(claim.item()), now)).rowcount == 1


def put_claim(connection: sqlite3.Connection, claim: Claim) -> Claim:
    _put_hash(connection, claim.hash, claim.ttl, claim.item())
    return claim


def get_tally(connection: sqlite3.Connection, row: str) -> Tally:
    """The tally in this row; an empty one if there is none."""
    return Tally.of(_get(connection, ONE_HASH_ROW, row) or {"hash": row})


def put_tally(connection: sqlite3.Connection, tally: Tally) -> None:
    _put_hash(connection, tally.row, tally.ttl, tally.item())


def note_removal(connection: sqlite3.Connection) -> None:
    """Text was removed or replaced in this transaction: the file has to be scrubbed."""
    count = (_get(connection, ONE_HASH_ROW, REMOVALS) or {}).get("count")
    _put_hash(connection, REMOVALS, NEVER, {"hash": REMOVALS, "count": count + 1 if isinstance(count, int) else 1, "ttl": NEVER})


def put_check(connection: sqlite3.Connection, now: float) -> None:
    item = check.item(now)
    _put_hash(connection, check.ROW, item["ttl"], item)


def _get(connection: sqlite3.Connection, statement: str, *key: str) -> Item | None:
    row: tuple[Any, ...] | None = connection.execute(statement, key).fetchone()
    return None if row is None else item_of(row[0])


def _put_hash(connection: sqlite3.Connection, hash: str, ttl: int, item: Item) -> None:
    connection.execute("REPLACE INTO hashes (hash, ttl, item) VALUES (?, ?, ?)", (hash, ttl, _text(item)))


def _text(item: Item) -> str:
    return _encode(item)
