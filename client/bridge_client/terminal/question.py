"""The question as it was typed, piped or both."""

from __future__ import annotations

import select
import stat
from collections.abc import Callable
from os import fstat
from typing import TextIO

from bridge_client.failures import Failure
from bridge_client.protocol.frames import without_lone_surrogates

FROM_STDIN = "-"
PATIENCE_SECONDS = 2.0


def question_from(argument: str | None, stdin: TextIO | None, say: Callable[[str], None], *, patience: float = PATIENCE_SECONDS) -> str:
    """The question: the argument, the text on standard input, or both with a blank line between them. Raises `Failure` if it is empty.

    Without an argument, or with `-`, standard input is read. With one it is read only if it is a pipe or a file: a socket or a device that
    the calling program left open may never end.
    """
    typed = "" if argument in (None, FROM_STDIN) else argument or ""
    wanted = argument == FROM_STDIN or (stdin is not None and (_is_pipe_or_file(stdin) if typed else not stdin.isatty()))
    piped = _read(stdin, say, patience) if wanted and stdin is not None else ""
    question = "\n\n".join(part for part in (typed, piped) if part.strip())
    if not question:
        raise Failure("empty_message", "There is no question. Put it in quotes after the command, or see --help.")
    return without_lone_surrogates(question)


def _is_pipe_or_file(stdin: TextIO) -> bool:
    mode = fstat(stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _read(stdin: TextIO, say: Callable[[str], None], patience: float) -> str:
    if stdin.isatty():
        say("Type the question; Ctrl-D on a line of its own ends it.")
    elif not select.select([stdin], [], [], patience)[0]:
        say("Waiting for the text on standard input (for none: < /dev/null) ...")
    return stdin.buffer.read().decode("utf-8", "replace").rstrip("\n")
