"""Puts the parts together: environment, terminal and bridge."""

from __future__ import annotations

import random
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from bridge_client.client import Client
from bridge_client.commands import Commands
from bridge_client.connection import check_url
from bridge_client.environment import Environment
from bridge_client.failures import Failure
from bridge_client.local_bridge import LocalBridge
from bridge_client.notes import Notes
from bridge_client.output import Output
from bridge_client.wording import STAND_IN


@dataclass(frozen=True, slots=True)
class Program:
    environment: Environment
    script: str
    """How ask.py was called."""
    local_program: Path
    """What starts a bridge on this machine."""
    notes: Notes = field(default_factory=lambda: Notes(sys.stderr))
    output: Output = field(default_factory=lambda: Output(sys.stdout))

    def run(self, work: Callable[[Client], int], *, url: str, local: bool, as_json: bool = False) -> int:
        """Does `work` with the bridge that was chosen; a `Failure` is reported. Returns the exit code."""
        if url and local:
            raise click.UsageError("--url and --local exclude each other.")
        options = ("--url", url) if url else ("--local",) if local else ()
        commands = Commands(self.script, options, by_make=self.environment.by_make and not options)
        named = "" if local else url or self.environment.url
        with self._remote(named, commands) if named else self._local(commands) as client:
            try:
                return work(client)
            except Failure as failure:
                return client.report(failure, as_json=as_json)

    @contextmanager
    def _remote(self, url: str, commands: Commands) -> Iterator[Client]:
        def endpoint() -> str:
            check_url(url)
            return url

        yield self._client(commands, endpoint, url=url)

    @contextmanager
    def _local(self, commands: Commands) -> Iterator[Client]:
        with LocalBridge(self.local_program, self.environment.home, on_stand_in=lambda: self.notes.say(STAND_IN, "yellow")) as bridge:
            yield self._client(commands, bridge.url, log=str(bridge.log))

    def _client(self, commands: Commands, endpoint: Callable[[], str], *, url: str = "", log: str = "") -> Client:
        return Client(self.notes, self.output, commands, endpoint, random.random, lambda: str(uuid.uuid4()), url=url, log=log)
