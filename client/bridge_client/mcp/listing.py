"""The newest sessions, for the list of resources.

Claude Code asks for its lists when it connects, and calls no hook of a server before it has them (measured with 2.1.332). So the list waits
for a bridge that is being started, for the first prompt to find it; but no other bridge may hold it up: where one answers late, the client
gets a notification that the list has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridge_client.protocol.frames import Frame

LIST_SECONDS = 0.2

Rows = list[Frame]


class Listing:
    """`fetch` asks the bridge, once `ready` has returned; `changed` tells the client that there is a list to fetch."""

    def __init__(
        self, fetch: Callable[[], Awaitable[Rows]], ready: Callable[[], Awaitable[None]], changed: Callable[[], Awaitable[None]]
    ) -> None:
        self._fetch = fetch
        self._ready = ready
        self._changed = changed
        self._late: Rows | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def rows(self) -> Rows:
        """What the bridge says in time, or what it said too late for the last call; nothing where it has not answered."""
        if self._late is not None:
            rows, self._late = self._late, None
            return rows
        await self._ready()
        answer: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._answer(answer))
        try:
            return await asyncio.wait_for(answer, LIST_SECONDS)
        except TimeoutError:
            return []

    async def _answer(self, answer: asyncio.Future[Rows]) -> None:
        try:
            rows = await self._fetch()
        except Exception as error:  # noqa: BLE001 (it is the caller's, or nobody's)
            if not answer.done():
                answer.set_exception(error)
            return
        finally:
            self._fetching = None
        if not answer.done():
            answer.set_result(rows)
        elif rows:
            self._late = rows
            await self._changed()
