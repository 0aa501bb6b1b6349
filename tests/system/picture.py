"""The picture in the README: a conversation that is remembered, as a terminal showed it (`make picture`).

A shell in a real pseudo-terminal runs the real commands; only Claude is scripted, since its answers would change. What the terminal shows
then (pyte reads the escape sequences) becomes an SVG without fonts or links from elsewhere.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from fcntl import ioctl
from html import escape
from itertools import groupby
from pathlib import Path
from termios import TIOCSWINSZ

import pyte
from pyte.screens import Char

from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT

COLUMNS, ROWS = 120, 40
PROMPT = "$ "
TYPED = (
    'make ask Q="My name is Ada. I am building a kite of silk and bamboo."',
    'make ask Q="What am I building, and of what?" S={session}',
)
ANSWERS = {
    "building a kite": "A lovely project, Ada! Silk is light, and bamboo bends without breaking.",
    "What am I": "A kite, Ada: silk over a bamboo frame.",
}
ANSWER_SECONDS = 60

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, BAR = 8.4, 19, 14, 16, 34
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
BACKGROUND, FOREGROUND = "#16181d", "#d8dbe2"
COLOURS = {
    "red": "#f7768e",
    "green": "#9ece6a",
    "brown": "#e0af68",
    "blue": "#7aa2f7",
    "magenta": "#bb9af7",
    "cyan": "#7dcfff",
    "black": "#8b909c",
    "white": "#ffffff",
}


def answer(request: Request) -> Reply:
    """What the scripted Claude says to a question it knows."""
    question = str(request.body["messages"][-1]["content"])
    return scripts.said(next(text for known, text in ANSWERS.items() if known in question))


class Terminal:
    """A shell in a pseudo-terminal, and the screen it has drawn."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        ioctl(slave, TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        shell = ["bash", "--norc", "--noprofile", "-i"]
        self._process = subprocess.Popen(shell, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=ROOT, start_new_session=True)
        os.close(slave)
        self._until_prompt()

    def type(self, line: str) -> None:
        """Types a line and waits until the prompt is back. Raises `TimeoutError`."""
        os.write(self._master, line.encode() + b"\n")
        self._read(0.2)
        self._until_prompt()

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def rows(self) -> list[list[Char]]:
        """The rows of the screen, without the last prompt and what lies below it."""
        cells = [[self._screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]
        return cells[: self._screen.cursor.y]

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        os.close(self._master)

    def _until_prompt(self) -> None:
        end = time.monotonic() + ANSWER_SECONDS
        while self._line_before_cursor() != PROMPT:
            if time.monotonic() > end:
                raise TimeoutError(f"no prompt:\n{self.text}")
            self._read(0.1)

    def _line_before_cursor(self) -> str:
        cursor = self._screen.cursor
        return self._screen.display[cursor.y][: cursor.x]

    def _read(self, seconds: float) -> None:
        while select.select([self._master], [], [], seconds)[0]:
            self._stream.feed(os.read(self._master, 65536))


def record() -> list[list[Char]]:
    """Runs the conversation; the rows that the terminal shows at its end."""
    with tempfile.TemporaryDirectory() as home, StandIn(answer) as claude:
        stored = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        key = {"ANTHROPIC_BASE_URL": claude.url, "ANTHROPIC_API_KEY": "scripted"}
        terminal = Terminal(
            {**stored, **key, "HOME": home, "TERM": "xterm-256color", "PS1": PROMPT, "BASH_SILENCE_DEPRECATION_WARNING": "1"}
        )
        try:
            for line in TYPED:
                words = terminal.text.split()
                session = next((word for word in words if word.startswith("chat-")), "")
                terminal.type(line.format(session=session))
            return terminal.rows()
        finally:
            terminal.close()


def svg(rows: list[list[Char]], title: str) -> str:
    """The rows as an SVG picture of a terminal window."""
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, BAR + len(rows) * LINE_HEIGHT + MARGIN
    lines = "\n".join(line for number, row in enumerate(rows) for line in _spans(number, row))
    lights = "".join(
        f'<circle cx="{20 + 20 * place}" cy="17" r="6" fill="{fill}"/>' for place, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{BACKGROUND}"/>{lights}\n'
        f'<g font-family="{FONTS}" font-size="{FONT_SIZE}" fill="{FOREGROUND}" xml:space="preserve">\n'
        f"{lines}\n</g>\n</svg>\n"
    )


def _spans(number: int, row: list[Char]) -> Iterator[str]:
    column = 0
    for style, group in groupby(row, key=lambda cell: (cell.fg, cell.bold, cell.italics, cell.underscore)):
        text = "".join(cell.data for cell in group)
        if text.strip():
            yield _span(number, column, text.rstrip(), *style)
        column += len(text)


def _span(number: int, column: int, text: str, colour: str, bold: bool, italic: bool, underlined: bool) -> str:
    x, y = MARGIN + column * CELL_WIDTH, BAR + (number + 1) * LINE_HEIGHT - 5
    style = "".join(
        attribute
        for attribute, wanted in (
            (f' fill="{COLOURS.get(colour, "#" + colour)}"', colour != "default"),
            (' font-weight="bold"', bold),
            (' font-style="italic"', italic),
            (' text-decoration="underline"', underlined),
        )
        if wanted
    )
    return f'<text x="{x:g}" y="{y:g}" textLength="{len(text) * CELL_WIDTH:g}"{style}>{escape(text)}</text>'


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the picture of the README.")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "conversation.svg")
    output: Path = parser.parse_args().output
    output.write_text(svg(record(), "A conversation in a terminal: a second question, asked later, is answered from the first"))
    print(output)


if __name__ == "__main__":
    main()
