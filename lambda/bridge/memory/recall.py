"""Which older passages are quoted with a new message. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import chain
from typing import NamedTuple

from bridge.memory.blocks import BlockIndex
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.passages import Passage
from bridge.memory.phrases import named
from bridge.memory.quoting import HEADING_COST, Excerpt
from bridge.memory.scoring import is_assisted, ranked, scores, with_replies
from bridge.text import without_surrogates
from bridge.turn_ids import milliseconds_of

MAX_BLOCK_CHARACTERS = 4_000
"""A block of more characters, or of more than half of the room, is not sent whole."""
INSTRUCTIONS_SHARE = 0.1
"""How much of the limit standing instructions may take."""
PREVIOUS_CHARACTERS = 600
"""Of the person's last message the beginning is read: what follows is often pasted."""
MAX_MISSED = 100
"""After this many passages in a row that did not fit no other is tried."""
VERSION_FITS = 0.8
"""The next version of a block takes its place if it fits at least this well itself, compared with the older one."""


class Selection:
    """Passages chosen one after the other, as long as there is room: at most `room` characters as `quoting.lines` writes them."""

    def __init__(self, index: ConversationIndex, room: int, without: Set[int] = frozenset()) -> None:
        self.room = room
        self._index = index
        self._without = without
        self._places: set[int] = set()
        self._instructions: set[int] = set()
        self._sittings: set[int] = set()

    def take(self, places: Sequence[int]) -> bool:
        """Takes all of these passages, which are of one message; or none, where they do not fit or one of them is not to be taken."""
        if not (self._places.isdisjoint(places) and self._without.isdisjoint(places)):
            return False
        sitting, costs = self._index.sittings[places[0]], self._index.costs
        price = costs[places[0]] if len(places) == 1 else sum(costs[place] for place in places)
        price += 0 if sitting in self._sittings else HEADING_COST
        if price > self.room:
            return False
        self.room -= price
        self._places.update(places)
        self._sittings.add(sitting)
        return True

    def take_instruction(self, place: int) -> bool:
        """The same of one passage, a standing instruction."""
        taken = self.take((place,))
        if taken:
            self._instructions.add(place)
        return taken

    @property
    def excerpts(self) -> list[Excerpt]:
        """What was chosen, in the order in which it was said."""
        return _excerpts(self._index, sorted(self._places), self._instructions)


class QuestionContext(NamedTuple):
    """What a selection depends on besides the conversation and the message.

    `now` is in seconds since the epoch, `utc_offset` in minutes, `contrast` how unlike the two sides write; `instructions` is how many
    characters standing instructions may take.
    """

    now: float = 0.0
    utc_offset: int = 0
    contrast: float = 0.0
    instructions: int = 0


def recall(
    index: ConversationIndex, message: str, room: int, before: int, without: Set[int] = frozenset(), context: QuestionContext | None = None
) -> list[Excerpt]:
    """What was said before the turn at the place `before` and most likely matters for `message`, in the order in which it was said.

    A function that the message names comes first, in its newest version. Takes at most `room` characters as `quoting.lines` writes it, and
    none of the passages at the places `without`. Where nothing matters, the newest is taken.
    """
    context = context or QuestionContext()
    wanted = SearchTerms.of(message, context.now, context.utc_offset)
    previous = _previous(index) if is_assisted(context.contrast) else None
    values = scores(index, wanted, None, context.contrast, previous)
    best = with_replies(values, index)
    del values[index.first_passage(before) :]
    selection = Selection(index, room, without)
    if is_assisted(context.contrast):
        _take_instructions(selection, index, values, context.instructions)
    defined = [place for name in named(message, index.speakers) if (place := index.speakers[name][-1]) < len(values)]
    whole = _Whole(index.blocks, values, min(MAX_BLOCK_CHARACTERS, room if defined else room // 2))
    missed = 0
    for place in chain(defined, ranked(values, best)):
        if missed == MAX_MISSED:
            break
        missed += 1
        if index.costs[place] <= selection.room and (places := whole.around(place)) and selection.take(places):
            missed = 0
    return selection.excerpts


def _previous(index: ConversationIndex) -> SearchTerms | None:
    """What the person's last message is about."""
    said = [one.content for one in index.turns[-1].context if one.role == "user"] if index.turns else []
    return SearchTerms.of_topic(without_surrogates(said[0][:PREVIOUS_CHARACTERS])) if said else None


def _take_instructions(selection: Selection, index: ConversationIndex, values: Sequence[float], most: int) -> None:
    """The person's standing instructions, those that fit the message best first, of equals the newest, in at most this many characters."""
    places = [place for place in index.instructions if place < len(values)]
    for place in sorted(places, key=lambda place: (values[place], place), reverse=True):
        room = selection.room
        if index.costs[place] <= most and selection.take_instruction(place):
            most -= room - selection.room


class _Whole:
    """What is chosen together with a passage: all of its block, in the newest version."""

    def __init__(self, blocks: BlockIndex, values: Sequence[float], most: int) -> None:
        self._blocks = blocks
        self._values = values
        self._most = most  # Characters of a block that is taken whole; what is longer is taken by the passage.
        self._seen: set[int] = set()

    def around(self, place: int) -> Sequence[int]:
        """The places to choose for the one at `place`, () where it is settled already. Best first."""
        number = self._blocks.at(place)
        if number is None or self._blocks.blocks[number].cost > self._most:
            return (place,)
        if number in self._seen or (newest := self._newest(number, self._values[place])) in self._seen:
            return ()
        self._seen |= {number, newest}
        block = self._blocks.blocks[newest]
        return range(block.first, block.end) if block.end <= len(self._values) and block.cost <= self._most else ()

    def _newest(self, number: int, value: float) -> int:
        """The newest version of a block that fits nearly as well as the one before it; one that is sent anyway always does."""
        for newer in self._blocks.versions(number):
            block = self._blocks.blocks[newer]
            if block.end <= len(self._values):
                own = max(self._values[block.first : block.end])
                if own < VERSION_FITS * value:
                    break
                value = max(own, value)
            number = newer
        return number


def _excerpts(index: ConversationIndex, places: Sequence[int], instructions: Set[int]) -> list[Excerpt]:
    """The passages at these places, consecutive ones of one message joined. An instruction is a passage by itself."""
    joined: list[tuple[Passage, int, bool]] = []
    for place in places:
        passage = index.passages[place]
        if joined and joined[-1][0].content is passage.content and joined[-1][0].end == passage.start:
            passage = passage._replace(start=joined.pop()[0].start)
        joined.append((passage, index.sittings[place], place in instructions))
    return [excerpt_of(passage, sitting, instruction=instruction) for passage, sitting, instruction in joined]


def excerpt_of(passage: Passage, sitting: int, *, instruction: bool = False) -> Excerpt:
    turn, role, _, start, end, _ = passage
    return Excerpt(turn, milliseconds_of(turn), sitting, role, passage.text, start == 0, passage.ends, start, end, instruction)
