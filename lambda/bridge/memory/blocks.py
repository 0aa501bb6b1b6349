"""What is of use only whole: code between fences, tables and numbered lists; and which of them are versions of one another. Pure."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MIN_ROWS = 3
"""A table of fewer lines, or a list of fewer items, is text like any other."""
MIN_LINE_CHARACTERS = 8
"""Shorter lines (a bracket, `else:`) stand in every block: they do not tell whether it is a version of another."""

_FENCES = ("```", "~~~")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ITEM = re.compile(r"[ \t]*\d{1,3}[.)][ \t]")
_BLOCK_BYTES, _LINE_BYTES = 200, 130
DEFINITION = re.compile(r"\b(?:def|fn|func|function|class|const)[ *]+(?:\([^()\n]*\) )?(\w+)(?: = (?:async )?|<[^()\n]*>)?\(")
"""Finds in code, in lower case, the names of the functions that it defines."""


class Block(NamedTuple):
    """The passages `first` to `end` (exclusive) hold one block; quoting them takes at most `cost` characters."""

    first: int
    end: int
    cost: int


class BlockIndex:
    """The blocks of a conversation, in its order.

    A block half of whose lines were last seen in one older block is that one's next version.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.newer = array("I")  # The number of each block's next version; 0: none (no version is the first block of all).
        self._firsts = array("I")
        self._last_seen: dict[int, int] = {}  # By the hash of a line, the number of the newest block that has it.

    @property
    def size_bytes(self) -> int:
        return len(self.blocks) * _BLOCK_BYTES + len(self._last_seen) * _LINE_BYTES

    def add(self, text: str, block: Block) -> None:
        """`text` is what the block holds; blocks come in the order of their passages."""
        number = len(self.blocks)
        lines = [hash(line) for line in map(str.strip, text.split("\n")) if len(line) >= MIN_LINE_CHARACTERS]
        seen = Counter(self._last_seen[line] for line in lines if line in self._last_seen)
        for older, count in seen.most_common(1):
            if 2 * count >= len(lines):
                self.newer[older] = number
        self.blocks.append(block)
        self.newer.append(0)
        self._firsts.append(block.first)
        self._last_seen.update(dict.fromkeys(lines, number))

    def at(self, place: int) -> int | None:
        """The number of the block to which the passage at `place` belongs."""
        number = bisect_right(self._firsts, place) - 1
        return number if number >= 0 and place < self.blocks[number].end else None

    def since(self, place: int) -> Sequence[Block]:
        """The blocks that begin with the passage at `place` or after it."""
        return self.blocks[bisect_left(self._firsts, place) :]

    def versions(self, number: int) -> Iterator[int]:
        """The newer versions of a block, oldest first."""
        while number := self.newer[number]:
            yield number


def find(text: str) -> list[tuple[int, int]]:
    """The blocks of `text` as (start, end), in order; each begins where a line does and ends where one ends."""
    lines = list(_lines(text))
    spans: list[tuple[int, int]] = []
    place = 0
    while place < len(lines):
        end = _end(text, lines, place)
        if end > place:
            spans.append((lines[place][0], lines[end - 1][1]))
        place = max(end, place + 1)
    return spans


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _end(text: str, lines: Sequence[tuple[int, int]], place: int) -> int:
    """The number of the first line after the block that begins with the line at `place`; `place` where none begins."""
    start, end = lines[place]
    line = text[start:end].lstrip(" \t")
    if line.startswith(_FENCES):
        return _end_of_code(text, lines, place)
    if line.startswith("|"):
        return _end_of_table(text, lines, place)
    return _end_of_list(text, lines, place) if _ITEM.match(line) else place


def _end_of_code(text: str, lines: Sequence[tuple[int, int]], place: int) -> int:
    """Code whose fence is never closed goes to the end of the text (https://spec.commonmark.org/0.31.2/#fenced-code-blocks)."""
    opening = _FENCE.match(text, lines[place][0])
    fence = opening.group(1) if opening else ""
    for last in range(place + 1, len(lines)):
        line = text[slice(*lines[last])].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            return last + 1
    return len(lines)


def _end_of_table(text: str, lines: Sequence[tuple[int, int]], place: int) -> int:
    last = place
    while last < len(lines) and text[slice(*lines[last])].lstrip(" \t").startswith("|"):
        last += 1
    return last if last - place >= MIN_ROWS else place


def _end_of_list(text: str, lines: Sequence[tuple[int, int]], place: int) -> int:
    """A list goes on as long as its items are numbered, and what lies between them is blank or set in."""
    indent = _indent(text[slice(*lines[place])])
    items, end, last = 0, place, place
    while last < len(lines):
        line = text[slice(*lines[last])]
        if _ITEM.match(line):
            items += 1
        elif line.strip() and _indent(line) <= indent:
            break
        last = _end_of_code(text, lines, last) if line.lstrip(" \t").startswith(_FENCES) else last + 1
        end = last if line.strip() else end
    return end if items >= MIN_ROWS else place


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
