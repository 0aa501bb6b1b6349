"""What a person can do with the sessions themselves: read them back, list them, delete them, stop an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from bridge.errors import BridgeError, Code
from bridge.store import lives
from bridge.store.claims import request_hash
from bridge.store.port import Listed, Session
from bridge.store.records import Head, Turn, session_id_of, session_key
from bridge.text import encode, prefix_within
from bridge.turn_ids import turn_id
from bridge.wire.requests import REPLY_BYTES, Cancel, Delete, Frame, History, Sessions, cursor, frame

log = logging.getLogger("bridge")

_LAST_TURN = turn_id(2**48 - 1, b"\xff" * 10)
_PAGE_START_ITEMS = 2
_CANCEL_WAITS = (0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts to find a request that is to be cancelled: a claim may take so long after a cold start."""


class Store(Protocol):
    """What is asked of the store here; see `store.Store`."""

    def load(self, session: str, limit: int) -> Session: ...

    def page(self, session: str, after: str, before: str, limit: int) -> tuple[Turn, ...]: ...

    def begin(self, session: str, head: Head, seen: Head | None) -> Head: ...

    def remove_turns(self, session: str, through: str) -> int: ...

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]: ...

    def cancel(self, hash: str) -> bool: ...


def history(store: Store, owner: str, request: History, request_id: str, now: float) -> bytes:
    """One reply with the newest turns before `request.before`, oldest first, as many as fit. Raises `no_such_session`."""
    key = session_key(owner, request.session_id)
    head = store.load(key, limit=1).head
    if head is None or not head.is_live(now):
        raise BridgeError(Code.NO_SUCH_SESSION)
    turns = store.page(key, head.born, request.before or _LAST_TURN, request.limit + 1)
    if not turns and not request.before:
        raise BridgeError(Code.NO_SUCH_SESSION)
    return _page(request, request_id, turns[: request.limit], more=len(turns) > request.limit)


def _page(request: History, request_id: str, turns: tuple[Turn, ...], *, more: bool) -> bytes:
    """`turns` are newest first. The reply always says something: a turn that alone is too large comes alone, a part of it."""

    def reply(items: list[dict[str, Any]], *, more: bool) -> bytes:
        return encode(frame("history", request_id, session_id=request.session_id, turns=items, more=more))

    if turns and request.offset:
        return reply([_part(turns[0], request.offset)], more=more or len(turns) > 1)
    items: list[dict[str, Any]] = []
    size = len(reply([], more=True))
    for turn in turns:
        item = _shown(turn)
        size += len(encode(item)) + 1
        if size > REPLY_BYTES:
            items = items or [_part(turn, 0)]
            break
        items.insert(0, item)
    return reply(items, more=more or len(items) < len(turns))


def _shown(turn: Turn) -> dict[str, Any]:
    return {
        "turn": turn.id,
        "context": [{"role": message.role, "content": message.content} for message in turn.context],
        "last_updated": turn.last_updated,
        "model": turn.model,
        "stop_reason": turn.stop_reason,
        "truncated": turn.truncated,
        "usage": turn.usage.item(),
    }


def _part(turn: Turn, offset: int) -> dict[str, Any]:
    """What of a turn lies beyond `offset` code points of its contents and fits in one reply, with `next_offset` where more follows."""
    shown = _shown(turn) | {"context": []}
    room = REPLY_BYTES - len(encode(shown)) - 1024
    position, end = 0, turn.characters
    for message in turn.context:
        content = message.content[max(0, offset - position) :]
        position += len(message.content)
        if not content or room <= 0:
            continue
        part = prefix_within(content, room)
        shown["context"].append({"role": message.role, "content": part})
        room -= len(encode(shown["context"][-1]))
        end = position - len(content) + len(part)
        if len(part) < len(content):
            break
    return shown | ({"next_offset": end} if end < turn.characters else {})


def listing(store: Store, owner: str, request: Sessions, request_id: str, now: float) -> Frame:
    """The caller's sessions, newest first, and the cursor of the next page."""
    position = request.position and (request.position[0], session_key(owner, request.position[1]))
    found = store.sessions(owner, request.limit + 1, position, now)
    page = found[: request.limit]
    lines = [
        {
            "session_id": session_id_of(line.session),
            "title": line.head.title,
            "turns": line.head.turns,
            "last_updated": line.head.last_updated,
            "expires_at": line.head.ttl,
        }
        for line in page
    ]
    following = cursor(page[-1].head.last_updated, session_id_of(page[-1].session)) if len(found) > request.limit else None
    return frame("sessions", request_id, sessions=lines, cursor=following)


def delete(store: Store, owner: str, request: Delete, request_id: str, now: float, tell: Callable[[Frame], None]) -> None:
    """Buries the session, tells so, then removes its turns. A repeat finishes what a crash left. Raises `no_such_session`."""
    key = session_key(owner, request.session_id)
    session = store.load(key, limit=_PAGE_START_ITEMS)
    head = session.head
    while head is not None and head.is_live(now):
        head = store.begin(key, lives.tombstone(Session(head, session.turns), now), head)
    if head is None or not head.deleted or (head.ttl or 0) <= now:
        raise BridgeError(Code.NO_SUCH_SESSION)
    tell(frame("deleted", request_id, session_id=request.session_id))
    store.remove_turns(key, head.born)


def cancel(store: Store, owner: str, request: Cancel, tell: Callable[[Frame], None], sleep: Callable[[float], None]) -> None:
    """Asks the invocation that answers this request to stop. Nothing running under that id is no error.

    A request that was sent right before may be claimed a little later: it is looked for a few times more, with the reply already sent.
    """
    key = request_hash(owner, request.session_id, request.request_id, "", "")
    found = store.cancel(key)
    tell(frame("cancelled", request.request_id, session_id=request.session_id))
    for wait in () if found else _CANCEL_WAITS:
        sleep(wait)
        try:
            if store.cancel(key):
                return
        except Exception:
            log.exception("a cancel could not be tried again")  # The client has its reply.
            return
