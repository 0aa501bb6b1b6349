"""Where `chat` gets its questions from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.output import create_output
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.utils import is_dumb_terminal

from bridge_client.protocol.frames import without_lone_surrogates
from bridge_client.terminal.question import MARKS, decoded

LEAVE = "/exit"


def typed(stderr: TextIO) -> Iterator[str]:
    """Questions typed at a terminal, with line editing; a paste of several lines is one question. Ends at Ctrl-D; Ctrl-C clears the line.

    The arrow keys recall what was typed until the chat ends. It is never written to disk: a deleted session is gone.
    """
    output = PlainTextOutput(stderr) if is_dumb_terminal() else create_output(stdout=stderr)
    # Not as an argument of the prompt: given an output, it moves the cursor even of a dumb terminal.
    with create_app_session(output=output):
        session: PromptSession[str] = PromptSession("> ")
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def piped(stdin: TextIO) -> Iterator[str]:
    """One question a line. Raises `Failure` (`not_text`) at a line that is not text."""
    for number, line in enumerate(stdin.buffer):
        if not number and line.startswith(tuple(MARKS)):
            yield from decoded(line + stdin.buffer.read(), "standard input").splitlines()
            return
        yield decoded(line, "standard input").rstrip("\r\n")


def questions(lines: Iterator[str]) -> Iterator[str]:
    """The lines that are questions, until `/exit`."""
    for line in lines:
        question = line.strip()
        if question == LEAVE:
            return
        if question:
            yield without_lone_surrogates(question)
