"""Brings one request to the bridge and its answer back, over as many connections as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from typing import NamedTuple, Protocol

from bridge_client.failures import Failure, cancelled, connection_lost, throttled
from bridge_client.protocol.connection import Lost, Throttled, Unreachable
from bridge_client.protocol.conversation import AskAgain, Event, Exchange, Failed, Finished, Send
from bridge_client.protocol.frames import Frame, encode
from bridge_client.protocol.retry import Retries, RetryPolicy


class Reconnecting(NamedTuple):
    """The request is sent again in `seconds`."""

    failure: Failure
    seconds: float


class Connection(Protocol):
    @property
    def date(self) -> str: ...
    async def send(self, data: bytes) -> None: ...
    async def send_frame(self, frame: Frame) -> None: ...
    async def receive(self) -> Frame | None: ...


NOT_REACHED = frozenset({"rate_limited", "unreachable"})
"""Failures of attempts that did not reach the bridge."""

Connect = Callable[[], AbstractAsyncContextManager[Connection]]
Show = Callable[[Event | Reconnecting], None]


class _Again(Exception):
    """This connection brings no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Delivery:
    """One exchange under way. `run` may be called once, `stop` while it runs, from the same event loop."""

    def __init__(
        self,
        exchange: Exchange,
        connect: Connect,
        show: Show,
        *,
        retry_policy: RetryPolicy,
        jitter: Callable[[], float],
    ) -> None:
        self._exchange = exchange
        self._connect = connect
        self._show = show
        self._retry_policy = retry_policy
        self._jitter = jitter
        self._retries = Retries(retry_policy)
        self._connection: Connection | None = None
        self._sent = False
        self._got_through: Failure | None = None
        self._stopped = False
        self._sending: asyncio.Task[None] | None = None

    async def run(self) -> Finished:
        """The answer. Raises `Failure`."""
        data = encode(self._exchange.frame)
        while True:
            try:
                return await self._try(data)
            except _Again as again:
                await self._wait(again.failure)

    def stop(self, cancel: Frame | None) -> bool:
        """Sends `cancel`. False if that was done before, or there is no connection: all that is left is to leave."""
        if self._connection is None or self._stopped:
            return False
        self._stopped = True
        if cancel is not None:
            self._sending = asyncio.create_task(_send_if_open(self._connection, cancel))
        return True

    async def _try(self, data: bytes) -> Finished:
        try:
            async with self._connect() as connection:
                return await self._ask(connection, data)
        except Throttled as error:
            raise _Again(throttled()) from error
        except Unreachable as error:
            if not self._sent:
                raise _Again(Failure("unreachable", f"No bridge could be reached: {error}.", retryable=True)) from error
            raise _Again(connection_lost(f"The bridge cannot be reached: {error}.")) from error
        except Lost as error:
            raise _Again(connection_lost(f"The connection to the bridge was lost ({error}).")) from error

    async def _ask(self, connection: Connection, data: bytes) -> Finished:
        self._sent = True
        self._connection = connection
        try:
            await connection.send(data)
            while True:
                for event in await self._events(connection):
                    self._retries.saw(event)
                    match event:
                        case Finished():
                            return event
                        case Failed(failure):
                            raise failure
                        case AskAgain(failure):
                            raise _Again(failure)
                        case Send(frame):
                            await connection.send_frame(frame)
                        case _:
                            self._show(event)
        finally:
            self._connection = None

    async def _events(self, connection: Connection) -> Iterable[Event]:
        """What the next frame for us means. Frames about other requests do not count as a sign of life."""
        try:
            async with asyncio.timeout(self._retry_policy.silence):
                while True:
                    frame = await connection.receive()
                    if frame is not None and self._exchange.concerns(frame):
                        return self._exchange.receive(frame)
        except TimeoutError as error:
            raise _Again(connection_lost(f"The bridge has said nothing for {self._retry_policy.silence:g} seconds.")) from error

    async def _wait(self, failure: Failure) -> None:
        if self._stopped:
            raise cancelled() from failure
        if failure.code not in NOT_REACHED:
            self._got_through = failure
        seconds = self._retries.next_wait(failure, self._jitter())
        if seconds is None:
            # A request that got through once may still be answered, whatever the gateway says about the last attempt.
            raise (self._got_through or failure) if failure.code == "rate_limited" else failure
        self._show(Reconnecting(failure, seconds))
        await asyncio.sleep(seconds)


async def _send_if_open(connection: Connection, frame: Frame) -> None:
    # The reader notices that the connection is gone.
    with suppress(Lost):
        await connection.send_frame(frame)
