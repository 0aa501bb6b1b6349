"""A terminal as far as the client uses one: rows and columns, wrapping, and the few control codes that it may be sent."""

from __future__ import annotations

import re

from rich.cells import cell_len

CODE = re.compile(r"\x1b\[(?P<private>\?)?(?P<number>\d*)(?:;[\d;]*)?(?P<final>[A-Za-z])")


class Emulator:
    """`feed` raises `ValueError` for a control code that the client has no reason to send."""

    def __init__(self, width: int = 80, height: int = 24) -> None:
        self.width, self.height = width, height
        self._rows: list[list[str]] = [[]]
        """All rows that were printed, those that have scrolled away included, as their cells. The second cell of a wide character is ""."""
        self._row = self._column = 0
        self._wraps = True

    @property
    def text(self) -> str:
        """The rows up to the last one with something on it, without the spaces at their ends."""
        rows = ["".join(row).rstrip() for row in self._rows]
        return "".join(f"{row}\n" for row in rows).rstrip("\n") + "\n"

    def feed(self, data: str) -> None:
        position = 0
        while position < len(data):
            if code := CODE.match(data, position):
                self._act(code)
                position = code.end()
            else:
                self._put(data[position])
                position += 1

    def _put(self, character: str) -> None:
        match character:
            case "\n":
                self._row, self._column = self._row + 1, 0
                self._rows += [[]] * (self._row == len(self._rows))
            case "\r":
                self._column = 0
            case "\t":
                self._column = min(self._column // 8 * 8 + 8, self.width - 1)
            case _ if character < " " or "\x7f" <= character < "\xa0":
                raise ValueError(f"a control character: {character!r}")
            case _:
                self._print(character, cell_len(character))

    def _print(self, character: str, cells: int) -> None:
        if self._column + cells > self.width:
            if not self._wraps:
                return
            self._put("\n")
        row = self._rows[self._row] + [" "] * (self._column - len(self._rows[self._row]))
        row[self._column : self._column + cells] = [character, ""][:cells]
        self._rows[self._row] = row
        self._column += cells

    def _act(self, code: re.Match[str]) -> None:
        number = int(code["number"] or 1)
        match code["final"], bool(code["private"]):
            case "m", False:
                pass
            case "A", False:
                self._row = max(self._row - number, len(self._rows) - self.height, 0)
            case "J", False:
                self._rows[self._row :] = [self._rows[self._row][: self._column]]
            case (("h" | "l"), True) if number == 7:
                self._wraps = code["final"] == "h"
            case _:
                raise ValueError(f"a control code: {code[0]!r}")


def screen(data: str, width: int = 80, height: int = 24) -> str:
    """What can be read after this was sent to a terminal, scrolled back to its beginning."""
    emulator = Emulator(width, height)
    emulator.feed(data)
    return emulator.text
