"""Opens the way to the bridge that was chosen: a remote one, or one on this machine that lives as long as the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bridge_client.commands.client import Client
from bridge_client.config.choice import ALWAYS, WITHOUT_KEY, Choice
from bridge_client.config.destination import Destination, choose
from bridge_client.config.environment import Environment
from bridge_client.config.keys import Keys
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.config.profile import read_configuration
from bridge_client.config.secret_command import secret_of
from bridge_client.failures import Failure
from bridge_client.terminal.wording import STAND_IN, no_key_stand_in


class LocalProgram(NamedTuple):
    """What starts a bridge on this machine."""

    path: Path
    stand_in: str
    """When a stand-in answers there instead of Claude."""
    needs_key: bool = True
    """Claude will be asked: it is worth running a command for the key."""


@contextmanager
def connected(client: Client, environment: Environment, choice: Choice, local: LocalProgram) -> Iterator[Client]:
    """The client with its bridge. If none can be chosen, using it raises the `Failure` that says why."""
    try:
        destination = choose(environment, choice)
    except Failure as failure:
        yield replace(client, endpoint=_failing(failure))
        return
    if destination:
        yield replace(client, endpoint=_checked(destination), url=destination.url, token=destination.token)
        return
    arguments = [f"--stand-in={local.stand_in}"] if local.stand_in else []
    own = _OwnKey(environment, local)
    words = no_key_stand_in(client.hints) if local.stand_in == WITHOUT_KEY else STAND_IN
    with LocalBridge(
        local.path,
        environment.home,
        on_stand_in=lambda: client.notes.say(words, "yellow", urgent=local.stand_in == WITHOUT_KEY) if local.needs_key else None,
        arguments=arguments,
        variables=own.variables,
    ) as bridge:
        stand_in = lambda: bridge.stand_in  # noqa: E731
        hints = replace(client.hints, stand_in=stand_in) if local.stand_in == WITHOUT_KEY else client.hints
        yield replace(client, endpoint=bridge.url, hints=hints, log=str(bridge.log), stand_in=stand_in, key_origin=lambda: own.origin)


class _OwnKey:
    """The key for a bridge on this machine. `origin` says where it comes from: "environment", "key_command", "stored", or "" for none."""

    def __init__(self, environment: Environment, local: LocalProgram) -> None:
        self._environment = environment
        self._local = local
        self.origin = "environment" if environment.has_key else ""

    def variables(self) -> Mapping[str, str]:
        """The key for where the bridge will send it, as its environment variable, unless it has one. Raises `Failure`."""
        environment = self._environment
        if environment.has_key or self._local.stand_in == ALWAYS:
            return {}
        command = read_configuration(environment.profile).key_command
        if command and not environment.address:
            self.origin = "key_command"
            return {"ANTHROPIC_API_KEY": secret_of(command, "key_command")} if self._local.needs_key else {}
        key = Keys(environment.keys).get(environment.address)
        self.origin = "stored" if key else ""
        return {"ANTHROPIC_API_KEY": key} if key else {}


def _checked(destination: Destination) -> Callable[[], str]:
    def endpoint() -> str:
        destination.check()
        return destination.url

    return endpoint


def _failing(failure: Failure) -> Callable[[], str]:
    def endpoint() -> str:
        raise failure

    return endpoint
