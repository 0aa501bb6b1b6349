"""The WebSocket side of API Gateway: accepts connections and sends events to the function.

Docs: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response

from bridge.errors import ConnectionGone
from bridge.threads import Threads
from bridge_local.gateway.access import is_local_request
from bridge_local.gateway.connections import ClientConnection, Connections
from bridge_local.gateway.events import Event, Peer, Request, Stage, connect_event, disconnect_event, error_frame, message_event, new_id
from bridge_local.gateway.invocations import Handle, Slots, in_thread, invocation_of, invoke
from bridge_local.gateway.limits import Limits
from bridge_local.gateway.throttle import THROTTLED, Throttle

logger = logging.getLogger(__name__)

frames_logger = logging.getLogger(f"{__name__}.frames")
"""For the library, which at DEBUG logs every header and frame: tokens, questions and answers."""
frames_logger.setLevel(logging.WARNING)

Authorize = Callable[[Event], Mapping[str, Any] | HTTPStatus]
"""A REQUEST authorizer: takes the `$connect` event; gives the context of all events (`principalId` and more) or the status of a refusal."""

Admits = Callable[[Iterable[str], Iterable[str]], bool]
"""Whether a request with these `Host` and `Origin` headers (all values of each) may proceed to the authorizer."""


class Closing(NamedTuple):
    """How a connection ended, as the `$disconnect` event describes it."""

    code: int
    reason: str


GOING_AWAY = Closing(1001, "Going away")
NO_BINARY = Closing(1003, "Binary frames are not supported")
ABNORMAL = Closing(1006, "Connection closed abnormally")

_REASONS = {1000: "Connection Closed Normally", 1001: "Going away", 1005: "Client-side close frame status not set"}
"""API Gateway's reasons for closings that came without one (captured events)."""


def let_anyone_in(_event: Event) -> Mapping[str, Any]:
    """The authorizer of a gateway without tokens, which listens on loopback only: every client is the owner `default`."""
    return {"principalId": "default"}


class Gateway:
    """One stage of a WebSocket API in front of one function, `handle`. `now` gives seconds since the epoch, `monotonic` times the throttle.

    `admits` refuses, by default, requests that a web page of another site could have caused.
    """

    def __init__(
        self,
        handle: Handle,
        connections: Connections,
        limits: Limits,
        *,
        stage: Stage | None = None,
        authorize: Authorize = let_anyone_in,
        admits: Admits = is_local_request,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._handle = handle
        self._connections = connections
        self._limits = limits
        self._stage = stage or Stage()
        self._authorize = authorize
        self._admits = admits
        self._now = now
        self._throttle = Throttle(limits.rate, limits.burst, monotonic)
        self._threads = Threads()
        self._slots = Slots(limits.concurrency)
        self._ended: deque[asyncio.TimerHandle] = deque()
        """The time-outs of invocations that have ended, added by their threads."""
        self._clients: set[ClientConnection] = set()

    @contextlib.asynccontextmanager
    async def listen(self, host: str, port: int) -> AsyncIterator[int]:
        """Serves on `host` during the block, then closes all connections (1001). Yields the port; 0 picks a free one.

        Raises `OSError` if the address is not available. Does not wait for invocations that are still running at the end.
        """
        server = await serve(
            self._converse,
            host,
            port,
            create_connection=cast(type[ServerConnection], self._new_client),
            process_response=self._admit,
            server_header=None,
            logger=frames_logger,
            compression=None,
            open_timeout=self._limits.integration,
            ping_interval=None,
            close_timeout=self._limits.close,
            max_size=(self._limits.message, self._limits.frame),
            backlog=self._limits.backlog,
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close(code=GOING_AWAY.code, reason=GOING_AWAY.reason)
            await self._until_closed(server)
            self._threads.close()

    async def finish(self, seconds: float) -> None:
        """Waits at most this long for the messages that are being handled."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._slots.all_free()

    async def _until_closed(self, server: Server) -> None:
        """Waits for the closing handshakes, then aborts the rest: connections without a handshake, or with a pending `$connect`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.close):
                await server.wait_closed()
        for client in tuple(self._clients):
            client.transport.abort()

    def _new_client(self, *arguments: Any, **options: Any) -> ClientConnection:
        return ClientConnection(*arguments, others=self._clients, max_connections=self._limits.connections, **options)

    async def _admit(self, connection: ServerConnection, handshake: HandshakeRequest, response: Response) -> Response | None:
        """Decides about a handshake; `response` is what the library would answer. None lets that stand."""
        headers = handshake.headers
        if not self._admits(headers.get_all("Host"), headers.get_all("Origin")):
            return connection.respond(HTTPStatus.FORBIDDEN, "Pages of other sites may not connect.\n")
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        status = await self._connect(cast(ClientConnection, connection), handshake)
        return None if status is HTTPStatus.OK else connection.respond(status, f"{status.phrase}\n")

    async def _connect(self, client: ClientConnection, handshake: HandshakeRequest) -> HTTPStatus:
        """Asks the authorizer, then the function. `OK` accepts the connection."""
        if not self._throttle.takes_one():
            return HTTPStatus.TOO_MANY_REQUESTS
        headers = list(handshake.headers.raw_items())
        query = handshake.path.partition("?")[2]
        request = self._new_request()
        source_ip = (client.remote_address or ("",))[0]
        peer = Peer(new_id(), request.milliseconds, source_ip, next(iter(handshake.headers.get_all("User-Agent")), ""))

        began = time.monotonic()
        principal = await in_thread(self._threads, lambda: self._ask_authorizer(connect_event(self._stage, peer, request, headers, query)))
        if isinstance(principal, HTTPStatus):
            return principal
        latency = round((time.monotonic() - began) * 1000)
        client.peer = replace(peer, authorizer={**principal, "integrationLatency": latency})

        event = connect_event(self._stage, client.peer, request, headers, query)
        return _status_of(await invoke(self._threads, self._handle, event, self._limits.function))

    def _ask_authorizer(self, event: Event) -> Mapping[str, Any] | HTTPStatus:
        try:
            return self._authorize(event)
        except Exception:
            logger.exception("The authorizer failed.")
            return HTTPStatus.INTERNAL_SERVER_ERROR

    async def _converse(self, connection: ServerConnection) -> None:
        """Serves one connection, from its acceptance to its end."""
        client = cast(ClientConnection, connection)
        closing = ABNORMAL
        self._connections.add(client)
        try:
            closing = await self._receive(client)
        finally:
            self._connections.remove(client)
            event = disconnect_event(self._stage, client.peer, self._new_request(), *closing)
            invoke(self._threads, self._handle, event, self._limits.function)

    async def _receive(self, client: ClientConnection) -> Closing:
        """Passes every message to the function, until the connection ends."""
        while True:
            message = await self._next_message(client)
            if isinstance(message, Closing):
                return message
            client.touch()
            if not self._throttle.takes_one():
                _send_error(client, THROTTLED, self._new_request().id)
                continue
            # While all slots are taken nothing more is read, so that TCP holds the client back.
            await self._slots.take()
            self._start(client, message)

    async def _next_message(self, client: ClientConnection) -> str | Closing:
        while True:
            try:
                async with asyncio.timeout_at(client.expires(self._limits)):
                    message = await client.recv()
            except ConnectionClosed as closed:
                return _closing_of(closed)
            except TimeoutError:
                # A post may have postponed the end.
                if client.loop.time() >= client.expires(self._limits):
                    await client.close(*GOING_AWAY)
                    return GOING_AWAY
                continue
            if isinstance(message, str):
                return message
            await client.close(*NO_BINARY)
            return NO_BINARY

    def _start(self, client: ClientConnection, body: str) -> None:
        """Starts one invocation. The client hears of it only if it fails, or does not end within the time that API Gateway waits for it."""
        request = self._new_request()
        event = message_event(self._stage, client.peer, request, new_id(), body)
        while self._ended:
            self._ended.popleft().cancel()
        run = invocation_of(self._handle, event, self._limits.function)
        is_over = False

        def report(text: str) -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                _send_error(client, text, request.id)

        timeout = client.loop.call_later(self._limits.integration, report, "Endpoint request timed out")

        def run_in_slot() -> None:
            nonlocal is_over
            if run() is not None:
                is_over = True  # The loop need not wake for that: it cancels the time-out at its next message.
            else:
                with contextlib.suppress(RuntimeError):  # The loop is closed: the program is ending.
                    client.loop.call_soon_threadsafe(report, "Internal server error")
            self._ended.append(timeout)
            self._slots.give_back()

        self._threads.start(run_in_slot)

    def _new_request(self) -> Request:
        return Request(new_id(), round(self._now() * 1000))


def _send_error(client: ClientConnection, text: str, request_id: str) -> None:
    """Sends a message of the gateway's own, unless the client has not read the earlier ones, or is gone."""
    with contextlib.suppress(ConnectionGone):
        client.try_send(error_frame(text, client.peer.connection_id, request_id).encode())


def _status_of(answer: object) -> HTTPStatus:
    """The status of a handshake, from the function's response to `$connect`: any 2xx is OK, an invalid response a bad gateway."""
    code = answer.get("statusCode") if isinstance(answer, Mapping) else None
    if not isinstance(code, int) or code < 200:
        return HTTPStatus.BAD_GATEWAY
    if code < 300:
        return HTTPStatus.OK
    try:
        return HTTPStatus(code)
    except ValueError:
        return HTTPStatus.BAD_GATEWAY


def _closing_of(closed: ConnectionClosed) -> Closing:
    """The first close frame, in whichever direction it went."""
    first = closed.rcvd if closed.rcvd_then_sent else closed.sent
    if first is None:
        return ABNORMAL
    return Closing(first.code, first.reason or _REASONS.get(first.code, ""))
