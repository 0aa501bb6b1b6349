"""Wraps lines for a terminal, between their words. Pure, but for asking how wide the terminal is."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

PROGRAMS = ("ask-claude", "python3", "make", "chmod", "export", "uv", "pipx", "iconv", "cp")
"""What commands in our sentences begin with, after a colon."""


def columns() -> int:
    """The width of the terminal in cells."""
    return max(1, shutil.get_terminal_size().columns)


def wrapped(text: str, width: int, hanging: int = 0) -> str:
    """The text in rows of at most `width` cells. Rows that continue a line are indented by `hanging` cells.

    A word that is wider stays whole, for the terminal to break: it can still be copied. So does a command that has room in one row.
    """
    return "\n".join(row for line in text.split("\n") for row in _rows(line, width, " " * min(hanging, width * 3 // 5)))


def fitting(lines: Sequence[Sequence[str]], width: int) -> str:
    """The first of these lines, given as their parts, that has room in `width` cells; of the last one what has."""
    shown = ""
    for parts in lines:
        shown = " · ".join(part for part in parts if part)
        if cell_len(shown) <= width:
            return shown
    return f"{set_cell_size(shown, max(0, width - 1))}…"


def _rows(line: str, width: int, indent: str) -> Iterator[str]:
    if cell_len(line) <= width:
        yield line
        return
    row = ""
    for piece in _pieces(line, width - len(indent)):
        if row.strip() and cell_len(row + piece) > width:
            yield row
            row = indent + piece.lstrip()
        else:
            row += piece
    yield row


def _pieces(line: str, width: int) -> Iterator[str]:
    """The words, each with the spaces before it; those of a command together, if they have room."""
    words = re.findall(r"\s*\S+(?: ·)?", line)  # No row begins with a dot.
    at = 0
    while at < len(words):
        count = _command(words[at:]) if at and words[at - 1].endswith(":") else 1
        piece = "".join(words[at : at + count])
        if cell_len(piece.lstrip()) > width:
            count, piece = 1, words[at]
        yield piece
        at += count


def _command(words: Sequence[str]) -> int:
    """How many of the first words are a command, as our sentences have them; 1 if none is."""
    first = os.path.basename(words[0].strip())  # noqa: PTH119 (a word of a sentence)
    if first.rstrip(".,;:?)") not in PROGRAMS:
        return 1
    for count, word in enumerate(words, 1):
        following = words[count].strip() if count < len(words) else ""
        ends_sentence = re.search(r"[.,;:?)][\"']?$", word) and not word.endswith('..."')
        if ends_sentence or (following[:1].isupper() and "=" not in following) or following.startswith("("):
            return count
    return len(words)
