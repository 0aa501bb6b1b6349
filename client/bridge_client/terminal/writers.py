"""How an answer is shown: as it arrives, or when it is complete."""

from __future__ import annotations

from typing import Protocol

from bridge_client.terminal.output import Output


class Writer(Protocol):
    """Shows one answer, piece by piece."""

    @property
    def streams(self) -> bool:
        """Whether it can be seen before it is complete."""

    @property
    def begun(self) -> bool:
        """Whether any of it can be seen."""

    def text(self, text: str) -> None:
        """More of it."""

    def pause(self) -> None:
        """Something else is about to be written below it."""

    def hold(self) -> bool:
        """Shows no more of it until the end. False if that would leave it in the middle of a line: then it goes on."""

    def void(self) -> None:
        """The text so far is not part of it."""

    def give_up(self) -> None:
        """It will not be completed."""

    def end(self) -> None:
        """It is complete."""


class StreamingWriter:
    """Writes the answer as it arrives. Text that turns out to be void stays on the screen."""

    streams = True

    def __init__(self, output: Output) -> None:
        self._output = output
        self.begun = False

    def text(self, text: str) -> None:
        self.begun = True
        self._output.write(text)

    def pause(self) -> None:
        if self._output.on_terminal:
            self._output.end_line()

    def hold(self) -> bool:
        return not self.begun

    def void(self) -> None:
        self._output.end_line()

    def give_up(self) -> None:
        self.pause()

    def end(self) -> None:
        self._output.end_line()


class BufferedWriter:
    """Writes the answer when it is complete: a program that reads it gets exactly the answer, or nothing."""

    streams = False
    begun = False

    def __init__(self, output: Output) -> None:
        self._output = output
        self._texts: list[str] = []

    def text(self, text: str) -> None:
        self._texts.append(text)

    def pause(self) -> None:
        pass

    def hold(self) -> bool:
        return True

    def void(self) -> None:
        self._texts.clear()

    def give_up(self) -> None:
        pass

    def end(self) -> None:
        self._output.write("".join(self._texts))
        self._output.end_line()


def writer_for(output: Output, *, stream: bool = False, raw: bool = False) -> Writer:
    """Renders the answer's Markdown on a terminal, unless `raw`; elsewhere the answer stays as it is.

    It is written as it arrives on a terminal or if `stream`, else when it is complete.
    """
    if output.on_terminal and not raw:
        from bridge_client.terminal.console import console_for
        from bridge_client.terminal.rendering.rendered import Rendered

        return Rendered(output, console_for(output.stream, output.colour))
    return StreamingWriter(output) if stream or output.on_terminal else BufferedWriter(output)
