"""A TCP proxy in front of a bridge that cuts every connection after a while, as bad networks do: without a word."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class CuttingProxy:
    """`url` is the proxy's own; `cuts` counts the connections that were cut, each of which calls `on_cut`."""

    def __init__(self, target: str, seconds: float, on_cut: Callable[[], object] = lambda: None) -> None:
        self._host, self._port = urlsplit(target).hostname, urlsplit(target).port
        self._seconds = seconds
        self._on_cut = on_cut
        self._loop = asyncio.new_event_loop()
        self.url = ""
        self.cuts = 0

    @contextmanager
    def running(self) -> Iterator[CuttingProxy]:
        ready = threading.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(ready)))
        thread.start()
        ready.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._end.set)
            thread.join(10)
            self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self._end.wait()
        server.close()
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.wait(
                    {asyncio.ensure_future(_copy(reader, back)), asyncio.ensure_future(_copy(there, writer))}, return_when="FIRST_COMPLETED"
                )
        except TimeoutError:
            self.cuts += 1
            self._on_cut()
        finally:
            writer.transport.abort()
            back.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
