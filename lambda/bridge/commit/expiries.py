"""Rewriting until when each turn of a session is kept, after its settings have changed that.

    configure   head: ttl, turns_ttl = the lower of old and new, expiries_through = ""
    rewrite     page ── page ── head: turns_ttl = the new one, expiries_through = None
                  └ stopped: head: expiries_through = the last turn of the page, and the next invocation goes on from there

A turn that is stored meanwhile either is on a page, or is counted after the change, under the new settings. What was begun under older
settings is refused by the turn itself (`Turn.ttl_by`).
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.store.lives import turn_expiry
from bridge.store.port import Store
from bridge.store.records import Head

PAGE = 50
_NOTED = 20
"""After this many pages it is noted how far it has come: a process that is killed loses no more."""


def rewrite_expiries(store: Store, session: str, head: Head, default: int | None, now: float, may_go_on: Callable[[], bool]) -> bool:
    """Goes on until all turns are kept as the head's settings say, at least by a page; says whether they are.

    `default` is how long a session lives where its settings do not say, in seconds. Raises `StoreUnavailable`.
    """
    if head.expiries_through is None:
        return True
    counter, after = head.settings.counter, head.expiries_through or head.born
    ttl = turn_expiry(now, head.period(default), head)
    pages = 0
    while True:
        page = store.lifetimes(session, after, PAGE)
        store.set_ttl(session, [one.turn for one in page], ttl, counter)
        if len(page) < PAGE:
            return store.note_expiries(session, head.born, counter, None, ttl)
        after, pages = page[-1].turn, pages + 1
        last = not may_go_on()
        if (last or pages % _NOTED == 0) and not store.note_expiries(session, head.born, counter, after, None):
            return False  # It was configured again, or deleted.
        if last:
            return False
