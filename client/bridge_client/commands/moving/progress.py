"""A bar on a terminal; elsewhere nothing."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import one_line

if TYPE_CHECKING:
    from rich.progress import Progress


ROOMY = 60
"""Columns of a window with room for the time that is left."""


class Bar:
    """`total`: how much there is to do, in any unit."""

    def __init__(self, stream: TextIO, colour: bool | None, total: int, *, shown: bool) -> None:
        self._console = console_for(stream, colour)
        self._shown = shown and stream.isatty() and not self._console.is_dumb_terminal
        self._total = total
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            left = (TimeRemainingColumn(),) if self._console.width >= ROOMY else ()
            columns = (BarColumn(bar_width=None), TextColumn("{task.percentage:>3.0f}%"), *left, TextColumn("{task.description}"))
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task("", total=max(1, self._total))
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, done: int) -> None:
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], advance=done)

    def say(self, words: str) -> None:
        """What is being done, or waited for."""
        if self._progress is not None:
            from rich.markup import escape

            self._progress.update(self._progress.task_ids[0], description=escape(one_line(words)[:40]))
