"""A gateway in a thread of its own, with a function that tests script."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Gateway
from bridge_local.gateway.limits import Limits

WAIT = 10.0
"""Seconds within which whatever a test waits for has to happen."""

Act = Callable[[Mapping[str, Any], Callable[[], float]], Any]


class FakeFunction:
    """Notes every event and answers 200, unless `act` is set for that kind of event."""

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self._events: dict[str, queue.Queue[Mapping[str, Any]]] = {kind: queue.Queue() for kind in ("CONNECT", "MESSAGE", "DISCONNECT")}

    def __call__(self, event: Mapping[str, Any], time_left: Callable[[], float]) -> Mapping[str, Any]:
        kind = event["requestContext"]["eventType"]
        self._events[kind].put(event)
        answer: Mapping[str, Any] = self.acts[kind](event, time_left) if kind in self.acts else {"statusCode": 200}
        return answer

    def next(self, kind: str) -> Mapping[str, Any]:
        """The next event of this kind."""
        return self._events[kind].get(timeout=WAIT)

    def count(self, kind: str) -> int:
        """How many events of this kind nobody has asked for yet."""
        return self._events[kind].qsize()


class Local:
    """A running gateway. `open` connects a client; all of them are closed at the end."""

    def __init__(self, function: FakeFunction, connections: Connections, port: int, stack: ExitStack, stop: Callable[[], None]) -> None:
        self.function = function
        self.connections = connections
        self.port = port
        self.stop = stop
        self._stack = stack

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def open(self, path: str = "", **options: Any) -> ClientConnection:
        client: ClientConnection = connect(self.url + path, **{"proxy": None, "close_timeout": 1, **options})
        return self._stack.enter_context(client)

    def open_with_id(self, **options: Any) -> tuple[ClientConnection, str]:
        """A client, and its connection's id. The connection is there for posts when this returns."""
        client = self.open(**options)
        connection_id: str = self.function.next("CONNECT")["requestContext"]["connectionId"]
        client.send("{}")
        self.function.next("MESSAGE")
        return client, connection_id

    def open_silent(self) -> tuple[socket.socket, str]:
        """A client that reads nothing after the handshake, and its connection's id. The caller closes it."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(WAIT)
        raw.connect(("127.0.0.1", self.port))
        headers = "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        raw.sendall(f"GET / HTTP/1.1\r\n{headers}Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyEhIQ==\r\n\r\n".encode())
        if b"101" not in raw.recv(4096):
            raise ConnectionError("the handshake was refused")
        connection_id: str = self.function.next("CONNECT")["requestContext"]["connectionId"]
        raw.sendall(b"\x81\x82\x00\x00\x00\x00{}")
        self.function.next("MESSAGE")
        return raw, connection_id


@contextmanager
def running_gateway(limits: Limits, **options: Any) -> Iterator[Local]:
    function, connections = FakeFunction(), Connections(limits)
    started: queue.Queue[tuple[int, Callable[[], object]]] = queue.Queue()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with Gateway(function, connections, limits, **options).listen("127.0.0.1", 0) as port:
            started.put((port, lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    port, stop = started.get(timeout=WAIT)

    def stop_and_wait() -> None:
        if thread.is_alive():
            stop()
            thread.join(WAIT)

    with ExitStack() as stack:
        stack.callback(stop_and_wait)
        yield Local(function, connections, port, stack, stop_and_wait)


Start = Callable[..., Local]
"""Starts a gateway with these options and limits."""
