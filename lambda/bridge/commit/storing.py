"""Storing a turn: the turn itself, which is the commit, and then the head, which only counts it."""

from __future__ import annotations

import logging

from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.port import Store
from bridge.store.records import Head, Progress, Turn
from bridge.text import one_line

TITLE_CHARACTERS = 80

log = logging.getLogger("bridge")


def commit(store: Store, session: str, owner: str, life: Head, turn: Turn, period: int | None) -> Head | Turn:
    """Stores the turn, and counts it in the head of its `life`, which is returned. If there is another turn under its id: that one.

    `period` is how long a session lives after its last turn, in seconds; None: forever. Raises `session_deleted`, and nothing is left of
    the turn; and `StoreUnavailable`: it may be stored.
    """
    stored = store.add_turn(session, turn)
    if stored is not None and stored.answer != turn.answer:
        return stored
    return count_in(store, session, owner, life, turn, period)


def count_in(store: Store, session: str, owner: str, life: Head, turn: Turn, period: int | None) -> Head:
    """The head after this turn, which is stored.

    A missing head is recreated; an unreachable one is ignored, since the turn is what counts. Where the session was deleted meanwhile,
    or lives another life, the turn removes itself: raises `session_deleted`.
    """
    progress = Progress(
        owner=owner,
        title=one_line(turn.context[0].content, TITLE_CHARACTERS) if turn.context else "",
        last_updated=turn.last_updated,
        ttl=lives.expiry(turn.last_updated, period),
        turns_ttl=turn.ttl,
        usage=turn.usage,
    )
    counted = life.counting(progress)
    try:
        head = store.advance(session, life.born, progress) or store.begin(session, counted, None)
    except StoreUnavailable:
        log.info("the head of the session could not be updated; the turn is stored")
        return counted
    if head.deleted or head.born != life.born:
        store.remove_turn(session, turn.id)
        raise BridgeError(Code.SESSION_DELETED)
    return head
