"""What the next summary takes in: nothing that was said is passed over, be it known to this process or not.

turns     1 2 3 4 5 6 7 8 9 10 11 12
summary   ──┘                               covers 1 and 2
known                 7 8 9 10 11 12        the newest, as many as may be read at once
live                           11 12        sent word for word
next      .   3 4 5 6                       read here, the oldest first; then 7 to 10
"""

from __future__ import annotations

from typing import Protocol

from bridge.memory import window
from bridge.memory.reading import KnownConversation
from bridge.store.port import ANY, Lifetime
from bridge.store.records import Head, Turn

PAGE = 40
"""So many turns are read for a summary: those of ordinary length fill one."""


class Store(Protocol):
    """What this asks of the store; see `store.Store`."""

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]: ...

    def page(self, session: str, after: str, before: str, limit: int, octets: int) -> tuple[Turn, ...]: ...


def leaving(store: Store, kept: KnownConversation, head: Head, new: Turn, limit: int) -> list[Turn]:
    """The turns that have left the live part and are in no summary yet, oldest first; perhaps not all.

    `new` is the turn that was stored last: the summary may have passed it, if it was long in the making. Raises `StoreUnavailable`.
    """
    late = [new] if new.id <= head.summarised_through else []
    with kept.index() as index:
        gone = window.leaving(index, limit, head.summarised_through)
        oldest = index.ids[0] if index.ids else ""
        unread = not index.complete and head.summarised_through < oldest
    if not (gone and unread):
        return [*late, *gone]
    older = _before(store, kept.session, head, oldest)
    return [*late, *older] if len(older) == PAGE else [*late, *older, *gone]


def _before(store: Store, session: str, head: Head, oldest: str) -> list[Turn]:
    """The first turns after the summary, at most a page, such as lie before `oldest`."""
    after = head.summarised_through or head.born
    # A page comes newest first: how far it has to reach is asked before.
    ids = [one.turn for one in store.lifetimes(session, after, PAGE) if one.turn < oldest]
    return list(reversed(store.page(session, after, f"{ids[-1]}~", PAGE, ANY))) if ids else []  # "~" sorts after every id.
