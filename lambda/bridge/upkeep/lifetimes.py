"""The lifetimes of a session's turns are extended before any of them ends.

A turn gets three periods when it is stored; its session lives one period after its last turn. When the head's `turns_ttl`, a lower bound
of all turns' `ttl`, is less than two periods away, every turn that needs it gets three again:

    bound < two periods ── page: bound a little less, lifetimes, prolong ── page ── page ── ... ── bound = what is left at least
                                │                                        └ stopped: the bound still is too low, so the next question
                                │                                          goes on from there; another process begins again, and passes
                                │                                          over what is prolonged already
                                └ it was not what it was seen to be: somebody else is at work

A turn that was removed meanwhile is not brought back: only what is there is written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from zlib import crc32

from bridge.memory.reading import KnownConversation
from bridge.store.lives import turn_expiry
from bridge.store.port import Lifetime
from bridge.store.records import Head
from bridge.typed import Protocol

PAGE = 50
"""Some 10 ms a turn: time is looked at often enough."""

log = logging.getLogger("bridge")


class Store(Protocol):
    """What renewal asks of the store; see `store.Store`."""

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]: ...

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int) -> int: ...

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool: ...


def extend_turns(
    store: Store, conversation: KnownConversation, head: Head, period: int | None, now: float, *, mark: str, may_go_on: Callable[[], bool]
) -> int:
    """Gives the turns three periods again, if any may have less than two left; returns how many it has written.

    `period` is a session's, in seconds; None: forever. `mark` is of this pass alone: the id of the turn that it follows. `may_go_on` is
    asked before each page. Where it ends too early, `conversation.prolonged` remembers through which turn all have been seen, and until
    when those are kept at least. Raises `StoreUnavailable`.
    """
    seen = head.turns_ttl
    if seen is None or not _is_due(head, period, now):
        return 0
    ttl = turn_expiry(now, period)
    after, bound = conversation.prolonged or (head.born, None)
    bound, written, whole = _earliest(bound, ttl), 0, False
    while not whole and may_go_on():
        mine = seen - 1 - crc32(mark.encode()) % 1000  # A lower bound still is one; two passes hardly take the same.
        if not store.bound_turns(conversation.session, head.born, seen, mine):
            break
        seen = mine
        page = store.lifetimes(conversation.session, after, PAGE)
        short = [one.turn for one in page if _is_short(one.ttl, period, now)]
        written += store.prolong(conversation.session, short, ttl, head.settings.counter)
        bound = _earliest(bound, *(one.ttl for one in page if not _is_short(one.ttl, period, now)))
        whole = len(page) < PAGE
        after = page[-1].turn if page else after
        conversation.prolonged = (after, bound)
    if whole:
        store.bound_turns(conversation.session, head.born, seen, bound)
        conversation.prolonged = None
    log.info("prolonged turns", extra={"turns": written, "complete": whole})
    return written


def _is_due(head: Head, period: int | None, now: float) -> bool:
    """Whether a turn may have less than two periods left; where sessions live forever, whether one may have an end."""
    return head.turns_ttl is not None and (period is None or head.turns_ttl < now + 2 * period)


def _earliest(*times: int | None) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _is_short(ttl: int | None, period: int | None, now: float) -> bool:
    """Whether a turn is written. One with more than 2¾ periods is new, or was prolonged by a pass that was stopped."""
    if period is None:
        return ttl is not None
    return ttl is None or ttl < now + 2.75 * period
