"""The life of a session: which turns exist, and where the next one goes. Pure.

A session's id outlives its content: it can expire or be deleted and be used again. What keeps the lives apart is `born`: only turns after
it exist, for every reader, whatever DynamoDB still holds of earlier ones.
"""

from __future__ import annotations

from bridge.store.port import Session
from bridge.store.records import Head, Turn
from bridge.turn_ids import milliseconds_of, turn_id

CLOCK_SKEW_SECONDS = 2
"""How far the clocks of two invocations may differ. A lease is not taken over earlier than this after its end, by the taker's clock."""

FIRST_TURNS_MILLISECONDS = 60_000
"""A life begins this long before its first turn: of two first turns at once, on clocks that differ, both count."""

TOMBSTONE_SECONDS = 3600
_DAY = 86_400

LOADED_TURNS = 9
"""How many turns a load brings along with the head. They fill a window of ordinary turns, and a read costs by what it brings, however
long the conversation is; the turns of a window that holds more are read afterwards.
"""


def living(session: Session, now: float) -> tuple[Turn, ...]:
    """The turns that exist, newest first."""
    head = session.head
    if head is None or not head.is_live(now):
        return ()
    return tuple(turn for turn in session.turns if turn.id > head.born)


def newest(session: Session, now: float) -> str:
    """The id of the newest turn that exists; before the first one, what sets this life apart from the one before; "" in the very first."""
    turns, head = living(session, now), session.head
    if turns:
        return turns[0].id
    return "" if head is None else head.previous_born if head.is_live(now) else head.born


def is_buried(turn: str, head: Head | None, now: float) -> bool:
    """Whether a turn claimed earlier, and not stored, was deleted with its session; that may have begun another life since."""
    if head is None:
        return False
    return turn <= head.previous_born if head.is_live(now) else head.deleted and (head.ttl or 0) > now and turn < head.born


def life_for(session: Session, now: float, ttl: int | None) -> Head:
    """The head that the next turn belongs to: the live one, or a new one that leaves every earlier life and the tombstone behind.

    `ttl` is how long a session lives after its last turn, in seconds; None: forever.
    """
    head = session.head
    if head is not None and head.is_live(now):
        return head
    past = [milliseconds_of(turn.id) for turn in session.turns[:1]]
    if head is not None:
        past.append(milliseconds_of(head.born))
    born = max([round(now * 1000) - FIRST_TURNS_MILLISECONDS, *(moment + 1 for moment in past)])
    return Head(
        born=turn_id(born),
        last_updated=int(now),
        ttl=expiry(now, ttl),
        turns_ttl=turn_expiry(now, ttl),
        previous_born="" if head is None else head.born,
    )


def born_at(moment: float) -> str:
    """Where a life begins whose first turn was said at that moment, and which has none before it."""
    return turn_id(max(0, round(moment * 1000) - FIRST_TURNS_MILLISECONDS))


def next_turn(session: Session, life: Head, now: float, random: bytes) -> str:
    """The id of a turn that is claimed now: after `born` and after every turn seen, whatever the clock says."""
    past = [milliseconds_of(life.born), *(milliseconds_of(turn.id) for turn in session.turns[:1])]
    return turn_id(max([round(now * 1000), *(moment + 1 for moment in past)]), random)


def tombstone(session: Session, now: float) -> Head:
    """The head of a deleted session. It keeps its owner and the time of the deletion, by which other processes see it.

    Its `born` lies after every turn seen and, by what clocks may differ, after every turn that was claimed before now: such a turn
    cannot come to life in a later life of this id.
    """
    past = [milliseconds_of(turn.id) for turn in session.turns[:1]]
    if session.head is not None:
        past.append(milliseconds_of(session.head.born))
    born = max([round((now + 2 * CLOCK_SKEW_SECONDS) * 1000), *(moment + 1 for moment in past)])
    moment = int(_not_before(session.head, now))
    owner = session.head.owner if session.head is not None else ""
    return Head(born=turn_id(born), last_updated=moment, ttl=moment + TOMBSTONE_SECONDS, deleted=True, owner=owner)


def expiry(now: float, ttl: int | None) -> int | None:
    """When a session whose last turn is now ends, in seconds since the epoch; None: never."""
    return None if ttl is None else int(now) + ttl


def turn_expiry(now: float, ttl: int | None, life: Head | None = None) -> int | None:
    """When a turn stored now may be removed: three periods, since the head alone decides what exists and turns are renewed late.

    It never ends before the turns that its `life` has already, though this clock may be behind.
    """
    return None if ttl is None else int(_not_before(life, now)) + 3 * ttl


def first_expiry(now: float, life: Head, default: int | None) -> int | None:
    """The same for a turn that is not counted in its head yet. `default` is how long a session lives where its settings do not say.

    Settings that keep a session forever may be taken back meanwhile: a turn that is then never counted must not stay. `storing` lifts
    the end of those that are.
    """
    period = life.period(default)
    return turn_expiry(now, (default or _DAY) if period is None and life.settings.counter else period, life)


def _not_before(head: Head | None, now: float) -> float:
    return now if head is None else max(now, head.last_updated)
