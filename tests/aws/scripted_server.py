"""An HTTP server that does, request by request, what a script says: what moto cannot do, and AWS does.

A step gets the request and answers it, or not. When the script is over, the service behind (moto) answers, if there is one.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def operation(self) -> str:
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


class Answer(NamedTuple):
    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}

    def encoded(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Whatever", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class HangUp(Exception):
    """The server ends the connection."""


@dataclass
class Exchange:
    """One request being answered, by a step."""

    request: Request
    socket: socket.socket
    server: ScriptedServer

    def behind(self) -> Answer:
        """Has the service behind carry the request out."""
        assert self.server.behind, "There is no service behind."
        upstream = HTTPConnection(*self.server.behind, timeout=10)
        try:
            headers = {name: value for name, value in self.request.headers.items() if name not in ("host", "content-length")}
            upstream.request(self.request.method, self.request.path, self.request.body, headers)
            response = upstream.getresponse()
            return Answer(response.status, response.read())
        finally:
            upstream.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)


Step = Callable[[Exchange], None]


def passed(exchange: Exchange) -> None:
    exchange.send(exchange.behind().encoded())


def answer(status: int, body: Any = None, **headers: str) -> Step:
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    reply = Answer(status, content, {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda exchange: exchange.send(reply.encoded())


def error(name: str, status: int = 400) -> Step:
    return answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "As scripted."})


def refused(exchange: Exchange) -> None:
    """Not carried out, not answered."""
    raise HangUp


def lost(exchange: Exchange) -> None:
    """Carried out, and the answer is lost."""
    exchange.behind()
    raise HangUp


def cut(exchange: Exchange) -> None:
    """Carried out, and half of the answer arrives."""
    whole = exchange.behind().encoded()
    exchange.send(whole[: len(whole) - 1])
    raise HangUp


def silent(exchange: Exchange) -> None:
    """Carried out, and no answer comes while the server runs."""
    if exchange.server.behind:
        exchange.behind()
    exchange.server.ended.wait()
    raise HangUp


def then_closed(step: Step) -> Step:
    """The answer promises a persistent connection, which is then closed."""

    def close(exchange: Exchange) -> None:
        step(exchange)
        exchange.socket.shutdown(socket.SHUT_WR)
        exchange.server.hung_up.set()
        raise HangUp

    return close


class _Handler(socketserver.BaseRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        number = self.server.opened(self.request)
        stream = self.request.makefile("rb")
        with stream, contextlib.suppress(OSError, HangUp):
            while (request := _read(stream, number)) is not None:
                self.server.step(request)(Exchange(request, self.request, self.server))


def _read(stream: Any, number: int) -> Request | None:
    first = stream.readline().split()
    if not first:
        return None
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(first[0].decode(), first[1].decode(), headers, body, number)


@dataclass
class ScriptedServer(socketserver.ThreadingTCPServer):
    behind: tuple[str, int] | None = None
    otherwise: Step = passed
    tls: ssl.SSLContext | None = None
    script: deque[Step] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __post_init__(self) -> None:
        self.ended = threading.Event()
        self.hung_up = threading.Event()
        self._sockets: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    @property
    def connections(self) -> int:
        return len({request.connection for request in self.requests})

    @property
    def operations(self) -> list[str]:
        return [request.operation for request in self.requests]

    def get_request(self) -> tuple[socket.socket, Any]:
        connected, address = super().get_request()
        if self.tls:
            connected = self.tls.wrap_socket(connected, server_side=True, do_handshake_on_connect=False)
        return connected, address

    def opened(self, connected: socket.socket) -> int:
        self._sockets.append(connected)
        return len(self._sockets)

    def step(self, request: Request) -> Step:
        self.requests.append(request)
        return self.script.popleft() if self.script else self.otherwise

    def hang_up(self) -> None:
        """Cuts every connection that is open."""
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def __hash__(self) -> int:
        return id(self)


@contextlib.contextmanager
def scripted(
    *steps: Step, behind: tuple[str, int] | None = None, otherwise: Step = passed, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    server = ScriptedServer(behind, otherwise, tls, deque(steps))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
