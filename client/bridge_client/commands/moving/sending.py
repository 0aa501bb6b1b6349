"""Sends conversations to a bridge: several at a time, each in pieces that fit into a message, each turn once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from bridge_client.commands.moving.conversation import SESSION_ID_CHARACTERS, Conversation
from bridge_client.failures import Failure
from bridge_client.protocol.frames import MESSAGE_BYTES, Frame, integer_in, objects_in, text_in

AT_A_TIME = 4
"""Conversations that are sent at the same time."""
MAX_TURNS = 100
_MESSAGE = MESSAGE_BYTES - 8 * 1024
"""Bytes of the turns in a message; the rest is for the settings, of which a system prompt may have 4,000 characters."""
_PIECE = 8_000
"""Characters of a part of a turn: as many as fit into a message, even if each of them had to be escaped."""
_MAX_TURN_BYTES = 378_000
"""Bytes of a turn's text; a bridge takes 380,000 with all that belongs to it."""
_ONE_OF_THEM = frozenset({"bad_request", "message_too_long", "empty_message"})
"""Failures that one turn of a message may have caused: the others are sent without it."""
_ALIASES = 9

EXISTS = "other sessions have its id"
TOO_LARGE = "a turn of more than 378,000 bytes"


class Request(Protocol):
    async def __call__(self, frame: Frame, reply: str) -> Frame: ...


class Journal(Protocol):
    """What has to be known to undo an import. All may raise `Failure` (`not_written`)."""

    def begins(self, session_id: str) -> None: ...
    def refused(self, session_id: str) -> None: ...
    def added(self, session_id: str, turns: int, total: int) -> None: ...


@dataclass
class Report:
    """What became of everything, in turns. `renamed`: sessions under another id than their own."""

    added: int = 0
    present: int = 0
    sessions: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    renamed: dict[str, str] = field(default_factory=dict)


class Sender:
    """`known`: the ids of the sessions that are there."""

    def __init__(self, request: Request, journal: Journal, known: set[str], report: Report, progress: Callable[[int], object]) -> None:
        self._request = request
        self._journal = journal
        self._known = known
        self._report = report
        self._progress = progress

    async def send_all(self, conversations: Iterable[tuple[Conversation, int]]) -> None:
        """Each with a number that `progress` gets when it is done. Raises `Failure` when nothing more can be sent."""
        slots = asyncio.Semaphore(AT_A_TIME)
        under_way: set[asyncio.Task[None]] = set()
        failed: list[BaseException] = []

        async def one(conversation: Conversation, done: int) -> None:
            try:
                await self._send(conversation)
                self._progress(done)
            finally:
                slots.release()

        def ended(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            if not task.cancelled() and (error := task.exception()):
                failed.append(error)

        try:
            for conversation, done in conversations:
                await slots.acquire()
                if failed:
                    break
                task = asyncio.create_task(one(conversation, done))
                under_way.add(task)
                task.add_done_callback(ended)
                await asyncio.sleep(0)
            while under_way and not failed:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_EXCEPTION)
                await asyncio.sleep(0)
        finally:
            for task in list(under_way):
                task.cancel()
        if failed:
            raise failed[0]

    async def _send(self, conversation: Conversation) -> None:
        self._report.skipped += conversation.skipped
        if not conversation.turns:
            return
        for session_id in self._ids(conversation.session_id):
            try:
                await self._take(conversation, session_id)
            except Failure as failure:
                if failure.code != "session_exists":
                    raise
                continue
            if session_id != conversation.session_id:
                self._report.renamed[conversation.session_id] = session_id
            return
        self._report.skipped[EXISTS] += len(conversation.turns)

    def _ids(self, own: str) -> list[str]:
        """Under which ids a conversation may be kept: its own, unless that was taken when it was imported before, or is taken now.

        For an hour after a session was deleted nothing can be imported under its id.
        """
        others = [f"{own[: SESSION_ID_CHARACTERS - 2]}-{number}" for number in range(2, _ALIASES + 1)]
        return [own, *others] if own in self._known else sorted([own, *others], key=lambda name: name not in self._known)

    async def _take(self, conversation: Conversation, session_id: str) -> None:
        """All turns into this session. Raises `Failure`: `session_exists` only before anything was taken."""
        self._report.sessions.add(session_id)
        began = session_id not in self._known
        if began:
            self._journal.begins(session_id)
        settings = conversation.settings
        added = present = 0
        try:
            for batch in batches(conversation.turns, self._report.skipped):
                counted = await self._batch(session_id, batch, settings)
                added, present = added + counted[0], present + counted[1]
                self._known.add(session_id)
        except Failure as failure:
            if failure.code != "session_exists" or added or present:
                raise
            self._report.sessions.discard(session_id)
            if began:
                self._journal.refused(session_id)
            raise
        finally:
            if added:
                self._journal.added(session_id, added, added + present)

    async def _batch(self, session_id: str, turns: list[Frame], settings: Frame) -> tuple[int, int]:
        """How many were added, and how many were there. A turn that the bridge does not take is left out and said."""
        frame = {"action": "import", "session_id": session_id, "turns": turns, **({"settings": settings} if settings else {})}
        try:
            reply = await self._request(frame, "imported")
        except Failure as failure:
            if failure.code == "bad_request" and "`settings`" in failure.message and settings:
                return await self._batch(session_id, turns, {})
            if failure.code not in _ONE_OF_THEM:
                raise
            if len(turns) > 1 and "parts" not in turns[0]:
                half = len(turns) // 2
                first, second = [await self._batch(session_id, part, settings) for part in (turns[:half], turns[half:])]
                return first[0] + second[0], first[1] + second[1]
            self._report.skipped[_reason(failure)] += 1
            return 0, 0
        return self._count(reply, turns)

    def _count(self, reply: Frame, turns: list[Frame]) -> tuple[int, int]:
        added, present = integer_in(reply, "added") or 0, integer_in(reply, "present") or 0
        if parts := integer_in(turns[-1], "parts"):  # The bridge counts the parts that are there, and the whole turn when it has them all.
            present = int(present > 0 and integer_in(turns[-1], "part") == parts)
        self._report.added += added
        self._report.present += present
        return added, present


def _reason(failure: Failure) -> str:
    """Without the place in the message, which means nothing to a person."""
    return failure.message.split(": ", 1)[-1].rstrip(".") if failure.message.startswith("In `turns`") else failure.message.rstrip(".")


def batches(turns: Iterable[Frame], skipped: Counter[str]) -> Iterator[list[Frame]]:
    """The turns in groups that fit into a message; one that does not fit alone comes in parts, and with no other."""
    waiting: list[Frame] = []
    for turn in turns:
        if _size(turn) <= _MESSAGE:
            waiting.append(turn)
            continue
        yield from _groups(waiting)
        waiting = []
        if sum(len(text_in(message, "content").encode("utf-8", "replace")) for message in objects_in(turn, "context")) > _MAX_TURN_BYTES:
            skipped[TOO_LARGE] += 1
        else:
            yield from _groups(_parts(turn))
    yield from _groups(waiting)


def _groups(turns: list[Frame]) -> Iterator[list[Frame]]:
    group: list[Frame] = []
    size = 0
    for turn in turns:
        length = _size(turn)
        if group and (size + length > _MESSAGE or len(group) == MAX_TURNS):
            yield group
            group, size = [], 0
        group.append(turn)
        size += length
    if group:
        yield group


def _parts(turn: Frame) -> list[Frame]:
    pieces = [
        {**message, "content": text[start : start + _PIECE]}
        for message in objects_in(turn, "context")
        for text in [text_in(message, "content")]
        for start in range(0, len(text), _PIECE)
    ]
    return [{**turn, "context": [piece], "part": number, "parts": len(pieces)} for number, piece in enumerate(pieces, 1)]


def _size(turn: Frame) -> int:
    return len(json.dumps(turn, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) + 1
