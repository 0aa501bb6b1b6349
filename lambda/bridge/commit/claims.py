"""Claiming a request, without waiting for whoever may hold it: every action that stores a turn begins with this."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bridge.clock import Chance, Clock
from bridge.commit import storing
from bridge.errors import BridgeError, Code
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.claim_row import Claim
from bridge.store.claims import CLAIM_SECONDS, EXPIRED_ROW_SECONDS, ClaimState, claim_state, message_hash, request_hash
from bridge.store.port import Session, Store
from bridge.store.records import Head, Turn, session_key
from bridge.store.session_settings import SessionSettings
from bridge.turn_ids import RANDOM_BYTES
from bridge.typed import Any, NamedTuple

log = logging.getLogger("bridge")


class Request(NamedTuple):
    """What is claimed, for whom, and by which invocation. `connection_id` is the connection that wants the stream, or "".

    `options` is what else tells it from others without an id; `must`: whether its session has to `exist` or to `be_new`; `settings` are
    those of a session that it begins. `said_at`: when it was said, in seconds since the epoch; None: now.
    """

    owner: str
    session_id: str
    request_id: str
    message: str
    invocation: str
    connection_id: str = ""
    options: str = ""
    must: str = ""
    said_at: float | None = None
    settings: Mapping[str, Any] = {}

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
        life = self._life_for(session, now)
        claim = self._new_claim(session, life, now)
        row = self.store.claim(claim, now - EXPIRED_ROW_SECONDS)
        return Claimed(claim, claimed_at, session, life, again=False) if row is None else Taken(row, claim, session.head)

    def take_over(self, claim: Claim, row: Claim, *, free: bool = False) -> Claimed | Claim:
        """Claims a row whose lease is over, under the same turn if its life still is the present one. The row, if somebody was first.

        `free`: the row says nothing any more, and its turn is not ours. Raises `session_deleted`.
        """
        session = self._load()
        claimed_at, now = self.clock.monotonic(), self.clock.now()
        if not free and lives.is_buried(row.turn, session.head, now):
            raise BridgeError(Code.SESSION_DELETED)
        life = self._life_for(session, now)
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
        else:
            storing.apply_session_ttl(self.store, self.request.session, head, turn, self.settings.session_ttl)
        return Answered(turn, head, lives.living(session, now))

    def begin_life(self, claimed: Claimed) -> Head:
        """Writes the head of a new life, where there has to be one; of several who begin one, all follow the first.

        Raises `session_deleted`; and, by what the request says of its session, `no_such_session` or `session_exists`.
        """
        head, must = claimed.session.head, self.request.must
        exists = bool(must and lives.living(claimed.session, self.clock.now()))
        if must == "exist" and not exists:
            raise BridgeError(Code.NO_SUCH_SESSION)
        if must == "be_new" and (exists or self._is_begun_elsewhere(claimed)):
            raise BridgeError(Code.SESSION_EXISTS)
        if claimed.life is head and must != "be_new":
            return head
        life = claimed.life._replace(begun_by=claimed.claim.hash)
        if claimed.life is head:  # Nothing is said in it: it is taken over from a request that has failed.
            life = life._replace(last_updated=max(int(self.clock.now()), head.last_updated + 1))
        begun = self.store.begin(self.request.session, life, head)
        if must == "be_new" and begun.begun_by != life.begun_by:
            raise BridgeError(Code.SESSION_EXISTS)
        if begun.deleted or claimed.claim.turn <= begun.born:
            raise BridgeError(Code.SESSION_DELETED)  # Deleted, and perhaps begun again, since the request was claimed.
        return begun

    def _is_begun_elsewhere(self, claimed: Claimed) -> bool:
        """Whether another request has begun this life and is still being answered."""
        by = claimed.life.begun_by
        row = self.store.look(by) if by and by != claimed.claim.hash else None
        return row is not None and claim_state(row, row.message, self.clock.now(), self.settings.lease_seconds) is ClaimState.RUNNING

    def _life_for(self, session: Session, now: float) -> Head:
        """The life that the turn will belong to. A new one has the settings that the request asks for."""
        settings = SessionSettings().changed(self.request.settings) if self.request.settings else SessionSettings()
        life = lives.life_for(session, now, settings.period(self.settings.session_ttl))
        if self.request.said_at is not None and session == Session(None, ()):
            life = life._replace(born=lives.born_at(min(now, self.request.said_at)))
        return life if life is session.head else life._replace(settings=settings)

    def _load(self) -> Session:
        return self.store.load(self.request.session, lives.LOADED_TURNS + 1)

    def _new_claim(self, session: Session, life: Head, now: float) -> Claim:
        owner, session_id, request_id, message, invocation, connection_id, options, *_ = self.request
        return Claim(
            hash=request_hash(owner, session_id, request_id, lives.newest(session, now), message, options),
            session=self.request.session,
            turn=self._next_turn(session, life, now),
            message=message_hash(message),
            invocation=invocation,
            lease_until=now + self.settings.lease_seconds,
            ttl=int(now) + CLAIM_SECONDS,
            connection_id=connection_id,
        )

    def _next_turn(self, session: Session, life: Head, now: float) -> str:
        moment = now if self.request.said_at is None else min(now, self.request.said_at)
        return lives.next_turn(session, life, moment, self.chance.random_bytes(RANDOM_BYTES))
