"""Puts the parts together: environment, terminal and bridge."""

from __future__ import annotations

import random
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from bridge_client.commands.client import Client
from bridge_client.commands.open_questions import OpenQuestions
from bridge_client.config.destination import Destination, choose
from bridge_client.config.environment import Environment
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.failures import Failure
from bridge_client.terminal.hints import Commands
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.terminal.wording import STAND_IN


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
        try:
            destination = None if local else choose(self.environment, url)
        except Failure as failure:
            return self._client(commands, lambda: "").report(failure, as_json=as_json)
        with self._remote(destination, commands) if destination else self._local(commands) as client:
            try:
                return work(client)
            except Failure as failure:
                return client.report(failure, as_json=as_json)

    @property
    def open_questions(self) -> OpenQuestions:
        return OpenQuestions(self.environment.state / "open-questions")

    def options_for(self, url: str) -> tuple[str, bool]:
        """The values of --url and --local that lead to the bridge of this URL ("": one of our own)."""
        try:
            destination = choose(self.environment, "")
        except Failure:  # Said when a bridge is needed that is not named.
            destination = None
        if url == (destination.url if destination else ""):
            return "", False
        return url, not url

    @contextmanager
    def _remote(self, destination: Destination, commands: Commands) -> Iterator[Client]:
        def endpoint() -> str:
            destination.check()
            return destination.url

        yield replace(self._client(commands, endpoint), url=destination.url, token=destination.token)

    @contextmanager
    def _local(self, commands: Commands) -> Iterator[Client]:
        with LocalBridge(self.local_program, self.environment.home, on_stand_in=lambda: self.notes.say(STAND_IN, "yellow")) as bridge:
            yield replace(self._client(commands, bridge.url), log=str(bridge.log))

    def _client(self, commands: Commands, endpoint: Callable[[], str]) -> Client:
        new_id = lambda: str(uuid.uuid4())  # noqa: E731
        return Client(self.notes, self.output, commands, endpoint, random.random, new_id, open_questions=self.open_questions)
