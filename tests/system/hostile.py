"""A bridge among strangers: thousands of malformed messages over a few connections, garbage at its ports meanwhile, and then a question.

The real program, `local/run.py`, over real sockets. The seed decides what is sent. Every message has to be answered with an error, and what
an honest client then asks as if nothing had been: no row stored, no connection lost, no line in the log, memory as it was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bridge.store import check
from fuzz.garbage import HTTP, UPGRADED, WEBSOCKET
from fuzz.malformed import messages
from system.programs import RUN, Bridge, running, talk

UNTHROTTLED = {"GATEWAY_RATE": "1000000", "GATEWAY_BURST": "1000000"}
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
"""Else each of some threads has a heap of its own, and how many do depends on who is busy: memory that grows though nothing is retained."""
CONNECTIONS = 8
AT_ONCE = 25
"""Messages of one connection that wait for their answer."""
FRAGMENT_BYTES = 32 * 1024 - 16
LOITERERS = 50
"""Connections at each port that say half a sentence and then nothing, for as long as it takes."""
PARTS = (0.1, 0.5, 1.0)
"""After these parts of the messages garbage is thrown, and memory looked at."""


class Result(NamedTuple):
    """Memory is what the process has, in KB, after each of `PARTS`; `trouble` is empty when all was as it should be."""

    answered: int
    memory: list[int]
    trouble: list[str]


def is_refusal(reply: dict[str, Any]) -> bool:
    """Whether a reply says that the client, not the bridge, is to blame."""
    if "statusCode" in reply:
        return 400 <= int(reply["statusCode"]) < 500
    return reply.get("type") == "error" and reply.get("retryable") is False and reply.get("code") != "internal"


class Stranger:
    """One connection on which nothing sensible is said."""

    def __init__(self, socket: ClientConnection, trouble: list[str]) -> None:
        self._socket = socket
        self._trouble = trouble
        self.answered = 0

    async def send(self, bodies: list[str]) -> None:
        """Sends them, `AT_ONCE` at a time, and looks at what each gets."""
        for start in range(0, len(bodies), AT_ONCE):
            several = bodies[start : start + AT_ONCE]
            for body in several:
                await self._socket.send(fragments(body), text=True)
            for _ in several:
                reply = json.loads(await asyncio.wait_for(self._socket.recv(), 30))
                self.answered += 1
                if not is_refusal(reply):
                    self._trouble.append(f"not refused: {json.dumps(reply)[:200]}")

    async def ask(self, **request: Any) -> dict[str, Any]:
        """The last frame of what is answered to a request that makes sense."""
        await self._socket.send(json.dumps(request))
        while True:
            frame: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), 30))
            if frame.get("type") in ("pong", "done", "error"):
                return frame


def fragments(body: str) -> list[bytes]:
    data = body.encode()
    return [data[start : start + FRAGMENT_BYTES] for start in range(0, len(data), FRAGMENT_BYTES)] or [b""]


async def besiege(url: str, management: str, count: int, seed: int, memory: Callable[[], int]) -> tuple[int, list[int], list[str]]:
    """Sends `count` malformed messages, with garbage in between; then asks what an honest client would."""
    trouble: list[str] = []
    malformed, sent = messages(seed), 0
    sockets = [await connect(url, compression=None, max_size=None) for _ in range(CONNECTIONS)]
    strangers = [Stranger(one, trouble) for one in sockets]
    memories: list[int] = []
    for end in PARTS:
        part = list(islice(malformed, round(count * end) - sent))
        sent += len(part)
        await asyncio.gather(*(stranger.send(part[number::CONNECTIONS]) for number, stranger in enumerate(strangers)))
        trouble += await asyncio.to_thread(throw_garbage, url, management)
        trouble += await asyncio.gather(_closes_with(url, b"\x00binary", 1003), _closes_with(url, "x" * 40_000, 1009))
        memories.append(memory())
    trouble += [f"no pong: {frame}" for stranger in strangers if (frame := await stranger.ask(action="ping"))["type"] != "pong"]
    trouble = [line for line in trouble if line]
    for one in sockets:
        await one.close()
    return sum(stranger.answered for stranger in strangers), memories, trouble


async def _closes_with(url: str, data: bytes | str, code: int) -> str:
    """Sends what a gateway ends a connection for; "" if it did so as it should."""
    async with connect(url, compression=None) as one:
        try:
            await one.send(data)
            return f"{code} was expected, not {await asyncio.wait_for(one.recv(), 10)!r}"
        except ConnectionClosed as closed:
            return "" if closed.rcvd and closed.rcvd.code == code else f"{code} was expected, not {closed}"


def throw_garbage(url: str, management: str) -> list[str]:
    """Each piece of garbage over a connection of its own; those after which the server said nothing and did not close."""
    where = urlsplit(url)
    return [
        f"{name} at {port} was left without an end"
        for port, pieces in ((where.port, {**HTTP, **WEBSOCKET}), (where.port, UPGRADED), (urlsplit(management).port, HTTP))
        for name, data in pieces.items()
        if not _ends(port or 0, data)
    ]


def loitering(url: str) -> socket.socket:
    """A connection on which half a request was sent."""
    one = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), 10)
    one.sendall(HTTP["half a request"])
    return one


def _ends(port: int, data: bytes) -> bool:
    """Sends `data` and no more; whether the server then ends the connection."""
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as one:
        try:
            one.sendall(data)
            one.shutdown(socket.SHUT_WR)
            while one.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:  # It did before all was sent.
            return True
    return True


def rows(file: Path) -> int:
    """How many there are, without the one by which the bridge checks its store."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        sessions, hashes = (connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("sessions", "hashes"))
        checks = connection.execute("SELECT count(*) FROM hashes WHERE hash = ?", (check.ROW,)).fetchone()[0]
    return int(sessions + hashes - checks)


def resident(process_id: int) -> int:
    """What a process has of memory now, in KB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def attack(count: int, seed: int) -> Result:
    """`count` malformed messages and some garbage; then one question, which has to be answered and stored."""
    with tempfile.TemporaryDirectory() as folder:
        home, log = Path(folder), Path(folder) / "log"
        with log.open("wb") as stderr, running(RUN, home, [], {"CLAUDE_BRIDGE_HOME": folder, **UNTHROTTLED, **ONE_HEAP}, stderr) as bridge:
            process = bridge.process.pid
            management = _management_url(bridge)
            with ExitStack() as left_open:
                for url in (bridge.url, management) * LOITERERS:
                    left_open.enter_context(loitering(url))
                answered, memory, trouble = asyncio.run(besiege(bridge.url, management, count, seed, lambda: resident(process)))
            if match := rows(home / "sessions-offline.db"):
                trouble.append(f"{match} rows were stored")
            [*_, last] = talk(bridge.url, {"action": "query", "message": "Hi", "session_id": "s1", "stream": True})
            if last["type"] != "done" or rows(home / "sessions-offline.db") != 3:
                trouble.append(f"a question was not answered: {last}")
        trouble += [line[:300] for line in log.read_text(errors="replace").splitlines()]
    return Result(answered, memory, trouble)


def _management_url(bridge: Bridge) -> str:
    assert bridge.process.stdout
    line = next(line for line in bridge.process.stdout if "/@connections/" in line)
    return line.split()[-1].partition("/@")[0]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--messages", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    began = time.monotonic()
    result = attack(options.messages, options.seed)
    print(f"{result.answered:,} malformed messages answered in {time.monotonic() - began:.1f} s; KB: {result.memory}.")
    for line in result.trouble:
        print(line, file=sys.stderr)
    return 1 if result.trouble else 0


if __name__ == "__main__":
    sys.exit(main())
