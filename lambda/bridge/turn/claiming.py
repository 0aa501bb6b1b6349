"""Who answers a request: this invocation, or another one whose answer is waited for and replayed.

What each of several invocations sees that were given the same request (a double click, a client that lost its connection):

    first        claim ── ask ── renew ── renew ── add_turn ── advance ── done
    a duplicate    claim: taken ── turn? no ── ... (once a second) ... ── turn? yes: replay it
    first        claim ── ask ── killed
    a duplicate    claim: taken ── turn? no ── ... ── lease over, turn? no ── take_over ── ask ── add_turn ── ...
    first        claim ── ask ── stalls past its lease ── (add_turn: is there already ── replay it)
    a duplicate    claim: taken ── ... ── take_over ── ask ── add_turn ── ...
    first        claim ── stalls past its lease ── (the lease is over: nothing is asked, stored or said)
    a duplicate    claim: taken ── ... ── take_over ── ask ── add_turn ── ...
    first        claim ── ask ── killed          a deletion: tombstone ── another question: a new life
    a duplicate    claim: taken ── ... ── lease over, turn? no ── the row's turn lies below the tombstone: session_deleted

A duplicate never leaves its caller silent: it replays, takes over, or tells the error of the first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

from bridge.clock import Chance, Clock, Timing
from bridge.commit import storing
from bridge.errors import BridgeError, Code
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.claims import CLAIM_SECONDS, Meaning, failure, meaning, message_hash, request_hash
from bridge.store.port import Session
from bridge.store.records import Claim, Head, Turn
from bridge.turn.poster import Ending, Poster
from bridge.turn.question import Question
from bridge.turn.replies import replayed
from bridge.turn_ids import RANDOM_BYTES

log = logging.getLogger("bridge")


class Store(storing.Store, Protocol):
    """What claiming asks of the store; see `store.Store`."""

    def load(self, session: str, limit: int) -> Session: ...

    def turn(self, session: str, turn: str) -> Turn | None: ...

    def claim(self, claim: Claim, now: float) -> Claim | None: ...

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None: ...

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None: ...

    def follow(self, hash: str, connection_id: str) -> None: ...


class Silent(Exception):
    """Nothing more is stored or sent from here: the lease is over and another invocation may be answering, or nobody listens."""


class Claimed(NamedTuple):
    """The request is ours. `asked_at` is the monotonic time from which the lease counts; `session` what was there when it was claimed;
    `life` the head the turn will belong to (`session.head`, or a new one that is not written yet). `waited`: as a duplicate, and the client
    was told so. `again`: somebody had this request before.
    """

    claim: Claim
    asked_at: float
    session: Session
    life: Head
    waited: bool
    again: bool


class Claiming:
    """Claims one request. `pause` waits a while; `time_left` says for how long a duplicate may go on waiting."""

    def __init__(
        self,
        store: Store,
        question: Question,
        poster: Poster,
        settings: Settings,
        *,
        clock: Clock,
        chance: Chance,
        timing: Timing,
        pause: Callable[[float], object],
        time_left: Callable[[], float],
    ) -> None:
        self._store = store
        self._question = question
        self._poster = poster
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._timing = timing
        self._pause = pause
        self._time_left = time_left
        self._waited = False

    def claim(self) -> Claimed | Ending:
        """The request, ours; or the end of it, made by somebody else. Raises `BridgeError` and `Silent`."""
        while True:
            session = self._load()
            asked_at, now = self._clock.monotonic(), self._clock.now()
            life = lives.life_for(session, now, self._settings.session_ttl)
            claim = self._new_claim(session, life, now)
            row = self._store.claim(claim, now)
            if row is None:
                return Claimed(claim, asked_at, session, life, waited=self._waited, again=False)
            outcome = self._wait(claim, row, session.head)
            if outcome is not None:
                return outcome

    def _new_claim(self, session: Session, life: Head, now: float) -> Claim:
        query, owner, session_id = self._question.query, self._question.caller.owner, self._question.session_id
        return Claim(
            hash=request_hash(owner, session_id, query.request_id, lives.newest(session, now), query.message),
            session=self._question.session,
            turn=lives.next_turn(session, life, now, self._chance.octets(RANDOM_BYTES)),
            message=message_hash(query.message),
            invocation=self._question.invocation,
            lease_until=now + self._settings.lease_seconds,
            ttl=int(now) + CLAIM_SECONDS,
            connection_id=self._question.caller.connection_id if query.stream else "",
        )

    def _wait(self, claim: Claim, row: Claim, head: Head | None) -> Claimed | Ending | None:
        """What comes of a request that somebody else has claimed; None when it is free to be claimed (again).

        `head` is the session's: whose turn it has buried has nothing to wait for.
        """
        found: Claim | None = row
        while found is not None:
            match meaning(found, claim.message, self._clock.now()):
                case Meaning.CONFLICT:
                    raise BridgeError(Code.REQUEST_ID_CONFLICT)
                case Meaning.FAILED if self._waited:
                    raise failure(found)
                case Meaning.FAILED | Meaning.ABANDONED:
                    outcome = self._replay(found, nobody_counts=True) or self._take_over(claim, found)
                    if not isinstance(outcome, Claim):
                        return outcome
                    found = outcome
                case Meaning.RUNNING if lives.is_buried(found.turn, head, self._clock.now()):
                    raise BridgeError(Code.SESSION_DELETED)
                case Meaning.RUNNING:
                    self._join(found)
                    ending = self._replay(found)
                    if ending is not None:
                        return ending
                    self._rest()
                    found = self._store.look(found.hash)
        return None

    def _join(self, row: Claim) -> None:
        """Lets the caller know, and the invocation at work that there is one more to stream to."""
        if not self._waited:
            self._waited = True
            self._accept()
            if self._question.query.stream:
                self._poster.wait_until_said(self._timing.look)  # The invocation at work posts on its own: `accepted` is to come first.
                self._store.follow(row.hash, self._question.caller.connection_id)

    def _accept(self) -> None:
        self._poster.say("accepted", session_id=self._question.session_id, new=False, duplicate=True)

    def _rest(self) -> None:
        if self._poster.own_is_gone:
            raise Silent("nobody listens")
        if self._time_left() <= 0:
            raise BridgeError(Code.STILL_RUNNING)
        self._pause(self._timing.look)

    def _load(self) -> Session:
        return self._store.load(self._question.session, lives.LOADED_TURNS + 1)

    def _replay(self, row: Claim, *, nobody_counts: bool = False) -> Ending | None:
        """The stored turn of this request, if it is there and its session still is what it was.

        Read after the row: had the row's holder lost its lease and committed all the same, the turn shows it. `nobody_counts`: the holder
        is gone, and if it was so before it counted the turn in the head, that is done here.
        """
        turn = self._store.turn(self._question.session, row.turn)
        if turn is None:
            return None
        session = self._load()
        head, now = session.head, self._clock.now()
        if head is None or not head.is_live(now) or turn.id <= head.born:
            return None
        if nobody_counts and (not head.owner or head.last_updated < turn.last_updated):
            owner, period = self._question.caller.owner, self._settings.session_ttl
            head = storing.count_in(self._store, self._question.session, owner, head, turn, period)
        if not self._waited:
            self._accept()
        self._poster.begin(turn.answer)
        self._poster.add(turn.text)
        return replayed(self._question.audience, turn, head, lives.living(session, now))

    def _take_over(self, claim: Claim, row: Claim) -> Claimed | Claim:
        """Claims a row whose lease is over, under the same turn if its life still is the present one. The row, if somebody was first."""
        session = self._load()
        asked_at, now = self._clock.monotonic(), self._clock.now()
        head = session.head
        if lives.is_buried(row.turn, head, now):
            raise BridgeError(Code.SESSION_DELETED)
        life = lives.life_for(session, now, self._settings.session_ttl)
        turn = row.turn if row.turn > life.born else lives.next_turn(session, life, now, self._chance.octets(RANDOM_BYTES))
        claim = claim._replace(turn=turn, lease_until=now + self._settings.lease_seconds, ttl=int(now) + CLAIM_SECONDS)
        claim = claim._replace(cancel=row.cancel and turn == row.turn)
        found = self._store.take_over(claim, row)
        if found is not None:
            return found
        log.info("took over a request", extra={"from": "a failure" if row.failed else "a lease that was over"})
        return Claimed(claim, asked_at, session, life, waited=self._waited, again=True)
