"""Servers as processes of their own, and what they take of the machine (Linux: /proc)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "build" / "peers" / "bin" / "python"
"""The Python of the peers' environment, which `make ledger` makes."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """`errors` is the file to which it writes its standard error."""

    url: str
    pid: int
    errors: Path

    def last_words(self) -> str:
        """The end of what it has written to standard error, on one line."""
        return " ".join(self.errors.read_text("utf-8", "replace").split())[-400:]

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self, name: str = "VmRSS") -> int:
        """KB; with `VmHWM` the most there ever was."""
        line = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(), re.MULTILINE)
        assert line
        return int(line[1])


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The server that prints its URL as the last word of its first line."""
    own = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    with (
        tempfile.TemporaryDirectory() as folder,
        (errors := Path(folder) / "errors").open("wb") as file,
        subprocess.Popen(
            command, env=own | dict(environment or {}), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=file, text=True
        ) as process,
    ):
        assert process.stdout
        try:
            url = process.stdout.readline().strip().rpartition(" ")[2]
            server = Server(url, process.pid, errors)
            if not url:
                raise RuntimeError(f"{' '.join(command)[-200:]} has not started: {server.last_words()}")
            yield server
        finally:
            process.terminate()


@contextmanager
def claude() -> Iterator[Server]:
    with running([sys.executable, str(ROOT / "benchmarks" / "peers" / "quick_claude.py")]) as server:
        yield server


@contextmanager
def bridge(claude_url: str) -> Iterator[Server]:
    """The local bridge with an empty store. What it takes a second is not limited: that is the throttle's arithmetic."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_BASE_URL": claude_url,
            "ANTHROPIC_API_KEY": "none",
            "GATEWAY_RATE": "10000",
            "GATEWAY_BURST": "5000",
        }
        with running([sys.executable, str(ROOT / "local" / "run.py"), "--port", "0"], environment) as server:
            yield server


@contextmanager
def handwritten(claude_url: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        program = str(ROOT / "benchmarks" / "peers" / "handwritten.py")
        with running([str(PEERS), program, claude_url, f"{folder}/turns.db"], {"HOME": folder}) as server:
            yield server


SERVERS = {"bridge": bridge, "handwritten": handwritten}
