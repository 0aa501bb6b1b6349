"""A store that forgets: the port of `bridge.store` over dictionaries, for tests.

It is the simplest reading of the port's docstrings, passes the contract suite like every other store, and is the model that the suite
compares them with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from bridge.store import check
from bridge.store.claim_row import Claim
from bridge.store.port import ANY, Expiries, Lifetime, Listed, Session, up_to
from bridge.store.records import Head, Progress, Turn
from bridge.store.session_settings import SessionSettings
from bridge.store.tally import Hold, Tally


class MemoryStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._heads: dict[str, Head] = {}
        self._turns: dict[str, dict[str, Turn]] = {}
        self._claims: dict[str, Claim] = {}
        self._tallies: dict[str, Tally] = {}

    def rows(self, owner: str) -> list[tuple[str, Head | Turn | Claim]]:
        """All that is kept of an owner's sessions and requests, by key."""
        with self._lock:
            result: list[tuple[str, Head | Turn | Claim]] = [*self._heads.items()]
            result += [(session, turn) for session, turns in self._turns.items() for turn in turns.values()]
            result += [(claim.session, claim) for claim in self._claims.values() if claim.session]
        owned = [line for line in result if (line[0].rpartition("/")[0] or "default") == owner]
        return sorted(owned, key=lambda line: (line[0], line[1][0]))

    def load(self, session: str, limit: int) -> Session:
        with self._lock:
            head = self._heads.get(session)
            room = limit - (head is not None)
            return Session(head, self._newest_first(session)[:room])

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int = ANY) -> tuple[Turn, ...]:
        with self._lock:
            result = [turn for turn in self._newest_first(session) if after < turn.id < before]
            return tuple(up_to(max_bytes, result[:limit]))

    def turn(self, session: str, turn: str) -> Turn | None:
        with self._lock:
            return self._turns.get(session, {}).get(turn)

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        with self._lock:
            turns = self._turns.setdefault(session, {})
            result = turns.get(turn.id)
            if result is None:
                turns[turn.id] = turn
            return result

    def remove_turn(self, session: str, turn: str) -> None:
        with self._lock:
            self._turns.get(session, {}).pop(turn, None)

    def scrub(self) -> bool:
        return True

    def remove_turns(self, session: str, through: str, limit: int = ANY) -> int:
        with self._lock:
            turns = self._turns.get(session, {})
            doomed = sorted(turn for turn in turns if turn <= through)[:limit]
            for turn in doomed:
                del turns[turn]
            return len(doomed)

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        with self._lock:
            result = self._heads.get(session)
            if result is not None and (seen is None or (result.born, result.last_updated) != (seen.born, seen.last_updated)):
                return result
            self._heads[session] = head
            return head

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        with self._lock:
            head = self._heads.get(session)
            if head is not None and head.takes(born, progress):
                head = self._heads[session] = head.counting(progress)
            return head

    def configure(
        self, session: str, born: str, seen: int, settings: SessionSettings, last_updated: int, expiries: Expiries | None
    ) -> Head | None:
        with self._lock:
            head = self._heads.get(session)
            if head is not None and (head.born, head.settings.counter) == (born, seen) and not head.deleted:
                head = self._heads[session] = head.configured(settings, last_updated, expiries)
            return head

    def note_expiries(self, session: str, born: str, counter: int, through: str | None, turns_ttl: int | None) -> bool:
        with self._lock:
            head = self._living(session, born)
            if head is None or head.settings.counter != counter:
                return False
            self._heads[session] = head.with_expiries(through, turns_ttl)
            return True

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str, cost: int = 0) -> bool:
        with self._lock:
            head = self._living(session, born)
            if head is not None and head.summarised_through == seen_through:
                head = self._heads[session] = head._replace(
                    summary=summary, summarised_through=through, memory_cost=head.memory_cost + cost
                )
            return head is not None and (head.summary, head.summarised_through) == (summary, through)

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        with self._lock:
            result = sorted(turn for turn in self._turns.get(session, {}).values() if turn.id > after)
            return tuple(Lifetime(turn.id, turn.ttl) for turn in result[:limit])

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        return self._set_ttl(session, turns, ttl, by, lambda turn: ends_before(turn.ttl, ttl))

    def set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int) -> None:
        self._set_ttl(session, turns, ttl, by, lambda _: True)

    def _set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int, is_meant: Callable[[Turn], bool]) -> int:
        with self._lock:
            there = self._turns.get(session, {})
            meant = [there[turn] for turn in dict.fromkeys(turns) if turn in there and there[turn].ttl_by <= by and is_meant(there[turn])]
            there.update({turn.id: turn._replace(ttl=ttl, ttl_by=by or turn.ttl_by) for turn in meant})
            return len(meant)

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool:
        with self._lock:
            head = self._living(session, born)
            if head is not None and head.turns_ttl == seen:
                head = self._heads[session] = head._replace(turns_ttl=turns_ttl)
            return head is not None and head.turns_ttl == turns_ttl

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]:
        with self._lock:
            listed = [
                (head.last_updated, session, head)
                for session, head in self._heads.items()
                if owner and head.owner == owner and head.is_live(now) and (position is None or (head.last_updated, session) < position)
            ]
        listed.sort(key=lambda line: line[:2], reverse=True)
        return tuple(Listed(session, head) for _, session, head in listed[:limit])

    def changes(self, owner: str, since: int, limit: int) -> tuple[Listed, ...]:
        with self._lock:
            heads = [(head.last_updated, session, head) for session, head in self._heads.items() if head.owner == owner != ""]
        listed = sorted((line for line in heads if line[0] >= since), key=lambda line: line[:2], reverse=True)
        return tuple(Listed(session, head) for _, session, head in listed[:limit])

    def heads(self, sessions: Sequence[str]) -> dict[str, Head]:
        with self._lock:
            return {session: self._heads[session] for session in sessions if session in self._heads}

    def claim(self, claim: Claim, now: float) -> Claim | None:
        with self._lock:
            result = self._claims.get(claim.hash)
            free = result is None or result.ttl <= now
            return self._put(claim, result, free)

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None:
        with self._lock:
            result = self._claims.get(claim.hash)
            free = result is None or (result.invocation, result.lease_until) == (seen.invocation, seen.lease_until)
            return self._put(claim, result, free)

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None:
        with self._lock:
            return self._claims.get(hash)

    def check(self, now: float) -> None:
        with self._lock:
            self._claims[check.ROW] = Claim.of(check.item(now))

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None:
        with self._lock:
            result = self._running(hash)
            if result is None or result.invocation != invocation:
                return None
            renewed = self._claims[hash] = result._replace(lease_until=lease_until)
            return renewed

    def follow(self, hash: str, connection_id: str) -> None:
        with self._lock:
            result = self._running(hash)
            if result is not None:
                self._claims[hash] = result._replace(connection_id=connection_id)

    def cancel(self, hash: str) -> bool:
        with self._lock:
            result = self._running(hash)
            if result is not None:
                self._claims[hash] = result._replace(cancel=True)
            return result is not None

    def fail(self, claim: Claim) -> bool:
        with self._lock:
            result = self._claims.get(claim.hash)
            if result is None or result.invocation != claim.invocation:
                return False
            if not result.failed:
                self._claims[claim.hash] = claim
            return True

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        with self._lock:
            result = self._tallies.get(hold.row, Tally(hold.row))
            if hold.attribute in result.holds:
                return None
            if result.tokens >= limit:
                return result
            self._tallies[hold.row] = result.holding(hold)
            return None

    def tally(self, row: str) -> Tally:
        with self._lock:
            return self._tallies.get(row, Tally(row))

    def settle(self, hold: Hold, used: int) -> None:
        with self._lock:
            result = self._tallies.get(hold.row, Tally(hold.row))
            if hold.attribute in result.holds:
                self._tallies[hold.row] = result.settled(hold, used)

    def _newest_first(self, session: str) -> tuple[Turn, ...]:
        turns = self._turns.get(session, {})
        return tuple(turns[id_] for id_ in sorted(turns, reverse=True))

    def _living(self, session: str, born: str) -> Head | None:
        head = self._heads.get(session)
        return None if head is None or head.deleted or head.born != born else head

    def _running(self, hash_: str) -> Claim | None:
        result = self._claims.get(hash_)
        return None if result is None or result.failed else result

    def _put(self, claim: Claim, result: Claim | None, free: bool) -> Claim | None:
        """None: the row is `claim`'s now, or was already (`invocation`)."""
        if free:
            self._claims[claim.hash] = claim
            return None
        return None if result is None or result.invocation == claim.invocation else result


def ends_before(ttl: int | None, new: int | None) -> bool:
    """Whether `prolong` changes a turn with this `ttl`: it comes to be kept longer, or gets a `ttl` where it had none."""
    return ttl is not None if new is None else ttl is None or ttl < new
