"""Storing a turn: the turn itself, which is the commit, and then the head, which only counts it."""

from __future__ import annotations

import logging
from typing import Protocol

from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.records import Head, Progress, Turn
from bridge.text import one_line

TITLE_CHARACTERS = 80

log = logging.getLogger("bridge")


class Store(Protocol):
    """What a commit asks of the store; see `store.Store`."""

    def add_turn(self, session: str, turn: Turn) -> Turn | None: ...

    def remove_turn(self, session: str, turn: str) -> None: ...

    def begin(self, session: str, head: Head, seen: Head | None) -> Head: ...

    def advance(self, session: str, born: str, progress: Progress) -> Head | None: ...


def count_in(store: Store, session: str, owner: str, life: Head, turn: Turn, period: int | None) -> Head:
    """The head after this turn, which is stored. `period` is how long a session lives after its last turn, in seconds; None: forever.

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
        log.warning("the head of the session could not be updated; the turn is stored")
        return counted
    if head.deleted or head.born != life.born:
        store.remove_turn(session, turn.id)
        raise BridgeError(Code.SESSION_DELETED)
    return head
