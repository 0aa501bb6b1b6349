"""What a command works with, made when it is first needed: the environment, the terminal, a bridge."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bridge_client.config.choice import ALWAYS, NEVER, WITHOUT_KEY, Choice
from bridge_client.config.environment import Environment
from bridge_client.failures import Failure
from bridge_client.terminal.hints import Hints, invocation
from bridge_client.terminal.output import Output
from bridge_client.terminal.presentation import Presentation

if TYPE_CHECKING:
    from bridge_client.commands.client import Client
    from bridge_client.commands.known_sessions import KnownSessions
    from bridge_client.commands.open_questions import OpenQuestions
    from bridge_client.terminal.notes import Notes


class Program:
    def __init__(self, environment: Environment, script: str, root: Path) -> None:
        """`script` is the path by which the program was called; `root` is the folder with `local/run.py` in it."""
        self.environment = environment
        self.name = invocation(script, environment.path)
        self.root = root

    @cached_property
    def notes(self) -> Notes:
        from bridge_client.terminal.notes import Notes

        return Notes(sys.stderr, self.environment.colour)

    @cached_property
    def output(self) -> Output:
        return Output(sys.stdout, self.environment.colour)

    @property
    def open_questions(self) -> OpenQuestions:
        from bridge_client.commands.open_questions import OpenQuestions

        return OpenQuestions(self.environment.state / "open-questions")

    @property
    def known_sessions(self) -> KnownSessions:
        from bridge_client.commands.known_sessions import KnownSessions

        return KnownSessions(self.environment.state / "last-answers")

    def hints(self, choice: Choice) -> Hints:
        return Hints(self.name, choice.options, by_make=self.environment.by_make and not choice.options)

    def run(
        self,
        work: Callable[[Client], int],
        choice: Choice,
        *,
        asks: bool = False,
        checks: bool = False,
        as_json: bool = False,
        presentation: Presentation | None = None,
    ) -> int:
        """Does `work` with the bridge that was chosen; a `Failure` is reported. Returns the exit code.

        `asks`: Claude is asked something, so that without a key it may have to be a stand-in. `checks`: it is looked whether it could be.
        With `as_json`, or a `presentation` that is JSON, a failure is printed as JSON, too.
        """
        from bridge_client.bridges import LocalProgram, connected
        from bridge_client.commands.client import Client

        shown = presentation or Presentation(as_json)
        self.notes.quiet = shown.quiet
        unconnected = Client(
            self.notes,
            self.output,
            self.hints(choice),
            open_questions=self.open_questions,
            known_sessions=self.known_sessions,
            directory=_directory(),
        )
        local = LocalProgram(self.root / "local" / "run.py", self._stand_in(choice, asks=asks), asks or checks)
        with connected(unconnected, self.environment, choice, local) as client:
            try:
                return work(client)
            except Failure as failure:
                return client.report(failure, as_json=shown.as_json, lines=shown.lines)

    def _stand_in(self, choice: Choice, *, asks: bool) -> str:
        """When a stand-in may answer: it has to be asked for, by an option, a variable, make, or a person who sees that it answers."""
        if choice.stand_in or self.environment.stand_in:
            return ALWAYS
        return WITHOUT_KEY if asks and (self.environment.by_make or (sys.stdout.isatty() and sys.stderr.isatty())) else NEVER

    def choice_for(self, url: str, *, stand_in: bool) -> Choice:
        """The choice that leads to the bridge of this URL ("": one on this machine)."""
        from bridge_client.config.destination import choose

        try:
            configured = choose(self.environment, Choice())
        except Failure:  # Reported when a bridge is needed that is not named.
            configured = None
        if url == (configured.url if configured else ""):
            return Choice(stand_in=stand_in)
        return Choice(url, local=not url, stand_in=stand_in)


def _directory() -> str:
    """The current directory; "" if it was deleted meanwhile."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def now() -> datetime:
    return datetime.now(UTC).astimezone()
