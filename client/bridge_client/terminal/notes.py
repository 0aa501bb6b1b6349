"""What is said besides the answer, on standard error."""

from __future__ import annotations

from typing import TextIO

from rich.cells import cell_len
from rich.status import Status
from rich.text import Text

from bridge_client.terminal.console import console_for, encoding_of
from bridge_client.terminal.escape import encodable, one_line
from bridge_client.terminal.rendering.wrapping import wrapped

MAX_CHARACTERS = 4000
"""Characters of one line. A longer one would be of no use, and push everything else off the screen."""


class Notes:
    """Lines for a person. On a terminal they are dim and wrapped between words, and a spinner shows what is being waited for.

    Everything is escaped here, so callers may pass remote text.
    """

    def __init__(self, stderr: TextIO, colour: bool | None = None) -> None:
        """`colour`: as for `console_for`."""
        self._console = console_for(stderr, colour)
        self._encoding = encoding_of(stderr)
        self.on_terminal = stderr.isatty()
        self.can_draw = self.on_terminal and not self._console.is_dumb_terminal
        """Whether lines that were drawn can be drawn over, and keys be distinguished."""
        self.quiet = False
        """Only what is urgent is said."""
        self._status: Status | None = None
        self._waiting = ""

    def say(self, line: str, style: str = "dim", *, urgent: bool = False) -> None:
        """Prints one line; nothing is being waited for any more."""
        self.end_wait()
        if self.quiet and not urgent:
            return
        shown = encodable(_cut(one_line(line)), self._encoding)
        self._console.print(Text(wrapped(shown, self._console.width) if self.on_terminal else shown, style=style), soft_wrap=True)

    def say_command(self, words: str, command: str) -> None:
        """Prints a command to copy: never broken into lines of its own, which a shell would take for several commands."""
        self.end_wait()
        if self.quiet:
            return
        words, command = one_line(words), one_line(command)
        fits = not self.on_terminal or cell_len(f"{words} {command}") <= self._console.width
        text = Text.assemble((words, "dim"), " " if fits else "\n", command)
        self._console.print(text, soft_wrap=True)

    def blank(self) -> None:
        self.end_wait()
        if not self.quiet:
            self._console.print()

    def wait(self, line: str) -> None:
        """Shows what is being waited for: once, until something else is."""
        if line == self._waiting or self.quiet:
            return
        if not self.can_draw:
            # Not a terminal, or one that cannot draw over a line.
            self.say(f"{line} ...")
        elif self._status is None:
            self._status = self._console.status(_shown(line, "dim"), spinner_style="dim")
            self._status.start()
        else:
            self._status.update(_shown(line, "dim"))
        self._waiting = line

    def end_wait(self) -> None:
        self._waiting = ""
        if self._status is not None:
            self._status.stop()
            self._status = None


def _shown(line: str, style: str) -> Text:
    return Text(_cut(one_line(line)), style=style)


def _cut(line: str) -> str:
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"
