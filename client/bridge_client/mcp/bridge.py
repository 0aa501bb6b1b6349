"""The bridge, as the tools reach it: requests share one connection that stays open, each question has one of its own."""

from __future__ import annotations

import asyncio
import io
import threading
from dataclasses import replace
from types import TracebackType
from typing import Self

from bridge_client.commands.client import Client, check_feature
from bridge_client.commands.moving.wire import Wire
from bridge_client.protocol.conversation import Exchange
from bridge_client.protocol.delivery import Delivery, Show
from bridge_client.protocol.frames import Frame
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.terminal.notes import Notes

RETRY_POLICY = RetryPolicy(losses=3, connect_retries=1)
"""An agent that gets an error at once can report it to its person; it can call again itself."""


class Bridge:
    """Every method raises `Failure`. Requests may be made at the same time."""

    def __init__(self, client: Client) -> None:
        self._lock = threading.Lock()
        self._endpoint = client.endpoint
        quiet = Notes(io.StringIO())
        quiet.quiet = True
        retry_policy = replace(RETRY_POLICY, silence=client.retry_policy.silence, stopping=client.retry_policy.stopping)
        self.client = replace(client, notes=quiet, endpoint=self._url, retry_policy=retry_policy)
        self._wire = Wire(self.client, lambda _: None)
        self._features: set[str] = set()

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._wire.__aexit__(kind, error, trace)

    async def request(self, frame: Frame, reply: str) -> Frame:
        """Sends `frame` and returns the reply of type `reply`."""
        await self.start()
        return await self._wire.request(frame, reply)

    async def start(self) -> None:
        """Starts a local bridge, if that is where requests go and none is running."""
        await asyncio.to_thread(self._url)

    async def require(self, feature: str, what: str) -> None:
        """Raises `Failure` if the bridge is too old for this."""
        if self.client.url and feature not in self._features:
            check_feature(await self.request({"action": "ping"}, "pong"), feature, what)
            self._features.add(feature)

    def delivery(self, exchange: Exchange, show: Show) -> Delivery:
        return Delivery(exchange, self.client.connect, show, retry_policy=self.client.retry_policy, jitter=self.client.jitter)

    def _url(self) -> str:
        """Only one thread at a time starts a local bridge."""
        with self._lock:
            return self._endpoint()
