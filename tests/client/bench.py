"""A client on a bench: scripted bridge at one end, text files for a terminal at the other."""

from __future__ import annotations

import errno
import io
import os
import uuid
from dataclasses import dataclass, field

from bridge_client.commands.client import Client
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.protocol.url import check_url
from bridge_client.terminal.hints import Hints
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from client.emulator import screen

RETRY_POLICY = RetryPolicy(silence=10.0, connect=10.0, first_wait=0.001, max_wait=0.002, losses=4)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass
class Bench:
    """`terminal`: standard output and standard error are terminals (of the same kind that a person has)."""

    url: str
    terminal: bool = False
    retry_policy: RetryPolicy = RETRY_POLICY
    stdout: io.StringIO = field(init=False)
    stderr: io.StringIO = field(init=False)

    def __post_init__(self) -> None:
        self.stdout = Terminal() if self.terminal else io.StringIO()
        self.stderr = Terminal() if self.terminal else io.StringIO()

    def client(self) -> Client:
        def endpoint() -> str:
            check_url(self.url)
            return self.url

        return Client(
            Notes(self.stderr),
            Output(self.stdout),
            Hints("python3 client/ask.py"),
            endpoint,
            lambda: 0.5,
            lambda: str(uuid.uuid4()),
            url=self.url,
            retry_policy=self.retry_policy,
        )

    @property
    def shown(self) -> str:
        """What can be read on standard output: on a terminal after all that was erased or drawn over."""
        written = self.stdout.getvalue()
        return screen(written, int(os.environ["COLUMNS"])) if self.terminal and written else written

    @property
    def said(self) -> str:
        return self.stderr.getvalue()
