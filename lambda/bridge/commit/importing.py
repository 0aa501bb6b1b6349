"""Turns that were said elsewhere, taken into a session: each once, however often the same import is sent, and wherever it was cut off.

    first     nothing under this id ── begin (a life from the lowest id on) ── add_turn ── add_turn ── killed
    repeat    begun by an import ── which ids are there? ── add_turn (the missing ones) ── advance: owner, counts

Into a session that was not begun by an import older turns are not taken: what was said in an earlier life of the id could come back with
them. For the same reason none is begun where anything at all is left under the id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import reduce

from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.port import Store
from bridge.store.records import Head, Message, Progress, Turn, Usage
from bridge.store.session_settings import SessionSettings
from bridge.text import one_line
from bridge.turn_ids import milliseconds_of, turn_id
from bridge.typed import Any, NamedTuple

SAME_SOURCE_MILLISECONDS = 600_000
"""Two tellings of one exchange (a plugin's, an import's) may differ by this much in when it was said."""
MAX_TURN_BYTES = 380_000
"""In bytes; DynamoDB takes 400 KB with all names and counts."""
_TIME = 10
"""Characters of an id that are its time; what follows is made of the source."""
_PAGE = 500
_ATTEMPTS = 8
_TITLE_CHARACTERS = 80
_DAY = 86_400
_HEAD_AND_NEWEST = 2


class Piece(NamedTuple):
    """A turn without a `ttl`, or `part` (1 to `parts`) of one."""

    turn: Turn
    part: int = 1
    parts: int = 1


class Imported(NamedTuple):
    added: int
    present: int
    head: Head


class Import(NamedTuple):
    """`default` is how long a session lives where its settings do not say, in seconds; None: forever. `limit` holds this many bytes of
    the day's imports for a block, and raises `budget_exceeded`.
    """

    store: Store
    session: str
    owner: str
    default: int | None
    now: float
    limit: Callable[[int], AbstractContextManager[object]]

    def take(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> Imported:
        """Adds what is missing. Raises `session_exists`, `bad_request`, `budget_exceeded`, `session_deleted` and `StoreUnavailable`."""
        head, newest = self._life(pieces, settings)
        note = _Note(self.store, self.session, pieces)
        if head.owner:
            if uncounted := note.uncounted():
                head = self._count(head, uncounted, [], newest, note.name)
            note.remove()
        there = _PresentTurns(self.store, self.session, head.born, [piece.turn for piece in pieces])
        missing = [piece for piece in pieces if not there.has(piece.turn)]
        if not head.imported and any(piece.turn.id <= newest for piece in missing):
            raise BridgeError(Code.BAD_REQUEST, "Into this session only turns that are newer than its newest one can be imported.")
        size = sum(piece.turn.size_bytes for piece in missing)
        with self.limit(size):
            whole = [turn for piece in missing for turn in self._whole(piece)]
            if head.owner and whole:
                note.put([turn.id for turn in whole], int(self.now) + _DAY)
            added = [turn for turn in whole if self.store.add_turn(self.session, self._with_expiry(turn, head)) is None]
        counted = added if head.owner else [piece.turn for piece in pieces if there.has(piece.turn)] + whole
        if counted:
            head = self._count(head, counted, [turn.id for turn in added], newest, note.name)
        note.remove()
        for piece in missing:
            if piece.parts > 1 and piece.turn.id in {turn.id for turn in whole}:
                for part in range(1, piece.parts + 1):
                    self.store.remove_turn(parts_of(self.session), _part(piece.turn.id, part))
        return Imported(len(added), len(pieces) - len(missing), head)

    def _life(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> tuple[Head, str]:
        """The life that the turns belong to, and the id of the newest turn in it."""
        session = self.store.load(self.session, _HEAD_AND_NEWEST)
        head = session.head
        if head is not None and head.is_live(self.now):
            turns = lives.living(session, self.now)
            return self._configured(head, settings), turns[0].id if turns else head.born
        if head is not None or session.turns:
            raise BridgeError(Code.SESSION_EXISTS, "An earlier session left something under this id. Import under another id.")
        # Until a turn is counted, it ends: nothing stays of an import that is never repeated.
        new = SessionSettings().changed(settings)
        first = min(piece.turn.last_updated for piece in pieces)
        ends = lives.expiry(self.now, min(_DAY, new.period(None) or _DAY))
        life = Head(turn_id(0), first, ttl=ends, settings=new, imported=1)
        begun = self.store.begin(self.session, life, None)
        if not begun.imported or begun.deleted:
            raise BridgeError(Code.SESSION_EXISTS)
        return begun, begun.born

    def _configured(self, head: Head, settings: Mapping[str, Any]) -> Head:
        """With those settings that the session does not have yet; how long it is kept stays."""
        absent = {name: value for name, value in settings.items() if name != "keep_hours" and not getattr(head.settings, name)}
        if absent.get("title") == head.title:
            del absent["title"]
        if not absent:
            return head
        configured = self.store.configure(
            self.session, head.born, head.settings.counter, head.settings.changed(absent), head.last_updated, None
        )
        return head if configured is None else configured

    def _with_expiry(self, turn: Turn, head: Head) -> Turn:
        return turn._replace(ttl=lives.turn_expiry(self.now, head.period(self.default), head), ttl_by=head.settings.counter)

    def _count(self, head: Head, counted: Sequence[Turn], added: Sequence[str], newest: str, name: str) -> Head:
        """Counts the turns in the head, once under this `name`. Where its settings have changed meanwhile, they are kept as those say."""
        older = head.imported > 0 and any(turn <= newest for turn in added)
        for _ in range(_ATTEMPTS):
            period = head.period(self.default)
            progress = Progress(
                owner=self.owner,
                title=one_line(counted[0].context[0].content, _TITLE_CHARACTERS),
                last_updated=max(turn.last_updated for turn in counted),
                ttl=lives.expiry(self.now, period),
                turns_ttl=lives.turn_expiry(self.now, period, head),
                usage=reduce(Usage.plus, (turn.usage for turn in counted)),
                settings=head.settings.counter,
                cost=sum(turn.cost or 0 for turn in counted),
                unpriced_turns=sum(turn.cost is None for turn in counted),
                turn=name,
                turns=len(counted),
                imported=int(older),
            )
            after = self.store.advance(self.session, head.born, progress)
            if after is None or after.deleted or after.born != head.born:
                for turn in added:
                    self.store.remove_turn(self.session, turn)
                raise BridgeError(Code.SESSION_DELETED)
            if after.settings.counter == head.settings.counter:
                return after
            head = after
            self.store.set_ttl(self.session, added, lives.turn_expiry(self.now, head.period(self.default), head), head.settings.counter)
        raise StoreUnavailable

    def _whole(self, piece: Piece) -> Iterator[Turn]:
        """The turn, if all its parts are there now."""
        turn = piece.turn
        if piece.parts > 1:
            key = parts_of(self.session)
            self.store.add_turn(key, turn._replace(id=_part(turn.id, piece.part), ttl=int(self.now) + _DAY))
            stored = self.store.page(key, _part(turn.id, 0), _part(turn.id, piece.parts + 1), piece.parts)[::-1]
            if len(stored) < piece.parts:
                return
            turn = turn._replace(context=_joined([message for one in stored for message in one.context], stored))
        if turn.size_bytes > MAX_TURN_BYTES:
            raise BridgeError(Code.MESSAGE_TOO_LONG, f"A turn has {turn.size_bytes:,} bytes; the limit is {MAX_TURN_BYTES:,}.")
        yield turn


def parts_of(session: str) -> str:
    """The partition key of the parts of turns that are not whole yet: no session has two slashes in its own."""
    return f"{session}//parts"


def _part(turn: str, part: int) -> str:
    return f"{turn}.{part:04}"


class _Note:
    """What these pieces are about to add, in a row beside the parts: what of it is there when they come again was never counted.

    note ── add_turn ── add_turn ── killed        again: what is noted and there is counted ── the rest is noted, added and counted
    """

    def __init__(self, store: Store, session: str, pieces: Sequence[Piece]) -> None:
        self._id = f"import/{pieces[0].turn.id}.{pieces[0].part}/{pieces[-1].turn.id}.{pieces[-1].part}"
        self._store = store
        self._session = session
        self._first = ""

    @property
    def name(self) -> str:
        """Under which the turns are counted: the same ones never twice."""
        return f"{self._id}/{self._first}"

    def put(self, turns: Sequence[str], ttl: int) -> None:
        note = Turn(self._id, tuple(Message("user", turn) for turn in turns), 0, ttl=ttl)
        self._store.add_turn(parts_of(self._session), note)
        self._first = turns[0]

    def uncounted(self) -> list[Turn]:
        """What an import of the same pieces has added that ended before it could take its note away."""
        note = self._store.turn(parts_of(self._session), self._id)
        if note is None or not note.context:
            return []
        self._first = note.context[0].content
        noted = [self._store.turn(self._session, message.content) for message in note.context]
        return [turn for turn in noted if turn is not None]

    def remove(self) -> None:
        if self._first:
            self._store.remove_turn(parts_of(self._session), self._id)
            self._first = ""


class _PresentTurns:
    """Which turns are there already, by their ids; or, where they have a source, by that and about the time."""

    def __init__(self, store: Store, session: str, born: str, turns: Sequence[Turn]) -> None:
        self._ids: dict[str, list[int]] = {}
        moments = [milliseconds_of(turn.id) for turn in turns]
        after = max(born, turn_id(max(0, min(moments) - SAME_SOURCE_MILLISECONDS - 1)))
        last = turn_id(max(moments) + SAME_SOURCE_MILLISECONDS + 1)
        while True:
            page = store.lifetimes(session, after, _PAGE)
            for one in page:
                self._ids.setdefault(one.turn[_TIME:], []).append(milliseconds_of(one.turn))
            if len(page) < _PAGE or page[-1].turn > last:
                return
            after = page[-1].turn

    def has(self, turn: Turn) -> bool:
        leeway = SAME_SOURCE_MILLISECONDS if turn.source else 0
        moment = milliseconds_of(turn.id)
        return any(abs(moment - other) <= leeway for other in self._ids.get(turn.id[_TIME:], ()))


def _joined(messages: Sequence[Message], parts: Sequence[Turn]) -> tuple[Message, ...]:
    """The messages of all parts: one that begins a part goes on with the one that ended the part before, if it is of the same role."""
    begins = {id(part.context[0]) for part in parts[1:] if part.context}
    joined: list[Message] = []
    for message in messages:
        if joined and id(message) in begins and joined[-1].role == message.role:
            joined[-1] = Message(message.role, joined[-1].content + message.content)
        else:
            joined.append(message)
    return tuple(joined)
