"""The bridge, as the page's server reaches it: the client's own requests, each in a thread of its own, and questions on the event loop."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from bridge_client.commands.client import Client
from bridge_client.protocol.connection import open_connection
from bridge_client.protocol.conversation import Exchange
from bridge_client.protocol.delivery import Connection, Delivery, Show
from bridge_client.protocol.frames import Frame
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.terminal.notes import Notes

Result = TypeVar("Result")

RETRY_POLICY = RetryPolicy(losses=60)
"""Someone at a page sees that it is being tried, and can stop it: about ten minutes."""
AT_ONCE = 8
"""Requests that are under way at the same time."""


class Bridge:
    """Every method raises `Failure`."""

    def __init__(self, client: Client) -> None:
        self._lock = threading.Lock()
        self._endpoint = client.endpoint
        quiet = Notes(io.StringIO())
        quiet.quiet = True
        self.client = replace(
            client, notes=quiet, endpoint=self._url, retry_policy=replace(RETRY_POLICY, silence=client.retry_policy.silence)
        )
        self._room = asyncio.Semaphore(AT_ONCE)

    async def do(self, work: Callable[[Client], Result]) -> Result:
        """What `work` does with the client, which waits for the bridge."""
        # One attempt after the other, but not for minutes: the page asks again by itself.
        client = replace(self.client, retry_policy=RetryPolicy(losses=4))
        async with self._room:
            return await asyncio.to_thread(work, client)

    async def request(self, frame: Frame, reply: str) -> Frame:
        return await self.do(lambda client: client.request(frame, reply))

    async def start(self) -> None:
        """Starts a local bridge, if that is where questions go."""
        await asyncio.to_thread(self._url)

    def delivery(self, exchange: Exchange, show: Show) -> Delivery:
        return Delivery(exchange, self._connect, show, retry_policy=self.client.retry_policy, jitter=self.client.jitter)

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Connection]:
        url = await asyncio.to_thread(self._url)
        async with open_connection(url, self.client.retry_policy.connect, self.client.token) as connection:
            yield connection

    def _url(self) -> str:
        """Only one thread at a time starts a local bridge."""
        with self._lock:
            return self._endpoint()
