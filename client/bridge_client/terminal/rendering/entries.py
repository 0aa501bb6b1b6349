"""Names and what is said of each, in two columns or, where there is no room for them, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bridge_client.terminal.rendering.wrapping import wrapped

GAP = 2
LEAST = 32
"""Cells that a column of sentences needs."""


class Entry(NamedTuple):
    name: str
    value: str
    result: str = ""
    """A word or two between them."""


def laid_out(entries: Sequence[Entry], width: int) -> list[str]:
    """The lines of each entry, in rows of at most `width` cells; only a word that is wider stays whole, for the terminal to break."""
    names = max((cell_len(entry.name) for entry in entries), default=0) + GAP
    results = max((cell_len(entry.result) for entry in entries), default=0) + GAP
    return [_rows(entry, width, names, results if entry.result else 0) for entry in entries]


def show_entries(console: Console, entries: Sequence[Entry], styles: dict[str, str]) -> None:
    """Prints them; each result in its style."""
    for entry, rows in zip(entries, laid_out(entries, console.width), strict=True):
        text = Text(rows)
        if entry.result:
            begin = rows.index(entry.result, len(entry.name))
            text.stylize(styles.get(entry.result, "dim"), begin, begin + len(entry.result))
        console.print(text, soft_wrap=True)


def _rows(entry: Entry, width: int, names: int, results: int) -> str:
    column = names + results
    head = f"{_padded(entry.name, names)}{_padded(entry.result, results)}"
    widest = max((cell_len(word) for word in entry.value.split()), default=0)
    if cell_len(entry.value) <= width - column or (width - column >= LEAST and widest <= width - column):
        return wrapped(f"{head}{entry.value}".rstrip(), width, column)
    head = (" " * GAP).join(part for part in (entry.name, entry.result) if part)
    return f"{wrapped(head, width)}\n{wrapped(' ' * GAP + entry.value, width, GAP)}"


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))
