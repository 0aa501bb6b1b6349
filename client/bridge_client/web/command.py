"""`web`: a page in the browser, until Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from bridge_client.commands.client import Client
from bridge_client.failures import Failure
from bridge_client.web.bridge import Bridge
from bridge_client.web.guard import Guard
from bridge_client.web.pages import Pages
from bridge_client.web.questions import Questions
from bridge_client.web.requests import PageServices
from bridge_client.web.server import bridge_of, serving
from bridge_client.web.turns import failed

PORT = 8770
"""Where the page is, unless something else is there already."""


def web(client: Client, clock: Callable[[], datetime], port: int | None, *, opens: bool) -> int:
    """Serves the page until Ctrl-C; returns the exit code. `opens`: in the person's browser. Raises `Failure`."""
    return asyncio.run(_web(client, clock, port, opens=opens))


async def _web(client: Client, clock: Callable[[], datetime], port: int | None, *, opens: bool) -> int:
    bridge, pages = Bridge(client), Pages()
    services = PageServices(bridge, Questions(bridge, pages), pages, clock)
    async with _anywhere(services, port) as guard:
        ended = _ended()
        link = guard.link()
        client.output.show(f"{link}\n")
        client.notes.say("This link opens the page. It works once, within a minute; Enter gives another one, Ctrl-C ends the page.")
        _give_links(client, guard)
        if opens:
            # A browser may keep its caller waiting for as long as it runs.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
        starting = asyncio.create_task(_start(client, services))
        await ended.wait()
        starting.cancel()
    return 0


async def _start(client: Client, services: PageServices) -> None:
    """Starts a local bridge before anybody asks, and offers answers that have not arrived."""
    try:
        await services.bridge.start()
    except Failure as failure:
        client.report(failure)
        services.pages.tell({"event": "trouble", "error": failed(failure)})
        return
    for noted in client.open_questions.all() if client.open_questions else ():
        if (noted.url, noted.stand_in) == (client.url, client.stand_in()):
            services.questions.offer(noted)
    services.pages.tell({"event": "bridge", **bridge_of(services), "questions": services.questions.snapshots()})


@asynccontextmanager
async def _anywhere(services: PageServices, port: int | None) -> AsyncIterator[Guard]:
    """The server at this port; without one at the usual port, or, where that is taken, at another."""
    try:
        opened = serving(services, PORT if port is None else port)
        guard = await opened.__aenter__()
    except OSError as error:
        if port is not None or error.errno != errno.EADDRINUSE:
            raise Failure("bad_usage", f"Port {port} cannot be used: {error.strerror or error}.") from error
        opened = serving(services, 0)
        guard = await opened.__aenter__()
    try:
        yield guard
    finally:
        await opened.__aexit__(None, None, None)


def _ended() -> asyncio.Event:
    """Set by Ctrl-C, or when the program is asked to end."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended


def _give_links(client: Client, guard: Guard) -> None:
    """A new link for each Enter."""
    if not sys.stdin.isatty():
        return

    def entered() -> None:
        if sys.stdin.readline():
            client.output.show(f"{guard.link()}\n")
        else:
            loop.remove_reader(sys.stdin)

    loop = asyncio.get_running_loop()
    with suppress(OSError, NotImplementedError):
        loop.add_reader(sys.stdin, entered)
