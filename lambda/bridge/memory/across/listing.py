"""Which sessions an owner has, as this process knows them, so that a question across them reads only what is new.

first     the index: all sessions, the newest first ── read them, up to RECALL_READ_KB
later     the index: what was changed since ── read what has new turns, forget what was deleted
quoted    one strongly consistent read of the heads: what was deleted a moment ago is not quoted
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from bridge.memory.reading import Bounds, KnownConversation, KnownConversations
from bridge.store import lives
from bridge.store.port import Store
from bridge.store.records import Head
from bridge.typed import NamedTuple

MAX_SESSIONS = 2_000
"""At most this many sessions of an owner are searched: those used last."""
MAX_LISTED = 10_000
"""Of all owners together so many are remembered."""
LISTED_SECONDS = 300
"""After this long all are listed again: what was imported may lie before what is looked at."""
_OVERLAP_SECONDS = 10
"""The index is a little behind, and so are clocks."""
_ROOM = 0.7
"""How much of the memory for conversations others may take: the session that is asked in comes first."""
_INDEXED = 15
"""A conversation that is indexed takes about this many times the bytes of its turns."""


class OtherSession(NamedTuple):
    """A session as the index showed it."""

    session: str
    born: str
    last_updated: int
    ttl: int | None
    turns: int
    project: str


class Listing:
    """The sessions of one owner."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.others: dict[str, OtherSession] = {}
        self.read: dict[str, tuple[int, int, int]] = {}  # `last_updated` and `turns` up to which it was read, and its bytes.
        self.seen = 0
        self.listed_at = float("-inf")
        self.all_listed = True

    def update(self, store: Store, owner: str, now: float, conversations: KnownConversations) -> None:
        whole = not 0 <= now - self.listed_at < LISTED_SECONDS
        since = 0 if whole else self.seen - _OVERLAP_SECONDS
        changes = store.changes(owner, since, MAX_SESSIONS)
        if whole:
            self.others, self.listed_at, self.all_listed = {}, now, len(changes) < MAX_SESSIONS
        for session, head in changes:
            self.seen = max(self.seen, head.last_updated)
            if head.is_live(now):
                project = head.settings.project
                self.others[session] = OtherSession(session, head.born, head.last_updated, head.ttl, head.turns, project)
            else:
                self.others.pop(session, None)
                if head.deleted:
                    conversations.forget(session)

    def newest(self, now: float, fits: Callable[[OtherSession], bool]) -> list[OtherSession]:
        alive = [other for other in self.others.values() if (other.ttl is None or other.ttl > now) and fits(other)]
        return sorted(alive, key=lambda other: (other.last_updated, other.session), reverse=True)


_lock = threading.Lock()


def _listing(conversations: KnownConversations, owner: str) -> Listing:
    """What is remembered of this owner; those asked for longest ago are forgotten."""
    with _lock:
        listings: dict[str, Listing] = conversations.listings
        listing = listings.pop(owner, None) or Listing()
        listings[owner] = listing
        while len(listings) > 1 and sum(len(one.others) for one in listings.values()) > MAX_LISTED:
            del listings[next(iter(listings))]
        return listing


def read(
    store: Store, owner: str, conversations: KnownConversations, most: int, now: float, fits: Callable[[OtherSession], bool]
) -> tuple[list[KnownConversation], bool]:
    """The conversations of the sessions that fit, the newest first, up to `most` bytes of them; and whether those are all.

    Raises `StoreUnavailable`.
    """
    listing = _listing(conversations, owner)
    with listing.lock:
        listing.update(store, owner, now, conversations)
        conversations_read, complete, room = list[KnownConversation](), listing.all_listed, _ROOM * conversations.max_bytes
        for other in listing.newest(now, fits):
            if most <= 0 or room <= 0:
                complete = False
                break
            known = conversations.known(other.session, other.born)
            if known is None or listing.read.get(other.session, ())[:2] != (other.last_updated, other.turns):
                known = _caught_up(listing, store, conversations, other, most, now)
            if known is not None:
                size = listing.read[other.session][2]
                most, room = most - size, room - (known.size_bytes if known.indexed else _INDEXED * size)
                conversations_read.append(known)
        conversations.go_first(one.session for one in conversations_read)
        return conversations_read, complete


def _caught_up(
    listing: Listing, store: Store, conversations: KnownConversations, other: OtherSession, most: int, now: float
) -> KnownConversation | None:
    session = store.load(other.session, lives.LOADED_TURNS + 1)
    turns = lives.living(session, now)
    if session.head is None or not turns:
        return None
    known = conversations.of(other.session, session.head)
    known.catch_up(store, session.head.turns, turns, Bounds(most, 0))
    with known.turns() as held:
        size = sum(turn.size_bytes for turn in held.turns)
    listing.read[other.session] = other.last_updated, other.turns, size
    return known


def still_there(store: Store, quoted: Sequence[tuple[str, str]], now: float) -> dict[str, Head]:
    """The heads of those sessions, of (session, born), that live the same life still."""
    born = dict(quoted)
    heads = store.heads(list(born)) if born else {}
    return {session: head for session, head in heads.items() if head.is_live(now) and head.born == born[session]}
