"""Storing a turn: the turn itself, which is the commit, and then the head, which only counts it."""

from __future__ import annotations

import logging

from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.port import Store
from bridge.store.records import Head, Progress, Turn
from bridge.text import one_line

TITLE_CHARACTERS = 80
_ATTEMPTS = 8
"""Of counting a turn, while its session is configured again and again."""

log = logging.getLogger("bridge")


def commit(store: Store, session: str, owner: str, life: Head, turn: Turn, default: int | None) -> Head | Turn:
    """Stores the turn, and counts it in the head of its `life`, which is returned. If there is another turn under its id: that one.

    `default` is how long a session lives where its settings do not say, in seconds; None: forever. Raises `session_deleted`, and nothing
    is left of the turn; and `StoreUnavailable`: it may be stored.
    """
    stored = store.add_turn(session, turn)
    if stored is not None and stored.answer != turn.answer:
        return stored
    return count_in(store, session, owner, life, turn, default)


def count_in(store: Store, session: str, owner: str, life: Head, turn: Turn, default: int | None) -> Head:
    """The head after this turn, which is stored.

    A missing head is recreated; an unreachable one is ignored, since the turn is what counts, unless the turn still needs
    its session's expiry. Where the session was deleted meanwhile, or lives another life, the turn removes itself: raises `session_deleted`.
    """
    counted = life.counting(_progress(owner, life, turn, default))
    try:
        head = _advanced(store, session, owner, life, turn, default)
    except StoreUnavailable:
        if life.settings.counter and life.period(default) is None:
            raise
        log.info("the head of the session could not be updated; the turn is stored")
        return counted
    if head.deleted or head.born != life.born:
        store.remove_turn(session, turn.id)
        raise BridgeError(Code.SESSION_DELETED)
    apply_session_ttl(store, session, head, turn, default)
    return head


def _advanced(store: Store, session: str, owner: str, life: Head, turn: Turn, default: int | None) -> Head:
    """Counts the turn under the settings that the session has when that is written. Returns the head that is there."""
    for _ in range(_ATTEMPTS):
        progress = _progress(owner, life, turn, default)
        head = store.advance(session, life.born, progress) or store.begin(session, life.counting(progress), None)
        if head.deleted or head.born != life.born or head.settings.counter == progress.settings:
            return head
        life = head
    raise StoreUnavailable


def _progress(owner: str, life: Head, turn: Turn, default: int | None) -> Progress:
    period = life.period(default)
    return Progress(
        owner=owner,
        title=one_line(turn.context[0].content, TITLE_CHARACTERS) if turn.context else "",
        last_updated=turn.last_updated,
        ttl=lives.expiry(turn.last_updated, period),
        turns_ttl=None if period is None else turn.ttl,
        usage=turn.usage,
        settings=life.settings.counter,
        cost=turn.cost or 0,
        unpriced_turns=int(turn.cost is None and any(turn.usage)),
        turn=turn.id,
    )


def apply_session_ttl(store: Store, session: str, head: Head, turn: Turn, default: int | None) -> None:
    """Keeps the turn as long as the settings say under which it was counted; no longer if there are newer ones by now."""
    period, counter = head.period(default), head.settings.counter
    if turn.ttl_by == counter and (period is not None or turn.ttl is None):
        return
    store.set_ttl(session, [turn.id], lives.turn_expiry(turn.last_updated, period, head), counter)
