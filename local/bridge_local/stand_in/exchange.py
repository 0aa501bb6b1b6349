"""Requests to the stand-in and its replies, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

REQUEST_ID = "req_stand_in"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `number` counts from 1, header names are in lower case, `body` is the parsed JSON or None."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class Cut(Enum):
    """How a connection ends before its reply is complete."""

    BETWEEN_CHUNKS = "closed after a complete chunk, before the last one"
    INSIDE_CHUNK = "closed within a chunk"
    RESET = "reset"


Step = bytes | Cut | Callable[[], object]
"""Bytes are sent immediately, as one chunk; a `Cut` ends the connection; a callable is called, to wait for something."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, made of steps. The body is chunked unless `headers` has `content-length`, or `connection: close`, which ends the body."""

    steps: Iterable[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Respond = Callable[[Request], Reply]


def whole(content: bytes, content_type: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply in one piece."""
    return Reply((content,), status, {"content-type": content_type, "content-length": str(len(content)), **(headers or {})})


def stream(steps: Iterable[Step]) -> Reply:
    """A reply of server-sent events."""
    return Reply(steps, headers={"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"})


def failure(
    status: int,
    kind: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
) -> Reply:
    """An error in the form of the Messages API: `kind` is `error.type` (docs api/errors)."""
    error: dict[str, Any] = {"type": kind, "message": message}
    if details is not None:
        error["details"] = dict(details)
    body = json.dumps({"type": "error", "error": error, "request_id": REQUEST_ID}).encode()
    return whole(body, "application/json", status, {"request-id": REQUEST_ID, **(headers or {})})


def event(data: Mapping[str, Any]) -> bytes:
    """A server-sent event, named after the `type` of its data."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {data['type']}\ndata: {text}\n\n".encode()
