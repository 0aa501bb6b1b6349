"""A bridge on this machine that runs as long as the client does.

It is a child process. Its standard input is a pipe that nobody writes to: when the client ends, in whatever way, the pipe is closed, and
the child ends, too.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self, cast

from bridge_client.failures import BAD_USAGE, Failure
from bridge_client.terminal.escape import one_line

START_SECONDS = 20.0
"""For the child's first line; a laptop that has just woken up needs some of them."""
LINGER_SECONDS = 0.2
"""How long the client waits at its end. The child may take longer, to finish a summary, and needs nobody for that."""
LOG_BYTES = 1024 * 1024
"""A log beyond this size is emptied."""


class Started(NamedTuple):
    """What the child says about itself in its first line."""

    url: str
    stand_in: bool
    """A stand-in answers instead of Claude."""


class LocalBridge:
    """Starts `program` when it is first needed, and again if it has ended. Leaving the context ends it.

    `variables` gives what its environment has besides this process's: asked for each time, and never stored.
    """

    def __init__(
        self,
        program: Path,
        home: Path,
        on_stand_in: Callable[[], None],
        *,
        arguments: Sequence[str] = (),
        variables: Callable[[], Mapping[str, str]] = dict,
        retry_policy: float = START_SECONDS,
        linger: float = LINGER_SECONDS,
    ) -> None:
        self._command = [sys.executable, str(program), "--port", "0", "--child", *arguments]
        self._variables = variables
        self._retry_policy = retry_policy
        self._linger = linger
        self._home = home
        self._on_stand_in = on_stand_in
        self._announced = False
        self._child: subprocess.Popen[bytes] | None = None
        self._started: Started | None = None

    @property
    def log(self) -> Path:
        return self._home / "bridge.log"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def stand_in(self) -> bool:
        """Whether a stand-in answers there; False while that is not known."""
        return self._started is not None and self._started.stand_in

    def url(self) -> str:
        """The URL of the running bridge. If it does not start, raises `Failure` with what the child said: `bad_configuration` if it ended
        with 2 (a setting is wrong), else `local_bridge`.
        """
        if self._started is None or self._child is None or self._child.poll() is not None:
            # A start that was interrupted has to begin again.
            self._started = None
            self._end()
            self._started = self._start()
            if self._started.stand_in and not self._announced:
                self._announced = True
                self._on_stand_in()
        return self._started.url

    def _start(self) -> Started:
        variables = self._variables()
        with self._open_log() as log:
            log_offset = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 (our own program, no shell)
                self._command,
                env={**os.environ, **variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C is for the client, which then cancels the question by the protocol.
                start_new_session=True,
            )
            child = self._child
            line = _first_line(cast("IO[bytes]", child.stdout), self._retry_policy)
            try:
                fields = json.loads(line)
                return Started(str(fields["url"]), fields["stand_in"] is True)
            except (ValueError, TypeError, KeyError) as error:
                self._end()
                code = "bad_configuration" if child.returncode == BAD_USAGE else "local_bridge"
                log.seek(log_offset)
                raise Failure(code, f"The local bridge did not start. {self._last_words(log.read())}") from error

    def _open_log(self) -> IO[bytes]:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            log = os.fdopen(os.open(self.log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b")
        except OSError as error:
            if self._home.is_dir():
                # A read-only folder or a full disk: what is stored there can still be read.
                from tempfile import TemporaryFile

                return cast("IO[bytes]", TemporaryFile())
            raise Failure("local_bridge", f"{self._home} cannot be written to. Set CLAUDE_BRIDGE_HOME to another folder.") from error
        self.log.chmod(0o600)
        if log.tell() > LOG_BYTES:
            log.truncate(0)
            log.seek(0)
        return log

    def _last_words(self, written: bytes) -> str:
        words = written.decode("utf-8", "replace").strip()
        return one_line(words.splitlines()[-1]) if words else f"It gave no reason; see {self.log}."

    def _end(self) -> None:
        if self._child is None:
            return
        for pipe in (self._child.stdin, self._child.stdout):
            cast("IO[bytes]", pipe).close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(self._linger)
        self._child = None


def _first_line(stdout: IO[bytes], seconds: float) -> bytes:
    """The child's first line, or the part of it that came before the child ended or `seconds` were over."""
    deadline = time.monotonic() + seconds
    line = b""
    while not line.endswith(b"\n") and select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(stdout.fileno(), 65536)
        if not part:
            break
        line += part
    return line
