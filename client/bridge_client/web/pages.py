"""The pages that are open, in one browser or several: each is sent every event, in its order."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Protocol

from bridge_client.protocol.frames import Frame

MAX_WAITING = 2000
"""Messages that a page may be behind. One that takes no more is cut off, and comes again by itself."""


class Socket(Protocol):
    async def send(self, message: str, /) -> None: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Page:
    """One page; `run` sends what `tell` queued, until the page is gone."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._closing: asyncio.Task[None] | None = None

    def tell(self, frame: Frame) -> None:
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(json.dumps(frame, separators=(",", ":")))
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._socket.close(1013, "too slow"))

    async def run(self) -> None:
        while True:
            await self._socket.send(await self._waiting.get())


class Pages:
    def __init__(self) -> None:
        self._pages: set[Page] = set()

    def add(self, page: Page) -> None:
        self._pages.add(page)

    def remove(self, page: Page) -> None:
        self._pages.discard(page)

    def tell(self, frame: Frame) -> None:
        for page in self._pages:
            page.tell(frame)
