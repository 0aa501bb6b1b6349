"""Opens the way to the bridge that was chosen: a remote one, or one on this machine that lives as long as the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bridge_client.commands.client import Client
from bridge_client.config.choice import Choice
from bridge_client.config.destination import Destination, choose
from bridge_client.config.environment import Environment
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.failures import Failure
from bridge_client.terminal.wording import STAND_IN


@contextmanager
def connected(client: Client, environment: Environment, choice: Choice, local_program: Path) -> Iterator[Client]:
    """The client with its bridge. If none can be chosen, using it raises the `Failure` that says why.

    `local_program` starts a bridge on this machine.
    """
    try:
        destination = choose(environment, choice)
    except Failure as failure:
        yield replace(client, endpoint=_failing(failure))
        return
    if destination:
        yield replace(client, endpoint=_checked(destination), url=destination.url, token=destination.token)
        return
    with LocalBridge(local_program, environment.home, on_stand_in=lambda: client.notes.say(STAND_IN, "yellow")) as bridge:
        yield replace(client, endpoint=bridge.url, log=str(bridge.log))


def _checked(destination: Destination) -> Callable[[], str]:
    def endpoint() -> str:
        destination.check()
        return destination.url

    return endpoint


def _failing(failure: Failure) -> Callable[[], str]:
    def endpoint() -> str:
        raise failure

    return endpoint
