"""A terminal window with a program in it, and what a person sees there (pyte reads the escape sequences)."""

from __future__ import annotations

import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ
from types import TracebackType
from typing import Self

import pyte

MAX_SECONDS = 60.0


class _Screen(pyte.HistoryScreen):
    """A screen that says where its cursor stands, when it is asked."""

    answer_to = -1

    def write_process_input(self, data: str) -> None:
        os.write(self.answer_to, data.encode())


class Window:
    """`written` is everything that the program has sent, escape sequences included."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path, columns: int = 80, rows: int = 24) -> None:
        self._screen = _Screen(columns, rows, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self._master, slave = pty.openpty()
        self._screen.answer_to = self._master
        self._set_size(slave, columns, rows)
        # A shell wants the terminal to be its own (TIOCSCTTY).
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(environment), cwd=cwd, preexec_fn=_own_terminal
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait(MAX_SECONDS)
        os.close(self._master)

    @property
    def text(self) -> str:
        """What can be read, scrolled back to the beginning, without the spaces at the ends of the rows."""
        above = ["".join(row[column].data for column in range(self._screen.columns)) for row in self._screen.history.top]
        return "\n".join(row.rstrip() for row in [*above, *self._screen.display]).rstrip()

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        self._set_size(self._master, columns, rows)
        self._screen.resize(rows, columns)

    def until(self, expected: str, *, times: int = 1) -> str:
        """Waits until this can be read so often, however the rows break it; returns `text`. Raises `AssertionError`."""
        end = time.monotonic() + MAX_SECONDS
        while _joined(self.text).count(_joined(expected)) < times:
            assert time.monotonic() < end, f"{expected!r} was not seen in:\n{self.text}"
            self._read(0.05)
        return self.text

    def at_prompt(self) -> None:
        """Waits until the program reads every key, Ctrl-C included. Raises `AssertionError`."""
        end = time.monotonic() + MAX_SECONDS
        while termios.tcgetattr(self._master)[3] & termios.ISIG:
            assert time.monotonic() < end, f"no prompt in:\n{self.text}"
            self._read(0.05)

    @property
    def echoes(self) -> bool:
        """Whether the terminal itself shows what is typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def ended(self) -> int:
        """Waits for the program's end; returns its exit code. Raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + MAX_SECONDS
        while self._read(0.05) and time.monotonic() < end:
            pass
        return self._process.wait(MAX_SECONDS)

    def _read(self, seconds: float) -> bool:
        """Reads what comes within that time; False once the program is gone and everything is read."""
        while select.select([self._master], [], [], seconds)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux: nobody holds the other end any more.
                return False
            self.written += data
            self._stream.feed(data)
            seconds = 0.0
        return True

    @staticmethod
    def _set_size(descriptor: int, columns: int, rows: int) -> None:
        ioctl(descriptor, TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _joined(text: str) -> str:
    """Without white space: rows may break anywhere."""
    return "".join(text.split())


def _own_terminal() -> None:
    from termios import TIOCSCTTY

    os.setsid()
    ioctl(0, TIOCSCTTY, 0)
