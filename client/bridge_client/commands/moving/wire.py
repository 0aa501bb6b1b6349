"""Many requests on one connection, several at a time; each is sent again on a new connection where the old one is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import Self

from bridge_client.commands.client import Client
from bridge_client.failures import Failure
from bridge_client.protocol.connection import Lost
from bridge_client.protocol.conversation import Event, Lookup
from bridge_client.protocol.delivery import Connection, Delivery, Reconnecting
from bridge_client.protocol.frames import Frame, encode, text_in

_Answer = Frame | Exception | None


class Wire:
    """`on_wait` is called with the reason why a request has to be sent again."""

    def __init__(self, client: Client, on_wait: Callable[[str], object]) -> None:
        self._client = client
        self._on_wait = on_wait
        self._opening = asyncio.Lock()
        self._shared: _Shared | None = None
        self._all: list[_Shared] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for shared in self._all:
            shared.stop()
        with suppress(Exception):
            await self._stack.aclose()

    async def request(self, frame: Frame, reply: str) -> Frame:
        """Sends `frame` and returns the reply of type `reply`. Raises `Failure`."""
        lookup = Lookup(frame, reply, self._client.new_id())
        request_id = text_in(lookup.frame, "request_id")
        delivery = Delivery(
            lookup, lambda: self._slot(request_id), self._show, retry_policy=self._client.retry_policy, jitter=self._client.jitter
        )
        return (await delivery.run()).frame

    def _show(self, event: Event | Reconnecting) -> None:
        if isinstance(event, Reconnecting):
            self._on_wait(event.failure.message)

    @asynccontextmanager
    async def _slot(self, request_id: str) -> AsyncIterator[Connection]:
        shared = await self._open()
        slot = _Slot(shared)
        shared.slots[request_id] = slot
        try:
            yield slot
        except Failure:
            raise
        except Exception:
            # Silent, or throttled: the others may still hear something, but the next request takes a new one.
            shared.is_usable = False
            raise
        finally:
            del shared.slots[request_id]

    async def _open(self) -> _Shared:
        async with self._opening:
            if self._shared is None or not self._shared.is_usable:
                self._shared = _Shared(await self._stack.enter_async_context(self._client.connect()))
                self._all.append(self._shared)
            return self._shared


class _Shared:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.slots: dict[str, _Slot] = {}
        self.is_usable = True
        self._reading = asyncio.create_task(self._read())

    def stop(self) -> None:
        self._reading.cancel()

    async def _read(self) -> None:
        """Gives each frame to the request that it is about; one that names none, like the gateway's own, to all."""
        is_open = True
        while is_open:
            answer: _Answer
            try:
                answer = await self.connection.receive()
            except (Lost, Failure) as error:
                self.is_usable = is_open = False
                answer = error
            named = self.slots.get(text_in(answer, "request_id")) if isinstance(answer, dict) else None
            for slot in [named] if named else list(self.slots.values()):
                slot.answers.put_nowait(answer)


class _Slot:
    """The connection, as one request sees it."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self.answers: asyncio.Queue[_Answer] = asyncio.Queue()

    @property
    def date(self) -> str:
        return self._shared.connection.date

    async def send(self, data: bytes) -> None:
        await self._shared.connection.send(data)

    async def send_frame(self, frame: Frame) -> None:
        await self.send(encode(frame))

    async def receive(self) -> Frame | None:
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer
