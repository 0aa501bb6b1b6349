"""`export`: a session as a document, or all of them as files that `import` takes back."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bridge_client.commands.client import Client
from bridge_client.commands.history import all_turns
from bridge_client.commands.moving.documents import as_lines, as_markdown
from bridge_client.commands.moving.progress import Bar
from bridge_client.commands.moving.wire import Wire
from bridge_client.commands.sessions import sessions
from bridge_client.failures import Failure, cancelled
from bridge_client.private_files import write_private
from bridge_client.protocol.frames import Frame, decode, integer_in, object_in, objects_in, session_id_in, text_in
from bridge_client.terminal.wording import counted

EVERY = 1_000_000
AT_A_TIME = 4
_TITLE = 60
_SUFFIX = ".jsonl"
_BEFORE_ID = "@"
"""Between title and id in a file's name: no id has it."""
_WITHOUT_SESSION = frozenset({"no_such_session", "session_deleted"})

Fetch = Callable[[Frame], Frame]


def session_with(fetch: Fetch, session_id: str) -> Frame:
    """A session as `import` takes it: `session_id`, `settings`, `expires_at`, `turns`. `fetch` asks for a page of its history."""
    about: Frame = {}

    def noting(fields: Frame) -> Frame:
        reply = fetch({"action": "history", "session_id": session_id, **fields})
        if not about:
            about.update(settings=object_in(reply, "settings"), expires_at=integer_in(reply, "expires_at"))
        return reply

    turns = all_turns(noting, None)
    return {"session_id": session_id, **about, "turns": turns}


def export(client: Client, session_id: str, form: str, output: str, now: datetime) -> int:
    """Writes one session to a file that only its owner can read, or to standard output ("" or "-"). Raises `Failure`."""
    session = session_with(lambda fields: client.request(fields, "history"), session_id)
    text = document(session, form, now)
    if output in ("", "-"):
        client.output.write(text)
        return 0
    write_file(Path(output), text)
    client.notes.say(f"Exported {len(session['turns']):,} turns to {output}.", style="")
    return 0


def document(session: Frame, form: str, now: datetime) -> str:
    """The session as Markdown, as one JSON object, or as JSON lines."""
    if form == "md":
        return as_markdown(session["session_id"], text_in(object_in(session, "settings"), "title"), session["turns"], now)
    if form == "json":
        import json

        return json.dumps(session, indent=1) + "\n"
    return "".join(as_lines({name: value for name, value in session.items() if name != "turns"}, session["turns"]))


def write_file(path: Path, text: str) -> None:
    """Raises `Failure` (`not_written`)."""
    try:
        write_private(path, text)
    except OSError as error:
        raise Failure("not_written", f"{path} could not be written: {(error.strerror or str(error)).lower()}.") from error


@dataclass
class Outcome:
    """In sessions: written, and unchanged since they were written. `gone`: deleted or expired meanwhile."""

    written: int = 0
    unchanged: int = 0
    gone: int = 0
    turns: int = 0
    failures: Counter[str] = field(default_factory=Counter)


def export_all(client: Client, folder: str, *, as_json: bool, quiet: bool = False) -> int:
    """Writes each session to a file of its own in the folder; those that have not changed since stay. Raises `Failure`."""
    target = Path(folder)
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure("not_written", f"{folder} cannot be used as a folder: {(error.strerror or str(error)).lower()}.") from error
    outcome = written_to(client, target, shown=not (as_json or quiet))
    if as_json:
        client.output.write_json(
            {"folder": folder, "written": outcome.written, "unchanged": outcome.unchanged, "gone": outcome.gone, "turns": outcome.turns}
        )
    else:
        unchanged = f"; {outcome.unchanged:,} unchanged since the last time" if outcome.unchanged else ""
        client.notes.say(
            f"Exported {counted(outcome.written, 'session')} ({counted(outcome.turns, 'turn')}) to {folder}{unchanged}.", style=""
        )
    return 0


def written_to(client: Client, target: Path, *, shown: bool) -> Outcome:
    """Every session, each in a file below `target`. Raises `Failure`."""
    client.require("import", "exports that can be taken back")
    client.endpoint()
    rows = list(sessions(client, EVERY))
    outcome = Outcome()
    try:
        with Bar(sys.stderr, client.output.colour, len(rows), shown=shown) as bar:
            asyncio.run(_write_all(client, target, rows, outcome, bar))
    except* Failure as group:
        raise group.exceptions[0] from None
    except* KeyboardInterrupt:
        raise cancelled() from None
    return outcome


async def _write_all(client: Client, target: Path, rows: list[Frame], outcome: Outcome, bar: Bar) -> None:
    loop = asyncio.get_running_loop()
    there = {name.rsplit(_BEFORE_ID, 1)[-1].removesuffix(_SUFFIX): name for name in os.listdir(target) if name.endswith(_SUFFIX)}  # noqa: PTH208
    slots = asyncio.Semaphore(AT_A_TIME)
    async with Wire(client, bar.say) as wire:

        def fetch(fields: Frame) -> Frame:
            """From a thread of its own: paging back is written for one request at a time."""
            return asyncio.run_coroutine_threadsafe(wire.request(fields, "history"), loop).result()

        async def one(row: Frame) -> None:
            async with slots:
                await asyncio.to_thread(_write_one, fetch, target, there, row, outcome)
                bar.advance(1)

        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(one(row))


def _write_one(fetch: Fetch, target: Path, there: dict[str, str], row: Frame, outcome: Outcome) -> None:
    session_id = session_id_in(row)
    old = there.get(session_id)
    try:
        if old and _is_unchanged(fetch, target / old, row):
            outcome.unchanged += 1
            return
        session = session_with(fetch, session_id)
    except Failure as failure:
        if failure.code not in _WITHOUT_SESSION:
            raise
        outcome.gone += 1
        return
    new = file_name(text_in(row, "title"), session_id)
    write_file(target / new, document(session, "jsonl", datetime.fromtimestamp(0).astimezone()))
    if old and old != new:
        (target / old).unlink(missing_ok=True)
    outcome.written += 1
    outcome.turns += len(session["turns"])


def _is_unchanged(fetch: Fetch, path: Path, row: Frame) -> bool:
    """Whether the file has the newest turn, as many turns as there are, and the settings as they are."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return False
    parsed = [decode(line) or {} for line in (lines[:1] + lines[-1:])]
    if not lines or len(lines) - 1 != integer_in(row, "turns"):
        return False
    reply = fetch({"action": "history", "session_id": session_id_in(row), "limit": 1})
    newest = objects_in(reply, "turns")[-1:]
    head, last = object_in(parsed[0], "session"), object_in(parsed[-1], "turn")
    about = [(object_in(frame, "settings"), integer_in(frame, "expires_at")) for frame in (head, reply)]
    return about[0] == about[1] and bool(newest) and text_in(newest[0], "turn") == text_in(last, "turn")


def file_name(title: str, session_id: str) -> str:
    """A name that a person and every file system can read: the title's letters, and the id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_TITLE].strip("-")
    return f"{words or 'session'}{_BEFORE_ID}{session_id}{_SUFFIX}"


def files_of(folder: Path) -> Iterator[Path]:
    """What `export --all` wrote there."""
    return (path for path in sorted(folder.iterdir()) if path.suffix == _SUFFIX and _BEFORE_ID in path.name)
