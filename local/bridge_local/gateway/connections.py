"""The open connections: post to them, describe them and close them, from any thread."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, cast

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from bridge.errors import ConnectionBusy, ConnectionGone
from bridge_local.gateway.events import Peer
from bridge_local.gateway.limits import Limits

logger = logging.getLogger(__name__)

CLOSED_BY_DELETE = (1000, "Connection Closed Normally")
"""How API Gateway closes a connection after DELETE (github.com/boto/boto3, issue 3789)."""


AHEAD_BYTES = 16 * 1024
"""So much is taken of a connection's posts before the event loop has sent any of it: to wait for the loop takes longer than the rest.
A larger post is never sent past the loop."""


class Ahead:
    """What threads have posted to a connection and the event loop has not sent yet, at most `AHEAD_BYTES` of it.

    `wake` is called for the first frame that waits: for those after it, the loop knows.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._room = AHEAD_BYTES

    def put(self, data: bytes) -> bool:
        """Takes the frame if there is room."""
        with self._lock:
            if len(data) > self._room:
                return False
            is_first = not self._waiting
            self._waiting.append(data)
            self._room -= len(data)
        if is_first:
            self._wake()
        return True

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self) -> bytes | None:
        """The frame posted first."""
        with self._lock:
            if not self._waiting:
                return None
            data = self._waiting.popleft()
            self._room += len(data)
            return data


class ClientConnection(ServerConnection):
    """A WebSocket to a client, and what the gateway knows about it.

    For the event loop's thread only, but for `ahead`, `reads`, `state` and `send_now`. `peer` is set when the handshake is accepted.
    `opened` and `last_active` are times of the loop's clock. `others` are the gateway's connections, of which there are at most
    `max_connections`: one more is closed before a byte of it is read.
    """

    peer: Peer

    def __init__(self, *arguments: Any, others: set[ClientConnection], max_connections: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._others = others
        self._max_connections = max_connections
        self.opened = self.last_active = self.loop.time()
        self.ahead = Ahead(lambda: self.loop.call_soon_threadsafe(self.send_ahead))
        self._drained = asyncio.Event()
        self._drained.set()
        self._writing = threading.RLock()
        """Held while anything is written to the socket, and by whoever decides in which order that is."""
        self._descriptor = -1
        self._rest = b""
        """Of a frame that the socket took only a part of: it goes out before all else."""

    @property
    def reads(self) -> bool:
        """Whether the client has read enough of the earlier frames for another one, as far as any thread can say."""
        return self._drained.is_set()

    def expires(self, limits: Limits) -> float:
        """The time of the loop's clock at which the connection is closed unless there is a message before."""
        return min(self.last_active + limits.idle, self.opened + limits.lifetime)

    def touch(self) -> None:
        self.last_active = self.loop.time()

    def send_now(self, data: bytes) -> bool:
        """Sends a text frame from any thread, without the event loop: to wake that takes longer. False where something is in the way."""
        frame = Frame(Opcode.TEXT, data).serialize(mask=False)
        with self._writing:
            waits = self._descriptor < 0 or self._rest or self.ahead or self._still_writes()
            if waits or self.state is not State.OPEN or self.transport.is_closing():
                return False
            try:
                sent = os.write(self._descriptor, frame)
            except OSError:  # It takes nothing more now, or the connection is lost: the loop learns which.
                return False
            if sent < len(frame):
                self._rest = frame[sent:]
                self.loop.call_soon_threadsafe(self.send_data)
        self.touch()
        return True

    def _still_writes(self) -> bool:
        """Whether the loop has something left to write, as far as another thread can say."""
        try:
            return self.transport.get_write_buffer_size() > 0
        except RuntimeError:  # From Python 3.12 on a deque is added up, which the loop may be changing.
            return True

    def send_data(self) -> None:
        with self._writing:
            if self._rest:
                rest, self._rest = self._rest, b""
                self.transport.write(rest)
            super().send_data()

    def try_send(self, data: bytes) -> bool:
        """Sends a text frame and returns True; returns False while the client has not read enough of the earlier ones.

        So a client's write buffer holds at most its high-water mark and one message. Raises `ConnectionGone`.
        """
        if self.state is not State.OPEN:
            raise ConnectionGone
        self.send_ahead()
        if not self._drained.is_set():
            return False
        self._send_frame(data)
        return True

    def send_ahead(self) -> None:
        """Sends what was posted ahead, as far as the client has read enough. What is left goes out when it has."""
        with self._writing:  # What is posted now must not go out before what was taken here.
            while self._drained.is_set() and self.state is State.OPEN and (data := self.ahead.take()) is not None:
                self._send_frame(data)

    def _send_frame(self, data: bytes) -> None:
        broadcast((self,), data, text=True)
        self.touch()

    async def send_when_drained(self, data: bytes, seconds: float) -> None:
        """Sends a text frame once the client has read enough. Raises `ConnectionBusy` after `seconds`, or `ConnectionGone`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.try_send(data):
                    await self._drained.wait()
        except TimeoutError:
            raise ConnectionBusy from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection; aborts it if the client does not complete the closing handshake within `close_timeout`."""
        try:
            async with asyncio.timeout(self.close_timeout):
                await super().close(code, reason)
        except TimeoutError:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._drained.clear()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._drained.set()
        self.send_ahead()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._others) >= self._max_connections:
            logger.warning("Too many connections are open: new ones are closed.", extra={"open": len(self._others)})
            cast(asyncio.Transport, transport).abort()
            return
        self._others.add(self)
        super().connection_made(transport)
        if os.name == "posix":
            self._descriptor = transport.get_extra_info("socket").fileno()

    def connection_lost(self, exc: Exception | None) -> None:
        with self._writing:
            self._descriptor = -1  # It is closed behind this, and may be another connection's next.
        if self in self._others:
            self._others.remove(self)
            super().connection_lost(exc)
            self._drained.set()


class Status(NamedTuple):
    """What GET returns about a connection. `idle` is in seconds."""

    peer: Peer
    idle: float


class Connections:
    """The bridge's `Connections` port (`bridge.wire.connections`) on the gateway's own WebSockets."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, ClientConnection] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    def add(self, client: ClientConnection) -> None:
        self._open[client.peer.connection_id] = client

    def remove(self, client: ClientConnection) -> None:
        self._open.pop(client.peer.connection_id, None)

    def post(self, connection_id: str, data: bytes) -> None:
        """Sends `data` (UTF-8) as one text frame. Not for the event loop's own thread.

        It goes to the socket at once where nothing is in the way, else ahead of the loop, up to `AHEAD_BYTES` of a connection's posts: that
        the connection is lost, or its client has stopped reading, then shows at the next one. Raises as `deliver` does.
        """
        if not self.try_post(connection_id, data):
            self.deliver(connection_id, data)

    def try_post(self, connection_id: str, data: bytes) -> bool:
        """The same if it can be taken without waiting for the loop."""
        client = self._find(connection_id)
        if client.state is not State.OPEN:
            raise ConnectionGone
        try:
            return (len(data) <= AHEAD_BYTES and client.send_now(data)) or (client.reads and client.ahead.put(data))
        except RuntimeError:  # The loop is closed: the program is ending.
            raise ConnectionGone from None

    def deliver(self, connection_id: str, data: bytes) -> None:
        """The same, and returns once it is written.

        Raises `ConnectionGone`; `ConnectionBusy`, with nothing sent, if the client does not read earlier frames within the limit;
        `ValueError` if `data` exceeds the size limit.
        """
        if len(data) > self._limits.message:
            raise ValueError(f"{len(data)} bytes exceed the limit of {self._limits.message}")
        client = self._find(connection_id)
        outcome: Future[None] = Future()
        try:
            client.loop.call_soon_threadsafe(self._send, client, data, outcome)
        except RuntimeError:
            raise ConnectionGone from None
        try:
            # The loop enforces the limit; it fails to answer only if it was stopped.
            outcome.result(self._limits.post + self._limits.close)
        except TimeoutError:
            raise ConnectionBusy from None

    def status(self, connection_id: str) -> Status:
        """Raises `ConnectionGone`."""
        client = self._find(connection_id)
        return Status(client.peer, max(0.0, client.loop.time() - client.last_active))

    def close(self, connection_id: str) -> None:
        """Starts closing the connection, which counts as gone from now on. Raises `ConnectionGone`."""
        client = self._find(connection_id)
        self.remove(client)
        asyncio.run_coroutine_threadsafe(client.close(*CLOSED_BY_DELETE), client.loop)

    def _find(self, connection_id: str) -> ClientConnection:
        client = self._open.get(connection_id)
        if client is None:
            raise ConnectionGone
        return client

    def _send(self, client: ClientConnection, data: bytes, outcome: Future[None]) -> None:
        """Runs in the loop's thread. Most posts are written right away, without a task of their own."""
        try:
            sent = client.try_send(data)
        except ConnectionGone as gone:
            outcome.set_exception(gone)
            return
        if sent:
            outcome.set_result(None)
            return
        waiting = client.loop.create_task(self._send_later(client, data, outcome))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)

    async def _send_later(self, client: ClientConnection, data: bytes, outcome: Future[None]) -> None:
        try:
            await client.send_when_drained(data, self._limits.post)
        except (ConnectionBusy, ConnectionGone) as error:
            outcome.set_exception(error)
        except asyncio.CancelledError:  # The gateway has stopped.
            outcome.set_exception(ConnectionGone())
            raise
        else:
            outcome.set_result(None)
