"""Taking in what was said elsewhere: in another bridge, or with another program."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from bridge.claude.budget import DAY_SECONDS, NANO
from bridge.commit.importing import Import as Importing
from bridge.commit.importing import Piece
from bridge.errors import BridgeError, Code
from bridge.fields import integer, text
from bridge.services import RequestContext
from bridge.settings import Settings
from bridge.store.lives import CLOCK_SKEW_SECONDS
from bridge.store.records import Message, Turn, Usage, session_key
from bridge.store.tally import Hold
from bridge.text import without_surrogates
from bridge.turn_ids import RANDOM_BYTES, TURN_ID, milliseconds_of, turn_id
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import MAX_ITEMS, Fields, flag, required
from bridge.wire.session_fields import EARLIEST, bad, must_be_allowed, nested_settings

_SOURCE_CHARACTERS = 300
_MAX_PARTS = 100
_LINES = {"model": 200, "stop_reason": 100, "source": _SOURCE_CHARACTERS}


class Import(NamedTuple):
    session_id: str
    turns: list[dict[str, Any]]
    settings: dict[str, Any]


def read_import(fields: Fields) -> Import:
    turns = fields.get("turns")
    if not (isinstance(turns, list) and 0 < len(turns) <= MAX_ITEMS and all(isinstance(turn, dict) for turn in turns)):
        raise bad("turns", f"must be a list of 1 to {MAX_ITEMS} turns, as `history` shows them")
    return Import(required(fields, "session_id"), turns, nested_settings(fields))


def import_turns(context: RequestContext, request: Import) -> Frame:
    """Adds those turns that are not there yet. Raises `session_exists` and others; see `commit.importing`."""
    services, owner, now = context.services, context.caller.owner, context.now
    pieces = sorted(
        (_piece(fields, place, now) for place, fields in enumerate(request.turns)), key=lambda piece: (piece.turn.id, piece.part)
    )
    settings = _allowed(request.settings, services.settings)
    key = session_key(owner, request.session_id)
    limit = _Limit(context)
    imported = Importing(services.store, key, owner, services.settings.session_ttl, now, limit.holding).take(pieces, settings)
    counts = {"added": imported.added, "present": imported.present, "expires_at": imported.head.ttl}
    return frame("imported", context.request_id, session_id=request.session_id, **counts)


def _allowed(settings: dict[str, Any], bridge: Settings) -> dict[str, Any]:
    """A session that is begun by an import is kept forever unless that says otherwise, or for as long as the bridge allows.

    A model that the bridge does not allow is kept for when it goes back; see `Options.applied`.
    """
    hours, most = settings.get("keep_hours", 0), bridge.keep_hours_max
    must_be_allowed({**settings, "model": "", "keep_hours": None}, bridge)
    return {**settings, "keep_hours": most if most and not 0 < hours <= most else hours}


def _piece(fields: dict[str, Any], place: int, now: float) -> Piece:
    """A turn or a part of one, as `history` shows it. Raises `bad_request`, which names the field and the turn's place."""
    fields = {name: value for name, value in fields.items() if value is not None and value != ""}
    try:
        part, parts = _whole(fields, "part", 1, _MAX_PARTS), _whole(fields, "parts", 1, _MAX_PARTS)
        if part > parts:
            raise bad("part", "must be at most `parts`")
        lines: dict[str, Any] = {name: _line(fields, name) for name in _LINES}
        context = _context(fields)
        said_at = _said_at(fields, now)
        turn = Turn(
            id=_id(fields, said_at, lines["source"], context),
            context=context,
            last_updated=_whole(fields, "last_updated", int(said_at), int(now) + CLOCK_SKEW_SECONDS, least=0),
            truncated=flag(fields, "truncated"),
            usage=Usage.of(fields.get("usage")),
            cost=_cost(fields),
            is_estimate=flag(fields, "cost_is_estimate"),
            **lines,
        )
    except BridgeError as error:
        raise BridgeError(error.code, f"In `turns`, number {place + 1}: {error.message}") from error
    return Piece(turn, part, parts)


def _id(fields: dict[str, Any], said_at: float, source: str, context: tuple[Message, ...]) -> str:
    """Its own, where it comes from a bridge; else made of when it was said, and of its source or its place and content."""
    if fields.get("turn"):
        return text(fields, "turn")
    made_of = source or json.dumps([integer(fields, "position"), context])
    return turn_id(round(said_at * 1000), hashlib.sha256(made_of.encode("utf-8", "replace")).digest()[:RANDOM_BYTES])


def _said_at(fields: dict[str, Any], now: float) -> float:
    """In seconds since the epoch."""
    name, value = "said_at", fields.get("said_at")
    if fields.get("turn"):
        name = "turn"
        if not TURN_ID.fullmatch(text(fields, "turn")):
            raise bad("turn", "must be the id of a turn")
        value = milliseconds_of(fields["turn"]) / 1000
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not EARLIEST <= value <= now + CLOCK_SKEW_SECONDS:
        raise bad(name, "must lie between 1990 and now")
    return float(value)


def _context(fields: dict[str, Any]) -> tuple[Message, ...]:
    messages = fields.get("context")
    if not (isinstance(messages, list) and messages):
        raise bad("context", "must be a list of messages with `role` and `content`")
    for message in messages:
        if not (isinstance(message, dict) and message.get("role") in ("user", "assistant") and isinstance(message.get("content"), str)):
            raise bad("context", "must be a list of messages with `role` (user or assistant) and `content` (text)")
    return tuple(Message(message["role"], without_surrogates(message["content"])) for message in messages)


def _line(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > _LINES[name] or not value.isprintable():
        raise bad(name, f"must be one line of at most {_LINES[name]} characters")
    return value


def _whole(fields: dict[str, Any], name: str, default: int, most: int, *, least: int = 1) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise bad(name, f"must be a whole number from {least} to {most}")
    return value


def _cost(fields: dict[str, Any]) -> int | None:
    value = fields.get("cost_usd")
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < NANO:
        raise bad("cost_usd", "must be a number of US dollars")
    return round(value * NANO)


class _Limit:
    """How much each owner may import in a day, in MB. What a killed process held stays counted until the day is over."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._megabytes = context.services.settings.daily_import_mb

    @contextmanager
    def holding(self, size_bytes: int) -> Iterator[object]:
        if not (self._megabytes and size_bytes):
            yield None
            return
        services, now = self._context.services, self._context.now
        reset = (int(now) // DAY_SECONDS + 1) * DAY_SECONDS
        row = f"import/{self._context.caller.owner}/{time.strftime('%Y-%m-%d', time.gmtime(now))}"
        hold = Hold(row, services.chance.token(), size_bytes, reset + DAY_SECONDS)
        if services.store.hold(hold, self._megabytes * 1_000_000) is not None:
            sentence = f"Today's {self._megabytes:,} MB of imports are used up. Go on after 00:00 UTC: what is there is not imported again."
            raise BridgeError(Code.BUDGET_EXCEEDED, sentence, retry_after=math.ceil(reset - now), setting="DAILY_IMPORT_MB")
        yield None
        services.store.settle(hold, size_bytes)
