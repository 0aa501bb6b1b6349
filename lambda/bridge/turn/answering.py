"""One question: the order of its steps.

Claim it, hold tokens for it, begin the life of its session where there is none, choose what of the conversation Claude sees, ask, commit,
answer the client. Then, with nobody waiting, bring summary and lifetimes up to date.

`add_turn` is the only commit point: it is conditional on the turn not being there, and the turn's id is fixed by the claim. A crash before
it leaves a lease that runs out, and the same request runs again under the same id; a crash after it leaves a turn that is replayed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bridge.claude.budget import Bill, Budget, max_request_tokens
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.retry import Failure
from bridge.commit import storing
from bridge.commit.claims import Answered, Claimed, Claims
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.memory import request
from bridge.memory.reading import Bounds, KnownConversation
from bridge.memory.request import Window, whole
from bridge.services import RequestContext, Services
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.claims import failed
from bridge.store.port import Session
from bridge.store.records import Head, Turn
from bridge.turn.claiming import Claiming, NobodyListens, Won
from bridge.turn.lease import Lease, LeaseLost, LeaseRenewer
from bridge.turn.metrics import Measures
from bridge.turn.outcome import turn_of, worth_storing
from bridge.turn.poster import Poster
from bridge.turn.question import Query, Question
from bridge.turn.reader import Reader, Reply
from bridge.turn.replies import Ending, done, error_ending, replayed
from bridge.turn.times import Times
from bridge.typed import NamedTuple
from bridge.upkeep.upkeep import Stored, Upkeep
from bridge.wire.frames import INTRODUCTION
from bridge.wire.session_fields import must_be_allowed

log = logging.getLogger("bridge")


def answer(context: RequestContext, query: Query) -> Measures:
    """Answers a question, from its claim to the last frame and the upkeep. Returns what was measured. Raises `message_too_long`."""
    services = context.services
    limit = services.settings.max_message_chars
    if len(query.message) > limit:
        raise BridgeError(Code.MESSAGE_TOO_LONG, f"The message has {len(query.message):,} characters; the limit is {limit:,}.")
    for values in (query.options._asdict(), query.options.settings):
        must_be_allowed(values, services.settings)
    query.options.must_be_allowed(services.settings)
    question = Question.of(query, context.caller, token=services.chance.token(), invocation=services.chance.token())
    return Answering(services, question, context.time_left).run()


class Outcome(NamedTuple):
    """The last frame, None where nothing more may be sent; and the answer, where one was stored."""

    ending: Ending | None
    stored: Stored | None = None


class Remembered(NamedTuple):
    """What a question is asked with: the life that it belongs to, the turns that a load found there, newest first, and the window."""

    conversation: KnownConversation
    life: Head
    turns: tuple[Turn, ...]
    window: Window


class OutcomeUnknown(Exception):
    """The turn may be stored. The row stays as it is, so that a repeat looks for this very turn."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Answering:
    """One question being answered.

    Up to three more threads work for it, all joined when `run` returns: the reader, the poster and the lease renewer.
    """

    def __init__(self, services: Services, question: Question, time_left: Callable[[], float]) -> None:
        settings, clock, chance = services.settings, services.clock, services.chance
        self._services = services
        self._question = question
        self._times = Times.of(clock, services.timing, time_left(), question.caller.sent_at)
        self._interrupt = Interrupt()
        self._poster = Poster(
            services.connections,
            question.audience,
            single_by=self._times.single_by,
            give_up_at=self._times.give_up_at,
            clock=clock,
            timing=services.timing,
            threads=services.threads,
        )
        self._reader = Reader(services.claude, self._poster, self._interrupt, chance, services.threads, time_left=self._time_left)
        self._claims = Claims(services.store, question.request, settings, clock, chance)
        self._budget = Budget(services.store, settings, question.caller.owner, clock, chance, [])
        self._claimed: Claimed | None = None
        self._renewer: LeaseRenewer | None = None
        self._measures = Measures()

    def run(self) -> Measures:
        """Answers the client, errors included, then runs the upkeep."""
        began = self._services.clock.monotonic()
        try:
            self._poster.start()
            self._reader.start()
            outcome = self._outcome()
            ending = outcome.ending
            self._poster.end(ending.by_stand_in() if ending and self._services.stand_in else ending)
        finally:  # Whatever happened, no thread outlives the question.
            self._reader.dismiss()
            if self._renewer is not None:
                self._renewer.stop()
            self._poster.end(None)
        self._measure_times(began)
        if outcome.stored is not None:
            self._run_upkeep(outcome.stored)
        return self._measures.with_costs(self._question.caller.owner, self._budget.bills)

    def _measure_times(self, began: float) -> None:
        measures = self._measures._replace(retries=self._reader.retries)
        if measures.error is None:
            first_text = self._poster.first_text_at
            first_word = None if first_text is None else first_text - began
            measures = measures._replace(turn=self._services.clock.monotonic() - began, first_word=first_word)
        self._measures = measures

    def _outcome(self) -> Outcome:
        try:
            claiming = Claiming(self._claims, self._poster, self._services.timing, pause=self._interrupt.wait, time_left=self._time_left)
            result = claiming.claim()
            self._measures = self._measures._replace(duplicate=isinstance(result, Answered) or result.waited)
            if isinstance(result, Answered):
                return Outcome(replayed(self._question.audience, result.turn, result.head, result.turns))
            return self._answer(result)
        except (LeaseLost, NobodyListens) as reason:
            log.info("a question ends in silence", extra={"reason": str(reason)})
            return Outcome(None)
        except OutcomeUnknown as unknown:
            return self._failed(unknown.error, free=False)
        except Exception as error:  # noqa: BLE001 - it is logged where it is not one of ours
            return self._failed(error, free=True)

    def _answer(self, won: Won) -> Outcome:
        """Answers a request that is ours."""
        self._claimed = won.claimed
        lease = self._start_renewing(won.claimed)
        if won.claimed.claim.cancel:
            raise BridgeError(Code.CANCELLED)
        settings = self._settings(won.claimed.life)
        tokens = max_request_tokens(settings.context_limit, settings.system_prompt, self._question.query.message)
        with self._budget.holding(settings.claude_model, tokens, settings.max_tokens) as bill:
            remembered = self._remember(won)
            reply = self._ask(remembered, lease, bill)
            return self._commit(won.claimed, remembered, reply, lease)

    def _start_renewing(self, claimed: Claimed) -> Lease:
        lease = Lease(self._services.settings.lease_seconds, claimed.claimed_at, claimed.claim.lease_until, self._services.clock)
        self._poster.guard(lease)
        self._renewer = LeaseRenewer(
            self._services, claimed.claim, lease, self._interrupt, join_in=self._poster.join_in, deadline=self._times.deadline
        )
        self._renewer.start()
        return lease

    def _remember(self, won: Won) -> Remembered:
        life = self._claims.begin_life(won.claimed)
        turns = lives.living(Session(life, won.claimed.session.turns), self._services.clock.now())
        if not won.waited:
            self._poster.say("accepted", session_id=self._question.session_id, new=not turns, duplicate=False, **INTRODUCTION)
        conversation = self._services.conversations.of(self._question.session, life)
        return Remembered(conversation, life, turns, self._window(conversation, life, turns))

    def _window(self, conversation: KnownConversation, life: Head, turns: tuple[Turn, ...]) -> Window:
        settings, began = self._services.settings, self._services.clock.cpu()
        bounds = Bounds(settings.recall_read_kb * 1024, settings.context_limit)
        conversation.catch_up(self._services.store, life.turns, turns, bounds)
        window = self._chosen(conversation, life)
        self._measures = self._measures._replace(recall=self._services.clock.cpu() - began)
        return window

    def _chosen(self, conversation: KnownConversation, life: Head) -> Window:
        settings, query = self._settings(life), self._question.query
        if settings.recall_scope != "all":
            return self._of_session(conversation, life, settings.context_limit, recalls=settings.recall_scope != "off")
        # Not before a question asks for it: it has recall and its tables to import.
        from bridge.turn.other_sessions import OtherSessions

        owner, session = self._question.caller.owner, self._question.session
        others = OtherSessions(self._services, settings, owner, session, query.message, query.utc_offset)
        window = self._of_session(conversation, life, others.own_limit())
        try:
            return others.added_to(window, conversation)
        except StoreUnavailable:
            log.info("other sessions could not be read")
            return window._replace(complete=False)

    def _of_session(self, conversation: KnownConversation, life: Head, limit: int, *, recalls: bool = True) -> Window:
        with conversation.turns() as turns:
            if turns.fit(limit):
                return whole(turns)
        # Not before a conversation outgrows its window: see `KnownConversation.index`.
        from bridge.memory.window import choose

        with conversation.index() as index:
            query, now = self._question.query, self._services.clock.now()
            return choose(
                index, query.message, limit, life.summary, life.summarised_through, now=now, utc_offset=query.utc_offset, recalls=recalls
            )

    def _ask(self, remembered: Remembered, lease: Lease, bill: Bill) -> Reply:
        """What Claude answers, if it is worth keeping. Raises `LeaseLost`, `BridgeError` and `Failure`."""
        body = request.question(self._settings(remembered.life), remembered.window, self._question.query.message)
        reply = self._reader.ask(body, lambda: self._confirms(lease), bill)
        self._measures = self._measures._replace(usage=reply.usage)
        if self._interrupt.reason is Reason.LEASE_LOST:
            raise LeaseLost
        return worth_storing(reply, self._interrupt.reason)

    def _confirms(self, lease: Lease) -> bool:
        return lease.confirm(self._time_left, self._services.timing.poll_interval)

    def _commit(self, claimed: Claimed, remembered: Remembered, reply: Reply, lease: Lease) -> Outcome:
        """Stores the answer. Raises `session_deleted`, and `OutcomeUnknown` for all else that goes wrong: the turn may be stored."""
        period, now, life = self._services.settings.session_ttl, self._services.clock.now(), remembered.life
        turn = turn_of(claimed.claim, self._question.query.message, reply, now, ttl=lives.first_expiry(now, life, period))
        turn = turn._replace(ttl_by=life.settings.counter)
        self._measures = self._measures._replace(truncated=turn.truncated)
        try:
            return self._store_while_there_is_time(turn, remembered, period, lease)
        except LeaseLost:
            raise
        except Exception as error:
            if isinstance(error, BridgeError) and error.code is Code.SESSION_DELETED:
                raise
            raise OutcomeUnknown(error) from error

    def _store_while_there_is_time(self, turn: Turn, remembered: Remembered, period: int | None, lease: Lease) -> Outcome:
        """The store may be locked, or full, for a while. Each attempt puts the same turn, and finds it if an earlier one has put it."""
        while True:
            if not self._confirms(lease):
                raise LeaseLost if lease.is_lost else StoreUnavailable
            try:
                return self._stored(turn, remembered, period)
            except StoreUnavailable:
                if self._time_left() <= 0:
                    raise
                self._services.clock.sleep(self._services.timing.poll_interval)

    def _stored(self, turn: Turn, remembered: Remembered, period: int | None) -> Outcome:
        question, conversation, life, turns, window = self._question, *remembered
        committed = storing.commit(self._services.store, question.session, question.caller.owner, life, turn, period)
        if isinstance(committed, Turn):
            self._poster.begin(committed.answer)
            self._poster.add(committed.text)
            return Outcome(replayed(question.audience, committed, life, turns))
        return Outcome(done(question.audience, turn, committed, turns, window), Stored(turn, committed, conversation, turns))

    def _run_upkeep(self, stored: Stored) -> None:
        with stored.conversation.turns() as known:
            known.add([stored.turn])  # Not before the client has its answer: where there is an index, a long one takes milliseconds.
        seconds = self._times.spare_seconds(self._services.clock.monotonic(), single=not self._question.query.stream)
        upkeep = Upkeep(self._services, self._budget, self._services.clock.monotonic() + seconds)
        self._measures = self._measures._replace(summary=upkeep.compact(stored))
        self._measures = self._measures._replace(renewed=upkeep.extend_turns(stored))

    def _settings(self, life: Head) -> Settings:
        """The bridge's, as the question and its session have them."""
        return self._question.query.options.applied(self._services.settings, life.settings)

    def _failed(self, error: Exception, *, free: bool) -> Outcome:
        """Answers with an error, and frees the request for a repeat."""
        shown = self._shown(error)
        self._measures = self._measures._replace(error=shown.code)
        if self._renewer is not None:
            self._renewer.stop()  # It would take the failed row for one that somebody else has, and silence the error.
        if free and self._claimed is not None:
            keep = self._claimed.again or shown.code is Code.SESSION_DELETED
            try:
                self._services.store.fail(failed(self._claimed.claim, shown, self._services.clock.now(), keep=keep))
            except StoreUnavailable:
                log.info("the failed request could not be marked; its lease will run out")
        return Outcome(error_ending(self._question.audience, shown))

    def _shown(self, error: Exception) -> BridgeError:
        """What the client gets for an error."""
        if isinstance(error, BridgeError):
            return error
        if isinstance(error, Failure):
            return error.error
        log.error("a question ended in an unexpected error", exc_info=error, extra={"request_id": self._question.audience.single_id})
        return BridgeError(Code.INTERNAL)

    def _time_left(self) -> float:
        return self._times.deadline - self._services.clock.monotonic()
