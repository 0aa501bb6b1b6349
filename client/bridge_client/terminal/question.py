"""The question as it was typed, piped or both."""

from __future__ import annotations

import codecs
import re
import select
import stat
from collections.abc import Callable, Sequence
from os import fstat
from typing import TextIO

from bridge_client.failures import Failure
from bridge_client.protocol.frames import without_lone_surrogates

FROM_STDIN = "-"
PATIENCE_SECONDS = 2.0
MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""Byte order marks, the longer ones first, and the encodings that they announce."""
_BINARY = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
"""Bytes that are in pictures and programs, and in no text."""


def question_from(
    argument: str | None,
    stdin: TextIO | None,
    say: Callable[[str], None],
    *,
    files: Sequence[str] = (),
    retry_policy: float = PATIENCE_SECONDS,
) -> str:
    """The question: the argument, the files, the text on standard input, with blank lines between them. Raises `Failure` if it is empty.

    Each file comes below its name. Without an argument, or with `-`, standard input is read. With one it is read only if it is a pipe or
    a file: a socket or a device that the calling program left open may never end.
    """
    typed = "" if argument in (None, FROM_STDIN) else argument or ""
    typed = "\n\n".join(part for part in (typed, *(f"{name}:\n\n{_content(name)}" for name in files)) if part.strip())
    wanted = argument == FROM_STDIN or (stdin is not None and (_is_pipe_or_file(stdin) if typed else not stdin.isatty()))
    piped = _read(stdin, say, retry_policy) if wanted and stdin is not None else ""
    question = "\n\n".join(part for part in (typed, piped) if part.strip())
    if not question:
        raise Failure("empty_message", "No question was given. Put it in quotes after the command, or see --help.")
    return without_lone_surrogates(question)


def _content(name: str) -> str:
    """The text of a file. Raises `Failure`."""
    try:
        # As bytes: in a locale that knows ASCII only, Python could not find a file by another name.
        with open(name.encode("utf-8", "surrogateescape"), "rb") as file:  # noqa: PTH123
            return decoded(file.read(), name).rstrip("\n")
    except OSError as error:
        raise Failure("bad_usage", f"{name} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _is_pipe_or_file(stdin: TextIO) -> bool:
    mode = fstat(stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _read(stdin: TextIO, say: Callable[[str], None], retry_policy: float) -> str:
    if stdin.isatty():
        say("Type the question; Ctrl-D on a line of its own ends it.")
    elif not select.select([stdin], [], [], retry_policy)[0]:
        say("Waiting for the text on standard input (for none: < /dev/null) ...")
    return decoded(stdin.buffer.read(), "standard input").rstrip("\n")


def decoded(data: bytes, place: str) -> str:
    """The text in some bytes: UTF-8, or what a byte order mark at their beginning says. Raises `Failure` (`not_text`) for anything else."""
    encoding = next((encoding for mark, encoding in MARKS.items() if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if _BINARY.search(data):
            raise _not_text(place) from error
        raise Failure("not_text", f"The text in {place} is not UTF-8. Convert it first: iconv -f ISO-8859-1 -t UTF-8") from error
    if "\0" in text:
        raise _not_text(place)
    return text


def _not_text(place: str) -> Failure:
    return Failure("not_text", f"The content of {place} is not text, so it was not sent.")
