"""What was said that fits a message: the passages that Claude would be sent, without asking Claude."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.errors import BridgeError, Code
from bridge.memory.across import listing
from bridge.memory.across.finding import Hit, said_at, search, within
from bridge.services import RequestContext
from bridge.store.records import Head, session_id_of, session_key
from bridge.text import clean
from bridge.wire.frames import Frame, first_that_fit, frame
from bridge.wire.requests import Fields, count, identifier, utc_offset
from bridge.wire.session_fields import bad, line

MAX_CHARACTERS, DEFAULT_CHARACTERS = 32_000, 8_000
"""Characters of one reply."""


class Recall(NamedTuple):
    """`session_id` "": all of the owner's sessions; `project` "": whatever they belong to; `without`: a session to be left out."""

    message: str
    session_id: str
    project: str
    without: str
    limit: int
    least: float
    utc_offset: int


def read_recall(fields: Fields) -> Recall:
    message, least = fields.get("message", ""), fields.get("least", 0)
    if not isinstance(message, str):
        raise bad("message", "must be text")
    if not clean(message).strip():
        raise BridgeError(Code.EMPTY_MESSAGE)
    if not isinstance(least, (int, float)) or isinstance(least, bool) or not 0 <= least <= 1:
        raise bad("least", "must be a number from 0 to 1")
    without = _other_session(fields)
    project = line(fields, "project") if "project" in fields else ""
    most = min(count(fields, "limit", DEFAULT_CHARACTERS, minimum=1), MAX_CHARACTERS)
    return Recall(clean(message), fields.get("session_id", ""), project, without, most, least, utc_offset(fields))


def _other_session(fields: Fields) -> str:
    try:
        return identifier({"session_id": fields.get("without", "")}, "session_id")
    except BridgeError as error:
        raise BridgeError(error.code, "`without` must be the id of a session.") from error


def recall(context: RequestContext, request: Recall) -> Frame:
    """The passages that fit best, best first. `complete`: everything was searched. Raises `no_such_session`, `message_too_long`."""
    services, owner, now = context.services, context.caller.owner, context.now
    if len(request.message) > services.settings.max_message_chars:
        raise BridgeError(Code.MESSAGE_TOO_LONG)
    only, without = (session_key(owner, one) if one else "" for one in (request.session_id, request.without))

    def fits(other: listing.OtherSession) -> bool:
        return other.session == only if only else other.session != without and request.project in ("", other.project)

    searched, complete = listing.read(*(services.store, owner, services.conversations, services.settings.recall_read_kb * 1024, now, fits))
    if only and not searched and complete:
        raise BridgeError(Code.NO_SUCH_SESSION)
    hits, all_indexed = search(searched, request.message, now=now, utc_offset=request.utc_offset, least=request.least)
    chosen = within(hits, request.limit)
    heads = listing.still_there(services.store, [(one.session, one.born) for one in chosen], now)
    items = [_item(one, heads[one.session]) for one in chosen if one.session in heads]
    shown = first_that_fit(items, frame("recalled", context.request_id, passages=[], characters=10**6, complete=False))
    characters = sum(len(item["text"]) for item in shown)
    return frame("recalled", context.request_id, passages=shown, characters=characters, complete=complete and all_indexed)


def _item(one: Hit, head: Head) -> dict[str, Any]:
    excerpt = one.excerpt
    return {
        "session_id": session_id_of(one.session),
        "title": head.shown_title,
        "turn": excerpt.turn,
        "role": excerpt.role,
        "start": excerpt.start,
        "end": excerpt.end,
        "text": excerpt.text,
        "said_at": said_at(excerpt),
    }
