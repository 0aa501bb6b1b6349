"""Claiming a request, without waiting for whoever may hold it: every action that stores a turn begins with this."""

from __future__ import annotations

import logging

from bridge.clock import Chance, Clock
from bridge.commit import storing
from bridge.errors import BridgeError, Code
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.claim_row import Claim
from bridge.store.claims import CLAIM_SECONDS, KEPT_SECONDS, message_hash, request_hash
from bridge.store.port import Session, Store
from bridge.store.records import Head, Turn, session_key
from bridge.turn_ids import RANDOM_BYTES
from bridge.typed import NamedTuple

log = logging.getLogger("bridge")


class Request(NamedTuple):
    """What is claimed, for whom, and by which invocation. `connection_id` is the connection that wants the stream, or ""."""

    owner: str
    session_id: str
    request_id: str
    message: str
    invocation: str
    connection_id: str = ""

    @property
    def session(self) -> str:
        """The partition key of the session."""
        return session_key(self.owner, self.session_id)


class Claimed(NamedTuple):
    """The request is ours.

    `claimed_at` is the monotonic time from which the lease counts; `session` what was there when it was claimed; `life` the head that the
    turn will belong to (`session.head`, or a new one that is not written yet). `again`: somebody had this request before.
    """

    claim: Claim
    claimed_at: float
    session: Session
    life: Head
    again: bool


class Taken(NamedTuple):
    """Somebody else has claimed the request: `row` is theirs, `claim` what ours would have been. `head` is the session's."""

    row: Claim
    claim: Claim
    head: Head | None


class Answered(NamedTuple):
    """The request has its turn already. `turns` are all that a load finds living, newest first."""

    turn: Turn
    head: Head
    turns: tuple[Turn, ...]


class Claims(NamedTuple):
    """Claims one request, and looks for what others have made of it. All methods may raise `StoreUnavailable`."""

    store: Store
    request: Request
    settings: Settings
    clock: Clock
    chance: Chance

    def claim(self) -> Claimed | Taken:
        session = self._load()
        claimed_at, now = self.clock.monotonic(), self.clock.now()
        life = lives.life_for(session, now, self.settings.session_ttl)
        claim = self._new_claim(session, life, now)
        row = self.store.claim(claim, now - KEPT_SECONDS)
        return Claimed(claim, claimed_at, session, life, again=False) if row is None else Taken(row, claim, session.head)

    def take_over(self, claim: Claim, row: Claim, *, free: bool = False) -> Claimed | Claim:
        """Claims a row whose lease is over, under the same turn if its life still is the present one. The row, if somebody was first.

        `free`: the row says nothing any more, and its turn is not ours. Raises `session_deleted`.
        """
        session = self._load()
        claimed_at, now = self.clock.monotonic(), self.clock.now()
        if not free and lives.is_buried(row.turn, session.head, now):
            raise BridgeError(Code.SESSION_DELETED)
        life = lives.life_for(session, now, self.settings.session_ttl)
        turn = row.turn if row.turn > life.born and not free else self._next_turn(session, life, now)
        claim = claim._replace(
            turn=turn,
            lease_until=now + self.settings.lease_seconds,
            ttl=int(now) + CLAIM_SECONDS,
            cancel=row.cancel and turn == row.turn,
        )
        other = self.store.take_over(claim, row)
        if other is not None:
            return other
        log.info("took over a request", extra={"from": "a failure" if row.failed else "a lease that was over"})
        return Claimed(claim, claimed_at, session, life, again=True)

    def answered(self, row: Claim, *, count: bool = False) -> Answered | None:
        """The stored turn of this request, if it is there and its session still is what it was.

        Read after the row: had the row's holder lost its lease and committed all the same, the turn shows it. `count`: the holder is gone;
        if that was before it counted the turn in the head, the turn is counted here.
        """
        turn = self.store.turn(self.request.session, row.turn)
        if turn is None:
            return None
        session = self._load()
        head, now = session.head, self.clock.now()
        if head is None or not head.is_live(now) or turn.id <= head.born:
            return None
        if count and (not head.owner or head.last_updated < turn.last_updated):
            head = storing.count_in(self.store, self.request.session, self.request.owner, head, turn, self.settings.session_ttl)
        return Answered(turn, head, lives.living(session, now))

    def begin_life(self, claimed: Claimed) -> Head:
        """Writes the head of a new life, where there has to be one; of several who begin one, all follow the first.

        Raises `session_deleted`.
        """
        if claimed.life is claimed.session.head:
            return claimed.life
        begun = self.store.begin(self.request.session, claimed.life, claimed.session.head)
        if begun.deleted or claimed.claim.turn <= begun.born:
            raise BridgeError(Code.SESSION_DELETED)  # Deleted, and perhaps begun again, since the request was claimed.
        return begun

    def _load(self) -> Session:
        return self.store.load(self.request.session, lives.LOADED_TURNS + 1)

    def _new_claim(self, session: Session, life: Head, now: float) -> Claim:
        owner, session_id, request_id, message, invocation, connection_id = self.request
        return Claim(
            hash=request_hash(owner, session_id, request_id, lives.newest(session, now), message),
            session=self.request.session,
            turn=self._next_turn(session, life, now),
            message=message_hash(message),
            invocation=invocation,
            lease_until=now + self.settings.lease_seconds,
            ttl=int(now) + CLAIM_SECONDS,
            connection_id=connection_id,
        )

    def _next_turn(self, session: Session, life: Head, now: float) -> str:
        return lives.next_turn(session, life, now, self.chance.random_bytes(RANDOM_BYTES))
