"""One question: the order of its steps.

Claim it, hold tokens for it, begin the life of its session where there is none, choose what of the conversation Claude sees, ask, commit,
tell. Then, with nobody waiting, bring summary and lifetimes up to date.

`add_turn` is the only commit point: it is conditional on the turn not being there, and the turn's id is fixed by the claim. A crash before
it leaves a lease that runs out, and the same request runs again under the same id; a crash after it leaves a turn that is replayed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from bridge.claude.budget import Bill, Budget, most_tokens
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.retry import Failure
from bridge.commit import storing
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.memory import request
from bridge.memory.reading import Bounds, KnownConversation
from bridge.memory.window import Window, choose
from bridge.services import Context, Services
from bridge.store import lives
from bridge.store.claims import failed
from bridge.store.port import Session
from bridge.store.records import Claim, Head, Turn
from bridge.turn.claiming import Claimed, Claiming, Silent
from bridge.turn.lease import Keeper, Lease
from bridge.turn.metrics import Measures
from bridge.turn.outcome import turn_of, worth_keeping
from bridge.turn.poster import Ending, Poster
from bridge.turn.question import Query, Question
from bridge.turn.reader import Reader, Told
from bridge.turn.replies import done, error_ending, replayed
from bridge.upkeep.upkeep import Stored, Upkeep

log = logging.getLogger("bridge")


def answer(context: Context, query: Query) -> Measures:
    """Answers a question, from its claim to the last frame and the upkeep. Returns what was measured. Raises `message_too_long`."""
    services = context.services
    limit = services.settings.max_message_chars
    if len(query.message) > limit:
        raise BridgeError(Code.MESSAGE_TOO_LONG, f"The message has {len(query.message):,} characters; the limit is {limit:,}.")
    question = Question.of(query, context.caller, token=services.chance.token(), invocation=services.chance.token())
    return Answering(services, question, context.time_left).run()


class Answering:
    """One question being answered.

    Three threads work for it, all joined when `run` returns: the reader, the poster and, once the request is claimed, the keeper.
    """

    def __init__(self, services: Services, question: Question, time_left: Callable[[], float]) -> None:
        self._services = services
        self._settings = services.settings
        self._store = services.store
        self._clock = services.clock
        self._timing = services.timing
        self._question = question
        self._budget = Budget(services.store, services.settings.daily_token_budget, question.caller.owner, services.clock, services.chance)
        self._deadline = services.clock.monotonic() + time_left() - services.timing.reserve
        self._interrupt = Interrupt()
        self._poster = Poster(
            services.connections,
            question.audience,
            single_by=self._single_by(),
            give_up_at=self._deadline + services.timing.reserve / 2,
            clock=services.clock,
            timing=services.timing,
        )
        self._reader = Reader(services.claude, self._poster, self._interrupt, services.chance, time_left=self._time_left)
        self._claiming = Claiming(
            services.store,
            question,
            self._poster,
            services.settings,
            clock=services.clock,
            chance=services.chance,
            timing=services.timing,
            pause=self._interrupt.wait,
            time_left=self._time_left,
        )
        self._keeper: Keeper | None = None
        self._claim: Claim | None = None
        self._again = False
        self._outcome_unknown = False
        self._stored: Stored | None = None
        self._measures = Measures()

    def run(self) -> Measures:
        """Answers the client, errors included, then runs the upkeep."""
        began = self._clock.monotonic()
        try:
            self._poster.start()
            self._reader.start()
            self._poster.end(self._ending())
        finally:  # Whatever happened, no thread outlives the question.
            self._reader.dismiss()
            if self._keeper is not None:
                self._keeper.stop()
            self._poster.end(None)
        self._measure_times(began)
        if self._stored is not None:
            self._keep_up(self._stored)
        return self._measures

    def _measure_times(self, began: float) -> None:
        measures, first_text = self._measures._replace(retries=self._reader.retries), self._poster.first_text_at
        if measures.error is None:
            first_word = None if first_text is None else first_text - began
            measures = measures._replace(turn=self._clock.monotonic() - began, first_word=first_word)
        self._measures = measures

    def _measure(self, **values: Any) -> None:
        self._measures = self._measures._replace(**values)

    def _ending(self) -> Ending | None:
        try:
            claimed = self._claiming.claim()
            self._measure(duplicate=isinstance(claimed, Ending) or claimed.waited)
            return claimed if isinstance(claimed, Ending) else self._answer(claimed)
        except Silent as reason:
            log.info("a question ends in silence", extra={"reason": str(reason)})
            return None
        except BridgeError as error:
            return self._failed(error)
        except Failure as error:
            return self._failed(error.error)
        except Exception:
            log.exception("a question ended in an unexpected error", extra={"request_id": self._question.audience.single_id})
            return self._failed(BridgeError(Code.INTERNAL))

    def _answer(self, claimed: Claimed) -> Ending:
        """Answers a request that is ours."""
        self._claim, self._again = claimed.claim, claimed.again
        lease = self._keep_lease(claimed)
        if claimed.claim.cancel:
            raise BridgeError(Code.CANCELLED)
        settings = self._settings
        most = most_tokens(settings.context_limit, settings.system_prompt, self._question.query.message)
        with self._budget.holding(most, settings.max_tokens) as bill:
            return self._ask(claimed, lease, bill)

    def _ask(self, claimed: Claimed, lease: Lease, bill: Bill) -> Ending:
        life = self._begin_life(claimed)
        turns = lives.living(Session(life, claimed.session.turns), self._clock.now())
        if not claimed.waited:
            self._poster.say("accepted", session_id=self._question.session_id, new=not turns, duplicate=False)
        kept = self._services.conversations.of(self._question.session, life)
        window = self._window(kept, life, turns)
        told = self._reader.ask(request.question(self._settings, window, self._question.query.message), lease.is_held, bill)
        self._measure(usage=told.usage)
        if self._interrupt.reason is Reason.LEASE_LOST:
            raise Silent("the lease is over")
        told = worth_keeping(told, self._interrupt.reason)
        if not lease.is_held():
            raise Silent("the lease is over")
        return self._commit(claimed.claim, life, turns, window, told, kept)

    def _keep_lease(self, claimed: Claimed) -> Lease:
        lease = Lease(self._settings.lease_seconds, claimed.asked_at, self._clock)
        self._poster.guard(lease.is_held)
        self._keeper = Keeper(
            self._store,
            claimed.claim,
            lease,
            self._poster,
            self._interrupt,
            deadline=self._deadline,
            clock=self._clock,
            timing=self._timing,
        )
        self._keeper.start()
        return lease

    def _begin_life(self, claimed: Claimed) -> Head:
        """Writes the head of a new life before Claude is asked; of several who begin one, all follow the first."""
        if claimed.life is claimed.session.head:
            return claimed.life
        begun = self._store.begin(self._question.session, claimed.life, claimed.session.head)
        if begun.deleted or claimed.claim.turn <= begun.born:
            raise BridgeError(Code.SESSION_DELETED)  # Deleted, and perhaps begun anew, since this question was claimed.
        return begun

    def _window(self, kept: KnownConversation, life: Head, turns: tuple[Turn, ...]) -> Window:
        settings, began = self._settings, self._clock.cpu()
        kept.catch_up(self._store, life.turns, turns, Bounds(settings.recall_read_kb * 1024, settings.context_limit))
        with kept.index() as index:
            window = choose(index, self._question.query.message, settings.context_limit, life.summary, life.summarised_through)
        self._measure(recall=self._clock.cpu() - began)
        return window

    def _commit(self, claim: Claim, life: Head, turns: tuple[Turn, ...], window: Window, told: Told, kept: KnownConversation) -> Ending:
        now, ttl = self._clock.now(), self._settings.session_ttl
        turn = turn_of(claim, self._question.query.message, told, now, ttl)
        self._measure(truncated=turn.truncated)
        # Whatever goes wrong from here on, the row stays as it is: the turn may be stored, and a repeat has to look for this very turn.
        self._outcome_unknown = True
        stored = self._store.add_turn(self._question.session, turn)
        if stored is not None and stored.answer != turn.answer:
            self._poster.begin(stored.answer)
            self._poster.add(stored.text)
            return replayed(self._question.audience, stored, life, turns)
        try:
            head = storing.count_in(self._store, self._question.session, self._question.caller.owner, life, turn, ttl)
        except BridgeError as error:
            self._outcome_unknown = isinstance(error, StoreUnavailable)
            raise
        with kept.index() as index:
            index.add([turn])
        self._stored = Stored(turn, head, kept)
        return done(self._question.audience, turn, head, turns, window)

    def _keep_up(self, stored: Stored) -> None:
        services = self._services
        until = self._clock.monotonic() + self._spare_seconds()
        upkeep = Upkeep(services.store, services.claude, self._settings, self._budget, self._clock, until)
        self._measure(summary=upkeep.compact(stored))
        self._measure(renewed=upkeep.renew(stored))

    def _spare_seconds(self) -> float:
        """The time there is for the upkeep. A client that does not stream is to hear nothing of a time-out of API Gateway's."""
        left = self._time_left()
        until_timeout = self._single_by() - self._clock.monotonic()
        return left if self._question.query.stream or until_timeout <= 0 else min(left, until_timeout)

    def _failed(self, error: BridgeError) -> Ending:
        """Tells of an error, and frees the request for a repeat unless its outcome is unknown."""
        self._measure(error=error.code)
        if self._keeper is not None:
            self._keeper.stop()  # It would take the failed row for one that somebody else has, and silence the error.
        if self._claim is not None and not self._outcome_unknown:
            keep = self._again or error.code is Code.SESSION_DELETED
            try:
                self._store.fail(failed(self._claim, error, self._clock.now(), keep=keep))
            except StoreUnavailable:
                log.warning("the failed request could not be marked; its lease will run out")
        return error_ending(self._question.audience, error)

    def _time_left(self) -> float:
        return self._deadline - self._clock.monotonic()

    def _single_by(self) -> float:
        """When an unstreamed request must have its reply, by the monotonic clock."""
        sent_at = self._question.caller.sent_at
        waited = 0.0 if sent_at is None else max(0.0, self._clock.now() - sent_at)
        return self._clock.monotonic() + max(0.0, self._timing.single - waited)
