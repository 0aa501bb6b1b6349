"""The turns of a conversation that this process knows, without what is needed to search them. Pure."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from bridge.memory.messages import sent_size
from bridge.store.records import Turn

TURN_BYTES = 1_100
"""What a turn takes in memory besides its text."""


class KnownTurns:
    """Turns of one session, oldest first. `complete` says that nothing older was left unread. Not for several threads at once."""

    def __init__(self, turns: Iterable[Turn] = (), *, complete: bool = True) -> None:
        self.complete = complete
        self.turns: list[Turn] = []
        self.ids: list[str] = []
        self.sizes: list[int] = []  # The characters that sending the turn whole takes.
        self.size = 0  # Of all turns.
        self._text = 0  # The bytes of memory that the text of all turns takes.
        self.add(turns)

    @property
    def size_bytes(self) -> int:
        """How many bytes of memory this takes, about."""
        return self._text + len(self.turns) * TURN_BYTES

    def fit(self, limit: int) -> bool:
        """Whether all that was said can be sent within `limit` characters."""
        return self.complete and self.size <= limit

    def add(self, turns: Iterable[Turn]) -> None:
        """Takes in the turns not yet known, in any order.

        For a turn older than some that are here already (it was long in the making), those are taken out and added again.
        """
        new = {turn.id: turn for turn in turns if turn.id not in self}
        if not new:
            return
        place = bisect_left(self.ids, min(new))
        again = self.turns[place:]
        if again:
            self._forget(place)
        for turn in sorted([*again, *new.values()], key=lambda turn: turn.id):
            self._append(turn)

    def place_after(self, turn: str) -> int:
        """The place of the first turn after the one with this id."""
        return bisect_right(self.ids, turn)

    def __contains__(self, turn: str) -> bool:
        """Whether the turn with this id is known."""
        place = bisect_left(self.ids, turn)
        return place < len(self.ids) and self.ids[place] == turn

    def _append(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.ids.append(turn.id)
        self.sizes.append(sent_size(turn))
        self.size += self.sizes[-1]
        self._text += _text(turn)

    def _forget(self, turn: int) -> None:
        """Takes out the turns from this place on."""
        self.size -= sum(self.sizes[turn:])
        self._text -= sum(map(_text, self.turns[turn:]))
        for of_turns in (self.turns, self.ids, self.sizes):
            del of_turns[turn:]


def _text(turn: Turn) -> int:
    return sum(sys.getsizeof(message.content) for message in turn.context)
