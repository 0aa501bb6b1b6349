"""Listing the caller's sessions, and deleting one."""

from __future__ import annotations

import re

from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.services import Context
from bridge.store import lives
from bridge.store.port import Listed, Session
from bridge.store.records import session_id_of, session_key
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import Fields, limit, required

_CURSOR = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9._-]{1,128})")
_HEAD_AND_NEWEST = 2
_ATTEMPTS = 8
"""Of deleting a session, while turns are stored in it meanwhile."""


class Sessions(NamedTuple):
    """`position` is (`last_updated`, session id) of the last line already seen."""

    limit: int
    position: tuple[int, str] | None


class Delete(NamedTuple):
    session_id: str


def read_sessions(fields: Fields) -> Sessions:
    return Sessions(limit(fields), _position(fields))


def read_delete(fields: Fields) -> Delete:
    return Delete(required(fields, "session_id"))


def sessions(context: Context, request: Sessions) -> Frame:
    """The caller's sessions, newest first, and the cursor of the next page."""
    owner = context.caller.owner
    position = request.position and (request.position[0], session_key(owner, request.position[1]))
    listed = context.services.store.sessions(owner, request.limit + 1, position, context.now)
    page = listed[: request.limit]
    cursor = _cursor(page[-1]) if len(listed) > request.limit else None
    return frame("sessions", context.request_id, sessions=[_item(line) for line in page], cursor=cursor)


def delete(context: Context, request: Delete) -> Frame:
    """Puts a tombstone in the head's place; the turns are removed after the reply. A repeat finishes what a crash left.

    Raises `no_such_session`.
    """
    services, now = context.services, context.now
    key = session_key(context.caller.owner, request.session_id)
    session = services.store.load(key, limit=_HEAD_AND_NEWEST)
    head = session.head
    for _ in range(_ATTEMPTS):
        if head is None or not head.is_live(now):
            break
        head = services.store.begin(key, lives.tombstone(Session(head, session.turns), now), head)
    else:
        raise StoreUnavailable
    if head is None or not head.deleted or (head.ttl or 0) <= now:
        raise BridgeError(Code.NO_SUCH_SESSION)
    born = head.born
    services.conversations.forget(key)
    context.after_reply.append(lambda: services.store.remove_turns(key, born))
    return frame("deleted", context.request_id, session_id=request.session_id)


def _item(line: Listed) -> Frame:
    return {
        "session_id": session_id_of(line.session),
        "title": line.head.title,
        "turns": line.head.turns,
        "last_updated": line.head.last_updated,
        "expires_at": line.head.ttl,
    }


def _cursor(line: Listed) -> str:
    """What a client asks with for the page after this line; see `_position`."""
    return f"{line.head.last_updated}.{session_id_of(line.session)}"


def _position(fields: Fields) -> tuple[int, str] | None:
    cursor = fields.get("cursor", "")
    if cursor == "":
        return None
    parts = _CURSOR.fullmatch(cursor) if isinstance(cursor, str) else None
    if parts is None:
        raise BridgeError(Code.BAD_REQUEST, "`cursor` must be the `cursor` of an earlier page.")
    return int(parts[1]), parts[2]
