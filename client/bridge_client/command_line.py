"""The command line: which command is meant, its options, and what its parts are handed (click)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import click

from bridge_client.commands import ask as asking
from bridge_client.commands import history as histories
from bridge_client.commands import ping as checking
from bridge_client.commands import search as searching
from bridge_client.commands import sessions as listing
from bridge_client.commands.client import Client
from bridge_client.failures import Failure
from bridge_client.program import Program
from bridge_client.terminal.question import checked_session_id, question_from

VALUED = ("--url", "--limit", "--session")
"""Options that are followed by a value."""

Function = TypeVar("Function", bound=Callable[..., object])


def _bridge_options(function: Function) -> Function:
    local = click.option("--local", is_flag=True, help="Use a bridge on this machine, whatever is configured.")
    url = click.option("--url", metavar="URL", default="", help="Use this bridge (default: CLAUDE_BRIDGE_URL, the profile, else --local).")
    return url(local(function))


_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("ask.py")
@click.argument("question", required=False)
@click.argument("session_id", required=False, metavar="[SESSION-ID]")
@click.option("--stream", is_flag=True, help="Write the answer as it arrives, into a pipe or a file too.")
@_json_option
@_bridge_options
@click.pass_obj
def ask(program: Program, question: str | None, session_id: str | None, url: str, *, stream: bool, as_json: bool, local: bool) -> int:
    """Ask Claude, and be remembered.

    The answer goes to standard output (into a pipe or a file when it is complete), everything else to standard error. The session id
    printed with it continues the conversation, today and tomorrow. Text from a pipe is added to the question; - reads it from there alone.

    \b
    Also:
      ask.py chat [SESSION-ID]    one question after the other
      ask.py resume               the answer that did not arrive
      ask.py sessions             what is remembered
      ask.py history SESSION-ID   what was said
      ask.py search WORDS         who said something about it, and when
      ask.py delete SESSION-ID    forget it
      ask.py ping                 whether the bridge and Claude can be reached
      ask.py -- chat              asks the question "chat"

    Ctrl-C stops the answer, twice leaves. Exit codes: 0 answered, 2 bad usage, 3 no such session, 4 not allowed, 5 conflict, 6 limit
    reached, 7 bridge or Claude not available, 130 stopped.
    """

    def work(client: Client) -> int:
        session = checked_session_id(session_id)
        message = question_from(question, sys.stdin, client.notes.say)
        return asking.ask(client, message, session, _now(), stream=stream, as_json=as_json)

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("chat")
@click.argument("session_id", required=False, metavar="[SESSION-ID]")
@_bridge_options
@click.pass_obj
def chat(program: Program, session_id: str | None, url: str, *, local: bool) -> int:
    """Ask one question after the other in one session.

    Ctrl-C stops an answer, Ctrl-D or /exit leaves. From a pipe, each line is a question.
    """

    def work(client: Client) -> int:
        # Line editing takes a tenth of a second to import; a single question does without.
        from bridge_client.commands.chat import Chat
        from bridge_client.terminal.prompt import piped, questions, typed

        conversation = Chat(client, checked_session_id(session_id))
        interactive = sys.stdin.isatty() and client.notes.on_terminal
        code = conversation.run(questions(typed(sys.stderr) if interactive else piped(sys.stdin)))
        conversation.end(_now())
        return 0 if interactive else code

    return program.run(work, url=url, local=local)


@click.command("resume")
@click.option("--stream", is_flag=True, help="Write the answer as it arrives, into a pipe or a file too.")
@_json_option
@click.pass_obj
def resume(program: Program, *, stream: bool, as_json: bool) -> int:
    """Fetch the answer to the last question asked from here that did not arrive."""
    question = program.open_questions.last()
    url, local = program.options_for(question.url) if question else ("", False)

    def work(client: Client) -> int:
        if question is None:
            raise Failure("nothing_to_resume", "Every question asked from here in the last 24 hours has had its answer.")
        message, session_id, request_id, _ = question
        client.notes.say(f"You asked: {message}")
        return asking.ask(client, message, session_id, _now(), request_id=request_id, stream=stream, as_json=as_json)

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("sessions")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most this many.")
@_json_option
@_bridge_options
@click.pass_obj
def sessions(program: Program, limit: int, url: str, *, as_json: bool, local: bool) -> int:
    """List what is remembered, newest first."""

    def work(client: Client) -> int:
        listed = list(listing.sessions(client, limit))
        if as_json:
            client.output.write_json({"sessions": listed})
        else:
            listing.show_sessions(client, listed, sys.stdout, _now())
        return 0

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("history")
@click.argument("session_id", metavar="SESSION-ID")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many turns.")
@_json_option
@_bridge_options
@click.pass_obj
def history(program: Program, session_id: str, limit: int | None, url: str, *, as_json: bool, local: bool) -> int:
    """Print all that was said in a session, oldest first."""

    def work(client: Client) -> int:
        found = histories.history(client, checked_session_id(session_id), limit)
        if as_json:
            client.output.write_json({"session_id": session_id, "turns": found})
        else:
            client.output.show("\n".join(map(histories.written, found)))
        return 0

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--session", "session_id", metavar="SESSION-ID", help="Only in this session.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most this many.")
@_json_option
@_bridge_options
@click.pass_obj
def search(program: Program, words: tuple[str, ...], session_id: str | None, limit: int, url: str, *, as_json: bool, local: bool) -> int:
    """Find what was said about something, the best hit first."""

    def work(client: Client) -> int:
        found = searching.search(client, " ".join(words), checked_session_id(session_id), limit)
        if as_json:
            client.output.write_json(found)
        else:
            searching.show(client, found, _now())
        return 0

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("delete")
@click.argument("session_id", metavar="SESSION-ID")
@_json_option
@_bridge_options
@click.pass_obj
def delete(program: Program, session_id: str, url: str, *, as_json: bool, local: bool) -> int:
    """Forget a session and everything said in it."""

    def work(client: Client) -> int:
        listing.delete(client, checked_session_id(session_id), as_json=as_json)
        return 0

    return program.run(work, url=url, local=local, as_json=as_json)


@click.command("ping")
@_json_option
@_bridge_options
@click.pass_obj
def ping(program: Program, url: str, *, as_json: bool, local: bool) -> int:
    """Check the bridge: the handshake, its store, its model."""
    return program.run(lambda client: checking.ping(client, sys.stdout, as_json=as_json), url=url, local=local, as_json=as_json)


COMMANDS = {command.name: command for command in (chat, resume, sessions, history, search, delete, ping)}


def chosen(arguments: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that is meant, and its arguments. A first word that names no command is a question, as is everything after `--`."""
    value_follows = False
    for position, word in enumerate(arguments):
        if word == "--":
            break
        if not value_follows and not word.startswith("-"):
            command = COMMANDS.get(word)
            return (command, [*arguments[:position], *arguments[position + 1 :]]) if command else (ask, list(arguments))
        value_follows = word in VALUED
    return ask, list(arguments)


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
