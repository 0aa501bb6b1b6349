"""Lambda's side of a function: execution environments, each a process that handles one event after the other."""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

RUNTIME = Path(__file__).with_name("lambda_runtime.py")
INIT_SECONDS = 10.0
"""How long an import may take (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)."""


class FunctionFailed(Exception):
    """The function raised an exception, whose text this is."""


class FunctionDied(Exception):
    """The environment ended: the time was over, or the process."""


class Code(NamedTuple):
    """What an environment runs: its Python, the unpacked package, the handler in it, and all that the function finds in `os.environ`."""

    python: str
    folder: Path
    handler: str
    variables: Mapping[str, str]


class Environment:
    """One process, from its start until `kill`. `log` takes what the function prints."""

    def __init__(self, code: Code, log: Path) -> None:
        with log.open("a") as lines:
            self._process = subprocess.Popen(
                # -S, -I: neither site-packages nor this program's own variables; -B: the package's folder is read-only in Lambda;
                # -u: what is printed is logged at once.
                [code.python, "-I", "-S", "-B", "-u", str(RUNTIME), str(code.folder), code.handler],
                env=dict(code.variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=lines,
                text=True,
            )
        started = self._answer(INIT_SECONDS)
        if "error" in started:
            self.close()
            raise FunctionDied(f"The function could not be imported: {started['error']}")

    def invoke(self, event: Mapping[str, Any], seconds: float) -> Any:
        """What the function returns. Raises `FunctionFailed`; `FunctionDied`, after which nothing more can be expected of it."""
        call = {"event": event, "request_id": str(uuid.uuid4()), "seconds": seconds}
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(call) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise FunctionDied("The environment has ended.") from error
        answer = self._answer(seconds)
        if "error" in answer:
            raise FunctionFailed(answer["error"])
        return answer["result"]

    def kill(self) -> None:
        """Ends it at once, in whatever thread it is busy."""
        self._process.kill()

    def close(self) -> None:
        """Ends it, where no thread waits for an answer."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            self._process.wait()
            raise FunctionDied(f"The environment ended, or {seconds:g} s were over.")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Environments:
    """The environments of one version of a function's code and configuration: as many as there are events at once."""

    def __init__(self, code: Code, seconds: float, log: Path) -> None:
        """`seconds` is the function's time-out; `log` the file that takes what the function prints."""
        self._code = code
        self._seconds = seconds
        self._log = log
        self._lock = threading.Lock()
        self._busy: set[Environment] = set()
        self._idle: list[Environment] = []
        self._retired = False

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Raises `FunctionFailed` and `FunctionDied`."""
        environment = self._take()
        reusable = True
        try:
            return environment.invoke(event, self._seconds)
        except FunctionDied:
            reusable = False
            raise
        finally:
            self._return(environment, reusable)

    def retire(self) -> None:
        """Ends those that are idle, and the busy ones when they have done what they are at: there is a newer version."""
        with self._lock:
            self._retired = True
            idle, self._idle = self._idle, []
        for environment in idle:
            environment.close()

    def close(self) -> None:
        """Ends all of them at once."""
        self.retire()
        with self._lock:
            for environment in self._busy:
                environment.kill()

    def _take(self) -> Environment:
        with self._lock:
            environment = self._idle.pop() if self._idle else None
        environment = environment or Environment(self._code, self._log)
        with self._lock:
            self._busy.add(environment)
        return environment

    def _return(self, environment: Environment, reusable: bool) -> None:
        with self._lock:
            self._busy.discard(environment)
            known = reusable and not self._retired
            if known:
                self._idle.append(environment)
        if not known:
            environment.close()
