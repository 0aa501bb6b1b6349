"""`ask.py sessions` and `ask.py delete ID`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge_client.client import Client
from bridge_client.escape import one_line
from bridge_client.frames import Frame, integer_in, objects_in, text_in
from bridge_client.wording import local_time

PAGE = 100
"""The most the bridge gives at a time."""


def sessions(client: Client, limit: int) -> Iterator[Frame]:
    """The newest sessions, at most `limit`, newest first."""
    cursor = ""
    while limit > 0:
        named = {"cursor": cursor} if cursor else {}
        page = client.request({"action": "sessions", "limit": min(limit, PAGE), **named}, "sessions")
        found = objects_in(page, "sessions")[:limit]
        yield from found
        limit -= len(found)
        cursor = text_in(page, "cursor")
        if not cursor or not found:
            return


def show_sessions(client: Client, listed: list[Frame], stdout: TextIO, now: datetime) -> None:
    """A table on a terminal, else one line each, its columns separated by tabs and nothing shortened."""
    if not listed:
        client.notes.say("There are no sessions yet.")
    elif client.output.on_terminal:
        Console(file=stdout, highlight=False).print(_table(listed, now))
    else:
        client.output.write("".join("\t".join(_columns(session, now)) + "\n" for session in listed))


def delete(client: Client, session_id: str, *, as_json: bool) -> None:
    """Deletes a session and says so."""
    deleted = client.request({"action": "delete", "session_id": session_id}, "deleted")
    if as_json:
        client.output.write_json({"deleted": text_in(deleted, "session_id")})
    else:
        client.notes.say(f"Deleted: {text_in(deleted, 'session_id')} and everything said in it.", style="")


def _table(listed: list[Frame], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Session", no_wrap=True)
    table.add_column("Title", overflow="fold")
    table.add_column("Turns", no_wrap=True, justify="right")
    table.add_column("Last used", no_wrap=True)
    table.add_column("Remembered until", no_wrap=True)
    for session in listed:
        table.add_row(*map(Text, _columns(session, now)))
    return table


def _columns(session: Frame, now: datetime) -> tuple[str, ...]:
    return (
        one_line(text_in(session, "session_id")),
        one_line(text_in(session, "title")),
        str(integer_in(session, "turns") or 0),
        local_time(session.get("last_updated"), now),
        local_time(session.get("expires_at"), now) or "you delete it",
    )
