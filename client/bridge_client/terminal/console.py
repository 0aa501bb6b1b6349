"""A rich console that follows the conventions about colour."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


def console_for(stream: TextIO, colour: bool | None) -> Console:
    """A console on `stream`: with colour, without any styling, or (None) with it on a terminal.

    Where the stream is not a terminal, it gets colour at most: nothing that moves a cursor.
    """
    terminal = stream.isatty()
    styled = terminal if colour is None else colour
    return Console(
        file=stream,
        force_terminal=terminal or styled,
        force_interactive=terminal,
        color_system="auto" if styled else None,
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
