"""Storing an answer: the turn, which is the commit, and then the head, which only counts it."""

from __future__ import annotations

import logging
from typing import Protocol

from bridge.claude.interrupt import Reason
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.records import Claim, Head, Message, Progress, Turn
from bridge.text import one_line
from bridge.turn.question import Question
from bridge.turn.reader import Told

TITLE_CHARACTERS = 80

_CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded", *(reason.value for reason in Reason)})

log = logging.getLogger("bridge")


class Store(Protocol):
    """What a commit asks of the store; see `store.Store`."""

    def add_turn(self, session: str, turn: Turn) -> Turn | None: ...

    def remove_turn(self, session: str, turn: str) -> None: ...

    def begin(self, session: str, head: Head, seen: Head | None) -> Head: ...

    def advance(self, session: str, born: str, progress: Progress) -> Head | None: ...


def turn_for(claim: Claim, question: Question, told: Told, now: float, ttl: int | None) -> Turn:
    """The turn that is stored. `ttl` is how long a session lives after its last turn, in seconds; None: for ever."""
    return Turn(
        id=claim.turn,
        context=(Message("user", question.query.message), Message("assistant", told.text)),
        last_updated=int(now),
        answer=told.answer,
        model=told.model,
        stop_reason=told.stop_reason,
        truncated=told.stop_reason in _CUT_OFF,
        usage=told.usage,
        ttl=lives.turn_expiry(now, ttl),
    )


def count_in(store: Store, question: Question, life: Head, turn: Turn, ttl: int | None) -> Head:
    """The head after this turn, which is stored.

    A head that is gone is put again; one that cannot be reached does not matter: the turn is what counts. Where the session was deleted
    meanwhile, or lives another life, the turn removes itself: raises `session_deleted`.
    """
    progress = Progress(
        owner=question.caller.owner,
        title=one_line(question.query.message, TITLE_CHARACTERS),
        last_updated=turn.last_updated,
        ttl=lives.expiry(turn.last_updated, ttl),
        turns_ttl=turn.ttl,
        usage=turn.usage,
    )
    counted = life.counting(progress)
    try:
        head = store.advance(question.session, life.born, progress) or store.begin(question.session, counted, None)
    except StoreUnavailable:
        log.warning("the head of the session could not be updated; the turn is stored")
        return counted
    if head.deleted or head.born != life.born:
        store.remove_turn(question.session, turn.id)
        raise BridgeError(Code.SESSION_DELETED)
    return head
