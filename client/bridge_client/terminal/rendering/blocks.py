"""Cuts Markdown into blocks while it arrives. A block is complete when nothing that follows can change it.

Every item of a list is a block of its own, and a long piece of code is several, so that whatever is complete never has to be drawn again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt

CODE_LINES = 24
"""A longer piece of code is cut, at an empty line if there is one in its second half."""
GROWTH = 8
"""An open block is parsed again when it has grown by this fraction: a long one is not parsed as a whole for each of its lines."""
SEPARATE = frozenset({"heading_open", "table_open", "fence", "hr"})
"""Blocks with an empty line before and after them, whether the text has one or not."""

CONTINUED = "continued"
"""In place of the last block's kind: the next one is the rest of it."""


def new_parser() -> MarkdownIt:
    """CommonMark with tables. HTML is text, and so are link definitions: a block is shown without the rest of its document."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")


class Block(NamedTuple):
    text: str
    gap: bool
    """An empty line comes before it."""


class _Part(NamedTuple):
    """A block within the open text."""

    kind: str
    """The type of its token: "paragraph_open", "fence", "list_item_open", ..."""
    start: int
    end: int
    """Its lines, the last one excluded."""
    number: int | None = None
    """Of an item of a numbered list."""


class Blocks:
    """Takes the pieces of a text, and gives its blocks. `open` is the text of the block that is not complete."""

    def __init__(self) -> None:
        self._parser = new_parser().disable("inline")
        self._lines: list[str] = []
        self._partial: list[str] = []
        """The pieces of the last line, which has not ended."""
        self._parsed = 0
        """How many lines were open when they were last parsed."""
        self._in_table = False
        """The open text is a table: a line that begins with a bar is its next row (https://github.github.com/gfm/#tables-extension-)."""
        self._previous = ""
        """The kind of the last block; "" before the first one."""
        self._blank = False
        """An empty line comes before the open text."""
        self._number: int | None = None
        """The number of the item that the open text begins with, if its list began earlier."""

    @property
    def open(self) -> str:
        return "".join(f"{line}\n" for line in self._lines) + "".join(self._partial)

    @property
    def gap(self) -> bool:
        """An empty line comes before the block that is not complete, as far as that is known."""
        return self._previous not in ("", CONTINUED) and (self._blank or self._previous in SEPARATE)

    def feed(self, text: str) -> Iterator[Block]:
        """The blocks that the next piece of the text completes."""
        self._partial.append(text)
        if "\n" in text:
            *lines, partial = "".join(self._partial).split("\n")
            self._lines += lines
            self._partial = [partial]
            if self._in_table and all(line.startswith("|") for line in lines):
                return
            if self._in_table or len(self._lines) > self._parsed + self._parsed // GROWTH:
                yield from self._take(everything=False)

    def end(self) -> Iterator[Block]:
        """All blocks that are left."""
        self._lines.append("".join(self._partial))
        self._partial = []
        yield from self._take(everything=True)

    def _take(self, *, everything: bool) -> Iterator[Block]:
        parts = list(self._parts())
        rest = None if everything or not parts or self._is_over(parts[-1]) else parts.pop()
        for part in parts:
            yield self._block(part, self._lines[part.start : part.end])
        if parts or not rest:
            start = rest.start if rest else len(self._lines)
            self._blank = self._blank_before(start)
            self._number = rest.number if rest else None
            del self._lines[:start]
        if rest and rest.kind == "fence" and len(self._lines) > CODE_LINES:
            yield self._begun_code(rest._replace(start=0))
        self._parsed = len(self._lines)
        self._in_table = rest is not None and rest.kind == "table_open"

    def _parts(self) -> Iterator[_Part]:
        """The blocks of the open text; the last one may not be complete."""
        number = 0
        for token in self._parser.parse("\n".join(self._lines)):
            if not token.map:
                continue
            start, end = token.map
            if token.type == "ordered_list_open" and token.level == 0:
                number = self._number if start == 0 and self._number is not None else int(token.attrs.get("start", 1))
            elif token.type == "list_item_open" and token.level == 1:
                yield _Part(token.type, start, end, number if token.markup in (".", ")") else None)
                number += 1
            elif token.level == 0 and not token.type.endswith("list_open"):
                yield _Part(token.type, start, end)

    def _is_over(self, part: _Part) -> bool:
        """Whether the last block is complete: by its own last line, or by an empty line after it."""
        if part.kind in ("heading_open", "hr"):
            # With a bar in it, it may still become the head of a table.
            return "|" not in self._lines[part.end - 1]
        if part.kind == "fence":
            return self._is_closed(part)
        return part.kind != "list_item_open" and part.end < len(self._lines)

    def _is_closed(self, fence: _Part) -> bool:
        marks, last = _marks(self._lines[fence.start]), self._lines[fence.end - 1].strip()
        return fence.end - fence.start > 1 and last.startswith(marks) and not last.strip(marks[0])

    def _block(self, part: _Part, lines: list[str]) -> Block:
        separate = bool({part.kind, self._previous} & SEPARATE) or self._blank_before(part.start)
        gap = separate and self._previous not in ("", CONTINUED)
        self._previous = part.kind
        text = "\n".join(lines).rstrip("\n")
        return Block(text if part.number is None else re.sub(r"^(\s*)\d+", rf"\g<1>{part.number}", text), gap)

    def _blank_before(self, line: int) -> bool:
        return not self._lines[line - 1].strip() if line else self._blank

    def _begun_code(self, fence: _Part) -> Block:
        """The first part of a long piece of code; the rest stays open, as a fence of its own."""
        opening = self._lines[0]
        cut = next((line for line in range(CODE_LINES, CODE_LINES // 2, -1) if not self._lines[line].strip()), CODE_LINES)
        block = self._block(fence, [*self._lines[:cut], _marks(opening)])
        self._lines[:cut] = [opening]
        self._previous = CONTINUED
        return block


def _marks(opening: str) -> str:
    """The backticks or tildes that a fence is opened with."""
    line = opening.lstrip()
    return line[: len(line) - len(line.lstrip(line[0]))]
