"""The commands that ask: `ask`, `chat`, `resume`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.options import answer_options, bridge_options, raw_option
from bridge_client.config.choice import Choice
from bridge_client.failures import Failure
from bridge_client.program import Program, now
from bridge_client.terminal.presentation import Presentation

if TYPE_CHECKING:
    from bridge_client.commands.client import Client

QUESTION, SESSION = 1, 2
"""How many words are a question, and a question and a session."""


@click.command("ask")
@click.argument("words", nargs=-1, metavar='["QUESTION" [SESSION]]')
@answer_options
@bridge_options
@click.pass_obj
def ask(program: Program, words: tuple[str, ...], choice: Choice, presentation: Presentation) -> int:
    """Ask a question.

    The answer goes to standard output (into a pipe or a file when it is complete), everything else to standard error. A SESSION continues
    that conversation. Text from a pipe is added to the question; with - as the question it is the question.

    Ctrl-C stops the answer, twice leaves at once.
    """
    if len(words) > SESSION:
        raise click.UsageError(f"A question of several words goes in quotes: {program.hints(choice).question(' '.join(words))}")

    def work(client: Client) -> int:
        from bridge_client.commands.ask import ask
        from bridge_client.terminal.question import checked_session_id, question_from

        session_id = checked_session_id(words[1] if len(words) == SESSION else None)
        message = question_from(words[0] if words else None, sys.stdin, client.notes.say)
        return ask(client, message, session_id, now(), presentation=presentation)

    return program.run(work, choice, asks=True, as_json=presentation.as_json)


@click.command("chat")
@click.argument("session", required=False)
@raw_option
@bridge_options
@click.pass_obj
def chat(program: Program, session: str | None, choice: Choice, *, raw: bool) -> int:
    """Ask one question after the other in one session.

    Ctrl-C stops an answer, Ctrl-D or /exit leaves. From a pipe, each line is a question.
    """

    def work(client: Client) -> int:
        from bridge_client.commands.chat import Chat
        from bridge_client.terminal.prompt import piped, questions, typed
        from bridge_client.terminal.question import checked_session_id

        conversation = Chat(client, checked_session_id(session), raw=raw)
        interactive = sys.stdin.isatty() and client.notes.on_terminal
        code = conversation.run(questions(typed(sys.stderr) if interactive else piped(sys.stdin)))
        conversation.end(now())
        return 0 if interactive else code

    return program.run(work, choice, asks=True)


@click.command("resume")
@answer_options
@click.pass_obj
def resume(program: Program, presentation: Presentation) -> int:
    """Fetch the answer to your last question, if it did not arrive."""
    question = program.open_questions.last()

    def work(client: Client) -> int:
        from bridge_client.commands.ask import ask

        if question is None:
            raise Failure("nothing_to_resume", "Every question you asked on this machine in the last 24 hours has been answered.")
        client.notes.say(f"You asked: {question.message}")
        return ask(client, question.message, question.session_id, now(), request_id=question.request_id, presentation=presentation)

    choice = program.choice_for(question.url, stand_in=question.stand_in) if question else Choice()
    return program.run(work, choice, as_json=presentation.as_json)
