"""API Gateway's WebSocket events, as much of them as the bridge reads.

Shapes: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html and captured events
(tests/events/). Everything in an event comes from outside: a field that is missing or of the wrong type never raises.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from bridge.fields import mapping, number, text
from bridge.typed import Any, NamedTuple

OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LAST_MILLISECONDS = 2**48
"""Of the year 10889."""


class Event(NamedTuple):
    """`kind` is CONNECT, MESSAGE or DISCONNECT; `owner` is the authenticated principal, "" where there is none that is valid.

    `sent_at` is when API Gateway took the message, in seconds since the epoch, or None.
    """

    kind: str
    connection_id: str
    owner: str
    request_id: str
    sent_at: float | None
    body: str


def read_event(event: Mapping[str, Any]) -> Event:
    context = mapping(event, "requestContext")
    return Event(
        kind=text(context, "eventType"),
        connection_id=text(context, "connectionId"),
        owner=_owner(mapping(context, "authorizer")),
        request_id=text(context, "requestId"),
        sent_at=_seconds(number(context, "requestTimeEpoch")),
        body=_body(event),
    )


def _seconds(milliseconds: float | None) -> float | None:
    return milliseconds / 1000 if milliseconds is not None and 0 < milliseconds < _LAST_MILLISECONDS else None


def _owner(authorizer: Mapping[str, Any]) -> str:
    principal = text(authorizer, "principalId")
    return principal if OWNER.fullmatch(principal) else ""


def _body(event: Mapping[str, Any]) -> str:
    body = text(event, "body")
    if event.get("isBase64Encoded") is not True:
        return body
    try:
        return base64.b64decode(body, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
