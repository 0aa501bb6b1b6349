"""Where `chat` gets its questions from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.output import create_output
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal

from bridge_client.protocol.frames import without_lone_surrogates
from bridge_client.terminal.keyboard.typed_ahead import left_raw, typed_lines
from bridge_client.terminal.question import MARKS, decoded

LEAVE = ("/exit", "/quit")
LEAVE_TYPED = ("exit", "quit", ":q")
HELP_TYPED = ("help", "?", "!multi", "!edit")
"""What people type in other programs, to leave and to learn what there is. In a pipe they are questions."""
STYLE = Style.from_dict({"bottom-toolbar": "noreverse ansibrightblack"})


class PromptContext(NamedTuple):
    """What the prompt knows of the chat."""

    status: Callable[[int], str] = lambda _width: ""
    """A line below what is typed, of at most so many cells; "" for none."""
    earlier: Sequence[str] = ()
    """Questions that arrow-up recalls, oldest first."""
    commands: Mapping[str, Callable[[], Iterable[str]]] = {}
    """The words that begin with a slash, and what completes their argument."""


def typed(stderr: TextIO, keyboard: TextIO, surroundings: PromptContext = PromptContext()) -> Iterator[str]:  # noqa: B008 (it cannot change)
    """Questions typed at a terminal, with line editing; a paste of several lines is one question. Ends at Ctrl-D; Ctrl-C clears the line.

    Keys that are pressed while a question is answered are those of the next prompt. The arrow keys recall what was typed until the chat
    ends. It is never written to disk: a deleted session is gone.
    """
    dumb = is_dumb_terminal()
    output = PlainTextOutput(stderr) if dumb else create_output(stdout=stderr)
    # Not as an argument of the prompt: given an output, it moves the cursor even of a dumb terminal.
    with create_app_session(output=output):
        session: PromptSession[str] = PromptSession("> ") if dumb else _editor(surroundings)
    while True:
        try:
            _feed(session.app.input, typed_lines(keyboard))
            line = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line.strip() in LEAVE_TYPED:
            return
        with left_raw(keyboard):
            yield "/help" if line.strip() in HELP_TYPED else line


def _feed(keys: Input, text: str) -> None:
    """Has the next prompt read these keys first."""
    presses: list[KeyPress] = []
    Vt100Parser(presses.append).feed_and_flush(text)
    store_typeahead(keys, presses)


def piped(stdin: TextIO) -> Iterator[str]:
    """One question a line. Raises `Failure` (`not_text`) at a line that is not text."""
    for number, line in enumerate(stdin.buffer):
        if not number and line.startswith(tuple(MARKS)):
            yield from decoded(line + stdin.buffer.read(), "standard input").splitlines()
            return
        yield decoded(line, "standard input").rstrip("\r\n")


def questions(lines: Iterator[str]) -> Iterator[str]:
    """The lines that are questions or commands, until `/exit` or `/quit`."""
    for line in lines:
        question = line.strip()
        if question in LEAVE:
            return
        if question:
            yield without_lone_surrogates(question)


def _editor(surroundings: PromptContext) -> PromptSession[str]:
    def toolbar() -> str:
        return surroundings.status(get_app().output.get_size().columns)

    return PromptSession(
        "> ",
        multiline=True,
        prompt_continuation="  ",
        key_bindings=_keys(),
        enable_open_in_editor=True,
        tempfile_suffix=".md",
        enable_suspend=True,
        history=InMemoryHistory(list(surroundings.earlier)),
        completer=_Words(surroundings.commands),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        bottom_toolbar=toolbar if surroundings.status(sys.maxsize) else None,
        style=STYLE,
    )


def _keys() -> KeyBindings:
    """Enter sends; Alt-Enter, Ctrl-J, and Enter after a backslash begin another line."""
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.newline()
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline()

    return keys


class _Words(Completer):
    """Completes the first word, if it begins with a slash, and what follows it."""

    def __init__(self, commands: Mapping[str, Callable[[], Iterable[str]]]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        first, space, rest = document.text_before_cursor.partition(" ")
        candidates = self._commands.get(first, tuple)() if space else self._commands
        typed = rest if space else first
        if document.text.startswith("/") and "\n" not in document.text:
            for word in candidates:
                if word.startswith(typed):
                    yield Completion(word, start_position=-len(typed))
