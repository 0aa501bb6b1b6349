"""The conversations that this process has read, so that a question reads only what is new.

Turns are written once: what was read stays true for as long as its life lasts, which the head says that every question loads. What a
load brings is compared with what is known:

    known    1 2 3 4 5 6 7 8            nothing is missing: the load reaches back to what is known, and brings as many new turns
    load                 7 8 9 10       as the head has counted

    known    1 2 3 4 5 6 7 8            more was said elsewhere: pages are read until they reach what is known
    load                       11 12

    known    1 2 3 5 6 7 8              the head has counted one more: 4 was claimed before 5 and stored after it, so pages are read
    load               7 8 9            until it is found
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bridge.errors import StoreUnavailable
from bridge.memory.turns import KnownTurns
from bridge.store.claims import CLAIM_SECONDS
from bridge.store.lives import LOADED_TURNS
from bridge.store.records import Head, Turn
from bridge.turn_ids import milliseconds_of
from bridge.typed import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from bridge.memory.index import ConversationIndex

MAX_BYTES = 96_000_000
"""The most that is cached, in bytes of memory: `KnownTurns.size_bytes`, and `_EACH` for each conversation. A function has 512 MB."""
_EACH = 4_000

_PAGE_TURNS = 1_000
_GROWTH = 4
"""A page asks for at most this many times the turns that are there: older ones may be much longer."""
_MORE = 4
"""Beyond what may be read, a page brings this many bytes for each character of the window that is to be filled."""


class Store(Protocol):
    """What reading asks of the store; see `store.Store`."""

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int) -> tuple[Turn, ...]: ...


class Bounds(NamedTuple):
    """What is read of a conversation at once: `read` bytes (`Turn.size_bytes`), and in any case what fills `window` characters."""

    read: int
    window: int


class KnownConversation:
    """What is known of one life of a session: at most `max_bytes` bytes of memory, except for a single turn that is larger."""

    def __init__(self, session: str, born: str, max_bytes: int = MAX_BYTES, imported: int = 0) -> None:
        self.session = session
        self.born = born
        self.imported = imported  # See `Head.imported`: older turns than are known may have come.
        self.size_bytes = _EACH  # What it took when it was last used.
        self.indexed = False
        self.prolonged: tuple[str, int | None] | None = None  # Where a renewal was stopped: see `lifetimes.extend_turns`.
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._turns = KnownTurns(complete=False)  # A ConversationIndex from when it is first searched.
        self._tried = -1  # How many bytes the largest reading was allowed that came to its end.
        self._apart = 0  # By how many turns the head, whose count is approximate, has counted more than are known.

    @contextmanager
    def turns(self) -> Iterator[KnownTurns]:
        """What is known, for one user at a time."""
        with self._lock:
            yield self._turns
            self.size_bytes = self._turns.size_bytes + _EACH

    @contextmanager
    def index(self) -> Iterator[ConversationIndex]:
        """What is known, to be searched, for one user at a time."""
        # With recall and its tables this is a third of all modules, and a conversation that fits its window never needs it.
        from bridge.memory.index import ConversationIndex

        with self._lock:
            if not isinstance(self._turns, ConversationIndex):
                known = len(self._turns.ids)
                self._turns = ConversationIndex(self._turns.turns, complete=self._turns.complete)
                self.indexed = True
                self._fit()
                self._apart += known - len(self._turns.ids)
            yield self._turns
            self.size_bytes = self._turns.size_bytes + _EACH

    def catch_up(self, store: Store, counted: int, turns: tuple[Turn, ...], bounds: Bounds) -> int:
        """Takes in `turns`, those that a load found living, newest first, and what more there is to read.

        `counted` is how many turns the head has counted. Afterwards the newest turns are known without a gap;
        `KnownTurns.complete` tells whether all are. Returns how many bytes were read that were not known. Raises `StoreUnavailable`
        where what fills the window cannot be read; what else cannot be is tried again the next time.
        """
        with self._lock:
            pages = _Pages(store, self.session, bounds)
            new = _size_bytes(turn for turn in turns if turn.id not in self._turns)
            fetched, reached = list(turns), True
            try:
                whole = len(turns) < LOADED_TURNS or self._read_back(pages, counted, fetched)
            except StoreUnavailable:
                whole = reached = False
                if not (self._reaches_known(fetched) or pages.fill_window(fetched)):
                    raise
            compared = reached or not self._reaches_known(fetched)  # Else a turn that is missing still has to be looked for.
            self._take_in(fetched, whole=whole)
            try:
                if reached:
                    self._read_older(pages)
            finally:
                if compared:
                    self._apart = counted - len(self._turns.ids)
            return new + pages.read

    def _read_back(self, pages: _Pages, counted: int, fetched: list[Turn]) -> bool:
        """Reads, after `fetched`, until nothing is missing between it and what is known; says whether it came to the beginning."""
        if not self._turns.ids:
            return False
        while self._misses(fetched, counted, pages):
            gap = not self._reaches_known(fetched)
            last = pages.before(fetched, self._turns.ids[-1] if gap else self.born)
            if last and not gap:
                return True
            if last:
                fetched.append(self._turns.turns[-1])
        return False

    def _misses(self, fetched: list[Turn], counted: int, pages: _Pages) -> bool:
        if not self._reaches_known(fetched):
            return pages.wanted(fetched)
        missing = counted - self._apart - len(self._turns.ids) - sum(turn.id not in self._turns for turn in fetched)
        if pages.read >= pages.bounds.read or missing <= 0:
            return False
        # A turn is stored within a claim's time of its id.
        return milliseconds_of(fetched[0].id) - milliseconds_of(fetched[-1].id) < CLAIM_SECONDS * 1000

    def _reaches_known(self, fetched: list[Turn]) -> bool:
        return bool(self._turns.ids and fetched) and fetched[-1].id <= self._turns.ids[-1]

    def _read_older(self, pages: _Pages) -> None:
        """Reads what lies before all that is known, unless as much was read before."""
        bounds = pages.bounds
        if self._turns.complete or self._tried >= bounds.read:
            return
        fetched, whole = self._turns.turns[::-1], False
        try:
            while not whole and pages.wanted(fetched):
                whole = pages.before(fetched, self.born)
            self._tried = bounds.read
        except StoreUnavailable:
            if not pages.fill_window(fetched):
                raise
        finally:
            self._turns.complete = whole
            if len(fetched) > len(self._turns.turns):
                self._turns = self._none(complete=whole)
                self._add(fetched)

    def _take_in(self, fetched: list[Turn], *, whole: bool) -> None:
        if not (self._reaches_known(fetched) or whole):
            self._turns, self._tried = self._none(complete=False), -1  # What was known lies beyond a gap.
        self._turns.complete = whole or self._turns.complete
        self._add(fetched)

    def _add(self, fetched: list[Turn]) -> None:
        newest = self._turns.ids[-1] if self._turns.ids else ""
        self._turns.add(turn for turn in fetched if turn.id <= newest)
        for turn in reversed(fetched):
            self._turns.add([turn])
            self._fit()
        self.size_bytes = self._turns.size_bytes + _EACH

    def _fit(self) -> None:
        """Lets go of the oldest turns of a conversation that is too large, half of it at once: what stays is indexed from scratch."""
        while self._turns.size_bytes > self._max_bytes and len(self._turns.turns) > 1:
            turns = _newest_half(self._turns)
            self._turns = self._none(complete=False)  # The old index is gone before the new one is made.
            self._turns.add(turns)

    def _none(self, *, complete: bool) -> KnownTurns:
        """No turns yet, in the form of the present ones."""
        return type(self._turns)(complete=complete)


class _Pages:
    """The pages of one reading; `read` is how many bytes they brought."""

    def __init__(self, store: Store, session: str, bounds: Bounds) -> None:
        self.bounds = bounds
        self.read = 0
        self._store = store
        self._session = session

    def before(self, fetched: list[Turn], after: str) -> bool:
        """Appends to `fetched` (newest first) the turns that lie before it; says whether there are no more of them after `after`.

        They are as many as fit, if they are like those that were found: the store reads no more than it is asked for.
        """
        room = self._room(fetched) or _MORE * self.bounds.window
        each = _size_bytes(fetched) // len(fetched)
        limit = min(_PAGE_TURNS, _GROWTH * len(fetched), room // each + 1)
        older = self._store.page(self._session, after, fetched[-1].id, limit, room)
        self.read += _size_bytes(older)
        fetched.extend(older)
        return len(older) < limit and _size_bytes(older) < room

    def wanted(self, fetched: list[Turn]) -> bool:
        """Whether more may be read, or has to be."""
        return self._room(fetched) > 0 or not self.fill_window(fetched)

    def fill_window(self, fetched: list[Turn]) -> bool:
        return sum(turn.characters for turn in fetched) > self.bounds.window

    def _room(self, fetched: list[Turn]) -> int:
        return max(0, self.bounds.read - _size_bytes(fetched))


class KnownConversations:
    """The conversations used last, in up to `max_bytes` bytes of memory. Threads may share it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._known: OrderedDict[str, KnownConversation] = OrderedDict()
        self.listings: dict[str, Any] = {}  # Of owners: see `across.listing`.

    def of(self, session: str, head: Head) -> KnownConversation:
        """What is known of the session's life `head.born`. An earlier life is forgotten."""
        with self._lock:
            known = self._known.pop(session, None)
            if known is None or (known.born, known.imported) != (head.born, head.imported):
                known = KnownConversation(session, head.born, self.max_bytes, head.imported)
            self._known[session] = known
            self._let_go()
            return known

    def known(self, session: str, born: str) -> KnownConversation | None:
        """What is known of this life already."""
        with self._lock:
            known = self._known.get(session)
            if known is None or known.born != born:
                return None
            self._known.move_to_end(session)
            return known

    def go_first(self, sessions: Iterable[str]) -> None:
        """Where there is no room these are forgotten before any others, the last of them first."""
        with self._lock:
            for session in sessions:
                if session in self._known:
                    self._known.move_to_end(session, last=False)

    def forget(self, session: str) -> None:
        """The session was deleted."""
        with self._lock:
            self._known.pop(session, None)

    def _let_go(self) -> None:
        """Forgets those used longest ago; the last one stays, which keeps within the bound by itself."""
        sizes = [(session, known.size_bytes) for session, known in self._known.items()]  # Read once: others go on using them.
        total = sum(size for _, size in sizes)
        for session, size in sizes[:-1]:
            if total > self.max_bytes:
                total -= size
                del self._known[session]


def _newest_half(known: KnownTurns) -> list[Turn]:
    """The newest turns, of half the characters; one at least, and not all."""
    place, size = len(known.turns) - 1, known.sizes[-1]
    while place > 1 and size + known.sizes[place - 1] <= known.size // 2:
        place -= 1
        size += known.sizes[place]
    return known.turns[place:]


def _size_bytes(turns: Iterable[Turn]) -> int:
    return sum(turn.size_bytes for turn in turns)
