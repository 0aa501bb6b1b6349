"""What was said about something, in one session or in all of a person's: the ranking is that of recall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any, NamedTuple, Protocol

from bridge.errors import BridgeError, Code
from bridge.memory import reading
from bridge.memory import search as matching
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.reading import Bounds, KnownConversation, KnownConversations
from bridge.memory.scoring import TermFrequencies
from bridge.memory.search import Match
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.port import Listed, Session
from bridge.store.records import session_id_of, session_key
from bridge.text import encode
from bridge.wire.requests import REPLY_BYTES, Search, frame

SESSIONS = 100
"""So many are searched, the ones used last."""


class Store(reading.Store, Protocol):
    """What searching asks of the store; see `store.Store`."""

    def load(self, session: str, limit: int) -> Session: ...

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]: ...


class Hit(NamedTuple):
    found: Match
    item: dict[str, Any]

    @property
    def rank(self) -> tuple[bool, bool, float]:
        return self.found.said, self.found.named, self.found.score


def search(store: Store, known: KnownConversations, settings: Settings, owner: str, request: Search, request_id: str, now: float) -> bytes:
    """One reply with the passages that fit best, best first, as many as were asked for and fit.

    It says whether all there is was searched (`complete`): of several sessions no more text is read than of one. Raises `no_such_session`.
    """
    one = session_key(owner, request.session_id) if request.session_id else ""
    wanted = [one] if one else [line.session for line in store.sessions(owner, SESSIONS + 1, None, now)]
    found: list[KnownConversation] = []
    room, complete = settings.recall_read_kb * 1024, len(wanted) <= SESSIONS
    for key in wanted[:SESSIONS]:
        session = store.load(key, lives.LOADED_TURNS + 1)
        turns = lives.living(session, now)
        if session.head is None or not turns:
            continue
        kept = known.of(key, session.head)
        room -= kept.catch_up(store, session.head.turns, turns, Bounds(room, settings.context_limit))
        found.append(kept)
        if room <= 0:
            complete = complete and key == wanted[-1]
            break
    if one and not found:
        raise BridgeError(Code.NO_SUCH_SESSION)
    hits, whole = _hits(found, SearchTerms.of(request.words), request.limit)
    return _reply(request_id, hits, complete=complete and whole)


def _hits(found: list[KnownConversation], sought: SearchTerms, limit: int) -> tuple[list[Hit], bool]:
    """Best first; and whether all of each session was searched."""
    complete = True
    parts: list[TermFrequencies] = []
    for kept in found:
        with kept.index() as index:
            complete = complete and index.complete
            parts.append(TermFrequencies.of(index, sought))
    among = reduce(TermFrequencies.plus, parts, TermFrequencies(0, {}))
    hits = _gathered(found, lambda index: matching.search(index, sought, limit, among))
    # What has none of the words only stands near one that has them, or is of their kind: better than nothing.
    best = (
        [hit for hit in hits if hit.found.named] or _gathered(found, lambda index: matching.containing(index, sought.text, limit)) or hits
    )
    return sorted(best, key=lambda hit: hit.rank, reverse=True)[:limit], complete


def _gathered(found: list[KnownConversation], search: Callable[[ConversationIndex], list[Match]]) -> list[Hit]:
    hits: list[Hit] = []
    for kept in found:
        with kept.index() as index:
            hits.extend(_hits_of(kept.session, index, search(index)))
    return hits


def _hits_of(session: str, index: ConversationIndex, found: Iterable[Match]) -> Iterator[Hit]:
    for one in found:
        passage = one.passage
        updated = index.turns[index.place_after(passage.turn) - 1].last_updated
        item = {"session_id": session_id_of(session), "turn": passage.turn, "role": passage.role, "text": passage.text}
        yield Hit(one, item | {"last_updated": updated})


def _reply(request_id: str, hits: list[Hit], *, complete: bool) -> bytes:
    items: list[dict[str, Any]] = []
    size = len(encode(frame("search", request_id, hits=[], complete=False)))
    for hit in hits:
        size += len(encode(hit.item)) + 1
        if size > REPLY_BYTES:
            break
        items.append(hit.item)
    return encode(frame("search", request_id, hits=items, complete=complete))
