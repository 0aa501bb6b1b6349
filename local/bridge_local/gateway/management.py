"""@connections over HTTP: post to a connection, describe it or close it, as API Gateway's management API does.

Docs: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
Signatures are not checked unless `permits` does so: any program that can reach the port, which is on loopback, may post.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

from bridge.errors import ConnectionBusy, ConnectionGone
from bridge_local.gateway.access import is_local_request
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.limits import Limits
from bridge_local.threaded_server import BoundedServer

logger = logging.getLogger(__name__)

_PATH = re.compile(r"(?:/[^/]+)?/@connections/([^/]+)")
"""With or without the stage."""
_LENGTH_DIGITS = 18
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{4,126}=")


class Call(NamedTuple):
    """A request as received; `path` is percent-encoded."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Permits = Callable[[Call], bool]
"""Whether a call is allowed. In AWS the signature and the caller's policies decide this."""


class RequestError(Exception):
    """An error response: its status and the name that AWS gives it."""

    def __init__(self, status: HTTPStatus, name: str, message: str | None = None) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.message = message


class ManagementApi:
    """The HTTP server on `port` of 127.0.0.1 (0: a free one), running during its block. Raises `OSError` if the port is taken."""

    def __init__(self, connections: Connections, limits: Limits, port: int, permits: Permits = lambda _: True) -> None:
        self._server = _Server(("127.0.0.1", port), connections, limits, permits)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        # The poll interval is how long the server takes to notice a shutdown.
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(BoundedServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], connections: Connections, limits: Limits, permits: Permits) -> None:
        super().__init__(address, _Handler, limits.callers)
        self.connections = connections
        self.limits = limits
        self.permits = permits

    def handle_error(self, *_: object) -> None:
        """The caller went away. By default a traceback would be printed."""
        logger.debug("A caller of @connections went away.")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75  # Seconds that an open connection may be idle.

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *arguments: object) -> None:
        logger.debug(format, *arguments)

    def _serve(self) -> None:
        try:
            body = self._read_body()
            connection_id = self._connection_id()
            if not self.server.permits(Call(self.command, self.path, dict(self.headers.items()), body)):
                raise RequestError(HTTPStatus.FORBIDDEN, "ForbiddenException")
            self._answer(*self._act(connection_id, body))
        except RequestError as error:
            self._answer(error.status, {"message": error.message}, error.name)

    def _read_body(self) -> bytes:
        """The whole body. Raises `RequestError` if it cannot be read; the HTTP connection is then closed."""
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS) or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise RequestError(HTTPStatus.BAD_REQUEST, "BadRequestException", "A Content-Length is required.")
        if int(length) > self.server.limits.message:
            self.close_connection = True
            # A client that reads only after sending everything must be able to send, within reason, or it never sees the response.
            self.rfile.read(min(int(length), 8 * self.server.limits.message))
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PayloadTooLargeException")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise RequestError(HTTPStatus.BAD_REQUEST, "BadRequestException", "The body is incomplete.")
        return body

    def _connection_id(self) -> str:
        if "Origin" in self.headers or not is_local_request(self.headers.get_all("Host", []), []):
            raise RequestError(HTTPStatus.FORBIDDEN, "ForbiddenException")
        match = _PATH.fullmatch(unquote(self.path.partition("?")[0]))
        if match is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "NotFoundException")
        if not _CONNECTION_ID.fullmatch(match[1]):
            raise RequestError(HTTPStatus.BAD_REQUEST, "BadRequestException", "Invalid connectionId")
        return match[1]

    def _act(self, connection_id: str, body: bytes) -> tuple[HTTPStatus, Mapping[str, Any] | None]:
        connections = self.server.connections
        try:
            if self.command == "GET":
                return HTTPStatus.OK, self._describe(connection_id)
            if self.command == "DELETE":
                connections.close(connection_id)
                return HTTPStatus.NO_CONTENT, None
            body.decode()
            connections.deliver(connection_id, body)
        except ConnectionGone:
            raise RequestError(HTTPStatus.GONE, "GoneException") from None
        except ConnectionBusy:
            raise RequestError(HTTPStatus.TOO_MANY_REQUESTS, "LimitExceededException") from None
        except UnicodeDecodeError:
            raise RequestError(HTTPStatus.BAD_REQUEST, "BadRequestException", "The data is not UTF-8") from None
        return HTTPStatus.OK, None

    def _describe(self, connection_id: str) -> Mapping[str, Any]:
        peer, idle = self.server.connections.status(connection_id)
        return {
            "connectedAt": _iso(peer.connected_at / 1000),
            "identity": {"sourceIp": peer.source_ip, "userAgent": peer.user_agent},
            "lastActiveAt": _iso(time.time() - idle),
        }

    def _answer(self, status: HTTPStatus, document: Mapping[str, Any] | None, error: str = "") -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        if error:
            self.send_header("x-amzn-errortype", error)
        if self.close_connection:
            self.send_header("Connection", "close")
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
