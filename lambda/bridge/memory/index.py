"""What was said in one session, indexed for search; as the conversation grows, only what is new is added. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from bridge.memory import cues
from bridge.memory.blocks import DEFINITION, Block, BlockIndex
from bridge.memory.passages import (
    FADING_MAX_CHARACTERS,
    FADING_PAUSE,
    TURN_FADING,
    WHOLE,
    WHOLE_OF_PERSON,
    Fading,
    Passage,
    left,
    pieces_and_blocks,
)
from bridge.memory.phrases import is_instruction, is_question
from bridge.memory.quoting import cost
from bridge.memory.terms import kinds, terms
from bridge.memory.turns import KnownTurns
from bridge.store.records import Turn
from bridge.text import without_surrogates
from bridge.turn_ids import milliseconds_of

PAUSE_MILLISECONDS = 3_600_000

DAY_MILLISECONDS = 86_400_000

ASSISTANT, PERSON, OPENING = range(3)
"""Whose words a passage holds; an opening is the person's message that begins a sitting."""

CONTRAST_TURNS = 4
"""With fewer answered turns than this, the lengths of the two sides say nothing."""
CONTRAST_DOUBLINGS = 3
"""Answers that are twice as long this many times over (8 times as long) are as unlike the messages as counts."""

_PASSAGE, _TERM, _POSTING = 260, 230, 6
"""The bytes that each takes besides the text itself: measured as resident memory of CPython 3.11, over text of many scripts."""


class ConversationIndex(KnownTurns):
    """The turns of one session, as far as they were read, oldest first, cut into passages, and the terms by which those are found.

    `complete` says that nothing older was left unread. Every list named after turns or passages has one entry for each. Not for several
    threads at once.
    """

    def __init__(self, turns: Iterable[Turn] = (), *, complete: bool = True) -> None:
        self.firsts: list[int] = []  # The place of the turn's first passage.
        self.turn_fading = Fading([], [])
        self.exchanges = array("Q")  # How many turns up to this one have an answer,
        self.asked = array("Q")  # the characters of the person in those,
        self.answered = array("Q")  # and of the answers.

        self.passages: list[Passage] = []
        self.sittings: list[int] = []  # A new one after a pause, and each day.
        self.lengths: list[int] = []  # In terms.
        self.costs: list[int] = []  # The most characters that quoting it takes.
        self.turn_of: list[int] = []  # The place of the turn.
        self.voices = bytearray()  # ASSISTANT, PERSON, or OPENING.
        self.stating = bytearray()  # 3 where the person states something, 2 where they ask, 1 where they paste; 0 for the assistant.
        self.fading = Fading([], [])
        self.assisted_fading = Fading([], [])  # In a chat with an assistant.
        self.length = 0  # Of all passages.

        self.postings: dict[str, array[int]] = {}  # The passages that have a term, in order; one that has it twice stands there twice.
        self.speakers: dict[str, array[int]] = {}  # The passages of a role (with ":"), of a name's words, and of a function (with "(").
        self.blocks = BlockIndex()
        self.instructions = array("I")  # The passages that are standing instructions of the person.

        self._entries = 0  # In all postings.
        super().__init__(turns, complete=complete)

    @property
    def size_bytes(self) -> int:
        """How many bytes of memory this takes, about: what is resident was 0.9 to 1.25 times that, whatever the script."""
        terms = len(self.postings) + len(self.speakers)
        parts = len(self.passages) * _PASSAGE + terms * _TERM + self._entries * _POSTING
        return super().size_bytes + self.blocks.size_bytes + parts

    def first_passage(self, turn: int) -> int:
        """The place of the first passage of the turn at this place; their number, where there is no such turn."""
        return self.firsts[turn] if turn < len(self.firsts) else len(self.passages)

    def contrast(self, turn: int) -> float:
        """How unlike the two sides wrote before the turn at this place: 0 (alike) to 1 (answers of 8 times the length of a message)."""
        if not turn or self.exchanges[turn - 1] < CONTRAST_TURNS or not self.asked[turn - 1]:
            return 0.0
        return min(1.0, max(0.0, math.log2(self.answered[turn - 1] / self.asked[turn - 1]) / CONTRAST_DOUBLINGS))

    def _append(self, turn: Turn) -> None:
        at = milliseconds_of(turn.id)
        paused = bool(self.passages) and at - milliseconds_of(self.ids[-1]) >= PAUSE_MILLISECONDS
        super()._append(turn)
        place, day = len(self.turns) - 1, at // DAY_MILLISECONDS  # The passages of a turn share these objects.
        self.firsts.append(len(self.passages))
        self._count_characters(turn)
        first = len(self.passages)
        for message in turn.context:
            content = without_surrogates(message.content)
            unfinished = turn.truncated and message is turn.context[-1]
            speaker: list[str] = []
            cuts, blocks = pieces_and_blocks(content, WHOLE_OF_PERSON if message.role == "user" else WHOLE)
            places: list[int] = []
            for start, end in cuts:
                places.append(len(self.passages))
                passage = Passage(turn.id, message.role, content, start, end, unfinished)
                if not passage.text.strip():
                    continue
                speakers, speaker = cues.speakers(passage.text, speaker)
                self._append_passage(passage, place, day, [message.role + ":", *speakers], paused=paused)
                paused = False
            places.append(len(self.passages))
            for begin, end in blocks:
                self._append_block(places[begin], places[end])
        self._begin_turn(first)

    def _count_characters(self, turn: Turn) -> None:
        answer = len(turn.text)
        for total, new in ((self.exchanges, 1), (self.asked, turn.characters - answer), (self.answered, answer)):
            total.append((total[-1] if total else 0) + (new if answer else 0))

    def _begin_turn(self, first: int) -> None:
        """`first` is the place of the first passage of the turn that was added last: perhaps the first of a sitting, too."""
        begins = first < len(self.passages) and (not first or self.sittings[first] != self.sittings[first - 1])
        self.turn_fading.append(TURN_FADING, TURN_FADING, FADING_PAUSE if begins else 1.0)
        for place in range(first, len(self.passages)) if begins else ():
            if self.voices[place] == PERSON and self.passages[place].content is self.passages[first].content:
                self.voices[place] = OPENING

    def _append_block(self, first: int, end: int) -> None:
        text = self.passages[first].content[self.passages[first].start : self.passages[end - 1].end]
        self.blocks.add(text, Block(first, end, sum(self.costs[first:end])))

    def _append_passage(self, passage: Passage, turn: int, day: int, speakers: list[str], *, paused: bool) -> None:
        place = len(self.passages)
        own = terms(passage.text)
        self.passages.append(passage)
        self.sittings.append(
            self.sittings[-1] + (paused or day != milliseconds_of(self.passages[-2].turn) // DAY_MILLISECONDS) if place else 0
        )
        self.lengths.append(len(own))
        self.costs.append(cost(passage.role, passage.text, cut=passage.start > 0 or not passage.ends))
        self.turn_of.append(turn)
        self.voices.append(PERSON if passage.role == "user" else ASSISTANT)
        self.stating.append((1 if not passage.is_whole else 2 if is_question(passage.text) else 3) if passage.role == "user" else 0)
        gap = FADING_PAUSE if paused else 1.0
        self.fading.append(*left(passage.length), gap)
        self.assisted_fading.append(*left(passage.length, FADING_MAX_CHARACTERS), gap)
        self.length += len(own)
        self._post(self.postings, [*own, *kinds(own)], place)
        self._post(self.speakers, [*speakers, *(name + "(" for name in DEFINITION.findall(passage.text.lower()))], place)
        if passage.role == "user" and passage.is_whole and passage.ends and is_instruction(passage.text):
            self.instructions.append(place)

    def _post(self, postings: dict[str, array[int]], terms: list[str], place: int) -> None:
        for term in terms:
            postings.setdefault(term, array("I")).append(place)
        self._entries += len(terms)

    def _forget(self, turn: int) -> None:
        """Takes out the turns from this place on."""
        first = self.first_passage(turn)
        self.length -= sum(self.lengths[first:])
        for of_turns in (self.firsts, self.exchanges, self.asked, self.answered):
            del of_turns[turn:]
        for of_passages in (self.passages, self.sittings, self.lengths, self.costs, self.turn_of, self.voices, self.stating):
            del of_passages[first:]
        del self.instructions[bisect_left(self.instructions, first) :]
        length = self.passages[-1].length if self.passages else 0
        self.fading.cut(first, left(length)[0])
        self.assisted_fading.cut(first, left(length, FADING_MAX_CHARACTERS)[0])
        self.turn_fading.cut(turn, TURN_FADING)
        staying, self.blocks = [block for block in self.blocks.blocks if block.first < first], BlockIndex()
        for block in staying:
            self._append_block(block.first, block.end)
        for postings in (self.postings, self.speakers):
            for term in [term for term, places in postings.items() if places[-1] >= first]:
                remaining = bisect_left(postings[term], first)
                self._entries -= len(postings[term]) - remaining
                del postings[term][remaining:]
                if not postings[term]:
                    del postings[term]
        super()._forget(turn)
