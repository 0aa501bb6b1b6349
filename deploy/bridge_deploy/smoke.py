"""The steps of `make smoke` that go through the client: whatever a person's own client would do, in a session that is deleted again."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge_deploy.failures import Failure

QUESTION = "Say hello in one short sentence."


@dataclass(frozen=True, slots=True)
class Smoke:
    """`client` is the path of the client's program; `environment` names the bridge and the token."""

    client: Path
    environment: Mapping[str, str]

    def run(self, first: int) -> None:
        """Numbers its steps from `first`. Raises `Failure`, which names the step that failed."""
        session = f"smoke-{secrets.token_hex(4)}"
        step(first, "ping", lambda: self._shown("ping"))
        step(first + 1, "question", lambda: self._shown("ask", "--new", session, "--", QUESTION))
        try:
            step(first + 2, "history", lambda: self._remembered(session))
        finally:
            step(first + 3, "delete", lambda: self._run("delete", "--yes", "--", session))

    def _remembered(self, session: str) -> None:
        answer = self._run("history", "--json", "--", session)
        if QUESTION not in json.dumps(json.loads(answer)):
            raise Failure(f"The session {session} does not hold the question that was answered.")

    def _shown(self, *arguments: str) -> None:
        print(self._run(*arguments), end="", flush=True)

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, str(self.client), *arguments]
        run = subprocess.run(command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode:
            raise Failure(f"{run.stdout}The client ended with exit code {run.returncode}: see the error above.")
        return run.stdout


def step(number: int, name: str, act: Callable[[], object]) -> None:
    """Says what is done, and does it. Raises `Failure`."""
    print(f"{number} {name}", flush=True)
    try:
        act()
    except Failure as failure:
        raise Failure(f"{failure}\nmake smoke failed at step {number}, {name}.") from failure
