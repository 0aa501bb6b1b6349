"""What was said, cut into passages short enough to be chosen one by one, and how far a term of one counts in others. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bridge.memory import blocks

WHOLE = 480
"""A message of at most this many characters is one passage,"""
WHOLE_OF_PERSON = 2_500
"""and one of the person's own: what they state about themselves, they state in a few sentences."""
MIN_CHARACTERS, MAX_CHARACTERS = 100, 300
"""The size of the passages of a longer one."""

_BOUNDARIES = (
    "\n\n",
    "\n",
    ". ",
    "! ",
    "? ",
    "。",
    "！",
    "？",
    "؟",
    "।",
    "۔",
    "; ",
    "；",
    ", ",
    "，",
    "、",
    "،",
    " ",
    "\t",
    ";",
    ",",
    "&",
    "/",
)
"""Where to cut, best first."""
_MAX_SEQUENCE = 16
"""Of characters that make one: a letter and its marks, an emoji and what changes it."""


FADING_CHARACTERS = 150
FADING_LATER = 0.6
FADING_EARLIER = 0.5
"""What is left of a term's weight this many characters later, and earlier."""
FADING_PAUSE = 0.5
"""What is left of it beyond a pause, from one sitting to another."""
FADING_MAX_CHARACTERS = 150
"""In a chat with an assistant a passage dampens no more than one of this many characters: else nothing reaches beyond a long reply."""
TURN_FADING = 0.7
"""What is left of a term's weight from one turn to the next, and to the one before."""
DENSE = 3
"""A term that stands at more than one in this many places is followed everywhere at once."""


class Passage(NamedTuple):
    """The part `start` to `end` (code points) of `content`, a message of the turn; `unfinished` where that message was itself cut off."""

    turn: str
    role: str
    content: str
    start: int
    end: int
    unfinished: bool = False

    @property
    def text(self) -> str:
        return self.content[self.start : self.end]

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the message. What a person has to say is; of what they paste, a passage is a part."""
        return self.start == 0 and self.end == len(self.content)

    @property
    def ends(self) -> bool:
        """Whether these are the last words of the message."""
        return self.end == len(self.content) and not self.unfinished


class Fading(NamedTuple):
    """Of each place: what is left of a term's weight in the one after it, and in the one before."""

    later: list[float]
    earlier: list[float]

    def append(self, later: float, earlier: float, gap: float) -> None:
        """Adds a place; `gap` is left of what comes to it from the one before, and goes there from it."""
        if self.later:
            self.later[-1] *= gap
        self.later.append(later)
        self.earlier.append(earlier * gap)

    def cut(self, place: int, later: float) -> None:
        """Takes out the places from this one on; of what goes on from the last one, `later` is left again."""
        del self.later[place:], self.earlier[place:]
        if self.later:
            self.later[-1] = later

    def spread(self, values: list[float], own: Mapping[int, int], factor: float, norms: Sequence[float], faint: float) -> int:
        """Adds to `values` what a term counts at its places and, fading, around them; returns the number of places it reached.

        `own`: how often it stands at which places, in order. What fades is followed until it is too `faint`. A term counts half of
        `factor` where there is as much of it as `norms` says.
        """
        if len(own) * DENSE > len(self.later):
            return self._spread_everywhere(values, own, factor, norms, faint)
        around: dict[int, float] = dict(own)
        later, earlier = self
        carried, here, end = 0.0, 0, len(later)
        for place in (*own, end):
            while carried > faint and here < place:
                around[here] = carried
                carried *= later[here]
                here += 1
            if place < end:
                if here < place:
                    carried = 0.0
                around[place] += carried
                carried = (carried + own[place]) * later[place]
                here = place + 1
        carried, here = 0.0, -1
        for place in reversed((-1, *own)):
            while carried > faint and here > place:
                if here in around:
                    around[here] += carried
                else:
                    around[here] = carried
                carried *= earlier[here]
                here -= 1
            if place >= 0:
                if here > place:
                    carried = 0.0
                around[place] += carried
                carried = (carried + own[place]) * earlier[place]
                here = place - 1
        for place, count in around.items():
            values[place] += factor * count / (count + norms[place])
        return len(around)

    def _spread_everywhere(self, values: list[float], own: Mapping[int, int], factor: float, norms: Sequence[float], faint: float) -> int:
        """The same, to the last bit, by one look at each place: quicker for a term that stands at many."""
        counts = [0] * len(self.later)
        for place, count in own.items():
            counts[place] = count
        carried, with_later = 0.0, list[float]()
        for count, keep in zip(counts, self.later, strict=True):
            if count:
                carried += count
            elif carried <= faint:
                carried = 0.0
            with_later.append(carried)
            carried *= keep
        carried, reached, place = 0.0, 0, len(counts)
        for count, keep, value, norm in zip(reversed(counts), reversed(self.earlier), reversed(with_later), reversed(norms), strict=True):
            place -= 1
            if not count and carried <= faint:
                carried = 0.0
                if not value:
                    continue
            total = value + carried
            carried = (carried + count) * keep
            values[place] += factor * total / (total + norm)
            reached += 1
        return reached


def left(length: int, most: int | None = None) -> tuple[float, float]:
    """What is left of a term's weight behind a passage of this length, and before it; a longer one dampens no more than one of `most`."""
    length = length if most is None else min(length, most)
    return float(FADING_LATER ** (length / FADING_CHARACTERS)), float(FADING_EARLIER ** (length / FADING_CHARACTERS))


def pieces(text: str, whole: int = WHOLE) -> list[tuple[int, int]]:
    """The passages of `text` as (start, end), in order and without a gap between them; a single one of up to `whole` characters."""
    return list(_cut(text, 0, len(text), whole))


def pieces_and_blocks(text: str, whole: int = WHOLE) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The passages of `text`, and for each of its blocks (see `blocks.find`) which of them hold it, as (first, end) in the list.

    No passage holds a part of a block and anything else but the few words that stand before a block, or after the last one.
    """
    if len(text) <= whole:
        return pieces(text, whole), []
    passages: list[tuple[int, int]] = []
    numbers: list[tuple[int, int]] = []
    start = 0
    for begin, end in _with_few_words_around(text, blocks.find(text)):
        passages.extend(_cut(text, start, begin, MAX_CHARACTERS))
        first, start = len(passages), end
        passages.extend(_cut(text, begin, end, MAX_CHARACTERS))
        numbers.append((first, len(passages)))
    return [*passages, *_cut(text, start, len(text), MAX_CHARACTERS)], numbers


def _with_few_words_around(text: str, parts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last = 0
    for start, end in parts:
        begin = start if start - last >= MIN_CHARACTERS else last
        last = len(text) if end == parts[-1][1] and len(text) - end < MIN_CHARACTERS else end
        yield begin, last


def _cut(text: str, start: int, end: int, whole: int) -> Iterator[tuple[int, int]]:
    if end - start > whole:
        while end - start > MAX_CHARACTERS:
            place = _boundary(text, start)
            yield start, place
            start = place
    if start < end:
        yield start, end


def _boundary(text: str, start: int) -> int:
    for boundary in _BOUNDARIES:
        place = text.rfind(boundary, start + MIN_CHARACTERS, start + MAX_CHARACTERS)
        if place >= 0:
            return place + len(boundary)
    return _between_characters(text, start + MAX_CHARACTERS)


def _between_characters(text: str, place: int) -> int:
    """The last place up to this one, if there is one near it, at which no mark or joiner goes on with the character before."""
    for here in range(place, place - _MAX_SEQUENCE, -1):
        if not (_goes_on(text[here]) or text[here - 1] == "\u200d"):
            return here
    return place


def _goes_on(character: str) -> bool:
    joins = character in "\u200c\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff"  # Skin colours of emoji.
    return joins or unicodedata.category(character)[0] == "M"
