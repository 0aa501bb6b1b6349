"""`mcp`: serves the tools over stdin and stdout until the client closes them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from mcp.server.stdio import stdio_server

from bridge_client.commands.client import Client
from bridge_client.mcp.asking import Questions
from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.hooks import Hooks
from bridge_client.mcp.server import Tools, build

Transport = Callable[[], AbstractAsyncContextManager[tuple[Any, Any]]]
"""Streams of messages: to read, and to write to."""

END_SECONDS = 2.0
"""For what is under way at the end: turns to store, questions to stop."""


def serve(client: Client, state: Path, *, with_hooks: bool, off: Iterable[str], transport: Transport = stdio_server) -> int:
    """Serves until stdin is closed; returns the exit code. `off`: projects, or their folders, in which the hooks do nothing."""
    return asyncio.run(_serve(client, state, with_hooks=with_hooks, off=frozenset(off), transport=transport))


async def _serve(client: Client, state: Path, *, with_hooks: bool, off: frozenset[str], transport: Transport) -> int:
    async with Bridge(client) as bridge:
        hooks = Hooks(bridge, state / "pending-turns", lambda directory, project: _is_off(off, directory, project)) if with_hooks else None
        questions = Questions(bridge)
        server = build(bridge, Tools(bridge, questions, hooks))
        _end_in_order(hooks)
        warming_up = asyncio.create_task(hooks.warm_up()) if hooks else None
        try:
            async with transport() as (reading, writing):
                await server.run(reading, writing, server.create_initialization_options())
        except* OSError:
            pass  # The client is gone, and with it the pipe.
        finally:
            if warming_up:
                warming_up.cancel()
            if hooks:
                await hooks.pending.flush(END_SECONDS)
            await questions.settle(END_SECONDS)
    return 0


def _is_off(off: frozenset[str], directory: str, project: str) -> bool:
    return bool(off) and (project in off or any(str(folder) in off for folder in (Path(directory), *Path(directory).parents)))


def _end_in_order(hooks: Hooks | None) -> None:
    """Claude Code ends a server by SIGINT, and 100 ms later by SIGTERM, without closing its stdin."""
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    async def end() -> None:
        if hooks:
            await hooks.pending.flush(END_SECONDS)
        # A thread of the SDK waits for stdin, and would keep the process.
        os._exit(0)

    def begin() -> None:
        if not ending:
            ending.append(loop.create_task(end()))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, begin)
