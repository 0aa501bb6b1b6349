"""Where the answer's text goes: standard output, as it arrives or all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TextIO

from bridge_client.failures import Failure
from bridge_client.terminal.escape import visible


class Output:
    """Standard output. What a person reads is escaped; only an answer goes into a pipe or a file unchanged."""

    def __init__(self, stdout: TextIO, colour: bool | None = None) -> None:
        """`colour`: as for `console_for`."""
        self.stream = stdout
        self.colour = colour
        self.on_terminal = stdout.isatty()
        self._escape: Callable[[str], str] = visible if self.on_terminal else str
        self._at_line_start = True

    def write(self, text: str) -> None:
        """Writes at once. Raises `BrokenPipeError` when the reader is gone, `Failure` (`not_written`) when there is no room."""
        self.write_codes(self._escape(text))

    def write_codes(self, text: str) -> None:
        """Writes text in which the control codes are our own: what comes from elsewhere in it is escaped. Raises like `write`."""
        if not text:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Failure("not_written", f"The output could not be written: {(error.strerror or str(error)).lower()}.") from error
        self._at_line_start = text.endswith("\n")

    def show(self, text: str) -> None:
        """Writes text to be read, which is escaped even for a pipe: it may end on a terminal. Raises like `write`."""
        self.write(visible(text))

    def say(self, text: str, hanging: int = 0) -> None:
        """Writes lines to be read: like `show`, and on a terminal wrapped between words, with `hanging` cells before their further rows."""
        if self.on_terminal:
            from bridge_client.terminal.rendering.wrapping import columns, wrapped

            text = wrapped(visible(text), columns(), hanging)
        self.show(text)

    def end_line(self) -> None:
        """Ends the line, if one has begun."""
        if not self._at_line_start:
            self.write("\n")

    def write_json(self, value: dict[str, Any]) -> None:
        """Writes one object on one line, in ASCII: right in every encoding, and harmless for a terminal."""
        self.write(json.dumps(value).replace("\x7f", "\\u007f") + "\n")
