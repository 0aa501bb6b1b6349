"""The commands about what was said: `sessions`, `history`, `search`, `delete`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bridge_client.command_line.options import bridge_options, json_option
from bridge_client.config.choice import Choice
from bridge_client.program import Program, now

if TYPE_CHECKING:
    from bridge_client.commands.client import Client

SEARCH_LIMIT = 100
"""The most hits that a bridge gives (docs/protocol.md, "Limits")."""


@click.command("sessions")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", default=50, show_default=True, help="At most N sessions.")
@json_option
@bridge_options
@click.pass_obj
def sessions(program: Program, limit: int, choice: Choice, *, as_json: bool) -> int:
    """List your sessions, newest first."""

    def work(client: Client) -> int:
        from bridge_client.commands.sessions import sessions, show_sessions

        listed = list(sessions(client, limit))
        if as_json:
            client.output.write_json({"sessions": listed})
        else:
            show_sessions(client, listed, sys.stdout, now())
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("history")
@click.argument("session")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N turns.")
@json_option
@bridge_options
@click.pass_obj
def history(program: Program, session: str, limit: int | None, choice: Choice, *, as_json: bool) -> int:
    """Print what was said in a session, oldest first."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import with_session
        from bridge_client.commands.history import as_text, history

        session_id, turns = with_session(client, session, lambda session_id: (session_id, history(client, session_id, limit)))
        if as_json:
            client.output.write_json({"session_id": session_id, "turns": turns})
        else:
            client.output.show("\n".join(map(as_text, turns)))
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("-s", "--session", metavar="SESSION", help="Only in this session.")
@click.option("--limit", type=click.IntRange(1, SEARCH_LIMIT), metavar="N", default=10, show_default=True, help="At most N passages.")
@json_option
@bridge_options
@click.pass_obj
def search(program: Program, words: tuple[str, ...], session: str | None, limit: int, choice: Choice, *, as_json: bool) -> int:
    """Find what was said about something, the best match first."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import find_session
        from bridge_client.commands.search import search, show_hits

        result = search(client, " ".join(words), find_session(client, session) if session else "", limit)
        if as_json:
            client.output.write_json(result)
        else:
            show_hits(client, result, now())
        return 0

    return program.run(work, choice, as_json=as_json)


@click.command("delete")
@click.argument("session")
@json_option
@bridge_options
@click.pass_obj
def delete(program: Program, session: str, choice: Choice, *, as_json: bool) -> int:
    """Delete a session and everything said in it."""

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import with_session
        from bridge_client.commands.sessions import delete

        with_session(client, session, lambda session_id: delete(client, session_id, as_json=as_json))
        return 0

    return program.run(work, choice, as_json=as_json)
