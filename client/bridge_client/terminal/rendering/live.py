"""The end of a text that still grows, at the bottom of a terminal, where it can be taken away again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
"""While this text is drawn the terminal does not wrap: a row that is wider than it was measured is cut, instead of becoming two."""
ERASE_DOWN = "\x1b[J"
TAB = 4


class Live(Protocol):
    """Shows a text that still grows."""

    def append(self, text: str) -> None:
        """There is more of it."""

    def hide(self) -> None:
        """Takes it off the screen. It comes back with the next piece of it."""

    def clear(self) -> None:
        """Takes it off the screen, and forgets it."""


class Unseen:
    """For a terminal from which nothing can be taken away again."""

    def append(self, text: str) -> None:
        pass

    def hide(self) -> None:
        pass

    def clear(self) -> None:
        pass


class LiveText:
    """Draws as many of the last rows, wrapped between words, as the window has room for. The window may change its width meanwhile."""

    def __init__(self, console: Console, write: Callable[[str], None]) -> None:
        self._console = console
        self._write = write
        self._rows = [""]
        self._drawn: list[str] = []
        """The rows on the screen. The cursor stands at the end of the last one; without any, at the beginning of a line."""

    def append(self, text: str) -> None:
        if self._drawn and "\n" not in text and "\t" not in text and cell_len(self._rows[-1] + text) < self._console.width:
            # Most pieces just go on in the row where the cursor stands.
            self._rows[-1] = self._drawn[-1] = self._rows[-1] + text
            self._write(text)
            return
        self._rows[-1:] = self._wrapped(self._rows[-1] + text)
        rows = self._rows[-max(1, self._console.height - 2) :]
        if not self._drawn and not any(rows):
            return
        same = 0
        while same < len(self._drawn) - 1 and self._drawn[same] == rows[same]:
            same += 1
        self._write(self._erased(same) + NO_WRAP + "\n".join(rows[same:]) + WRAP)
        self._drawn = list(rows)

    def hide(self) -> None:
        if self._drawn:
            self._write(self._erased(0))
            self._drawn = []

    def clear(self) -> None:
        self.hide()
        self._rows = [""]

    def _erased(self, first: int) -> str:
        """The codes that erase the rows on the screen from the `first` one on."""
        if not self._drawn:
            return ""
        # A window that was made narrower has wrapped them.
        width = max(1, self._console.width)
        up = sum(max(1, math.ceil(cell_len(row) / width)) for row in self._drawn[first:]) - 1
        return "\r" + (f"\x1b[{up}A" if up else "") + ERASE_DOWN

    def _wrapped(self, text: str) -> list[str]:
        width = max(1, self._console.width)
        rows: list[str] = []
        for line in text.expandtabs(TAB).split("\n"):
            rows += [line] if cell_len(line) <= width else [row.plain for row in Text(line).wrap(self._console, width)]
        return rows
