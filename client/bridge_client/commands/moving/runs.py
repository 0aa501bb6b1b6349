"""What each import added, so that it can be undone: a file for each run in the client's state folder.

A line is written before a session is begun, and one when turns were added: a run that was killed can be undone, too. The next one to the
same bridge goes on with its file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bridge_client.failures import Failure
from bridge_client.protocol.frames import decode, integer_in, session_id_in, text_in

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}(?:-[0-9]+)?")


@dataclass
class Run:
    """`began`: sessions that did not exist before. `added`: how many turns each session had then, of those to which any were added."""

    name: str
    place: str = ""
    process: int = 0
    """Which imports; 0 when it has ended."""
    began: list[str] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)


class Runs:
    """`folder` need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, place: str, now: datetime) -> RunFile:
        """A new run for the bridge at `place`, or the last one, if that was killed or has failed.

        The file is written when there is something to note.
        """
        for run in self.all():
            if run.place == place and run.process and not _is_alive(run.process):
                return RunFile(self._folder / f"{run.name}.jsonl", run.name, place)
        name = base = now.strftime("%Y%m%d-%H%M%S")
        number = 1
        while (self._folder / f"{name}.jsonl").exists():
            number += 1
            name = f"{base}-{number}"
        return RunFile(self._folder / f"{name}.jsonl", name, place)

    def all(self) -> Iterator[Run]:
        """Oldest first; what cannot be read is left out."""
        for path in sorted(self._folder.glob("*.jsonl"), key=lambda path: path.stem):
            if _NAME.fullmatch(path.stem):
                yield self._read(path)

    def run(self, name: str) -> Run:
        """The run of that name, or the `last` one. Raises `Failure`."""
        names = [run.name for run in self.all()]
        if name == "last" and names:
            name = names[-1]
        if name not in names:
            known = f"The last ones: {', '.join(names[-5:])}." if names else "Nothing was imported from this machine."
            raise Failure("bad_usage", f"No import is called {name}. {known}")
        return self._read(self._folder / f"{name}.jsonl")

    def forget(self, run: Run) -> None:
        (self._folder / f"{run.name}.jsonl").unlink(missing_ok=True)

    def _read(self, path: Path) -> Run:
        run = Run(path.stem)
        try:
            lines = path.read_bytes().splitlines()
        except OSError:
            return run
        for fields in filter(None, map(decode, lines)):
            session_id, total = session_id_in(fields), integer_in(fields, "total")
            run.place = text_in(fields, "place") or run.place
            run.process = (integer_in(fields, "process") or 0) if "process" in fields else run.process
            if session_id and total is not None:
                run.added[session_id] = total
            elif session_id and fields.get("refused") is True:
                run.began = [name for name in run.began if name != session_id]
            elif session_id and session_id not in run.began:
                run.began.append(session_id)
        return run


class RunFile:
    """The journal of a run that goes on."""

    def __init__(self, path: Path, name: str, place: str) -> None:
        self._path = path
        self._place = place
        self.name = name
        self.is_empty = True

    def begins(self, session_id: str) -> None:
        self._write({"session_id": session_id})

    def refused(self, session_id: str) -> None:
        """It was not begun: somebody else has this id."""
        self._write({"session_id": session_id, "refused": True})

    def added(self, session_id: str, turns: int, total: int) -> None:
        """`total`: of the turns of this import that are in the session now."""
        self._write({"session_id": session_id, "added": turns, "total": total})

    def end(self) -> None:
        """All is imported: the next run has a file of its own."""
        if not self.is_empty or self._path.exists():
            self._write({"process": 0})

    def _write(self, fields: dict[str, object]) -> None:
        lines = [{"place": self._place, "process": os.getpid()}, fields] if self.is_empty else [fields]
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
                # The last line of a run that was killed may be half a line.
                file.write(("\n" if self.is_empty and file.tell() else "") + "".join(f"{json.dumps(line)}\n" for line in lines))
        except OSError as error:
            raise Failure(
                "not_written", f"{self._path.parent} cannot be written to ({error.strerror}): nothing could be undone."
            ) from error
        self.is_empty = False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
