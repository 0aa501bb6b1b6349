"""Questions without an answer yet, each noted in a file: if the client is killed or loses its bridge, the answer can be fetched later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge_client.private_files import write_private
from bridge_client.protocol.frames import Frame, object_in, text_in

OPEN_SECONDS = 24 * 3600.0
"""How long a bridge recognises a request (docs/protocol.md). After that the same request would be a new question."""


class OpenQuestion(NamedTuple):
    """What is needed to send the same request again. `url` is the bridge's, "" for a local one; `session_id` may be "".

    `stand_in`: it was asked of the stand-in there. `began`: the session that the bridge began for it, once that is known.
    `options`: what else the question said.
    """

    message: str
    session_id: str
    request_id: str
    url: str
    stand_in: bool = False
    began: str = ""
    options: Frame = {}  # noqa: RUF012 (nobody changes it)


class OpenQuestions:
    """The notes in `folder`, which need not exist. Nothing here fails if the folder cannot be used: the question is asked anyway."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    def note(self, question: OpenQuestion) -> None:
        """Writes a file that only its owner can read, since it holds the question."""
        with suppress(OSError):
            for written, path in self._notes("*.json*"):  # A client that was killed leaves unfinished files, too.
                if written < self._now() - OPEN_SECONDS:
                    path.unlink(missing_ok=True)
            write_private(self._path(question.request_id), json.dumps(question._asdict()))

    def forget(self, request_id: str) -> None:
        """The question has been answered, or never will be."""
        with suppress(OSError):
            self._path(request_id).unlink()

    def forget_session(self, url: str, session_id: str) -> None:
        """It was deleted, with every question that was asked in it."""
        with suppress(OSError):
            for _, path in self._notes():
                question = _read(path)
                if question is not None and (question.url, question.session_id or question.began) == (url, session_id):
                    path.unlink(missing_ok=True)

    def last(self) -> OpenQuestion | None:
        """The newest question that the bridge may still recognise."""
        return next(self.all(), None)

    def all(self) -> Iterator[OpenQuestion]:
        """Those that the bridge may still recognise, newest first."""
        with suppress(OSError):
            for written, path in sorted(self._notes(), reverse=True):
                question = _read(path)
                if question is not None and written > self._now() - OPEN_SECONDS:
                    yield question

    def _path(self, request_id: str) -> Path:
        return self._folder / f"{request_id}.json"

    def _notes(self, named: str = "*.json") -> Iterator[tuple[float, Path]]:
        for path in self._folder.glob(named):
            with suppress(FileNotFoundError):  # Its question has just been answered.
                yield path.stat().st_mtime_ns / 1e9, path


def _read(path: Path) -> OpenQuestion | None:
    """None for a file that was cut off, or is not a note."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    message, session_id, request_id, url = (text_in(fields, name) for name in ("message", "session_id", "request_id", "url"))
    stand_in, began, options = fields.get("stand_in") is True, text_in(fields, "began"), object_in(fields, "options")
    question = OpenQuestion(message, session_id, request_id, url, stand_in, began, options)
    return question if question.message and question.request_id else None
