"""The local program: a gateway, its @connections and the bridge behind them, until it is told to stop."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from bridge_local.gateway.access import is_local_request, is_loopback, is_own_request
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Authorize, Gateway, let_anyone_in
from bridge_local.gateway.invocations import Handle
from bridge_local.gateway.management import ManagementApi
from bridge_local.gateway.tokens import Tokens, UnusableTokens
from bridge_local.process import log_loop_errors, raise_open_file_limit, stop_event
from bridge_local.settings import LocalSettings

GRACE_SECONDS = 10.0
"""Once its client has gone, a child finishes what it is doing: a new summary is made when the answer has been told."""

Compose = Callable[[LocalSettings, Connections], AbstractContextManager[Handle]]
"""Builds the bridge; the value of its block is the function behind the gateway. May raise `CannotStartError`."""


class CannotStartError(Exception):
    """The program cannot start; the text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. `tokens`: the file of those who may connect.

    `child`: a client started this program, speaks to it alone, and takes it along when it ends.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    connections_port: int = 0
    tokens: Path | None = None
    child: bool = False


async def run(options: Options, settings: LocalSettings, compose: Compose) -> None:
    """Runs until the process is told to stop. Raises `CannotStartError`."""
    authorize = _authorizer(options)
    log_loop_errors()
    raise_open_file_limit()
    stop = stop_event(child=options.child)
    connections = Connections(settings.limits)
    async with AsyncExitStack() as parts:
        handle = parts.enter_context(compose(settings, connections))
        # ::1 and 127.0.0.1 are different addresses, and one port is promised: "localhost" means the usual one.
        host = "127.0.0.1" if options.host == "localhost" else options.host
        with _port_errors(options.connections_port, f"--connections-port {_another(options.connections_port)}"):
            management = parts.enter_context(ManagementApi(connections, settings.limits, options.connections_port))
        admits = is_own_request if options.tokens else is_local_request
        gateway = Gateway(handle, connections, settings.limits, authorize=authorize, admits=admits)
        with _port_errors(options.port, f"make run PORT={_another(options.port)}", host):
            port = await parts.enter_async_context(gateway.listen(host, options.port))
        url = f"ws://[{host}]:{port}" if ":" in host else f"ws://{host}:{port}"
        _announce(url, management.url, settings, options)
        await stop.wait()
        if options.child:
            await gateway.finish(GRACE_SECONDS)


def _authorizer(options: Options) -> Authorize:
    if options.tokens:
        try:
            return Tokens(options.tokens)
        except UnusableTokens as error:
            raise CannotStartError(str(error)) from error
    if not is_loopback(options.host):
        raise CannotStartError(
            f"The bridge has no tokens, so it listens on this machine only: --host 127.0.0.1, not {options.host}. "
            "To give it some: --tokens FILE"
        )
    return let_anyone_in


def _announce(url: str, connections_url: str, settings: LocalSettings, options: Options) -> None:
    """Says where the bridge is: to a client in one line of JSON, to a person in words."""
    if options.child:
        click.echo(json.dumps({"url": url, "stand_in": settings.offline, "connections": connections_url}))
        return
    click.echo(f"Claude Context Bridge listens on {url}")
    if options.tokens:
        click.echo(f"Only those with a token of {options.tokens} may connect.")
    if not is_loopback(options.host):
        click.echo("Tokens are not encrypted on ws://, and the client sends none there: put a proxy with TLS (wss://) in front.")
    if settings.offline:
        click.echo("Offline: no ANTHROPIC_API_KEY is set, so a stand-in answers instead of Claude and shows what it was sent.")
    click.echo(f"Sessions are kept in {settings.sessions}")
    click.echo(f"Programs can post to connections at {connections_url}/@connections/ID")
    click.echo("Ctrl-C stops it.")


@contextmanager
def _port_errors(port: int, remedy: str, host: str = "127.0.0.1") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EADDRNOTAVAIL) or isinstance(error, socket.gaierror):
            raise CannotStartError(f"{host} is no address of this machine. Choose another one: --host 127.0.0.1") from error
        reason = "in use" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
        raise CannotStartError(f"Port {port} is {reason}. Choose another one: {remedy}") from error


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8765
