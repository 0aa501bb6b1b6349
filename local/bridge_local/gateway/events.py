"""API Gateway's WebSocket events, as a function behind a proxy integration receives them.

Shapes: captured events (tests/events/) and
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

Event = dict[str, Any]

_HOP_BY_HOP = frozenset({"connection", "upgrade"})
"""Headers meant for the next hop only, which API Gateway does not pass on."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An API's stage and its routes. A route key is the value of `action` in a message."""

    domain_name: str = "localhost"
    api_id: str = "local"
    name: str = "local"
    routes: frozenset[str] = frozenset({"query"})

    def route_of(self, body: str) -> str:
        """The route that `$request.body.action` selects; `$default` if the body is not JSON or names no route."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            return "$default"
        action = message.get("action") if isinstance(message, dict) else None
        return action if isinstance(action, str) and action in self.routes else "$default"


@dataclass(frozen=True, slots=True)
class Peer:
    """The client of a connection, as all events of the connection describe it. `connected_at` is in milliseconds since the epoch.

    `authorizer` is the authorizer's result: `principalId`, further keys as strings, and `integrationLatency` in milliseconds.
    """

    connection_id: str
    connected_at: int
    source_ip: str
    user_agent: str = ""
    authorizer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the function: its id, and its time in milliseconds since the epoch."""

    id: str
    milliseconds: int


def new_id(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """An id in AWS's form, for a connection, request or message: 16 characters, the last of them `=`."""
    return base64.urlsafe_b64encode(random(11)).decode()


def connect_event(stage: Stage, peer: Peer, request: Request, headers: Iterable[tuple[str, str]], query: str) -> Event:
    """`headers` are in the order and the case in which they were received; `query` is the URL's query string."""
    received = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
    event = _headers([*received, ("X-Forwarded-For", peer.source_ip)])
    parameters = parse_qs(query, keep_blank_values=True)
    if parameters:
        event["queryStringParameters"] = {name: values[-1] for name, values in parameters.items()}
        event["multiValueQueryStringParameters"] = parameters
    event["requestContext"] = _context(stage, peer, request, "$connect", "CONNECT")
    event["isBase64Encoded"] = False
    return event


def message_event(stage: Stage, peer: Peer, request: Request, message_id: str, body: str) -> Event:
    context = _context(stage, peer, request, stage.route_of(body), "MESSAGE")
    return {"requestContext": {**context, "messageId": message_id}, "body": body, "isBase64Encoded": False}


def disconnect_event(stage: Stage, peer: Peer, request: Request, code: int, reason: str) -> Event:
    event = _headers([("Host", stage.domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")])
    context = _context(stage, peer, request, "$disconnect", "DISCONNECT")
    event["requestContext"] = {**context, "disconnectStatusCode": code, "disconnectReason": reason}
    event["isBase64Encoded"] = False
    return event


def error_frame(message: str, connection_id: str, request_id: str) -> str:
    """API Gateway's own error message to a client, with spaces where it puts them (github.com/Kludex/mangum, issue 128)."""
    return f'{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'


def _headers(headers: Iterable[tuple[str, str]]) -> Event:
    """Both header fields of an event. The single-value field has the last value of a repeated header."""
    single: dict[str, str] = {}
    multiple: dict[str, list[str]] = {}
    for name, value in headers:
        single[name] = value
        multiple.setdefault(name, []).append(value)
    return {"headers": single, "multiValueHeaders": multiple}


def _context(stage: Stage, peer: Peer, request: Request, route: str, kind: str) -> Event:
    moment = datetime.fromtimestamp(request.milliseconds / 1000, UTC)
    identity = {"userAgent": peer.user_agent} if peer.user_agent else {}
    context: Event = {
        "routeKey": route,
        "eventType": kind,
        "extendedRequestId": request.id,
        "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "messageDirection": "IN",
        "stage": stage.name,
        "connectedAt": peer.connected_at,
        "requestTimeEpoch": request.milliseconds,
        "identity": {**identity, "sourceIp": peer.source_ip},
        "requestId": request.id,
        "domainName": stage.domain_name,
        "connectionId": peer.connection_id,
        "apiId": stage.api_id,
    }
    if peer.authorizer:
        context["authorizer"] = dict(peer.authorizer)
    return context
