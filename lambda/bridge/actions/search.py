"""What was said about something, in one session or in all of the caller's: ranked as recall ranks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce

from bridge.errors import BridgeError, Code
from bridge.memory.reading import Bounds, KnownConversation
from bridge.services import RequestContext
from bridge.store import lives
from bridge.store.records import session_id_of, session_key
from bridge.text import clean
from bridge.typed import TYPE_CHECKING, NamedTuple
from bridge.wire.frames import Frame, first_that_fit, frame
from bridge.wire.requests import Fields, limit
from bridge.wire.session_fields import line, since

if TYPE_CHECKING:
    from bridge.memory.across.search import Match
    from bridge.memory.index import ConversationIndex

MAX_LISTED = 2_000
"""Sessions that are looked through for those of a project."""
SESSIONS = 100
"""At most this many are searched: those used last."""
WORDS_CHARACTERS = 1_000
"""The words are normalised once, and compared with each session that is searched."""


class Search(NamedTuple):
    """`session_id` is "" for all sessions of the caller; of those only the ones used `since` then that belong to the `project`."""

    words: str
    session_id: str
    limit: int
    since: float = 0
    project: str = ""


class Hit(NamedTuple):
    match: Match
    item: Frame

    @property
    def rank(self) -> tuple[bool, bool, float]:
        return self.match.said, self.match.named, self.match.score


def read_search(fields: Fields) -> Search:
    project = line(fields, "project") if "project" in fields else ""
    return Search(_words(fields), fields.get("session_id", ""), limit(fields), since(fields), project)


def search(context: RequestContext, request: Search) -> Frame:
    """The passages that fit best, best first, as many as were asked for and fit.

    `complete` says whether everything was searched: of several sessions no more text is read than of one. Raises `no_such_session`.
    """
    one = session_key(context.caller.owner, request.session_id) if request.session_id else ""
    conversations, all_read = _read(context, [one] if one else _newest(context, request))
    if one and not conversations:
        raise BridgeError(Code.NO_SUCH_SESSION)
    hits, all_indexed = _ranked(conversations, request.words, request.limit, context.now)
    items = first_that_fit((hit.item for hit in hits), frame("search", context.request_id, hits=[], complete=False))
    return frame("search", context.request_id, hits=items, complete=all_read and all_indexed)


def _newest(context: RequestContext, request: Search) -> list[str]:
    """The keys of the sessions used last, one more than are searched."""
    most = MAX_LISTED if request.project else SESSIONS + 1
    listed = context.services.store.sessions(context.caller.owner, most, None, context.now)
    fitting = [one for one in listed if one.head.last_updated >= request.since and request.project in ("", one.head.settings.project)]
    return [one.session for one in fitting[: SESSIONS + 1]]


def _read(context: RequestContext, keys: list[str]) -> tuple[list[KnownConversation], bool]:
    """The conversations of these sessions that live, and whether there was room to read them all."""
    services, now = context.services, context.now
    conversations: list[KnownConversation] = []
    room = services.settings.recall_read_kb * 1024
    for key in keys[:SESSIONS]:
        session = services.store.load(key, lives.LOADED_TURNS + 1)
        turns = lives.living(session, now)
        if session.head is None or not turns:
            continue
        conversation = services.conversations.of(key, session.head)
        room -= conversation.catch_up(services.store, session.head.turns, turns, Bounds(room, services.settings.context_limit))
        conversations.append(conversation)
        if room <= 0:
            return conversations, key == keys[-1]
    return conversations, len(keys) <= SESSIONS


def _ranked(conversations: list[KnownConversation], words: str, limit: int, now: float) -> tuple[list[Hit], bool]:
    """The best hits, best first, and whether all of each conversation was searched."""
    # Not needed until somebody searches, and a good part of a cold start.
    from bridge.memory.across import search as matching
    from bridge.memory.cues import SearchTerms
    from bridge.memory.scoring import TermFrequencies

    terms = SearchTerms.of(words, now)
    complete = True
    frequencies: list[TermFrequencies] = []
    for conversation in conversations:
        with conversation.index() as index:
            complete = complete and index.complete
            frequencies.append(TermFrequencies.of(index, terms))
    among = reduce(TermFrequencies.plus, frequencies, TermFrequencies(0, {}))
    hits = _hits(conversations, lambda index: matching.search(index, terms, limit, among))
    # A passage that has none of the words only stands near one that has them, or is of their kind: better than nothing.
    naming = [hit for hit in hits if hit.match.named]
    best = naming or _hits(conversations, lambda index: matching.containing(index, terms.text, limit)) or hits
    return sorted(best, key=lambda hit: hit.rank, reverse=True)[:limit], complete


def _hits(conversations: list[KnownConversation], search: Callable[[ConversationIndex], list[Match]]) -> list[Hit]:
    hits: list[Hit] = []
    for conversation in conversations:
        with conversation.index() as index:
            hits.extend(_hits_in(conversation.session, index, search(index)))
    return hits


def _hits_in(session: str, index: ConversationIndex, matches: Iterable[Match]) -> Iterator[Hit]:
    for match in matches:
        passage = match.passage
        updated = index.turns[index.place_after(passage.turn) - 1].last_updated
        item = {"session_id": session_id_of(session), "turn": passage.turn, "role": passage.role, "text": passage.text}
        yield Hit(match, item | {"last_updated": updated})


def _words(fields: Fields) -> str:
    words = fields.get("words", "")
    if not (isinstance(words, str) and words.strip()):
        raise BridgeError(Code.BAD_REQUEST, "`words` must be text to look for.")
    if len(words) > WORDS_CHARACTERS:
        raise BridgeError(Code.MESSAGE_TOO_LONG, f"`words` has {len(words):,} characters; the limit is {WORDS_CHARACTERS:,}.")
    return clean(words)
