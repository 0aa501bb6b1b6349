"""Where `chat` gets its questions from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output

from bridge_client.frames import without_lone_surrogates

LEAVE = "/exit"


def typed(stderr: TextIO) -> Iterator[str]:
    """Questions typed at a terminal, with line editing; a paste of several lines is one question. Ends at Ctrl-D; Ctrl-C clears the line.

    What was typed is kept for the arrow keys until the chat ends, and never written to a disk: a deleted session is gone.
    """
    session: PromptSession[str] = PromptSession("> ", output=create_output(stdout=stderr))
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def piped(stdin: TextIO) -> Iterator[str]:
    """One question a line."""
    for line in stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def questions(lines: Iterator[str]) -> Iterator[str]:
    """The lines that are questions, until `/exit`."""
    for line in lines:
        question = line.strip()
        if question == LEAVE:
            return
        if question:
            yield without_lone_surrogates(question)
