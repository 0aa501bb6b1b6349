"""The wire protocol: requests in, frames out. Pure; docs/protocol.md is the contract, tests/wire/ holds its examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bridge.errors import BridgeError, Code
from bridge.text import clean, encode, prefix_within
from bridge.turn_ids import TURN_ID

FRAME_BYTES = 32 * 1024
"""A streamed frame: API Gateway's limit for one WebSocket frame, also through @connections."""
REPLY_BYTES = 120 * 1024
"""A reply of a single message: below API Gateway's 128 KB for a message."""
MOST = 100
"""The most turns, sessions or hits of one reply; who asks for more gets so many."""
WORDS_CHARACTERS = 1_000
"""What is looked for is worked out for each session that is searched."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
_CURSOR = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9._-]{1,128})")

Frame = dict[str, Any]


class Query(NamedTuple):
    """A question. `session_id` and `request_id` are "" when the client named none."""

    message: str
    session_id: str = ""
    request_id: str = ""
    stream: bool = False


class Cancel(NamedTuple):
    session_id: str
    request_id: str


class History(NamedTuple):
    session_id: str
    limit: int
    before: str
    offset: int


class Sessions(NamedTuple):
    limit: int
    position: tuple[int, str] | None
    """(`last_updated`, session id) of the last line already seen."""


class Search(NamedTuple):
    """`session_id` is "" for all sessions of the caller."""

    words: str
    session_id: str
    limit: int


class Delete(NamedTuple):
    session_id: str


class Ping(NamedTuple):
    check: bool = False
    """The reply is to say whether the store can be read and the model is there."""


Request = Query | Cancel | History | Sessions | Search | Delete | Ping


class Reading(NamedTuple):
    """What a message says of how to answer it, even where it is no valid request."""

    request_id: str = ""
    session_id: str = ""
    single: bool = False
    """The answer, also an error, is one message in the original form: an unstreamed query."""


def read(body: str) -> tuple[Reading, Request | BridgeError]:
    """Reads one message of a client. Never raises, whatever `body` is."""
    try:
        fields = _fields(body)
    except BridgeError as error:
        return Reading(), error
    reading = _reading(fields)
    try:
        return reading, _request(fields)
    except BridgeError as error:
        return reading, error


def _fields(body: str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BridgeError(Code.BAD_REQUEST, "The message is not JSON. Send one JSON object.") from error
    if not isinstance(value, dict):
        raise BridgeError(Code.BAD_REQUEST, "The message is not a JSON object.")
    return {name: field for name, field in value.items() if field is not None and field != ""}


def _reading(fields: Mapping[str, Any]) -> Reading:
    return Reading(
        request_id=_valid(fields.get("request_id")),
        session_id=_valid(fields.get("session_id")),
        single=fields.get("action") == "query" and fields.get("stream") is not True,
    )


def _valid(value: object) -> str:
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def _request(fields: Mapping[str, Any]) -> Request:
    action = fields.get("action")
    request_id = _identifier(fields, "request_id", Code.BAD_REQUEST_ID)
    session_id = _identifier(fields, "session_id", Code.BAD_SESSION_ID)
    match action:
        case "query":
            return Query(_message(fields), session_id, request_id, _flag(fields, "stream"))
        case "cancel":
            return Cancel(
                _required(session_id, "session_id", Code.BAD_SESSION_ID), _required(request_id, "request_id", Code.BAD_REQUEST_ID)
            )
        case "history":
            return History(
                _required(session_id, "session_id", Code.BAD_SESSION_ID),
                _limit(fields),
                _turn(fields, "before"),
                _count(fields, "offset", 0, minimum=0),
            )
        case "sessions":
            return Sessions(_limit(fields), _position(fields))
        case "search":
            return Search(_words(fields), session_id, _limit(fields))
        case "delete":
            return Delete(_required(session_id, "session_id", Code.BAD_SESSION_ID))
        case "ping":
            return Ping(_flag(fields, "check"))
    raise BridgeError(Code.UNKNOWN_ACTION, "There is no such action. Known are query, cancel, history, sessions, search, delete and ping.")


def _message(fields: Mapping[str, Any]) -> str:
    value = fields.get("message", "")
    if not isinstance(value, str):
        raise BridgeError(Code.BAD_REQUEST, "`message` must be text.")
    message = clean(value)
    if not message.strip():
        raise BridgeError(Code.EMPTY_MESSAGE)
    return message


def _words(fields: Mapping[str, Any]) -> str:
    value = fields.get("words", "")
    if not (isinstance(value, str) and value.strip()):
        raise BridgeError(Code.BAD_REQUEST, "`words` must be text to look for.")
    if len(value) > WORDS_CHARACTERS:
        raise BridgeError(Code.MESSAGE_TOO_LONG, f"`words` has {len(value):,} characters; the limit is {WORDS_CHARACTERS:,}.")
    return clean(value)


def _identifier(fields: Mapping[str, Any], name: str, code: Code) -> str:
    value = fields.get(name, "")
    if value != "" and not _valid(value):
        raise BridgeError(code)
    return str(value)


def _required(value: str, name: str, code: Code) -> str:
    if not value:
        raise BridgeError(code, f"`{name}` is missing.")
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be true or false.")
    return value


def _count(fields: Mapping[str, Any], name: str, default: int, *, minimum: int) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be a whole number of at least {minimum}.")
    return value


def _limit(fields: Mapping[str, Any]) -> int:
    return min(_count(fields, "limit", 20, minimum=1), MOST)


def _turn(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if value != "" and not (isinstance(value, str) and TURN_ID.fullmatch(value)):
        raise BridgeError(Code.BAD_REQUEST, f"`{name}` must be the `turn` of a turn in the history.")
    return str(value)


def _position(fields: Mapping[str, Any]) -> tuple[int, str] | None:
    value = fields.get("cursor", "")
    found = _CURSOR.fullmatch(value) if isinstance(value, str) else None
    if value != "" and not found:
        raise BridgeError(Code.BAD_REQUEST, "`cursor` must be the `cursor` of an earlier page.")
    return (int(found[1]), found[2]) if found else None


def cursor(last_updated: int, session_id: str) -> str:
    """What `sessions` gives a client to ask for the page after this line."""
    return f"{last_updated}.{session_id}"


def frame(kind: str, request_id: str, **fields: Any) -> Frame:
    """One frame; `request_id` is left out where the request had none."""
    return {"type": kind, **({"request_id": request_id} if request_id else {}), **fields}


def error_frame(error: BridgeError, request_id: str, session_id: str = "") -> Frame:
    return frame("error", request_id, **_error_fields(error, "message"), **({"session_id": session_id} if session_id else {}))


def deltas(request_id: str, answer: str, offset: int, text: str) -> Iterator[tuple[int, bytes]]:
    """Cuts `text`, which lies `offset` code points into `answer`, into frames of at most `FRAME_BYTES`; yields (characters, frame)."""
    room = FRAME_BYTES - len(encode(frame("delta", request_id, answer=answer, offset=10**9, text="")))
    while text:
        part = prefix_within(text, room)
        yield len(part), encode(frame("delta", request_id, answer=answer, offset=offset, text=part))
        offset += len(part)
        text = text[len(part) :]


def single_reply(response: str, session_id: str, context_length: int, request_id: str, *, truncated: bool = False) -> bytes:
    """The original bridge's one message, with `truncated` in the body where the answer is; one larger than `REPLY_BYTES` is cut."""
    body: dict[str, Any] = {
        "response": response,
        "session_id": session_id,
        "context_length": context_length,
        "request_id": request_id,
    }
    if truncated:
        body["truncated"] = True
    reply = _original(200, body)
    if len(reply) <= REPLY_BYTES:
        return reply
    body |= {"response": "", "truncated": True}
    low, high = 0, len(response)
    while low < high:
        middle = (low + high + 1) // 2
        if len(_original(200, body | {"response": response[:middle]})) <= REPLY_BYTES:
            low = middle
        else:
            high = middle - 1
    return _original(200, body | {"response": response[:low]})


def single_error(error: BridgeError, session_id: str, request_id: str) -> bytes:
    """An error in the original bridge's form."""
    return _original(error.code.status, _error_fields(error, "error") | {"session_id": session_id, "request_id": request_id})


def _original(status: int, body: Mapping[str, Any]) -> bytes:
    return encode({"statusCode": status, "body": encode(body).decode()})


def _error_fields(error: BridgeError, sentence: str) -> dict[str, Any]:
    fields: dict[str, Any] = {sentence: error.message, "code": error.code.wire, "retryable": error.code.retryable}
    if error.retry_after is not None:
        fields["retry_after"] = error.retry_after
    if error.setting:
        fields["setting"] = error.setting
    return fields
