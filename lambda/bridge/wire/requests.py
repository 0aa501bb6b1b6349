"""The wire protocol, requests in: what all actions have in common, and the kinds of fields that an action reads.

Pure; docs/protocol.md is the contract, tests/wire/ holds its examples. What is not as the protocol says raises `BridgeError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.errors import BridgeError, Code
from bridge.text import json_object
from bridge.turn_ids import TURN_ID
from bridge.typed import Any, NamedTuple

MAX_ITEMS = 100
"""The most turns, sessions or hits of one reply; a larger `limit` is clamped to this."""

WESTERNMOST, EASTERNMOST = -720, 840
"""The time zones there are, in minutes east of UTC."""

_DEFAULT_ITEMS = 20
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BAD_IDENTIFIER = {"request_id": Code.BAD_REQUEST_ID, "session_id": Code.BAD_SESSION_ID}

Fields = Mapping[str, Any]
"""The fields of a request; those that were null or "" are absent."""


class ReplyAddress(NamedTuple):
    """What a message says about how to answer it, even where it is not a valid request."""

    request_id: str = ""
    session_id: str = ""
    single: bool = False
    """The answer, also an error, is one message in the original form: the message is an unstreamed query."""


def read(body: str) -> tuple[ReplyAddress, Fields | BridgeError]:
    """Reads one message of a client, its ids checked. Never raises, whatever `body` is."""
    message = json_object(body)
    if message is None:
        return ReplyAddress(), BridgeError(Code.BAD_REQUEST, "The message is not a JSON object. Send one JSON object with an `action`.")
    fields = {name: value for name, value in message.items() if value is not None and value != ""}
    reply_to = ReplyAddress(
        request_id=_valid(fields.get("request_id")),
        session_id=_valid(fields.get("session_id")),
        single=fields.get("action") == "query" and fields.get("stream") is not True,
    )
    try:
        for name in _BAD_IDENTIFIER:
            identifier(fields, name)
    except BridgeError as error:
        return reply_to, error
    return reply_to, fields


def identifier(fields: Fields, name: str) -> str:
    """A session id or request id; "" where there is none."""
    value = fields.get(name, "")
    if value != "" and not _valid(value):
        raise BridgeError(_BAD_IDENTIFIER[name])
    return str(value)


def required(fields: Fields, name: str) -> str:
    """A session id or request id that has to be there."""
    value = identifier(fields, name)
    if not value:
        raise BridgeError(_BAD_IDENTIFIER[name], f"`{name}` is missing.")
    return value


def flag(fields: Fields, name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be true or false.")
    return value


def count(fields: Fields, name: str, default: int, *, minimum: int) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be a whole number of at least {minimum}.")
    return value


def utc_offset(fields: Fields) -> int:
    """The client's clock in whole minutes east of UTC."""
    value = fields.get("utc_offset", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not WESTERNMOST <= value <= EASTERNMOST:
        raise BridgeError(
            Code.BAD_REQUEST, f"`utc_offset` must be a whole number of minutes from {WESTERNMOST} to {EASTERNMOST}, east of UTC."
        )
    return value


def limit(fields: Fields) -> int:
    """How many items a reply is to have, at most."""
    return min(count(fields, "limit", _DEFAULT_ITEMS, minimum=1), MAX_ITEMS)


def turn_id_in(fields: Fields, name: str) -> str:
    """The id of a turn; "" where there is none."""
    value = fields.get(name, "")
    if value != "" and not (isinstance(value, str) and TURN_ID.fullmatch(value)):
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be the `turn` of a turn in the history.")
    return str(value)


def _valid(value: object) -> str:
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""
