"""`delete`: sessions that were named, or that nobody has used for long. A person is asked first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge_client.commands.choosing import find_session
from bridge_client.commands.client import Client
from bridge_client.commands.sessions import Filter, sessions
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, number_in, session_id_in, text_in
from bridge_client.terminal.confirm import can_confirm, confirmed
from bridge_client.terminal.escape import one_line

EVERY = 1_000_000
"""As many sessions as there are."""
NAMED = 5
"""How many titles a question shows."""


def chosen(client: Client, names: Sequence[str], older_than: float | None, now: datetime) -> list[Frame]:
    """The sessions to delete, as `session_id` and, where it is known, `title`. Raises `Failure` if one does not exist."""
    rows: list[Frame] = [{"session_id": find_session(client, name)} for name in names]
    if older_than is not None:
        before = now.timestamp() - older_than
        rows += [row for row in sessions(client, EVERY, Filter()) if (number_in(row, "last_updated") or 0.0) < before]
    return list({session_id_in(row): row for row in rows if session_id_in(row)}.values())


def delete(client: Client, rows: Sequence[Frame], *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Deletes them and says so; returns the exit code. Raises `Failure` where nobody has agreed and nobody can be asked."""
    if dry_run or not rows:
        _report(client, [], rows, as_json=as_json)
        return 0
    if not yes:
        if not can_confirm() or as_json:
            raise Failure("bad_usage", f"{_what(rows)} would be deleted. Nobody can be asked here: say --yes.")
        if not confirmed(f"Delete {_what(rows)} and everything said there?"):
            client.notes.say("Nothing was deleted.")
            return 0
    gone: list[str] = []
    try:
        for row in rows:
            reply = client.request({"action": "delete", "session_id": session_id_in(row)}, "deleted")
            client.forget_session(session_id_in(row))
            gone.append(text_in(reply, "session_id"))
    except Failure:
        if gone and not as_json:
            _report(client, gone, [], as_json=False)
        raise
    _report(client, gone, [], as_json=as_json)
    return 0


def _what(rows: Sequence[Frame]) -> str:
    names = [one_line(text_in(row, "title") or session_id_in(row)) for row in rows[:NAMED]]
    count = f"{len(rows):,} sessions: " if len(rows) > 1 else ""
    return f"{count}{', '.join(names)}{', ...' if len(rows) > NAMED else ''}"


def _report(client: Client, gone: Sequence[str], would: Sequence[Frame], *, as_json: bool) -> None:
    if as_json:
        client.output.write_json({"deleted": list(gone), "would_delete": [session_id_in(row) for row in would]})
        return
    client.output.show("".join(f"{session_id_in(row)}\t{one_line(text_in(row, 'title'))}\n" for row in would))
    if len(gone) == 1:
        client.notes.say(f"Deleted: {gone[0]} and everything said in it.", style="")
    elif gone:
        client.notes.say(f"Deleted: {len(gone):,} sessions and everything said in them.", style="")
    elif would:
        client.notes.say(f"{'This session' if len(would) == 1 else f'These {len(would):,} sessions'} would be deleted.")
    else:
        client.notes.say("There is no such session: nothing was deleted.")
