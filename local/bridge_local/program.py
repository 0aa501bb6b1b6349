"""The local program: the gateway, its @connections API and the bridge behind them, running until the process is asked to stop."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from bridge_local.gateway.access import is_local_request, is_loopback, is_own_request
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Authorize, Gateway, let_anyone_in
from bridge_local.gateway.invocations import Handle
from bridge_local.gateway.management import ManagementApi
from bridge_local.gateway.tokens import Tokens, UnusableTokens
from bridge_local.process import log_loop_errors, raise_open_file_limit, stop_event, within_open_files
from bridge_local.settings import LocalSettings

GRACE_SECONDS = 10.0
"""How long a child goes on after its client has left, to finish its work: a summary, for example, is made after the answer."""

Compose = Callable[[LocalSettings, Connections], AbstractContextManager[Handle]]
"""Builds the bridge and gives the function behind the gateway for the length of the block. May raise `CannotStartError`."""


NO_KEY = "No API key: questions fail, all else works. Set ANTHROPIC_API_KEY, or have a stand-in answer: CLAUDE_BRIDGE_STAND_IN=1"


class CannotStartError(Exception):
    """The program cannot start; the text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. `tokens`: the file of the tokens that clients must present.

    `child`: a client started this program for its own use, and the program ends with that client.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    connections_port: int = 0
    tokens: Path | None = None
    child: bool = False


async def run(options: Options, settings: LocalSettings, compose: Compose) -> None:
    """Runs until the process is asked to stop. Raises `CannotStartError`."""
    authorize = _authorizer(options)
    log_loop_errors()
    settings = replace(settings, limits=within_open_files(settings.limits, raise_open_file_limit()))
    stop = stop_event(child=options.child)
    connections = Connections(settings.limits)
    async with AsyncExitStack() as parts:
        handle = parts.enter_context(compose(settings, connections))
        # "localhost" may mean ::1 as well, but the bridge listens on one port of one address: the usual one.
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
            f"Without tokens the bridge listens on this machine only: use --host 127.0.0.1 instead of {options.host}, "
            "or admit clients by token: --tokens FILE"
        )
    return let_anyone_in


def _announce(url: str, connections_url: str, settings: LocalSettings, options: Options) -> None:
    """Prints where the bridge is: one line of JSON for a client, sentences for a person."""
    if options.child:
        click.echo(json.dumps({"url": url, "stand_in": settings.offline, "connections": connections_url}))
        return
    click.echo(f"Claude Context Bridge listens on {url}")
    if options.tokens:
        click.echo(f"Only clients with a token from {options.tokens} can connect.")
    if not is_loopback(options.host):
        click.echo("ws:// does not encrypt tokens, so clients do not send them: put a TLS proxy (wss://) in front of the bridge.")
    if settings.offline:
        click.echo("A stand-in answers instead of Claude.")
    if settings.keyless:
        click.echo(NO_KEY)
    click.echo(f"Sessions are stored in {settings.sessions}")
    click.echo(f"Programs can post to connections at {connections_url}/@connections/ID")
    click.echo("Ctrl-C stops it.")


@contextmanager
def _port_errors(port: int, remedy: str, host: str = "127.0.0.1") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EADDRNOTAVAIL) or isinstance(error, socket.gaierror):
            raise CannotStartError(f"{host} is not an address of this machine. Choose another one: --host 127.0.0.1") from error
        reason = "in use" if error.errno == errno.EADDRINUSE else f"not available ({error.strerror})"
        raise CannotStartError(f"Port {port} is {reason}. Choose another one: {remedy}") from error


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8765
