"""The keys that a person presses while nothing reads them, in the middle of an answer."""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

IFLAG, LFLAG = 0, 3
"""Where `tcgetattr` has the modes of input, and the local ones."""
CHUNK_BYTES = 4096


@contextmanager
def unechoed(keyboard: TextIO) -> Iterator[None]:
    """Until its end, keys are not shown. They are read by whatever reads next. Ctrl-C and Ctrl-Z work as ever."""
    with _without(keyboard, local=termios.ECHO):
        yield


@contextmanager
def left_raw(keyboard: TextIO) -> Iterator[None]:
    """Like `unechoed`, and they are kept as they are: for a prompt that reads key by key, Enter is not Ctrl-J."""
    with _without(keyboard, local=termios.ECHO | termios.ICANON, in_=termios.ICRNL):
        yield


def typed_lines(keyboard: TextIO) -> str:
    """The lines that were typed while the terminal read whole lines, with Enter as the key that it is."""
    typed = ""
    if keyboard.isatty() and termios.tcgetattr(keyboard)[LFLAG] & termios.ICANON and not _in_background(keyboard):
        while select.select([keyboard], [], [], 0)[0] and (data := os.read(keyboard.fileno(), CHUNK_BYTES)):
            typed += data.decode(errors="replace").replace("\n", "\r")
    return typed


@contextmanager
def _without(keyboard: TextIO, *, local: int, in_: int = 0) -> Iterator[None]:
    if not keyboard.isatty() or _in_background(keyboard):
        yield
        return
    usual = termios.tcgetattr(keyboard)
    modes = list(usual)
    modes[LFLAG] &= ~local
    modes[IFLAG] &= ~in_
    termios.tcsetattr(keyboard, termios.TCSANOW, modes)
    try:
        yield
    finally:
        if not _in_background(keyboard):
            termios.tcsetattr(keyboard, termios.TCSANOW, usual)


def _in_background(keyboard: TextIO) -> bool:
    """Whether it is another program's at the moment: to change its modes would stop this one."""
    try:
        return os.tcgetpgrp(keyboard.fileno()) != os.getpgrp()
    except OSError:  # Not the terminal of this session: nothing is stopped.
        return False
