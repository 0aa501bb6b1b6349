"""Where the answer's text goes: standard output, as it arrives or all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from bridge_client.failures import Failure
from bridge_client.terminal.escape import visible


class Output:
    """Standard output. What a person reads is escaped; only an answer goes into a pipe or a file unchanged."""

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout
        self.on_terminal = stdout.isatty()
        self._escape: Callable[[str], str] = visible if self.on_terminal else str
        self._at_line_start = True

    def write(self, text: str) -> None:
        """Writes at once. Raises `BrokenPipeError` when the reader is gone, `Failure` (`not_written`) when there is no room."""
        if not text:
            return
        try:
            self._stdout.write(self._escape(text))
            self._stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Failure("not_written", f"The answer could not be written: {(error.strerror or str(error)).lower()}.") from error
        self._at_line_start = text.endswith("\n")

    def show(self, text: str) -> None:
        """Writes text to be read, which is escaped even for a pipe: it may end on a terminal. Raises like `write`."""
        self.write(visible(text))

    def end_line(self) -> None:
        """Ends the line, if one has begun."""
        if not self._at_line_start:
            self.write("\n")

    def write_json(self, value: dict[str, Any]) -> None:
        """Writes one object on one line, in ASCII: right in every encoding, and harmless for a terminal."""
        self.write(json.dumps(value).replace("\x7f", "\\u007f") + "\n")


class Writer(Protocol):
    """Shows an answer piece by piece."""

    @property
    def streams(self) -> bool:
        """Whether it can be seen before it is complete."""

    @property
    def begun(self) -> bool:
        """Whether any of it can be seen."""

    def text(self, text: str) -> None:
        """More of it."""

    def void(self) -> None:
        """The text so far is not part of it."""

    def end(self) -> None:
        """It is complete."""


class Streamed:
    """Writes the answer as it arrives. Text that turns out to be void stays on the screen."""

    streams = True

    def __init__(self, output: Output) -> None:
        self._output = output
        self.begun = False

    def text(self, text: str) -> None:
        self.begun = True
        self._output.write(text)

    def void(self) -> None:
        self._output.end_line()

    def end(self) -> None:
        self._output.end_line()


class Held:
    """Writes the answer when it is complete: a program that reads it gets exactly the answer, or nothing."""

    streams = False
    begun = False

    def __init__(self, output: Output) -> None:
        self._output = output
        self._texts: list[str] = []

    def text(self, text: str) -> None:
        self._texts.append(text)

    def void(self) -> None:
        self._texts.clear()

    def end(self) -> None:
        self._output.write("".join(self._texts))
        self._output.end_line()


def writer_for(output: Output, *, stream: bool = False) -> Writer:
    """Shows an answer as it arrives, on a terminal or if `stream`; else when it is complete."""
    return Streamed(output) if stream or output.on_terminal else Held(output)
