"""One question: the order of its steps.

Load, claim, begin the life of the session where there is none, ask, commit, count it in. What each of several invocations sees that were
given the same request (a double click, a client that lost its connection, one that was sent to another machine):

    first        claim ── ask ── renew ── renew ── add_turn ── advance ── done
    a duplicate    claim: taken ── turn? no ── ... (once a second) ... ── turn? yes: replay it
    first        claim ── ask ── killed
    a duplicate    claim: taken ── turn? no ── ... ── lease over, turn? no ── take_over ── ask ── add_turn ── ...
    first        claim ── ask ── stalls past its lease ── (add_turn: is there already ── replay it)
    a duplicate    claim: taken ── ... ── take_over ── ask ── add_turn ── ...

`add_turn` is the only commit point: it is conditional on the turn not being there, and the turn's id is fixed by the claim. A crash before
it leaves a lease that runs out, and the same request runs again under the same id; a crash after it leaves a turn that is replayed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from bridge import lives
from bridge.clock import Chance, Clock, Timing
from bridge.dedup import (
    CLAIM_SECONDS,
    Meaning,
    failed,
    failure,
    meaning,
    message_hash,
    new_session_id,
    request_hash,
)
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.interrupt import Interrupt, Reason
from bridge.keeper import Claims, Keeper, Lease
from bridge.past import Past
from bridge.poster import Audience, Connections, Ending, Poster
from bridge.protocol import Query
from bridge.reader import Claude, Reader, Told
from bridge.records import Claim, Head, Message, Progress, Turn, session_key
from bridge.replies import done, error_ending, replayed
from bridge.retry import Failure
from bridge.settings import Settings
from bridge.store import Session
from bridge.text import one_line
from bridge.turn_ids import RANDOM_BYTES
from bridge.window import Window, choose

TITLE_CHARACTERS = 80
_PAGE = 50

log = logging.getLogger("bridge")


class Store(Claims, Protocol):
    """What a turn asks of the store; see `store.Store`."""

    def load(self, session: str, limit: int = 50) -> Session: ...

    def page(self, session: str, after: str, before: str, limit: int) -> tuple[Turn, ...]: ...

    def turn(self, session: str, turn: str) -> Turn | None: ...

    def add_turn(self, session: str, turn: Turn) -> Turn | None: ...

    def remove_turn(self, session: str, turn: str) -> None: ...

    def begin(self, session: str, head: Head, seen: Head | None) -> Head: ...

    def advance(self, session: str, born: str, progress: Progress) -> Head | None: ...

    def claim(self, claim: Claim, now: float) -> Claim | None: ...

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None: ...

    def follow(self, hash: str, connection_id: str) -> None: ...

    def fail(self, claim: Claim) -> bool: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What every question is answered with, made once per process."""

    settings: Settings
    store: Store
    connections: Connections
    claude: Claude
    clock: Clock
    chance: Chance
    timing: Timing


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose question it is and where the answer goes. `event_id` is API Gateway's id of the message; `sent_at` when it took it."""

    owner: str
    connection_id: str
    event_id: str
    sent_at: float | None


class Silent(Exception):
    """Nothing more is stored or sent from here: the lease is over and another invocation may be answering, or nobody listens."""


class Answering:
    """One question being answered. `run` returns when the client has been told the last frame; it never raises."""

    def __init__(self, means: Means, query: Query, caller: Caller, time_left: Callable[[], float]) -> None:
        self._settings = means.settings
        self._store = means.store
        self._clock = means.clock
        self._chance = means.chance
        self._timing = means.timing
        self._query = query
        self._caller = caller
        self._session_id = query.session_id or new_session_id(caller.owner, query.request_id, query.message, means.chance.token())
        self._session = session_key(caller.owner, self._session_id)
        self._invocation = means.chance.token()
        self._deadline = means.clock.monotonic() + time_left() - means.timing.reserve
        self._audience = Audience(
            caller.connection_id, not query.stream, query.request_id, query.request_id or caller.event_id, self._session_id
        )
        self._interrupt = Interrupt()
        self._poster = Poster(means.connections, self._audience, single_by=self._single_by(), clock=means.clock, timing=means.timing)
        self._reader = Reader(means.claude, self._poster, self._interrupt, means.chance, time_left=self._time_left)
        self._keeper: Keeper | None = None
        self._claim: Claim | None = None
        self._committing = False

    def run(self) -> None:
        self._poster.start()
        self._reader.start()
        try:
            self._poster.end(self._ending())
        finally:
            self._interrupt.set(Reason.CANCELLED)  # Whatever happened, no thread outlives the question.
            self._reader.dismiss()
            if self._keeper is not None:
                self._keeper.stop()
            self._poster.end(None)

    def _ending(self) -> Ending | None:
        try:
            return self._answer()
        except Silent as reason:
            log.info("a question ends in silence", extra={"reason": str(reason)})
            return None
        except BridgeError as error:
            return self._failed(error)
        except Failure as error:
            return self._failed(error.error)
        except Exception:
            log.exception("a question ended in an unexpected error", extra={"request_id": self._audience.single_id})
            return self._failed(BridgeError(Code.INTERNAL))

    # Claiming.

    def _answer(self) -> Ending:
        session = self._store.load(self._session)
        while True:
            now = self._clock.now()
            life = lives.life_for(session, now, self._settings.session_ttl)
            claim = self._new_claim(session, life, now)
            asked_at = self._clock.monotonic()
            row = self._store.claim(claim, now)
            if row is None:
                return self._run_turn(claim, asked_at, session, life)
            ending = self._duplicate(claim, row)
            if ending is not None:
                return ending
            session = self._store.load(self._session)

    def _new_claim(self, session: Session, life: Head, now: float) -> Claim:
        query, owner = self._query, self._caller.owner
        return Claim(
            hash=request_hash(owner, self._session_id, query.request_id, lives.newest(session, now), query.message),
            session=self._session,
            turn=lives.next_turn(session, life, now, self._chance.octets(RANDOM_BYTES)),
            message=message_hash(query.message),
            invocation=self._invocation,
            lease_until=now + self._settings.lease_seconds,
            ttl=int(now) + CLAIM_SECONDS,
            connection_id=self._caller.connection_id if query.stream else "",
        )

    def _duplicate(self, claim: Claim, row: Claim) -> Ending | None:
        """Waits for the answer to a request that somebody else has claimed; None when it is free to be claimed (again)."""
        told = False
        while True:
            match meaning(row, claim.message, self._clock.now()):
                case Meaning.CONFLICT:
                    raise BridgeError(Code.REQUEST_ID_CONFLICT)
                case Meaning.FAILED if told:
                    raise failure(row)
                case Meaning.FAILED:
                    return None
            if not told:
                told = True
                self._accept(new=False, duplicate=True)
                if self._query.stream:
                    self._store.follow(row.hash, self._caller.connection_id)
            # Read after the row: had the row's holder lost its lease and committed all the same, the turn shows it.
            ending = self._replay(row)
            if ending is not None:
                return ending
            found: Claim | None = row
            if meaning(row, claim.message, self._clock.now()) is Meaning.ABANDONED:
                ending, found = self._take_over(claim, row)
                if ending is not None:
                    return ending
            else:
                self._pause()
                found = self._store.look(row.hash)
            if found is None:
                return None
            row = found

    def _pause(self) -> None:
        if self._poster.own_is_gone:
            raise Silent("nobody listens")
        if self._time_left() <= 0:
            raise BridgeError(Code.STILL_RUNNING)
        self._interrupt.wait(self._timing.look)

    def _replay(self, row: Claim) -> Ending | None:
        """The stored turn of this request, if it is there and its session still is what it was."""
        turn = self._store.turn(self._session, row.turn)
        if turn is None:
            return None
        session = self._store.load(self._session)
        head = session.head
        if head is None or not head.is_live(self._clock.now()) or turn.id <= head.born:
            return None
        self._poster.begin(turn.answer)
        self._poster.add(turn.text)
        return replayed(self._audience, turn, head, lives.living(session, self._clock.now()))

    def _take_over(self, claim: Claim, row: Claim) -> tuple[Ending | None, Claim | None]:
        """Claims a row whose lease is over and answers. (None, the row) when somebody else was first."""
        session = self._store.load(self._session)
        now = self._clock.now()
        head = session.head
        if head is not None and head.deleted and (head.ttl or 0) > now and head.born > row.turn:
            raise BridgeError(Code.SESSION_DELETED)
        life = lives.life_for(session, now, self._settings.session_ttl)
        turn = row.turn if row.turn > life.born else lives.next_turn(session, life, now, self._chance.octets(RANDOM_BYTES))
        claim = replace(claim, turn=turn, lease_until=now + self._settings.lease_seconds, ttl=int(now) + CLAIM_SECONDS, cancel=row.cancel)
        asked_at = self._clock.monotonic()
        found = self._store.take_over(claim, row)
        if found is not None:
            return None, found
        log.info("took over a request whose lease was over")
        return self._run_turn(claim, asked_at, session, life, accepted=True), None

    # Running.

    def _run_turn(self, claim: Claim, asked_at: float, session: Session, life: Head, *, accepted: bool = False) -> Ending:
        """Answers a request that is ours. Raises what `_ending` turns into the last frame."""
        self._claim = claim
        lease = Lease(self._settings.lease_seconds, asked_at, self._clock)
        self._poster.guard(lease.is_held)
        self._keeper = Keeper(
            self._store, claim, lease, self._poster, self._interrupt, deadline=self._deadline, clock=self._clock, timing=self._timing
        )
        self._keeper.start()
        if claim.cancel:
            raise BridgeError(Code.CANCELLED)
        turns = lives.living(session, self._clock.now())
        if not accepted:
            self._accept(new=not turns, duplicate=False)
        life = self._settle(claim, session, life)
        past = self._past(turns, life)
        window = choose(past, self._query.message, self._settings.context_limit, life.summary, life.summarised_through)
        told = self._reader.ask(self._request(window))
        return self._commit(claim, lease, life, turns, window, self._worth_keeping(told))

    def _settle(self, claim: Claim, session: Session, life: Head) -> Head:
        """Writes the head of a new life before Claude is asked; of several who begin one, all follow the first."""
        if session.head is life:
            return life
        begun = self._store.begin(self._session, life, session.head)
        if begun.deleted or claim.turn <= begun.born:
            raise BridgeError(Code.SESSION_DELETED)  # Deleted, and perhaps begun anew, since this question was claimed.
        return begun

    def _past(self, turns: tuple[Turn, ...], life: Head) -> Past:
        """`turns`, and older ones while what is there does not fill the window."""
        full = len(turns) >= _PAGE - 1
        while full and sum(turn.characters for turn in turns) < self._settings.context_limit:
            older = self._store.page(self._session, life.born, turns[-1].id, _PAGE)
            turns += older
            full = len(older) == _PAGE
        return Past(turns, complete=not full)

    def _request(self, window: Window) -> dict[str, object]:
        settings = self._settings
        request: dict[str, object] = {
            "model": settings.claude_model,
            "max_tokens": settings.max_tokens,
            "messages": [{"role": message.role, "content": message.content} for message in window.asking(self._query.message)],
        }
        if settings.system_prompt:
            request["system"] = settings.system_prompt
        if settings.claude_effort:
            request["output_config"] = {"effort": settings.claude_effort}
        return request

    def _worth_keeping(self, told: Told) -> Told:
        """What is stored, with the bridge's own `stop_reason` where it stopped the answer. Raises for what is never stored."""
        reason = self._interrupt.reason
        if reason is Reason.LEASE_LOST:
            raise Silent("the lease is over")
        if told.stop_reason == "refusal":
            raise BridgeError(Code.CLAUDE_REFUSED)
        if told.text.strip():
            return replace(told, stop_reason=reason.value) if reason is not None and not told.stop_reason else told
        if reason is Reason.CANCELLED:
            raise BridgeError(Code.CANCELLED)
        if reason is Reason.OUT_OF_TIME:
            raise BridgeError(Code.CLAUDE_UNAVAILABLE, "Claude had not begun to answer when the time was up. Try again.")
        if told.stop_reason == "max_tokens":
            raise BridgeError(
                Code.EMPTY_ANSWER,
                "Claude used up MAX_TOKENS before it wrote any text. Raise it or lower CLAUDE_EFFORT.",
                setting="MAX_TOKENS",
            )
        raise BridgeError(Code.EMPTY_ANSWER)

    # Committing.

    def _commit(self, claim: Claim, lease: Lease, life: Head, turns: tuple[Turn, ...], window: Window, told: Told) -> Ending:
        if not lease.is_held():
            raise Silent("the lease is over")
        now = self._clock.now()
        ttl = self._settings.session_ttl
        turn = Turn(
            id=claim.turn,
            context=(Message("user", self._query.message), Message("assistant", told.text)),
            last_updated=int(now),
            answer=told.answer,
            model=told.model,
            stop_reason=told.stop_reason,
            truncated=told.stop_reason in (*(reason.value for reason in Reason), "max_tokens", "model_context_window_exceeded"),
            usage=told.usage,
            ttl=lives.turn_expiry(now, ttl),
        )
        # From here on the outcome may be unknown: an error must leave the row as it is, so that a repeat looks for this very turn.
        self._committing = True
        stored = self._store.add_turn(self._session, turn)
        if stored is not None and stored.answer != turn.answer:
            self._poster.begin(stored.answer)
            self._poster.add(stored.text)
            return replayed(self._audience, stored, life, turns)
        head = self._count_in(life, turn, now)
        return done(self._audience, turn, head, turns, window)

    def _count_in(self, life: Head, turn: Turn, now: float) -> Head:
        """The head after this turn. A session that was deleted meanwhile, or lives another life, loses the turn again."""
        ttl = self._settings.session_ttl
        progress = Progress(
            owner=self._caller.owner,
            title=one_line(self._query.message, TITLE_CHARACTERS),
            last_updated=int(now),
            ttl=lives.expiry(now, ttl),
            turns_ttl=lives.turn_expiry(now, ttl),
            usage=turn.usage,
        )
        counted = life.counting(progress)
        try:
            head = self._store.advance(self._session, life.born, progress)
            if head is None:
                head = self._store.begin(self._session, counted, None)
        except StoreUnavailable:
            log.warning("the head of the session could not be updated; the turn is stored")
            return counted
        if head.deleted or head.born != life.born:
            self._store.remove_turn(self._session, turn.id)
            self._committing = False
            raise BridgeError(Code.SESSION_DELETED)
        return head

    def _failed(self, error: BridgeError) -> Ending:
        """Tells of an error, and frees the request for a repeat unless its outcome is unknown."""
        if self._claim is not None and not self._committing:
            try:
                self._store.fail(failed(self._claim, error, self._clock.now()))
            except StoreUnavailable:
                log.warning("the failed request could not be marked; its lease will run out")
        return error_ending(self._audience, error)

    # Small things.

    def _accept(self, *, new: bool, duplicate: bool) -> None:
        self._poster.say("accepted", session_id=self._session_id, new=new, duplicate=duplicate)

    def _time_left(self) -> float:
        return self._deadline - self._clock.monotonic()

    def _single_by(self) -> float:
        """When an unstreamed request must have its reply, by the monotonic clock."""
        now = self._clock.now()
        waited = max(0.0, now - self._caller.sent_at) if self._caller.sent_at is not None else 0.0
        return self._clock.monotonic() + max(0.0, self._timing.single - waited)
