"""The store port: what the bridge asks of its two tables.

Two real stores fulfil it, DynamoDB in the cloud and SQLite on a laptop, and one contract suite (tests/contract/) is run against both.

Every write here is one atomic conditional write, every read is strongly consistent unless it says otherwise. `session` is always a
partition key as `records.session_key` makes it. Any method may raise `StoreUnavailable`: what it did is then unknown. A store never
compares with a clock of its own: times come in as arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from bridge.store.claim_row import Claim
from bridge.store.records import Head, Progress, Turn
from bridge.store.session_settings import SessionSettings
from bridge.store.tally import Hold, Tally
from bridge.typed import NamedTuple, Protocol


class Session(NamedTuple):
    """What one read of a session found: its head, be it live, expired or a tombstone, and its newest turns, newest first.

    The turns are those that lie in the table; which of them exist is the head's to say (`lives.living`).
    """

    head: Head | None
    turns: tuple[Turn, ...]


class Lifetime(NamedTuple):
    """Until when a turn is kept, at least; `ttl` None: forever."""

    turn: str
    ttl: int | None


class Expiries(NamedTuple):
    """Until when a session is kept, and a lower bound of what its turns have or are about to be given; None: forever."""

    ttl: int | None
    turns_ttl: int | None


class Listed(NamedTuple):
    """One line of a listing."""

    session: str
    head: Head


ANY = sys.maxsize
"""As many bytes as there are."""


def up_to(max_bytes: int, turns: Iterable[Turn]) -> Iterator[Turn]:
    """The first of `turns`, up to the one at which they take `max_bytes`."""
    for turn in turns:
        yield turn
        max_bytes -= turn.size_bytes
        if max_bytes <= 0:
            return


class Store(Protocol):
    # Sessions

    def load(self, session: str, limit: int) -> Session:
        """The head and the newest turns, `limit` items in all, in one query."""

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int = ANY) -> tuple[Turn, ...]:
        """At most `limit` turns with `after` < turn < `before`, newest first, and none after the one at which they take `max_bytes`.

        Fewer than `limit`, of fewer bytes (`Turn.size_bytes`), means there are no more.
        """

    def turn(self, session: str, turn: str) -> Turn | None:
        """The turn with this id, or None."""

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        """Puts the turn if it is absent: the commit point. None: it was written. Otherwise the turn that is already there."""

    def remove_turn(self, session: str, turn: str) -> None:
        """Removes one turn. Removing what is not there is success."""

    def remove_turns(self, session: str, through: str, limit: int = ANY) -> int:
        """Removes turns up to and including `through`, at most `limit`, and says how many. Fewer than `limit`: none of them is left.

        Not atomic, and safe to repeat after a crash.
        """

    def scrub(self) -> bool:
        """Overwrites what files of the store still hold of anything removed or replaced. False: it could not; a repeat may."""

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        """Puts the head of a new life (or a tombstone) if the head is still `seen`: absent, or with `seen.born` and `seen.last_updated`.

        (A turn that ends late may have brought an expired head to life again; that one has another `last_updated`.) Returns the head now
        there. A put whose answer was lost finds its own head (`head.born`, same `deleted`) and is success.
        """

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        """Counts one committed turn in the head, if its `born` is this one, it is not a tombstone and its settings are `progress.settings`.

        A `progress.turn` that was counted last is not counted again: the answer of that write was lost. Returns the head after it, or,
        where the condition failed, the head that is there instead (its `born` differs, it is `deleted`, or the counter of its settings
        differs), or None when there is none.
        """

    def configure(
        self, session: str, born: str, seen: int, settings: SessionSettings, last_updated: int, expiries: Expiries | None
    ) -> Head | None:
        """Puts `settings` into the head, if its `born` is this one, it is not a tombstone, and the counter of its settings still is `seen`.

        `expiries`, where it is given, replaces `ttl` and `turns_ttl` of the head and resets `expiries_through`: no turn has been rewritten
        yet. Of `last_updated` the later one stays. Result as for `advance`. A write whose answer was lost finds itself.
        """

    def note_expiries(self, session: str, born: str, counter: int, through: str | None, turns_ttl: int | None) -> bool:
        """Notes in the head that all turns up to `through` are kept as its settings say; None: all are, for `turns_ttl` at least.

        Only if its `born` is this one, it is not a tombstone and the counter of its settings is this one. False when that is not so.
        """

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str, cost: int = 0) -> bool:
        """Replaces the summary in the head: by `summary`, which covers the turns up to `through`. Adds what it cost to `memory_cost`.

        Only if the head's `born` is this one, it is not a tombstone, and its summary still covers the turns up to `seen_through` ("": there
        is none). False when that is not so. A write whose answer was lost finds itself and is success.
        """

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        """Of at most `limit` turns after `after`, oldest first, until when they are kept. Fewer than `limit` means there are no more."""

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        """Sets the `ttl` of those of these turns that are there and have an earlier one or none; None removes it. Says how many it set.

        Turns whose `ttl_by` is larger than `by` stay as they are: newer settings say until when those are kept. Not atomic, and safe to
        repeat after a crash.
        """

    def set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int) -> None:
        """Sets the `ttl` of those of these turns that are there, be it later or earlier, and their `ttl_by`, which must not be larger yet.

        Not atomic, and safe to repeat after a crash.
        """

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool:
        """Sets the head's `turns_ttl` (None: removes it) if its `born` is this one, it is not a tombstone, and `turns_ttl` still is `seen`.

        False when that is not so. A write whose answer was lost finds itself and is success.
        """

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]:
        """At most `limit` heads of `owner` with `ttl` absent or after `now`, ordered by (last_updated, session) descending.

        `position` is the (last_updated, session) of the last one already seen. Fewer than `limit` means there are no more. Eventually
        consistent. Heads without an owner, and tombstones, are not listed.
        """

    def changes(self, owner: str, since: int, limit: int) -> tuple[Listed, ...]:
        """At most `limit` heads of `owner` with `last_updated` >= `since`, the newest first: live, expired, and tombstones, too.

        Eventually consistent. Heads without an owner are not listed.
        """

    def heads(self, sessions: Sequence[str]) -> dict[str, Head]:
        """The heads of at most 100 sessions, in one request; those that have none are left out."""

    # Claims

    def claim(self, claim: Claim, now: float) -> Claim | None:
        """Puts the row if the request is free: no row, or one whose `ttl` is not after `now`.

        None: it is ours; also when the row found is our own (`invocation`), put by a call whose answer was lost. Otherwise the row that
        is there.
        """

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None:
        """Replaces the row `seen` (same `invocation` and `lease_until`; running or failed) by `claim`, whole. Result as for `claim`."""

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None:
        """The row of this request, if any. `consistent=False` may be a second old and costs half."""

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None:
        """Moves the lease of a row that is `running` and ours. Returns the row after it, or None when it is no longer ours."""

    def follow(self, hash: str, connection_id: str) -> None:
        """Writes the connection that wants the stream on a `running` row; nothing where there is none."""

    def cancel(self, hash: str) -> bool:
        """Sets `cancel` on a `running` row; False where there is none."""

    def fail(self, claim: Claim) -> bool:
        """Replaces the row, if `running` and of `claim.invocation`, by `claim` (whose `state` is `failed`). False when it is not ours."""

    # The store itself

    def check(self, now: float) -> None:
        """Writes a row of its own, at most once a minute, and reads it. Raises `StoreUnavailable`, which says what is wrong."""

    # Budgets

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        """Adds the hold and its tokens to its row, which is made where there is none, if that counts fewer than `limit` tokens.

        None: they are held; also when this very hold is there already, put by a call whose answer was lost. Otherwise the row that is
        there.
        """

    def tally(self, row: str) -> Tally:
        """What is counted in the row; nothing where there is no such row."""

    def settle(self, hold: Hold, used: int) -> None:
        """Counts `used` tokens in place of the hold; nothing where there is no such hold, since an earlier attempt has settled it."""
