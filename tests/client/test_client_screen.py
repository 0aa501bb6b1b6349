"""What a person sees besides the answer, on a terminal and without one."""

from __future__ import annotations

import io
import re

import pytest

from bridge_client.config.environment import Environment
from bridge_client.failures import Failure
from bridge_client.protocol.conversation import Accepted, Event, Finished, Text, Void, Waiting
from bridge_client.protocol.delivery import Reconnecting
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.terminal.screen import Screen
from bridge_client.terminal.writers import BufferedWriter, StreamingWriter
from client.bench import Terminal

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
LOST = Failure("connection_lost", "The connection was lost.")


class Seen:
    def __init__(self, *, stdout_terminal: bool = True, stderr_terminal: bool = True) -> None:
        self.stdout = Terminal() if stdout_terminal else io.StringIO()
        self.stderr = Terminal() if stderr_terminal else io.StringIO()
        self.notes, output = Notes(self.stderr), Output(self.stdout)
        self.screen = Screen(self.notes, output, StreamingWriter(output) if stdout_terminal else BufferedWriter(output), session_id="")

    def after(self, *events: Event | Reconnecting) -> tuple[str, str]:
        for event in events:
            self.screen.show(event)
        self.notes.end_wait()
        return self.stdout.getvalue(), self.stderr.getvalue()


def test_the_spinner_says_what_is_waited_for_and_ends_with_the_first_word() -> None:
    shown, said = Seen().after(Accepted("s", new=False), Waiting(), Waiting("claude_overloaded", 4), Text("Hello"))
    assert shown == "Hello"
    assert "Claude is overloaded; the bridge tries again in 4 s" in said
    assert said.rindex(SHOW_CURSOR) > said.rindex(HIDE_CURSOR)


def test_a_terminal_that_cannot_draw_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    _, said = Seen().after(Accepted("s", new=False), Waiting("claude_overloaded", 4), Text("Hello"))
    assert said == "Claude is thinking ...\nClaude is overloaded; the bridge tries again in 4 s ...\n"


def test_without_a_terminal_each_wait_is_said_once() -> None:
    seen = Seen(stdout_terminal=False, stderr_terminal=False)
    events: list[Event] = [
        Accepted("s", new=False),
        Waiting(),
        Waiting("claude_overloaded", 4),
        Waiting("claude_overloaded", 4),
        Text("Hello"),
    ]
    assert seen.after(*events) == ("", "Claude is thinking ...\nClaude is overloaded; the bridge tries again in 4 s ...\n")


def test_an_answer_that_is_held_back_is_seen_to_come() -> None:
    assert "Claude is answering" in Seen(stdout_terminal=False).after(Text("Hello"))[1]


def test_in_the_middle_of_an_answer_nothing_is_drawn_over_it() -> None:
    _, before = Seen().after(Text("Hel"))
    assert Seen().after(Text("Hel"), Waiting(), Accepted("s", new=False))[1] == before


def test_a_short_interruption_of_an_answer_is_not_reported() -> None:
    assert "lost" not in Seen().after(Text("Hel"), Reconnecting(LOST, 0.3))[1]


def test_a_long_interruption_of_an_answer_is_reported_on_a_line_of_its_own() -> None:
    shown, said = Seen().after(Text("Hel"), Reconnecting(LOST, 2.0), Text("lo"))
    assert shown == "Hel\nlo"
    assert "The connection was lost. Asking again in 2 s." in said


def test_a_line_is_left_only_where_notes_would_disturb_it() -> None:
    assert Seen(stderr_terminal=False).after(Text("Hel"), Reconnecting(LOST, 2.0), Text("lo"))[0] == "Hello"


def test_trouble_before_the_first_word_is_what_is_waited_for() -> None:
    seen = Seen(stdout_terminal=False, stderr_terminal=False)
    assert seen.after(Reconnecting(LOST, 0.1))[1] == "The connection was lost. Asking again ...\n"


def test_an_answer_started_over_before_anything_was_shown_is_reported_briefly() -> None:
    seen = Seen(stdout_terminal=False, stderr_terminal=False)
    assert seen.after(Text("Wrong"), Void(), Text("Right"))[1] == "Claude started over.\n"


def test_events_that_are_not_for_the_screen_change_nothing() -> None:
    assert Seen().after(Finished({})) == ("", "")


def test_giving_up_leaves_the_line() -> None:
    seen = Seen()
    seen.after(Text("Hel"))
    seen.screen.give_up()
    assert seen.stdout.getvalue() == "Hel\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_notes_are_escaped(terminal: bool) -> None:
    stderr = Terminal() if terminal else io.StringIO()
    notes = Notes(stderr)
    notes.say("a\n\x1b]0;title\x07b [bold]c[/]")
    notes.wait("d\x1b[2J")
    notes.wait("e\x1b[2J")
    notes.end_wait()
    assert "a ␛]0;title␇b [bold]c[/]" in stderr.getvalue()
    assert "\x1b]0" not in stderr.getvalue()
    assert "\x1b[2J" not in stderr.getvalue()


def test_on_a_terminal_notes_wrap_between_words_and_a_command_stays_whole() -> None:
    stderr = Terminal()
    command = "ask-claude -s " + "x" * 90
    notes = Notes(stderr)
    notes.say("word " * 30)
    notes.say_command("To go on:", command)
    lines = plain(stderr.getvalue()).splitlines()
    assert max(map(len, lines[:-1])) <= 80
    assert lines[-2:] == ["To go on:", command]


def test_a_short_command_stands_after_its_words() -> None:
    stderr = Terminal()
    Notes(stderr).say_command("To go on:", "ask-claude -c")
    assert plain(stderr.getvalue()) == "To go on: ask-claude -c\n"


def test_without_a_terminal_nothing_is_wrapped() -> None:
    stderr = io.StringIO()
    Notes(stderr).say("word " * 60)
    assert stderr.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("variables", "colour"),
    [
        ({}, None),
        ({"NO_COLOR": ""}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
        ({"CLICOLOR": "0"}, False),
        ({"CLICOLOR": "1"}, None),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "false"}, False),
    ],
    ids=str,
)
def test_the_conventions_about_colour(variables: dict[str, str], colour: bool | None) -> None:
    assert Environment.of(variables).colour is colour


@pytest.mark.parametrize(
    ("terminal", "colour", "codes"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
    ids=["terminal", "NO_COLOR", "pipe", "FORCE_COLOR in a pipe"],
)
def test_where_notes_have_colour(terminal: bool, colour: bool | None, codes: bool) -> None:
    stderr = Terminal() if terminal else io.StringIO()
    Notes(stderr, colour).say("Claude is overloaded.", style="yellow")
    assert ("\x1b[33m" in stderr.getvalue()) is codes
    assert plain(stderr.getvalue()) == "Claude is overloaded.\n"


def test_colour_in_a_pipe_moves_no_cursor() -> None:
    stderr = io.StringIO()
    notes = Notes(stderr, colour=True)
    notes.wait("Claude is thinking")
    notes.end_wait()
    assert plain(stderr.getvalue()) == "Claude is thinking ...\n"


def plain(text: str) -> str:
    """The text without styles."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)
