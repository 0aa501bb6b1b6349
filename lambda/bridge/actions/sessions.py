"""Listing the caller's sessions."""

from __future__ import annotations

import re

from bridge.actions.configure import finish_rewriting_later, keep_hours
from bridge.claude.budget import used_today
from bridge.errors import BridgeError, Code
from bridge.memory.language.spelling import spelled
from bridge.services import RequestContext
from bridge.settings import Settings
from bridge.store.port import Listed
from bridge.store.records import Head, session_id_of, session_key
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, dollars, first_that_fit, frame
from bridge.wire.requests import Fields, limit
from bridge.wire.session_fields import line, since

_CURSOR = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9._-]{1,128})")


_PAGES = 20
"""So many pages are looked through for sessions that fit."""


class Sessions(NamedTuple):
    """`position` is (`last_updated`, session id) of the last line already seen. Only sessions used `since` then are listed, that belong to
    the `project`, and have all words of `title` in theirs; 0 and "": whatever they are.
    """

    limit: int
    position: tuple[int, str] | None
    since: float = 0
    project: str = ""
    title: str = ""

    def fits(self, head: Head) -> bool:
        wanted = spelled(self.title).casefold().split() if self.title else ()
        shown = spelled(head.shown_title).casefold() if wanted else ""
        return self.project in ("", head.settings.project) and all(word in shown for word in wanted)


def read_sessions(fields: Fields) -> Sessions:
    lines = {name: line(fields, name) for name in ("project", "title") if name in fields}
    return Sessions(limit(fields), _position(fields), since(fields), **lines)


def sessions(context: RequestContext, request: Sessions) -> Frame:
    """The caller's sessions, newest first, and the cursor of the next page."""
    owner = context.caller.owner
    position = request.position and (request.position[0], session_key(owner, request.position[1]))
    page, cursor = _page(context, request, position)
    for one in page:
        finish_rewriting_later(context, one.session, one.head)
    largest = frame("sessions", context.request_id, sessions=[], cursor="x" * 150, today="x" * 100)
    items = first_that_fit((_item(one, context.services.settings) for one in page), largest)
    if len(items) < len(page):
        cursor = _cursor(page[len(items) - 1])
    services = context.services
    today = used_today(services.store, services.settings, owner, context.now) if position is None else None
    return frame("sessions", context.request_id, sessions=items, cursor=cursor, today=today)


def _page(context: RequestContext, request: Sessions, position: tuple[int, str] | None) -> tuple[list[Listed], str | None]:
    """The lines that fit, and the cursor of what follows: after `_PAGES` pages without enough of them, too."""
    page: list[Listed] = []
    for _ in range(_PAGES):
        listed = context.services.store.sessions(context.caller.owner, request.limit + 1, position, context.now)
        for one in listed[: request.limit]:
            if one.head.last_updated < request.since:
                return page, None
            if len(page) == request.limit:
                return page, _cursor(page[-1])
            if request.fits(one.head):
                page.append(one)
            position = (one.head.last_updated, one.session)
        if len(listed) <= request.limit:
            return page, None
        if len(page) == request.limit:
            return page, _cursor(page[-1])
    last, session = position or (0, "")
    return page, f"{last}.{session_id_of(session)}"


def _item(line: Listed, bridge: Settings) -> Frame:
    head = line.head
    return {
        "session_id": session_id_of(line.session),
        "title": head.shown_title,
        "project": head.settings.project or None,
        "model": head.settings.model or None,
        "turns": head.turns,
        "usage": head.usage.item(),
        "last_updated": head.last_updated,
        "expires_at": head.ttl,
        "keep_hours": keep_hours(head, bridge),
        "cost_usd": dollars(head.known_cost),
        "unpriced_turns": head.unpriced_turns,
        "memory_cost_usd": dollars(head.memory_cost),
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
