"""`sessions`: what there is, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple, TextIO

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from bridge_client.commands.client import Client
from bridge_client.protocol.frames import PAGE, Frame, integer_in, number_in, objects_in, session_id_in, text_in
from bridge_client.terminal.console import console_for, encoding_of
from bridge_client.terminal.escape import encodable, one_line
from bridge_client.terminal.wording import age, dollars, is_soon, local_time, remaining

HEADS = ("Session", "Title", "Turns", "Cost", "Used", "Expires")
LEFT_OUT = ("Turns", "Cost", "Expires", "Used")
"""In this order, where there is no room."""
TITLE = HEADS.index("Title")
TITLE_WIDTH = 12
"""Cells that a title needs to be recognisable. With less room than this, a column is left out."""
SHORT_ID = 20
"""Characters of an id that are shown at least."""
GAP = 2
"""Cells between two columns."""
AROUND = 5
"""Rows of a screen that are not for sessions: the head, a note, the prompt."""


class Filter(NamedTuple):
    words: str = ""
    """In the title or the id."""
    since: float = 0.0
    """Last used then or later, in seconds since the epoch."""

    def fits(self, row: Frame) -> bool:
        names = f"{text_in(row, 'title')} {text_in(row, 'session_id')}".casefold()
        return all(word in names for word in self.words.casefold().split())


def sessions(client: Client, limit: int, wanted: Filter = Filter()) -> Iterator[Frame]:  # noqa: B008 (it cannot change)
    """The newest sessions that are wanted, at most `limit`, newest first."""
    cursor = ""
    while limit > 0:
        page = client.request({"action": "sessions", "limit": PAGE if wanted.words else min(limit, PAGE), **_named(cursor)}, "sessions")
        rows = objects_in(page, "sessions")
        for row in rows:
            if (number_in(row, "last_updated") or 0.0) < wanted.since:
                return
            if wanted.fits(row):
                yield row
                limit -= 1
            if not limit:
                return
        cursor = text_in(page, "cursor")
        if not cursor or not rows:
            return


def _named(cursor: str) -> Frame:
    return {"cursor": cursor} if cursor else {}


def show_sessions(
    client: Client, listed: Iterable[Frame], stdout: TextIO, now: datetime, *, limit: int | None = None, filtered: bool = False
) -> None:
    """A table on a terminal, else one line each, with tabs between its columns and nothing shortened.

    Without a `limit` a terminal gets as many as its screen has room for.
    """
    console = console_for(stdout, client.output.colour)
    most = limit or (max(1, console.height - AROUND) if client.output.on_terminal else DEFAULT)
    rows: list[Frame] = []
    more = False
    for row in listed:
        more = len(rows) == most
        if more:
            break
        rows.append(row)
    if not rows:
        client.notes.say(_none(client, filtered=filtered))
    elif client.output.on_terminal and (
        table := _table(_shortened([_cells(row, now, encoding_of(stdout)) for row in rows]), console.width)
    ):
        console.print(table)
    else:
        client.output.show("".join("\t".join(_columns(row, now)) + "\n" for row in rows))
    if more and not limit:
        client.notes.say(f"The newest {len(rows)}; --limit shows more.")
    soon = [session_id_in(row) for row in rows if is_soon(row.get("expires_at"), now)]
    if soon:
        which = one_line(soon[0]) if len(soon) == 1 else f"{len(soon)} of them"
        client.notes.say(f"Within 6 hours {which} will expire. To keep a session: {client.hints.keep('SESSION')}", "yellow")


def _none(client: Client, *, filtered: bool) -> str:
    """What is said where nothing is listed."""
    if filtered:
        return "There are no such sessions."
    known = client.known_sessions
    others = not client.url and not client.stand_in() and known is not None and known.last("stand-in") is not None
    return f"There are no sessions yet.{f' Those of the stand-in: {client.hints.of_stand_in()}' if others else ''}"


DEFAULT = 50
"""Sessions in a pipe, without --limit."""


def _shortened(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """With the beginnings of long ids that tell them from the others: a beginning is enough to name a session."""
    ids = [row[0] for row in rows]

    def beginning(name: str) -> str:
        others = [other for other in ids if other != name]
        sizes = (size for size in range(SHORT_ID, len(name)) if not any(other.startswith(name[:size]) for other in others))
        return name[: next(sizes, len(name))]

    return [(beginning(row[0]), *row[1:]) for row in rows]


def _table(rows: list[tuple[str, ...]], width: int) -> Table | None:
    """A table of at most `width` cells, with the columns that fit; None if not even id and title do. Ids are not cut."""
    widths = [max(map(cell_len, cells)) for cells in zip(HEADS, *rows, strict=True)]
    wanted = [head for head in HEADS if head in ("Session", "Title") or any(row[HEADS.index(head)] for row in rows)]
    for name in ("", *LEFT_OUT):
        columns = [HEADS.index(head) for head in wanted if head != name]
        wanted = [HEADS[column] for column in columns]
        room = width - sum(widths[column] + GAP for column in columns if column != TITLE)
        if room >= min(widths[TITLE], TITLE_WIDTH):
            widths[TITLE] = min(widths[TITLE], room)
            return _drawn(rows, {column: widths[column] for column in columns})
    return None


def _drawn(rows: list[tuple[str, ...]], widths: dict[int, int]) -> Table:
    """The table of these columns, given with their widths in cells."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column, cells in widths.items():
        justify: Literal["left", "right"] = "right" if HEADS[column] in ("Turns", "Cost") else "left"
        table.add_column(HEADS[column], width=cells, overflow="ellipsis", no_wrap=True, justify=justify)
    for row in rows:
        table.add_row(*(Text(row[column]) for column in widths))
    return table


def _cells(session: Frame, now: datetime, encoding: str) -> tuple[str, ...]:
    """What a person reads at a glance, on a terminal of this encoding."""
    return (
        one_line(text_in(session, "session_id")),
        encodable(one_line(text_in(session, "title")), encoding),
        str(integer_in(session, "turns") or 0),
        dollars(session.get("cost_usd")),
        age(session.get("last_updated"), now),
        remaining(session.get("expires_at"), now),
    )


def _columns(session: Frame, now: datetime) -> tuple[str, ...]:
    return (
        one_line(text_in(session, "session_id")),
        one_line(text_in(session, "title")),
        str(integer_in(session, "turns") or 0),
        local_time(session.get("last_updated"), now),
        local_time(session.get("expires_at"), now) or "you delete it",
    )
