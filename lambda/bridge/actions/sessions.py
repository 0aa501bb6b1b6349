"""Listing the caller's sessions."""

from __future__ import annotations

import re

from bridge.errors import BridgeError, Code
from bridge.services import Context
from bridge.store.port import Listed
from bridge.store.records import session_id_of, session_key
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, dollars, frame
from bridge.wire.requests import Fields, limit

_CURSOR = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9._-]{1,128})")


class Sessions(NamedTuple):
    """`position` is (`last_updated`, session id) of the last line already seen."""

    limit: int
    position: tuple[int, str] | None


def read_sessions(fields: Fields) -> Sessions:
    return Sessions(limit(fields), _position(fields))


def sessions(context: Context, request: Sessions) -> Frame:
    """The caller's sessions, newest first, and the cursor of the next page."""
    owner = context.caller.owner
    position = request.position and (request.position[0], session_key(owner, request.position[1]))
    listed = context.services.store.sessions(owner, request.limit + 1, position, context.now)
    page = listed[: request.limit]
    cursor = _cursor(page[-1]) if len(listed) > request.limit else None
    return frame("sessions", context.request_id, sessions=[_item(line) for line in page], cursor=cursor)


def _item(line: Listed) -> Frame:
    return {
        "session_id": session_id_of(line.session),
        "title": line.head.title,
        "turns": line.head.turns,
        "last_updated": line.head.last_updated,
        "expires_at": line.head.ttl,
        "cost_usd": dollars(line.head.known_cost),
        "unpriced_turns": line.head.unpriced_turns,
        "memory_cost_usd": dollars(line.head.memory_cost),
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
