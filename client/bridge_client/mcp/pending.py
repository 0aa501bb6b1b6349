"""Turns of Claude Code that are about to be stored. Each is in a file, until the bridge has it: the process may be killed at any moment.

A turn waits for a few seconds, because Claude Code calls `Stop` again for the same prompt where another hook made Claude go on, and only
the last answer counts. The next prompt, or the end of the process, ends the wait.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge_client.commands.moving.claude_code import session_id_of, source_of
from bridge_client.commands.moving.conversation import Conversation, turn
from bridge_client.commands.moving.sending import Report, Sender
from bridge_client.failures import Failure
from bridge_client.mcp.bridge import Bridge
from bridge_client.private_files import write_private
from bridge_client.protocol.frames import PAGE, Frame, decode, object_in, objects_in, session_id_in, text_in

WAIT_SECONDS = 3.0
LONGEST_SECONDS = 600.0
"""A turn that goes on is looked at again until then."""
TAIL_BYTES = 64 * 1024


class Pending(NamedTuple):
    """A turn of the session `session` (Claude Code's id), as the bridge's `import` takes it. `transcript`: the session's file, or ""."""

    session: str
    prompt_id: str
    project: str
    turn: Frame
    transcript: str = ""

    @property
    def conversation(self) -> Conversation:
        conversation = Conversation(session_id_of(self.session), [self.turn])
        conversation.name("", self.project)
        return conversation


def pending(session: str, prompt_id: str, project: str, asked_at: float, words: str, answer: str, transcript: str = "") -> Pending:
    """`words` and `answer` without secrets. `asked_at`: when the prompt was typed, in seconds since the epoch."""
    said = turn(asked_at, source_of(session, prompt_id), words, answer, "", "end_turn")
    return Pending(session, prompt_id, project, said, transcript)


class PendingTurns:
    """`folder` need not exist. `on_failure` gets the reason why a turn could not be stored; it stays in its file, and is tried again."""

    def __init__(self, bridge: Bridge, folder: Path, on_failure: Callable[[Failure], object], wait: float = WAIT_SECONDS) -> None:
        self._bridge = bridge
        self._folder = folder
        self._on_failure = on_failure
        self._wait = wait
        self._held: dict[str, Pending] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._storing: set[asyncio.Task[None]] = set()
        self._known: set[str] | None = None
        self._one_at_a_time = asyncio.Lock()

    def hold(self, pending: Pending) -> None:
        """Takes a turn, instead of an earlier one of the same prompt."""
        session = pending.session
        if session in self._held and self._held[session].prompt_id != pending.prompt_id:
            self.release(session)
        self._held[session] = pending
        with suppress(OSError):  # Without a place for the file the turn is only safe once the bridge has it.
            write_private(self._path(pending), json.dumps({"place": self._bridge.client.place, **pending._asdict()}))
        self._look_again(session, time.monotonic() + LONGEST_SECONDS)

    def release(self, session: str) -> None:
        """Stores what is held of a session now."""
        if timer := self._timers.pop(session, None):
            timer.cancel()
        if pending := self._held.pop(session, None):
            task = asyncio.create_task(self._store(pending, self._path(pending)))
            self._storing.add(task)
            task.add_done_callback(self._storing.discard)

    async def flush(self, seconds: float) -> None:
        """Stores all that is held, and waits for it, at most this long."""
        for session in list(self._held):
            self.release(session)
        if self._storing:
            await asyncio.wait(self._storing, timeout=seconds)

    async def adopt(self) -> None:
        """Reads which sessions there are, and stores what processes that were killed have left. Raises `Failure`."""
        await self._sessions()
        for path in self._left():
            pending = self._read(path)
            if pending is not None:
                await self._store(pending, path)

    def _look_again(self, session: str, until: float) -> None:
        if timer := self._timers.pop(session, None):
            timer.cancel()
        self._timers[session] = asyncio.get_running_loop().call_later(self._wait, self._look, session, until)

    def _look(self, session: str, until: float) -> None:
        if time.monotonic() < until and goes_on(self._held[session].transcript):
            self._look_again(session, until)
        else:
            self.release(session)

    async def _store(self, pending: Pending, path: Path) -> None:
        try:
            async with self._one_at_a_time:
                sender = Sender(self._bridge.request, _NoJournal(), await self._sessions(), Report(), lambda _: None)
                await sender.send_all([(pending.conversation, 1)])
        except Failure as failure:
            self._on_failure(failure)
            return
        with suppress(OSError):
            path.unlink()

    async def _sessions(self) -> set[str]:
        """The ids of all sessions, as the importer knows them: a session that it has under another id is found there."""
        if self._known is None:
            await self._bridge.require("import", "imports")
            known: set[str] = set()
            cursor: Frame = {}
            while True:
                page = await self._bridge.request({"action": "sessions", "limit": PAGE, **cursor}, "sessions")
                known |= {session_id_in(row) for row in objects_in(page, "sessions")}
                if not text_in(page, "cursor"):
                    break
                cursor = {"cursor": text_in(page, "cursor")}
            self._known = known
        return self._known

    def _path(self, pending: Pending) -> Path:
        return self._folder / f"{os.getpid()}-{session_id_of(pending.session)}-{session_id_of(pending.prompt_id)[-40:]}.json"

    def _left(self) -> Iterator[Path]:
        """The files of processes that have ended."""
        for path in sorted(self._folder.glob("*.json")):
            number = path.name.partition("-")[0]
            if number.isdecimal() and not _is_running(int(number)):
                yield path

    def _read(self, path: Path) -> Pending | None:
        """None for a file that is damaged, or of another bridge."""
        try:
            fields = decode(path.read_bytes()) or {}
        except OSError:
            return None
        if text_in(fields, "place") != self._bridge.client.place:
            return None
        names = ("session", "prompt_id", "project", "transcript")
        session, prompt_id, project, transcript = (text_in(fields, name) for name in names)
        return (
            Pending(session, prompt_id, project, object_in(fields, "turn"), transcript) if session and object_in(fields, "turn") else None
        )


class _NoJournal:
    """What the hooks store is undone by deleting the session: it is not an import."""

    def begins(self, session_id: str) -> None: ...
    def refused(self, session_id: str) -> None: ...
    def added(self, session_id: str, turns: int, total: int) -> None: ...


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


def goes_on(transcript: str) -> bool:
    """Whether Claude is at work again: the last line of the transcript is not the end of an answer. False where that is not known."""
    try:
        with Path(transcript).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().splitlines()
    except (OSError, ValueError):
        return False
    for line in reversed(lines):
        fields = decode(line) or {}
        if fields.get("type") not in ("user", "assistant") or fields.get("isSidechain") is True:
            continue
        message = object_in(fields, "message")
        if fields["type"] == "assistant":
            return text_in(message, "stop_reason") == "tool_use"
        return not any(text_in(block, "text").startswith("[Request interrupted") for block in objects_in(message, "content"))
    return False
