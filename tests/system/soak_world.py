"""Two bridges on one store, which are killed, and whose clocks jump; and the networks in front of them, which cut connections."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Self

from system.cutting_proxy import CuttingProxy
from system.programs import Bridge, running

OWNERS = ("ada", "bob")
PROGRAM = Path(__file__).parent / "skewed_bridge.py"
LONGEST_JUMP_SECONDS = 120.0


def token_of(owner: str) -> str:
    return f"token-of-{owner}"


class World:
    """Breaks things in a thread of its own, from `with` until `calm`."""

    def __init__(self, home: Path, seed: int, **extra: str) -> None:
        self._home = home
        self._chance = Random(seed)
        self._parts = ExitStack()
        self._tokens = home / "tokens.json"
        self.log = home / "bridges.log"
        entries = [{"owner": one, "sha256": hashlib.sha256(token_of(one).encode()).hexdigest(), "expires": None} for one in OWNERS]
        self._tokens.write_text(json.dumps(entries))
        self._extra = extra
        self._calm = threading.Event()
        self._thread = threading.Thread(target=self._break_things)
        self._bridges: list[Bridge] = []
        self._ends: list[ExitStack] = []
        self._proxies: list[CuttingProxy] = []
        self.happened: Counter[str] = Counter()
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
        log = end.enter_context(self.log.open("ab"))
        self._bridges[number : number + 1] = [end.enter_context(running(PROGRAM, self._home, arguments, extra, log))]
        self._ends[number : number + 1] = [end]

    def _break_things(self) -> None:
        while not self._calm.wait(self._chance.uniform(0.4, 1.6)):
            if self._chance.random() < 0.6:
                self._kill(self._chance.randrange(2))
            else:
                self._jump()

    def _kill(self, number: int) -> None:
        port = self._bridges[number].url.rpartition(":")[2]
        self._bridges[number].kill()
        self._ends[number].close()
        self._start(number, port)
        self.happened["kills"] += 1

    def _jump(self) -> None:
        """Both clocks together, and never more than two seconds apart. A machine's clock jumps when it is set, or wakes up."""
        ahead = self._chance.choice((0.0, 5.0, 30.0, LONGEST_JUMP_SECONDS))
        self.jumps.append(time.monotonic())
        for number in range(2):
            file = self._clock(number)
            file.with_suffix(".new").write_text(str(ahead + self._chance.uniform(-1.0, 1.0)))
            file.with_suffix(".new").replace(file)
        self.jumps.append(time.monotonic())
        self.happened["clock jumps"] += 1
