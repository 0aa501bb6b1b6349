"""The server of the page: on loopback, for one browser, as long as the command runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, decode, text_in
from bridge_client.version import VERSION
from bridge_client.web import files
from bridge_client.web.guard import Guard
from bridge_client.web.pages import Page
from bridge_client.web.requests import ACTIONS, PageServices
from bridge_client.web.turns import failed

SOCKET = "/socket"
HELLO_SECONDS = 10.0
"""For a page to say its secret."""
MESSAGE_BYTES = 1024 * 1024
NOT_OURS = 4403
"""The close code for a page that does not know the secret: it is of a program that has ended."""


@asynccontextmanager
async def serving(services: PageServices, port: int) -> AsyncIterator[Guard]:
    """Serves the page until the end of the block. Raises `OSError` where the port is taken; with port 0 it is any that is free."""
    door = _PageServer(services)
    quiet = logging.getLogger("bridge_client.web")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    async with serve(
        door.handle,
        "127.0.0.1",
        port,
        process_request=door.look_at,
        compression=None,
        max_size=MESSAGE_BYTES,
        server_header=None,
        logger=quiet,
    ) as server:
        door.guard = Guard(_port(server))
        yield door.guard


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


class _PageServer:
    guard: Guard

    def __init__(self, services: PageServices) -> None:
        self._services = services

    def look_at(self, connection: ServerConnection, request: Request) -> Response | None:  # noqa: ARG002
        """The answer to a request over HTTP; None where a page may open the WebSocket."""
        guard, headers = self.guard, request.headers
        path, _, query = request.path.partition("?")
        if not guard.is_here(headers) or getattr(request, "method", "GET") != "GET":
            return files.refused(guard.origin)
        if path == SOCKET:
            return None if guard.is_page(headers) else files.refused(guard.origin)
        if path == "/" and query.startswith("token=") and guard.enter(query.removeprefix("token=")):
            return files.entrance(guard.origin, guard.secret, guard.set_cookie)
        if not guard.knows(headers) or guard.is_from_elsewhere(headers):
            return files.refused(guard.origin)
        if query:
            # A link that was used, in a browser that is in already.
            return files.response(HTTPStatus.FOUND, "", "text/plain", guard.origin, {"Location": "/"})
        return files.file(path, guard.origin)

    async def handle(self, connection: ServerConnection) -> None:
        """One page, from its first word to its last."""
        with suppress(ConnectionClosed):
            if await self._says_the_secret(connection):
                await self._serve(connection)
            else:
                await connection.close(NOT_OURS, "not this program's page")

    async def _says_the_secret(self, connection: ServerConnection) -> bool:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = decode(await connection.recv())
        except TimeoutError:
            return False
        return self.guard.is_secret(text_in(hello or {}, "secret"))

    async def _serve(self, connection: ServerConnection) -> None:
        page = Page(connection)
        services = self._services
        page.tell({"event": "hello", "version": VERSION, **bridge_of(services), "questions": services.questions.snapshots()})
        services.pages.add(page)
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(_until_closed(page))
                with suppress(ConnectionClosed):
                    async for message in connection:
                        if wanted := decode(message):
                            tasks.create_task(_answer(services, page, wanted))
                services.pages.remove(page)
                sending.cancel()
        finally:
            services.pages.remove(page)


async def _until_closed(page: Page) -> None:
    with suppress(ConnectionClosed):
        await page.run()


def bridge_of(services: PageServices) -> Frame:
    client = services.bridge.client
    return {"bridge": client.url, "stand_in": client.stand_in()}


async def _answer(services: PageServices, page: Page, wanted: Frame) -> None:
    """Does what a page wants and tells it how that went; `id` says which of its requests it was."""
    named = {"reply": wanted.get("id")}
    action = ACTIONS.get(text_in(wanted, "action"))
    if action is None:
        page.tell({**named, "error": failed(Failure("unknown_action", "This page is of another version. Load it again."))})
        return
    try:
        page.tell({**named, **await action(services, wanted)})
    except Failure as failure:
        page.tell({**named, "error": failed(failure)})
    except Exception as error:  # noqa: BLE001 (whatever it was, the page must not wait forever, nor the others end with it)
        page.tell({**named, "error": failed(Failure("internal", f"Unexpected {type(error).__name__}."))})
