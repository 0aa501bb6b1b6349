"""Two bridges on one store, which are killed, whose clocks jump, whose disk fills up, whose file is replaced and which are flooded with
connections; and the networks in front of them, which cut connections."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from system.cutting_proxy import CuttingProxy
from system.programs import Bridge, running

OWNERS = ("ada", "bob")
SYSTEM = Path(__file__).parent
PROGRAM, SILENT = SYSTEM / "skewed_bridge.py", SYSTEM / "silent_connections.py"
DAY_AND_HOUR = 25 * 3600.0
JUMPS = (0.0, 5.0, 30.0, 120.0, DAY_AND_HOUR, -DAY_AND_HOUR)
LONGEST_JUMP_SECONDS = 2 * DAY_AND_HOUR
SILENT_CONNECTIONS = 10_000
DISK = "24m"


def token_of(owner: str) -> str:
    return f"token-of-{owner}"


@contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """A small file system of its own in this folder, if this process may mount one."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, check=False)
    yield mounted.returncode == 0
    if mounted.returncode == 0:
        subprocess.run(["umount", "-l", folder], check=True)


class Life(NamedTuple):
    """One life of a bridge: what it logged, and when it began, by the monotonic clock."""

    log: Path
    began: float


class World:
    """Breaks things in a thread of its own, from `with` until `calm`."""

    def __init__(self, home: Path, store: Path, seed: int, *, can_fill: bool, **extra: str) -> None:
        """`home` has what must go on working when the disk of the `store` is full."""
        self._home = home
        self._store = store
        self._chance = Random(seed)
        self._parts = ExitStack()
        self._tokens = home / "tokens.json"
        entries = [{"owner": one, "sha256": hashlib.sha256(token_of(one).encode()).hexdigest(), "expires": None} for one in OWNERS]
        self._tokens.write_text(json.dumps(entries))
        self._extra = {"CLAUDE_BRIDGE_HOME": str(store), **extra}
        self._calm = threading.Event()
        self._thread = threading.Thread(target=self._break_things)
        self._bridges: list[Bridge] = []
        self._ends: list[ExitStack] = []
        self._proxies: list[CuttingProxy] = []
        self._faults: list[Callable[[], None]] = [
            *[lambda: self._kill(self._chance.randrange(2))] * 9,
            *[self._jump] * 4,
            *[self._fill] * (2 if can_fill else 0),
            self._replace,
            self._flood,
        ]
        self.happened: Counter[str] = Counter()
        self.lives: list[Life] = []
        self.trouble: list[str] = []
        self.jumps: list[float] = []
        """When the clocks jumped, by this process's monotonic clock."""

    def __enter__(self) -> Self:
        for number in range(2):
            self._clock(number).write_text("0")
            self._start(number, "0")
            proxy = CuttingProxy(self._bridges[number].url, self._chance.uniform(0.7, 3.0))
            self._proxies.append(self._parts.enter_context(proxy.running()))
        self._thread.start()
        return self

    def calm(self) -> None:
        """From now on nothing breaks any more."""
        self._calm.set()
        self._thread.join()
        self.happened["cuts"] = sum(proxy.cuts for proxy in self._proxies)

    def __exit__(self, *error: object) -> None:
        self.calm()
        for end in self._ends:
            end.close()
        self._parts.close()

    def url(self, number: int, *, cutting: bool) -> str:
        """Of one of the two bridges, or of the network in front of it."""
        return self._proxies[number].url if cutting and not self._calm.is_set() else self._bridges[number].url

    def _clock(self, number: int) -> Path:
        return self._home / f"clock-{number}"

    def _start(self, number: int, port: str) -> None:
        end = ExitStack()
        extra = {"SOAK_CLOCK": str(self._clock(number)), **self._extra}
        arguments = ("--port", port, "--tokens", str(self._tokens))
        self.lives.append(Life(self._home / f"life-{len(self.lives)}.log", time.monotonic()))
        log = end.enter_context(self.lives[-1].log.open("wb"))
        self._bridges[number : number + 1] = [end.enter_context(running(PROGRAM, self._home, arguments, extra, log))]
        self._ends[number : number + 1] = [end]

    def _break_things(self) -> None:
        """Each fault once in a round, in an order of its own."""
        while True:
            for fault in self._chance.sample(self._faults, len(self._faults)):
                if self._calm.wait(self._chance.uniform(0.2, 1.0)):
                    return
                try:
                    fault()
                except Exception as error:
                    self.trouble.append(f"the world itself failed: {error!r}")

    def _kill(self, number: int) -> None:
        port = self._bridges[number].url.rpartition(":")[2]
        self._bridges[number].kill()
        self._ends[number].close()
        self._start(number, port)
        self.happened["kills"] += 1

    def _jump(self) -> None:
        """Both clocks together, and never more than two seconds apart. A machine's clock jumps when it is set, or wakes up."""
        ahead = self._chance.choice(JUMPS)
        self.jumps.append(time.monotonic())
        for number in range(2):
            file = self._clock(number)
            file.with_suffix(".new").write_text(str(ahead + self._chance.uniform(-1.0, 1.0)))
            file.with_suffix(".new").replace(file)
        self.jumps.append(time.monotonic())
        self.happened["clock jumps"] += 1
        self.happened["of 25 hours"] += abs(ahead) == DAY_AND_HOUR

    def _fill(self) -> None:
        """The disk of the store is full for a while."""
        ballast = self._store / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while not self._calm.is_set():
                file.write(bytes(65536))
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(512))
        self._calm.wait(self._chance.uniform(0.5, 3.0))
        ballast.unlink()
        self.happened["full disks"] += 1

    def _replace(self) -> None:
        """A copy takes the place of the store, as a restored backup does. Nothing is written between the copy and the exchange."""
        path = self._store / "sessions.db"
        copy = path.with_name("copy.db")
        with closing(sqlite3.connect(path, timeout=30.0, isolation_level=None)) as old:
            old.execute("BEGIN IMMEDIATE")
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            copy.replace(path)
            for suffix in ("-wal", "-shm"):
                path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
            old.execute("ROLLBACK")
        self.happened["replaced files"] += 1

    def _flood(self) -> None:
        """Connections that say nothing, to one of the bridges, from a process of its own."""
        port = self._bridges[self._chance.randrange(2)].url.rpartition(":")[2]
        flood = [sys.executable, str(SILENT), port, str(SILENT_CONNECTIONS), str(self._chance.uniform(0.5, 3.0))]
        done = subprocess.run(flood, capture_output=True, text=True, timeout=60, check=True)
        self.happened["silent connections"] += int(done.stdout)
