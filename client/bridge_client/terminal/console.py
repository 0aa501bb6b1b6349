"""A rich console that follows the conventions about colour."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console, ConsoleDimensions


class _Console(Console):
    """rich takes every terminal that cannot move its cursor for one of 80 cells, and draws frames where one is not UTF-8.

    Its own marks and lines become ASCII when they are written (`encodable`).
    """

    encoding = "utf-8"

    @property
    def size(self) -> ConsoleDimensions:
        size = super().size
        if not self.is_dumb_terminal:
            return size
        try:
            columns, rows = os.get_terminal_size(self.file.fileno())
        except OSError:
            columns = rows = 0
        return ConsoleDimensions(self._width or columns or size.width, self._height or rows or size.height)

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size


def encoding_of(stream: TextIO) -> str:
    """The encoding of what is written to it."""
    return (getattr(stream, "encoding", "") or "utf-8").lower()


def console_for(stream: TextIO, colour: bool | None) -> Console:
    """A console on `stream`: with colour, without any styling, or (None) with it on a terminal.

    Where the stream is not a terminal, it gets colour at most: nothing that moves a cursor.
    """
    terminal = stream.isatty()
    styled = terminal if colour is None else colour
    return _Console(
        file=stream,
        force_terminal=terminal or styled,
        force_interactive=terminal,
        color_system="auto" if styled else None,
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
