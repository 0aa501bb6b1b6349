"""`sessions` and `delete`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TextIO

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from bridge_client.commands.client import Client
from bridge_client.protocol.frames import PAGE, Frame, integer_in, objects_in, text_in
from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import local_time

HEADS = ("Session", "Title", "Turns", "Last used", "Remembered until")
TITLE = HEADS.index("Title")
TITLE_WIDTH = 12
"""Cells that a title needs to be told from others. It is folded into lines; with less room than this, a column is left out."""
GAP = 2
"""Cells between two columns."""


def sessions(client: Client, limit: int) -> Iterator[Frame]:
    """The newest sessions, at most `limit`, newest first."""
    cursor = ""
    while limit > 0:
        named = {"cursor": cursor} if cursor else {}
        page = client.request({"action": "sessions", "limit": min(limit, PAGE), **named}, "sessions")
        rows = objects_in(page, "sessions")[:limit]
        yield from rows
        limit -= len(rows)
        cursor = text_in(page, "cursor")
        if not cursor or not rows:
            return


def show_sessions(client: Client, listed: list[Frame], stdout: TextIO, now: datetime) -> None:
    """A table on a terminal, else one line each, with tabs between its columns and nothing shortened."""
    rows = [_columns(session, now) for session in listed]
    console = console_for(stdout, client.output.colour)
    if not rows:
        client.notes.say("There are no sessions yet.")
    elif client.output.on_terminal and (table := _table(rows, console.width)):
        console.print(table)
    else:
        client.output.show("".join("\t".join(row) + "\n" for row in rows))


def delete(client: Client, session_id: str, *, as_json: bool) -> None:
    """Deletes a session and says so."""
    deleted = client.request({"action": "delete", "session_id": session_id}, "deleted")
    client.forget_session(session_id)
    if as_json:
        client.output.write_json({"deleted": text_in(deleted, "session_id")})
    else:
        client.notes.say(f"Deleted: {text_in(deleted, 'session_id')} and everything said in it.", style="")


def _table(rows: list[tuple[str, ...]], width: int) -> Table | None:
    """A table of at most `width` cells, with the columns that fit; None if not even id and title do. Ids are never cut."""
    widths = [max(map(cell_len, cells)) for cells in zip(HEADS, *rows, strict=True)]
    for left_out in range(len(HEADS) - TITLE):
        columns = [0, TITLE, *range(TITLE + 1 + left_out, len(HEADS))]
        room = width - sum(widths[column] + GAP for column in columns if column != TITLE)
        if room >= min(widths[TITLE], TITLE_WIDTH):
            widths[TITLE] = min(widths[TITLE], room)
            return _drawn(rows, {column: widths[column] for column in columns})
    return None


def _drawn(rows: list[tuple[str, ...]], widths: dict[int, int]) -> Table:
    """The table of these columns, given with their widths in cells."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column, cells in widths.items():
        justify: Literal["left", "right"] = "right" if HEADS[column] == "Turns" else "left"
        table.add_column(HEADS[column], width=cells, overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*(Text(row[column]) for column in widths))
    return table


def _columns(session: Frame, now: datetime) -> tuple[str, ...]:
    return (
        one_line(text_in(session, "session_id")),
        one_line(text_in(session, "title")),
        str(integer_in(session, "turns") or 0),
        local_time(session.get("last_updated"), now),
        local_time(session.get("expires_at"), now) or "you delete it",
    )
