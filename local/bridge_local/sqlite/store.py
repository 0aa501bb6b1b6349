"""The store on a laptop: `bridge.store.port.Store` on one SQLite file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bridge.errors import StoreUnavailable
from bridge.store import check
from bridge.store.claim_row import Claim
from bridge.store.port import ANY, Expiries, Lifetime, Listed, Session, up_to
from bridge.store.records import HEAD, Head, Progress, Turn
from bridge.store.session_settings import SessionSettings
from bridge.store.tally import Hold, Tally
from bridge_local.sqlite import erasing, rows
from bridge_local.sqlite.file import SqliteFile

logger = logging.getLogger(__name__)


class SqliteStore:
    """Every method raises `StoreUnavailable` if the file cannot be read or written: locked too long, disk full, corrupt, closed.

    The key columns of a row count, whatever its item says. A turn or session that cannot be read does not affect the others.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 10.0, refuse_seconds: float = 20.0) -> None:
        """Opens or creates the file at `path`; see `SqliteFile`. Raises `bridge_local.sqlite.opening.UnusableFile`."""
        self._file = SqliteFile(path, busy_seconds, refuse_seconds)
        self._last_check = check.LastCheck()

    def close(self) -> None:
        self._file.close()

    def inspect(self, now: float) -> None:
        """Looks for damage, and whether the file can be written to. What it finds is logged, and raised by `check` from then on."""
        self._file.look_for_damage()
        self.check(now)

    def check(self, now: float) -> None:
        """Writes a row of its own, at most once a minute, and reads it."""
        self._file.raise_known_damage()
        if not self._last_check.is_recent(now):
            with self._file.transaction() as connection:
                rows.put_check(connection, now)
            self._last_check = check.LastCheck(now)
        if self._file.read_one(rows.ONE_HASH_ROW, check.ROW) is None:
            self._last_check = check.LastCheck()
            raise StoreUnavailable

    def expire(self, now: float) -> None:
        """Erases what has expired; see `erasing.expire`."""
        erasing.expire(self._file, now)
        if not self.scrub():
            logger.info("The file still holds what was removed.")

    def scrub(self) -> bool:
        return erasing.scrub(self._file)

    # Sessions

    def load(self, session: str, limit: int) -> Session:
        newest = self._file.read(
            "SELECT turn, item, born, owner, last_updated, ttl FROM sessions WHERE session_id = ? ORDER BY turn DESC LIMIT ?",
            *(session, limit),
        )
        head = rows.head_of(*newest.pop(0)[1:]) if newest and newest[0][0] == HEAD else None
        return Session(head, tuple(rows.turn_of(turn, text) for turn, text, *_ in newest))

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int = ANY) -> tuple[Turn, ...]:
        page = self._file.rows(
            "SELECT turn, item FROM sessions WHERE session_id = ? AND turn > ? AND turn < ? AND turn <> ? ORDER BY turn DESC LIMIT ?",
            *(session, after, before, HEAD, limit),
        )
        with closing(page):
            return tuple(up_to(max_bytes, (rows.turn_of(*row) for row in page)))

    def turn(self, session: str, turn: str) -> Turn | None:
        row = self._file.read_one(rows.ONE_SESSION_ROW, session, turn)
        return Turn.of(rows.item_of(row[0]) | {"turn": turn}) if row else None

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        with self._file.statements() as connection:
            if rows.add_turn(connection, session, turn):
                return None
        with self._file.transaction() as connection:
            stored = rows.get_turn(connection, session, turn.id)
            if stored is None:
                rows.put_turn(connection, session, turn)
            return stored

    def remove_turn(self, session: str, turn: str) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE session_id = ? AND turn = ? AND turn <> ?", (session, turn, HEAD))
            rows.note_removal(connection)

    def remove_turns(self, session: str, through: str, limit: int = ANY) -> int:
        with self._file.transaction() as connection:
            return erasing.remove_turns(connection, session, through, limit)

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        if seen is None:
            # A new head is of use with its first turn, which is synced, and with it all that was written before.
            with self._file.statements(synced=head.deleted or bool(head.owner)) as connection:
                if rows.add_head(connection, session, head):
                    return head
        with self._file.transaction() as connection:
            stored = rows.get_head(connection, session)
            if stored is not None and (seen is None or (stored.born, stored.last_updated) != (seen.born, seen.last_updated)):
                return stored
            rows.put_head(connection, session, head)
            if stored is not None:
                rows.note_removal(connection)
            return head

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        """Not synced to the disk where the session is listed already: the turn is, and what it counts is approximate anyway."""
        seen = self._file.read_one(rows.ONE_HEAD, session, HEAD)
        if seen is None or not (head := rows.head_of(*seen)).takes(born, progress):
            return None if seen is None else head
        with self._file.statements(synced=not head.owner) as connection:
            if rows.change_head(connection, session, seen[0], counted := head.counting(progress)):
                return counted
        with self._file.transaction() as connection:  # Somebody else has changed it meanwhile.
            now = rows.get_head(connection, session)
            if now is not None and now.takes(born, progress):
                now = now.counting(progress)
                rows.put_head(connection, session, now)
            return now

    def configure(
        self, session: str, born: str, seen: int, settings: SessionSettings, last_updated: int, expiries: Expiries | None
    ) -> Head | None:
        with self._file.transaction() as connection:
            head = rows.get_head(connection, session)
            if head is not None and (head.born, head.settings.counter) == (born, seen) and not head.deleted:
                head = head.configured(settings, last_updated, expiries)
                rows.put_head(connection, session, head)
            return head

    def note_expiries(self, session: str, born: str, counter: int, through: str | None, turns_ttl: int | None) -> bool:
        with self._file.transaction() as connection:
            head = rows.get_head_of_life(connection, session, born)
            if head is None or head.settings.counter != counter:
                return False
            rows.put_head(connection, session, head.with_expiries(through, turns_ttl))
            return True

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str, cost: int = 0) -> bool:
        with self._file.transaction() as connection:
            head = rows.get_head_of_life(connection, session, born)
            if head is not None and head.summarised_through == seen_through:
                head = head._replace(summary=summary, summarised_through=through, memory_cost=head.memory_cost + cost)
                rows.put_head(connection, session, head)
            return head is not None and (head.summary, head.summarised_through) == (summary, through)

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        turns = self._file.read(
            "SELECT turn, ttl FROM sessions WHERE session_id = ? AND turn > ? AND turn <> ? ORDER BY turn LIMIT ?",
            *(session, after, HEAD, limit),
        )
        return tuple(Lifetime(turn, ttl) for turn, ttl in turns)

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        return self._set_ttl(session, turns, ttl, by, lambda turn: _ends_before(turn.ttl, ttl))

    def set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int) -> None:
        self._set_ttl(session, turns, ttl, by, lambda _: True)

    def _set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int, is_meant: Callable[[Turn], bool]) -> int:
        with self._file.transaction() as connection:
            stored = [rows.get_readable_turn(connection, session, turn) for turn in dict.fromkeys(turns) if turn != HEAD]
            meant = [turn for turn in stored if turn is not None and turn.ttl_by <= by and is_meant(turn)]
            for turn in meant:
                rows.set_ttl(connection, session, turn.id, ttl, by or turn.ttl_by)
            return len(meant)

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool:
        with self._file.transaction() as connection:
            head = rows.get_head_of_life(connection, session, born)
            if head is not None and head.turns_ttl == seen:
                head = head._replace(turns_ttl=turns_ttl)
                rows.put_head(connection, session, head)
            return head is not None and head.turns_ttl == turns_ttl

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]:
        listed = self._file.read(
            "SELECT session_id, item, born, owner, last_updated, ttl FROM sessions WHERE owner = ? AND (ttl IS NULL OR ttl > ?)"
            " AND (? OR (last_updated, session_id) < (?, ?)) ORDER BY last_updated DESC, session_id DESC LIMIT ?",
            *(owner, now, position is None, *(position or (0, "")), limit),
        )
        return tuple(Listed(session, rows.head_of(*head)._replace(last_updated=head[3])) for session, *head in listed)

    def changes(self, owner: str, since: int, limit: int) -> tuple[Listed, ...]:
        listed = self._file.read(
            "SELECT session_id, item, born, coalesce(owner, gone), last_updated, ttl FROM sessions"
            " WHERE (owner = ?1 OR gone = ?1) AND last_updated >= ?2 ORDER BY last_updated DESC, session_id DESC LIMIT ?3",
            *(owner, since, limit),
        )
        return tuple(Listed(session, rows.head_of(*head)._replace(last_updated=head[3])) for session, *head in listed)

    def heads(self, sessions: Sequence[str]) -> dict[str, Head]:
        marks = ", ".join("?" * len(sessions))
        heads = self._file.read(
            f"SELECT session_id, item, born, owner, last_updated, ttl FROM sessions WHERE session_id IN ({marks}) AND turn = ?",  # noqa: S608
            *(*sessions, HEAD),
        )
        return {session: rows.head_of(*head) for session, *head in heads}

    # Claims. They are of use to a process that lives, so a power failure may take them back; then the request is free again, with its
    # turn, which is synced, or without.

    def claim(self, claim: Claim, now: float) -> Claim | None:
        with self._file.statements(synced=False) as connection:
            if rows.add_claim(connection, claim, now):
                return None
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, claim.hash)
            if row is None or row.ttl <= now:
                rows.put_claim(connection, claim)
                return None
            return _unless_ours(row, claim)

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None:
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, claim.hash)
            if row is None or (row.invocation, row.lease_until) == (seen.invocation, seen.lease_until):
                rows.put_claim(connection, claim)
                return None
            return _unless_ours(row, claim)

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None:  # noqa: ARG002 (every read here is)
        row = self._file.read_one(rows.ONE_HASH_ROW, hash)
        return rows.claim_of(hash, row[0]) if row else None

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None:
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, hash)
            if row is None or row.failed or row.invocation != invocation:
                return None
            return rows.put_claim(connection, row._replace(lease_until=lease_until))

    def follow(self, hash: str, connection_id: str) -> None:
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, hash)
            if row is not None and not row.failed:
                rows.put_claim(connection, row._replace(connection_id=connection_id))

    def cancel(self, hash: str) -> bool:
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, hash)
            if row is None or row.failed:
                return False
            rows.put_claim(connection, row._replace(cancel=True))
            return True

    def fail(self, claim: Claim) -> bool:
        with self._file.transaction(synced=False) as connection:
            row = rows.get_claim(connection, claim.hash)
            if row is None or row.invocation != claim.invocation:
                return False
            if not row.failed:
                rows.put_claim(connection, claim)
            return True

    # Budgets

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        with self._file.transaction() as connection:
            tally = rows.get_tally(connection, hold.row)
            if hold.attribute in tally.holds:
                return None
            if tally.tokens >= limit:
                return tally
            rows.put_tally(connection, tally.holding(hold))
            return None

    def tally(self, row: str) -> Tally:
        columns = self._file.read_one(rows.ONE_HASH_ROW, row)
        return Tally.of(rows.item_of(columns[0])) if columns else Tally(row)

    def settle(self, hold: Hold, used: int) -> None:
        with self._file.transaction() as connection:
            tally = rows.get_tally(connection, hold.row)
            if hold.attribute in tally.holds:
                rows.put_tally(connection, tally.settled(hold, used))


def _ends_before(ttl: int | None, new: int | None) -> bool:
    return ttl is not None if new is None else ttl is None or ttl < new


def _unless_ours(row: Claim, claim: Claim) -> Claim | None:
    """The row that is there; None if an earlier attempt of the same call put it."""
    return None if row.invocation == claim.invocation else row
