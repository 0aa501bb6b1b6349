"""The commands about what was said: `sessions`, `history`, `search`, `why`, `rename`, `keep`, `delete`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.completing import complete_session
from bridge_client.command_line.numbers import Count
from bridge_client.command_line.options import bridge_options, json_option, raw_option
from bridge_client.command_line.times import Moment, Span
from bridge_client.config.choice import Choice
from bridge_client.program import Program, now
from bridge_client.terminal.session_choice import SessionChoice

if TYPE_CHECKING:
    from bridge_client.commands.client import Client

SEARCH_LIMIT = 100
"""The most hits that a bridge gives (docs/protocol.md, "Limits")."""


@click.command("sessions")
@click.argument("words", nargs=-1)
@click.option("--limit", type=Count(), metavar="N", help="At most N sessions (default: a screenful; 50 in a pipe).")
@click.option("--since", type=Moment(), metavar="TIME", default=0.0, help="Used since then: 2026-11-01, 3d, today.")
@json_option
@bridge_options
@click.pass_obj
def sessions(program: Program, words: tuple[str, ...], limit: int | None, since: float, choice: Choice, *, as_json: bool) -> int:
    """List your sessions, newest first.

    With WORDS only those that have them in their title or id.
    """

    def work(client: Client) -> int:
        from bridge_client.commands.sessions import DEFAULT, Filter, sessions, show_sessions

        listed = sessions(client, limit or DEFAULT + 1, Filter(" ".join(words), since))
        if as_json:
            client.output.write_json({"sessions": list(listed)[: limit or DEFAULT]})
        else:
            show_sessions(client, listed, sys.stdout, now(), limit=limit, filtered=bool(words or since))
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("history")
@click.argument("session", shell_complete=complete_session)
@click.option("--limit", type=Count(), metavar="N", help="Only the newest N turns.")
@click.option("--markdown", is_flag=True, help="As a Markdown document, with times and models.")
@raw_option
@json_option
@bridge_options
@click.pass_obj
def history(program: Program, session: str, limit: int | None, choice: Choice, *, markdown: bool, raw: bool, as_json: bool) -> int:
    """Print what was said in a session, oldest first."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import with_session
        from bridge_client.commands.history import history, show_turns

        session_id, turns = with_session(client, session, lambda session_id: (session_id, history(client, session_id, limit)))
        if as_json:
            client.output.write_json({"session_id": session_id, "turns": turns})
        elif markdown:
            from bridge_client.commands.moving.documents import as_markdown

            client.output.write(as_markdown(session_id, "", turns, now()))
        else:
            show_turns(client.output, turns, raw=raw)
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("-s", "--session", metavar="SESSION", help="Only in this session.", shell_complete=complete_session)
@click.option("--limit", type=Count(1, SEARCH_LIMIT), metavar="N", default=10, show_default=True, help="At most N passages.")
@click.option("--since", type=Moment(), metavar="TIME", default=0.0, help="Said since then: 2026-11-01, 3d, today.")
@json_option
@bridge_options
@click.pass_obj
def search(
    program: Program, words: tuple[str, ...], session: str | None, limit: int, since: float, choice: Choice, *, as_json: bool
) -> int:
    """Find what was said about something, the best match first."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import find_session
        from bridge_client.commands.search import search, show_hits

        result = search(client, " ".join(words), find_session(client, session) if session else "", limit, since)
        if as_json:
            client.output.write_json(result)
        else:
            show_hits(client, result, now(), " ".join(words))
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("rename")
@click.argument("session", shell_complete=complete_session)
@click.argument("title", nargs=-1, required=True)
@json_option
@bridge_options
@click.pass_obj
def rename(program: Program, session: str, title: tuple[str, ...], choice: Choice, *, as_json: bool) -> int:
    """Give a session a title, by which you can name it."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import find_session
        from bridge_client.commands.configuring import rename

        settings = rename(client, find_session(client, session), " ".join(title))
        if as_json:
            client.output.write_json(settings)
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("keep")
@click.argument("session", default="", shell_complete=complete_session)
@click.option("--for", "span", type=Span(), metavar="SPAN", help="Only for this long after its last turn: 30d, 12h.")
@json_option
@bridge_options
@click.pass_obj
def keep(program: Program, session: str, span: float | None, choice: Choice, *, as_json: bool) -> int:
    """Keep a session until you delete it.

    SESSION, or the last session of this directory.
    """

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import choose_session
        from bridge_client.commands.configuring import keep

        settings = keep(client, choose_session(client, SessionChoice(session, last=not session), begins=False), span, now())
        if as_json:
            client.output.write_json(settings)
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("why")
@click.argument("session", default="", shell_complete=complete_session)
@json_option
@bridge_options
@click.pass_obj
def why(program: Program, session: str, choice: Choice, *, as_json: bool) -> int:
    """Show what Claude was sent for the last answer.

    Of SESSION, or of the last session of this directory. The answer must have come to this machine.
    """

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import choose_session
        from bridge_client.commands.why import show_why, why

        reasons = why(client, choose_session(client, SessionChoice(session, last=not session), begins=False))
        if as_json:
            client.output.write_json(reasons)
        else:
            show_why(client, reasons, now())
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("delete")
@click.argument("session", nargs=-1, shell_complete=complete_session)
@click.option("--older-than", type=Span(), metavar="SPAN", help="All that have not been used for this long: 30d, 2w.")
@click.option("--project", metavar="NAME", help="All of this project.")
@click.option("--imported", is_flag=True, help="All that were imported from other programs.")
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask first.")
@json_option
@bridge_options
@click.pass_obj
def delete(
    program: Program,
    session: tuple[str, ...],
    older_than: float | None,
    project: str | None,
    choice: Choice,
    *,
    imported: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete sessions and everything said in them.

    Those that are named, and those for which all of --older-than, --project and --imported are true.
    """
    if project == "":
        raise click.UsageError("--project needs the name of a project.")
    if not session and older_than is None and not project and not imported:
        hint = program.hints(choice).sessions()
        raise click.UsageError(f"Name the sessions, or say --older-than, --project or --imported. Your sessions: {hint}")

    def work(client: Client) -> int:
        from bridge_client.commands.deleting import DeletionFilter, chosen, delete

        rows = chosen(client, session, DeletionFilter(older_than, project or "", imported), now(), dry_run=dry_run)
        return delete(client, rows, yes=yes, dry_run=dry_run, as_json=as_json)

    return program.run(work, choice, as_json=as_json)
