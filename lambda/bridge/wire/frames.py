"""The wire protocol, frames out. Pure; docs/protocol.md is the contract, tests/wire/ holds its examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bridge.errors import BridgeError
from bridge.text import encode, longest, prefix_within
from bridge.typed import Any

FRAME_BYTES = 32 * 1024
"""A streamed frame: API Gateway's limit for one WebSocket frame, also through @connections."""
REPLY_BYTES = 120 * 1024
"""A reply of a single message: below API Gateway's 128 KB for a message."""

VERSION = "0.2.0"
FEATURES = ("options", "must", "settings", "configure", "remember", "import", "recall", "lists")
"""A name for each addition to the first version of the protocol, which ignores what it does not know."""
INTRODUCTION: Mapping[str, Any] = {"version": VERSION, "features": FEATURES}
"""What `accepted` and `pong` tell of the bridge."""

Frame = dict[str, Any]


def cursor(last_updated: int, session_id: str) -> str:
    """What `sessions` gives a client to ask for the page after this line."""
    return f"{last_updated}.{session_id}"


def frame(kind: str, request_id: str, **fields: Any) -> Frame:
    """One frame; `request_id` is left out where the request had none."""
    return {"type": kind, **({"request_id": request_id} if request_id else {}), **fields}


def dollars(nano: int | None) -> float | None:
    """A cost in nano-dollars as it is shown."""
    return None if nano is None else nano / 10**9


def error_frame(error: BridgeError, request_id: str, session_id: str = "") -> Frame:
    return frame("error", request_id, **_error_fields(error, "message"), **({"session_id": session_id} if session_id else {}))


def first_that_fit(items: Iterable[Frame], empty: Frame) -> list[Frame]:
    """The first of `items` that fit into one reply, which without any of them is `empty`."""
    fitting: list[Frame] = []
    size = len(encode(empty))
    for item in items:
        size += len(encode(item)) + len(",")
        if size > REPLY_BYTES:
            break
        fitting.append(item)
    return fitting


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

    def cut(length: int) -> bytes:
        return _original(200, body | {"response": response[:length]})

    return cut(longest(0, len(response), lambda length: len(cut(length)) <= REPLY_BYTES))


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
