"""The real programs, started as a person starts them: `local/run.py` and `client/ask.py`, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = ROOT / "local" / "run.py"
PASSED_ON = ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_START")


def environment(home: Path, **extra: str) -> dict[str, str]:
    """The environment of a person with an empty home and no bridge, who has the stand-in answer where there is no key."""
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    without_key = {} if any(name.startswith("ANTHROPIC_") for name in extra) else {"CLAUDE_BRIDGE_STAND_IN": "1"}
    return {**known, **without_key, "HOME": str(home), "TERM": "dumb", "NO_COLOR": "1", "TZ": "UTC", **extra}


def ask(home: Path, *arguments: str, stdin: str | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Runs the client to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "client" / "ask.py"), *arguments],
        env=environment(home, **extra),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )


def asking(home: Path, *arguments: str, **extra: str) -> subprocess.Popen[str]:
    """Starts the client. Into a chat one can write."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "client" / "ask.py"), *arguments],
        env=environment(home, **extra),
        stdin=subprocess.PIPE if arguments[0] == "chat" else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


class Bridge:
    """A bridge that runs in the foreground of its own process group."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait(10)

    def peak_memory(self) -> int:
        """The most memory it has had, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


@contextmanager
def running(
    program: Path, home: Path, arguments: Sequence[str], extra: Mapping[str, str], stderr: IO[bytes] | None = None
) -> Iterator[Bridge]:
    """Runs `local/run.py`, or a `program` like it, on a free port until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, str(program), "--port", "0", *arguments],
        env=environment(home, **extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=ROOT,
        process_group=0,
    )
    assert process.stdout is not None
    try:
        yield Bridge(process, process.stdout.readline().strip().rpartition(" ")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


def bridge(home: Path, *arguments: str, **extra: str) -> AbstractContextManager[Bridge]:
    """Runs `local/run.py` on a free port until the end of the block."""
    return running(RUN, home, arguments, extra)


LAST = ("done", "error", "history", "sessions")


def talk(url: str, *requests: Mapping[str, Any], last: tuple[str, ...] = LAST, token: str = "") -> list[dict[str, Any]]:
    """Sends requests one after the other over one connection; each is followed to its last frame. All the frames."""
    frames: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {token}"} if token else None
    with connect(url, compression=None, max_size=None, additional_headers=headers) as connection:
        for request in requests:
            connection.send(json.dumps(request))
            while True:
                frames.append(json.loads(connection.recv(60)))
                if frames[-1].get("type") in last or "statusCode" in frames[-1]:
                    break
    return frames
