"""`import --undo`: deletes the sessions that an import began."""

from __future__ import annotations

import sys

from bridge_client.commands.client import Client
from bridge_client.commands.deleting import deleted
from bridge_client.commands.moving.progress import Bar
from bridge_client.commands.moving.runs import Runs
from bridge_client.commands.sessions import sessions
from bridge_client.failures import Failure
from bridge_client.protocol.frames import integer_in, session_id_in
from bridge_client.terminal.keyboard.confirm import can_confirm, confirmed

EVERY = 1_000_000
NAMED = 5


def undo(client: Client, runs: Runs, name: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Deletes what the run began and nobody has gone on with, and says what stays. Returns the exit code. Raises `Failure`."""
    run = runs.run(name)
    client.endpoint()
    if run.place != client.place:
        raise Failure("bad_usage", f"The import {run.name} went to another bridge: {run.place}. Name it with --url, --local or --profile.")
    turns = {session_id_in(row): integer_in(row, "turns") or 0 for row in sessions(client, EVERY)}
    began = [session_id for session_id in run.began if session_id in turns]
    # A run that was killed has not noted what its last sessions got.
    continued = [session_id for session_id in began if session_id in run.added and turns[session_id] > run.added[session_id]]
    others = [session_id for session_id in run.added if session_id not in run.began and session_id in turns]
    gone = [session_id for session_id in began if session_id not in continued]
    if gone and not (yes or dry_run):
        if not can_confirm() or as_json:
            raise Failure("bad_usage", f"{_count(gone)} would be deleted. There is no terminal to confirm on: add --yes.")
        if not confirmed(f"Delete {_count(gone)} that the import {run.name} began?"):
            client.notes.say("Nothing was deleted.")
            return 0
    if not dry_run:
        with Bar(sys.stderr, client.output.colour, len(gone), shown=not (as_json or client.notes.quiet)) as bar:
            for session_id in gone:
                deleted(client, session_id)
                bar.advance(1)
    if not (dry_run or continued or others):
        runs.forget(run)
    if as_json:
        named = {"deleted": [] if dry_run else gone, "would_delete": gone if dry_run else [], "continued": continued, "not_begun": others}
        client.output.write_json({"run": run.name, **named})
    else:
        _tell(client, gone, continued, others, dry_run=dry_run)
    return 0


def _tell(client: Client, gone: list[str], continued: list[str], others: list[str], *, dry_run: bool) -> None:
    say = client.notes.say
    say(f"{_count(gone)} would be deleted." if dry_run else f"Deleted: {_count(gone)} that this import began.", style="")
    if continued:
        say(
            f"Not undone: something was said since in {_named(continued)}. To delete one: {client.hints.command('delete', continued[0])}",
            style="",
        )
    if others:
        say(
            f"Not undone: turns that were added to sessions which were there before: {_named(others)}. Single turns cannot be deleted.",
            style="",
        )


def _count(sessions: list[str]) -> str:
    return "1 session" if len(sessions) == 1 else f"{len(sessions):,} sessions"


def _named(sessions: list[str]) -> str:
    return ", ".join((*sessions[:NAMED], "...") if len(sessions) > NAMED else sessions)
