"""The page's server in a thread of its own, before a bridge whose replies tests choose."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bridge_client.commands.client import Client
from bridge_client.commands.known_sessions import KnownSessions
from bridge_client.commands.open_questions import OpenQuestions
from bridge_client.terminal.hints import Hints
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.web.bridge import Bridge
from bridge_client.web.guard import Guard
from bridge_client.web.pages import Pages
from bridge_client.web.questions import Questions
from bridge_client.web.requests import PageServices
from bridge_client.web.server import serving

WAIT = 10.0
"""Seconds within which whatever a test waits for has to happen."""
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

Frame = dict[str, Any]
Act = Callable[[Frame], list[Any]]


class FakeBridge:
    """Answers each action with the frames that `acts` gives for the request; a function among them is called, in a thread."""

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.received: list[Frame] = []
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with serve(self._answer, "127.0.0.1", 0, compression=None) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            yield

    async def _answer(self, connection: ServerConnection) -> None:
        async for message in connection:
            request = json.loads(message)
            self.received.append(request)
            for frame in self.acts.get(request["action"], nothing)(request):
                if callable(frame):
                    await asyncio.to_thread(frame)
                elif frame is None:
                    await connection.close(1001)
                else:
                    await connection.send(json.dumps({"request_id": request["request_id"], **frame}))


def nothing(_request: Frame) -> list[Any]:
    return []


class RunningPage:
    def __init__(self, guard: Guard, bridge: FakeBridge, services: PageServices, stack: ExitStack) -> None:
        self.guard = guard
        self.bridge = bridge
        self.services = services
        self._stack = stack
        self._cookie = guard.set_cookie.partition(";")[0]

    @property
    def port(self) -> int:
        return int(self.guard.host.rpartition(":")[2])

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": self._cookie}

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body; `headers` with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode()
        finally:
            connection.close()

    def open(self, secret: str | None = None, **headers: str) -> Talk:
        """A page that is connected, and has said the secret."""
        named = {"Cookie": self._cookie, **headers}
        url = f"ws://{self.guard.host}/socket"
        socket = self._stack.enter_context(
            connect(url, origin=Origin(self.guard.origin), additional_headers=named, proxy=None, compression=None, max_size=None)
        )
        socket.send(json.dumps({"secret": self.guard.secret if secret is None else secret}))
        return Talk(socket)


class Talk:
    """One page's end of its connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Frame] = []
        self._ids = 0

    def next(self, event: str) -> Frame:
        """The next event of this name; those before it are in `events`."""
        while True:
            frame: Frame = json.loads(self.socket.recv(WAIT))
            self.events.append(frame)
            if frame.get("event") == event:
                return frame

    def request(self, action: str, **fields: Any) -> Frame:
        """The reply to a request."""
        self._ids += 1
        self.socket.send(json.dumps({"id": self._ids, "action": action, **fields}))
        while True:
            frame: Frame = json.loads(self.socket.recv(WAIT))
            if frame.get("reply") == self._ids:
                return frame
            self.events.append(frame)


@contextmanager
def running_page(folder: Path) -> Iterator[RunningPage]:
    """The server, until the end of the block; what it notes goes into `folder`."""
    bridge = FakeBridge()
    started: queue.Queue[tuple[Guard, PageServices, Callable[[], object]] | BaseException] = queue.Queue()

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with bridge.running():
            client = Client(
                Notes(io.StringIO()),
                Output(io.StringIO()),
                Hints("ask-claude"),
                endpoint=lambda: bridge.url,
                url=bridge.url,
                jitter=lambda: 0.0,
                open_questions=OpenQuestions(folder / "open-questions"),
                known_sessions=KnownSessions(folder / "last-answers"),
            )
            reached, pages = Bridge(client), Pages()
            services = PageServices(reached, Questions(reached, pages), pages, lambda: NOW)
            async with serving(services, 0) as guard:
                started.put((guard, services, lambda: loop.call_soon_threadsafe(stop.set)))
                await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    begun = started.get(timeout=WAIT)
    assert not isinstance(begun, BaseException)
    guard, services, stop = begun
    with ExitStack() as stack:
        stack.callback(thread.join, WAIT)
        stack.callback(stop)
        yield RunningPage(guard, bridge, services, stack)
