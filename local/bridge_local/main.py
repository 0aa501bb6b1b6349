"""`local/run.py`: the command line, and the composition root of the local bridge."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from bridge.app import App
from bridge.claude.messages_api import MessagesApi
from bridge.logs import log_to
from bridge.services import Claude
from bridge.settings import BadSetting
from bridge.store.lives import CLOCK_SKEW_SECONDS
from bridge_local.baton import BatonThreads, clock_of
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.invocations import Handle
from bridge_local.log_limit import limit_log
from bridge_local.no_key import NoKey
from bridge_local.program import CannotStartError, Options, run
from bridge_local.settings import ALWAYS, WITHOUT_KEY, LocalSettings, endpoint_of
from bridge_local.sqlite.expiry import expiring
from bridge_local.sqlite.opening import UnusableFile
from bridge_local.sqlite.store import SqliteStore
from bridge_local.stand_in.server import StandIn

FREE = {"*": dict.fromkeys(("input", "output", "cache_read", "cache_write_5m", "cache_write_1h"), 0)}
"""The prices of the stand-in."""
PORTS = click.IntRange(0, 65535)


def main(end: Callable[[int], NoReturn] = os._exit) -> NoReturn:
    """Runs the program and ends the process: with 0, or with 2 if it could not start.

    `end` does not wait for threads. Turns that are still running are left as a crash would leave them, and recover in the same way.
    """
    try:
        command.main(prog_name="run.py")
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # The reader is gone.
                stream.flush()
        end(int(ended.code or 0))


@click.command()
@click.option("--port", type=PORTS, default=8765, show_default=True, help="Port of the WebSocket; 0 picks a free one.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on. Without --tokens it must be a loopback address."
)
@click.option("--connections-port", type=PORTS, default=0, help="Port of the @connections HTTP API; a free one by default.")
@click.option(
    "--tokens", type=click.Path(path_type=Path), metavar="FILE", help="Admit only clients that present one of the tokens in this file."
)
@click.option(
    "--stand-in",
    type=click.Choice([ALWAYS, WITHOUT_KEY]),
    is_flag=False,
    flag_value=ALWAYS,
    help="Have a stand-in answer instead of Claude: always (that is CLAUDE_BRIDGE_STAND_IN=1, too), or only while there is no API key.",
)
@click.option("--child", is_flag=True, help="For clients that start a bridge: print one line of JSON, and exit when stdin closes.")
def command(port: int, host: str, connections_port: int, tokens: Path | None, stand_in: str | None, child: bool) -> None:
    """Runs Claude Context Bridge on this machine."""
    log_to(sys.stderr, logging.WARNING)
    limit_log()
    try:
        options = Options(host, port, connections_port, tokens, child)
        asyncio.run(run(options, LocalSettings.read(stand_in or ""), functools.partial(compose, local=tokens is None)))
    except (BadSetting, CannotStartError) as error:
        click.echo(error, err=True)
        sys.exit(2)


@contextlib.contextmanager
def compose(settings: LocalSettings, connections: Connections, *, local: bool = True) -> Iterator[Handle]:
    """The bridge on SQLite, with Claude or its stand-in. `local`: there are no tokens, and every client is the owner `default`."""
    threads, bridge = BatonThreads(), settings.bridge
    clock = clock_of(threads.baton)
    with contextlib.ExitStack() as parts:
        store = parts.enter_context(contextlib.closing(_open_store(settings)))
        parts.enter_context(expiring(store, clock.now))
        if settings.offline:
            stand_in = parts.enter_context(StandIn(max_connections=2 * settings.limits.concurrency))
            bridge = bridge._replace(anthropic_base_url=stand_in.url, anthropic_api_key="offline", claude_prices=FREE)
        claude: Claude = NoKey()
        if not settings.keyless:
            api = MessagesApi(endpoint_of(bridge, settings.aws, clock), clock, proxy=settings.proxy, opened=threads.baton.opened)
            claude = parts.enter_context(contextlib.closing(api))
        # Closing the parts cuts off turns that are still running, and each of them would log an error.
        parts.callback(logging.disable)
        app = App(
            settings=bridge,
            store=store,
            connections=connections,
            claude=claude,
            clock=clock,
            threads=threads,
            local=local,
            stand_in=settings.offline,
        )

        def handle(event: Mapping[str, Any], time_left: Callable[[], float]) -> Mapping[str, Any]:
            with threads.baton.held():
                return app.handle(event, time_left)

        yield handle


def _open_store(settings: LocalSettings) -> SqliteStore:
    try:
        # A claim in a file that was replaced holds for as long as a lease; nothing is stored in the new file before that.
        return SqliteStore(settings.sessions, refuse_seconds=settings.bridge.lease_seconds + CLOCK_SKEW_SECONDS)
    except UnusableFile as error:
        raise CannotStartError(str(error)) from error
