"""`delete`: sessions that were named, or all of a kind. A person is asked first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from bridge_client.commands.choosing import UNKNOWN, find_session
from bridge_client.commands.client import Client
from bridge_client.commands.moving.conversation import is_imported
from bridge_client.commands.moving.progress import Bar
from bridge_client.commands.sessions import Filter, sessions
from bridge_client.failures import Failure
from bridge_client.protocol.frames import SESSION_ID, Frame, number_in, session_id_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.keyboard.confirm import can_confirm, confirmed

EVERY = 1_000_000
"""As many sessions as there are."""
NAMED = 5
"""How many titles a question shows."""


class DeletionFilter(NamedTuple):
    """All of these have to be true of a session."""

    older_than: float | None = None
    """Last used longer ago than that, in seconds."""
    project: str = ""
    imported: bool = False
    """Brought by `import`, or by a plugin, from another program."""

    def fits(self, row: Frame, now: datetime) -> bool:
        return (
            (self.older_than is None or (number_in(row, "last_updated") or 0.0) < now.timestamp() - self.older_than)
            and (not self.project or text_in(row, "project") == self.project)
            and (not self.imported or is_imported(session_id_in(row)))
        )


def chosen(client: Client, names: Sequence[str], which: DeletionFilter, now: datetime, *, dry_run: bool = False) -> list[Frame]:
    """The sessions to delete, those that are named and those that fit, as `session_id` and, where it is known, `title`.

    Raises `Failure` if a named one does not exist.

    One that was deleted or has expired cannot be read any more. What may be left of it is deleted here, and its row is the reply.
    """
    rows = [_named(client, name, dry_run=dry_run) for name in names]
    if which != DeletionFilter():
        rows += [row for row in sessions(client, EVERY, Filter()) if which.fits(row, now)]
    return list({session_id_in(row): row for row in rows if session_id_in(row)}.values())


def delete(client: Client, rows: Sequence[Frame], *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Deletes them and says so; returns the exit code. Raises `Failure` where nobody has agreed and nobody can be asked."""
    if dry_run or not rows:
        _report(client, [], rows, as_json=as_json)
        return 0
    readable = [row for row in rows if not _is_reply(row)]
    if readable and not yes:
        if not can_confirm() or as_json:
            raise Failure("bad_usage", f"{_what(readable)} would be deleted. There is no terminal to confirm on: add --yes.")
        if not confirmed(f"Delete {_what(readable)} and everything said there?"):
            client.notes.say("Nothing was deleted.")
            return 0
    gone: list[Frame] = []
    try:
        with Bar(sys.stderr, client.output.colour, len(rows), shown=len(rows) > NAMED and not (as_json or client.notes.quiet)) as bar:
            for row in rows:
                gone.append(row if _is_reply(row) else deleted(client, session_id_in(row)))
                bar.advance(1)
    except Failure:
        if gone and not as_json:
            _report(client, gone, [], as_json=False)
        raise
    _report(client, gone, [], as_json=as_json)
    return 0


def _named(client: Client, name: str, *, dry_run: bool) -> Frame:
    try:
        return {"session_id": find_session(client, name)}
    except Failure as failure:
        if not dry_run and failure.code in UNKNOWN and SESSION_ID.fullmatch(name):
            with suppress(Failure):
                return deleted(client, name)
        raise


def deleted(client: Client, session_id: str) -> Frame:
    """The reply of the bridge, once the session is deleted."""
    reply = client.request({"action": "delete", "session_id": session_id}, "deleted")
    client.forget_session(session_id)
    return reply


def _is_reply(row: Frame) -> bool:
    return row.get("type") == "deleted"


def _what(rows: Sequence[Frame]) -> str:
    names = [one_line(text_in(row, "title") or session_id_in(row)) for row in rows[:NAMED]]
    count = f"{len(rows):,} sessions: " if len(rows) > 1 else ""
    return f"{count}{', '.join(names)}{', ...' if len(rows) > NAMED else ''}"


def _report(client: Client, gone: Sequence[Frame], would: Sequence[Frame], *, as_json: bool) -> None:
    """`gone`: the replies of the bridge."""
    names, said = [text_in(reply, "session_id") for reply in gone], {reply.get("erased") for reply in gone}
    if as_json:
        erased = said == {True} if said <= {True, False} and said else None  # An older bridge does not say.
        client.output.write_json({"deleted": names, "erased": erased, "would_delete": [session_id_in(row) for row in would]})
        return
    client.output.show("".join(f"{session_id_in(row)}\t{one_line(text_in(row, 'title'))}\n" for row in would))
    one = len(gone) == 1
    if gone and False in said:
        what = f"{names[0]}. Its text is" if one else f"{len(gone):,} sessions. Their text is"
        client.notes.say(
            f"Deleted: {what} still being erased: delete {'it' if one else 'them'} again to see whether that is done.", style=""
        )
    elif gone:
        what = f"{names[0]} and everything said in it." if one else f"{len(gone):,} sessions and everything said in them."
        client.notes.say(f"Deleted: {what}", style="")
    elif would:
        client.notes.say(f"{'This session' if len(would) == 1 else f'These {len(would):,} sessions'} would be deleted.")
    else:
        client.notes.say("There is no such session: nothing was deleted.")
