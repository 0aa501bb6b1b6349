"""What is said beside the answer, on standard error."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from bridge_client.terminal.escape import one_line

LONGEST = 4000
"""Characters of one line. More says nothing to a person, and would push all else off the screen."""


class Notes:
    """Lines for a person. On a terminal they are dim, and a spinner shows that something is being waited for; elsewhere it is a line.

    Everything is escaped here, so that callers may pass remote text.
    """

    def __init__(self, stderr: TextIO) -> None:
        self._console = Console(file=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._status: Status | None = None
        self._waiting = ""

    @property
    def on_terminal(self) -> bool:
        return self._console.is_terminal

    def say(self, line: str, style: str = "dim") -> None:
        """One line, after which nothing is being waited for."""
        self.end_wait()
        self._console.print(_shown(line, style))

    def blank(self) -> None:
        self.end_wait()
        self._console.print()

    def wait(self, line: str) -> None:
        """`line` is what is being waited for now. Said once, until something else is waited for."""
        if line == self._waiting:
            return
        if not self._console.is_interactive:
            # No terminal, or one that cannot draw over a line.
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
    shown = one_line(line)
    return Text(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…", style=style)
