"""The commands that ask: `ask`, `chat`, `web`, `mcp`, `resume`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.completing import complete_file, complete_second, complete_session
from bridge_client.command_line.numbers import Count
from bridge_client.command_line.options import answer_options, bridge_options, question_options, raw_option, session_options
from bridge_client.config.choice import Choice
from bridge_client.config.installation import how_to_install
from bridge_client.failures import Failure
from bridge_client.program import Program, now
from bridge_client.protocol.frames import SESSION_ID, Frame
from bridge_client.terminal.presentation import Presentation
from bridge_client.terminal.session_choice import SessionChoice

if TYPE_CHECKING:
    from bridge_client.commands.client import Client

SESSION = 2
"""How many words are a question and a session."""
LAPTOP_RECALL = ("RECALL_READ_KB", "65536")
"""For a local bridge that lives as long as an agent: it has the time and the memory to read everything once."""


@click.command("ask")
@click.argument("words", nargs=-1, metavar='["QUESTION" [SESSION]]', shell_complete=complete_second)
@click.option(
    "-f", "--file", "files", multiple=True, metavar="FILE", help="Add a text file (may be repeated).", shell_complete=complete_file
)
@session_options
@question_options
@answer_options
@bridge_options
@click.pass_obj
def ask(
    program: Program,
    words: tuple[str, ...],
    files: tuple[str, ...],
    wanted: SessionChoice,
    options: Frame,
    choice: Choice,
    presentation: Presentation,
) -> int:
    """Ask a question.

    The answer goes to standard output (into a pipe or a file when it is complete), everything else to standard error. A SESSION continues
    that conversation. Text from a pipe is added to the question; with - as the question it is the question.

    Ctrl-C stops the answer, twice leaves at once.
    """
    if len(words) > SESSION:
        raise click.UsageError(f"A question of several words goes in quotes: {program.hints(choice).question(' '.join(words))}")
    if wanted.new and not words and not SESSION_ID.fullmatch(wanted.new):
        # --new "a question": a name has no spaces.
        words, wanted = (wanted.new,), SessionChoice()
    question, wanted, one_question = _understood(words, wanted)

    def work(client: Client) -> int:
        from bridge_client.commands.ask import ask, require_options
        from bridge_client.commands.choosing import choose_session
        from bridge_client.terminal.keyboard.typed_ahead import unechoed
        from bridge_client.terminal.question import question_from

        message = question_from(question, sys.stdin, client.notes.say, files=files)
        require_options(client, options)
        session_id = choose_session(client, wanted, words=one_question)
        must: Frame = {"must": "be_new"} if wanted.new else {"must": "exist"} if wanted.last else {}
        with unechoed(sys.stdin):
            return ask(client, message, session_id, now(), presentation=presentation, options={**options, **must})

    return program.run(work, choice, asks=True, presentation=presentation)


def _understood(words: tuple[str, ...], wanted: SessionChoice) -> tuple[str | None, SessionChoice, str]:
    """The question, the session, and both as one question if they may be one that lacks its quotes."""
    if len(words) < SESSION:
        return (words[0] if words else None), wanted, ""
    if wanted != SessionChoice():
        raise click.UsageError(f"Two sessions are named: one after the question, {words[1]}, and one by an option.")
    question, session = words
    return question, SessionChoice(session), f"{question} {session}" if " " not in question + session else ""


@click.command("chat")
@click.argument("session", default="", shell_complete=complete_session)
@session_options
@question_options
@click.option("--lines", is_flag=True, help="From a pipe: ask each line as a question.")
@raw_option
@bridge_options
@click.pass_obj
def chat(program: Program, session: str, wanted: SessionChoice, options: Frame, choice: Choice, *, lines: bool, raw: bool) -> int:
    """Ask one question after the other in one session.

    /help lists the commands there. Ctrl-C stops an answer, Ctrl-D or /exit leaves.
    """
    if not lines and not sys.stdin.isatty():
        one = f'one question with all of it: {program.hints(choice).name} "..."'
        raise click.UsageError(f"A chat is for a terminal. With a pipe, {one}, or one for each line: chat --lines.")
    if session and wanted != SessionChoice():
        raise click.UsageError(f"Two sessions are named: {session}, and one by an option.")
    named = SessionChoice(session) if session else wanted

    def work(client: Client) -> int:
        from bridge_client.commands.ask import require_options
        from bridge_client.commands.chat import Chat
        from bridge_client.commands.choosing import choose_session
        from bridge_client.commands.slash import completions, run_command
        from bridge_client.terminal.keyboard.prompt import piped, questions, typed

        require_options(client, options)
        conversation = Chat(client, choose_session(client, named), now, raw=raw, act=run_command, options=options)
        interactive = sys.stdin.isatty() and client.notes.on_terminal
        if interactive:
            asked = typed(sys.stderr, sys.stdin, conversation.begin()._replace(commands=completions(conversation)))
        else:
            asked = piped(sys.stdin)
        code = conversation.run(questions(asked))
        conversation.end()
        return 0 if interactive else code

    return program.run(work, choice, asks=True)


@click.command("web")
@click.option("--port", type=Count(0, 65535), metavar="N", help="The port on this machine (default: 8770, or a free one).")
@click.option("--no-open", is_flag=True, help="Only print the link.")
@bridge_options
@click.pass_obj
def web(program: Program, port: int | None, choice: Choice, *, no_open: bool) -> int:
    """Talk to Claude on a page in your browser, until Ctrl-C.

    The page is served on this machine only, to the browser that opens the link. Tokens and keys stay in this program.
    """

    def work(client: Client) -> int:
        from bridge_client.web.command import web

        return web(client, now, port, opens=not no_open and program.environment.has_display)

    return program.run(work, choice, asks=True)


@click.command("mcp")
@click.option("--hooks", is_flag=True, help="Serve the hooks of the plugin for Claude Code, too.")
@click.option("--check", is_flag=True, help="Only say, as a hook of Claude Code does, what is missing to serve it.")
@bridge_options
@click.pass_obj
def mcp(program: Program, choice: Choice, *, hooks: bool, check: bool) -> int:
    """Serve the bridge to agents: an MCP server on stdin and stdout.

    Agents start it themselves; docs/agents.md has what to write into their configuration.
    """
    if check:
        from importlib.machinery import PathFinder

        if PathFinder.find_spec("mcp") is None:
            line = f"Nothing is remembered: ask-claude needs its extra `mcp`. To install it: {how_to_install(program.root, 'mcp')}"
            program.output.show(json.dumps({"systemMessage": line}))
        return 0

    def work(client: Client) -> int:
        try:
            from bridge_client.mcp.command import serve
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "jsonschema"):
                raise
            raise Failure(
                "bad_configuration", f"This needs the extra `mcp`. To install it: {how_to_install(program.root, 'mcp')}"
            ) from error
        if choice.stand_in or program.environment.stand_in:  # Which of the two on this machine it is, is known before it has started.
            client = replace(client, stand_in=lambda: True)
        return serve(client, program.environment.state, with_hooks=hooks, off=program.environment.memory_off)

    os.environ.setdefault(*LAPTOP_RECALL)
    return program.run(work, choice, checks=True, presentation=Presentation(quiet=True))


@click.command("resume")
@answer_options
@click.pass_obj
def resume(program: Program, presentation: Presentation) -> int:
    """Fetch the answer to your last question, if it did not arrive."""
    question = program.open_questions.last()

    def work(client: Client) -> int:
        from bridge_client.commands.ask import ask
        from bridge_client.terminal.keyboard.typed_ahead import unechoed

        if question is None:
            raise Failure("nothing_to_resume", "Every question you asked on this machine in the last 24 hours has been answered.")
        client.notes.say(f"You asked: {question.message}")
        with unechoed(sys.stdin):
            return ask(
                client,
                question.message,
                question.session_id,
                now(),
                request_id=question.request_id,
                presentation=presentation,
                options=question.options,
            )

    choice = program.choice_for(question.url, stand_in=question.stand_in) if question else Choice()
    return program.run(work, choice, presentation=presentation)
