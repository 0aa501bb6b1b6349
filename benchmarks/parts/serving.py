"""First word, turns a second, CPU a turn, memory a connection: the local bridge and a handwritten server at 1 to 500 clients.

Claude answers at once in 20 deltas, and says in the first when it was asked and when that delta was sent. `in` is from the client's message
to the arrival of the request at Claude, `out` from the first delta at Claude to the frame at the client, `first` both. Clients, server and
Claude share the machine.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from websockets.asyncio.client import connect

from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, SERVERS, Server, claude

DELTAS = 20
CLIENTS = (1, 10, 100, 500)
TURNS = {1: 60, 10: 12, 100: 4, 500: 2}
"""Each client asks this many questions, one after the other."""
WARM = 15
"""Questions before any is measured."""


class Turn(NamedTuple):
    """Of one question, in seconds."""

    to_claude: float
    from_claude: float
    first: float


class Load(NamedTuple):
    """What one server did with one number of clients: seconds for each turn; turns and CPU seconds of all; KB a connection."""

    turns: Sequence[Turn]
    seconds: float
    cpu: float
    idle_kb: float
    busy_kb: float


def question(deltas: int) -> str:
    return f"What is a kite? deltas: {deltas}"


async def ask(connection: Any, session: str, deltas: int = DELTAS) -> Turn:
    """Raises `RuntimeError` for an answer that fails."""
    began, turn = time.monotonic(), None
    await connection.send(json.dumps({"action": "query", "message": question(deltas), "session_id": session, "stream": True}))
    async for text in connection:
        frame = json.loads(text)
        if frame["type"] == "delta" and turn is None:
            now = time.monotonic()
            asked, sent, *_ = map(float, frame["text"].split(" ", 2)[:2])
            turn = Turn(asked - began, now - sent, now - began)
        if frame["type"] == "error":
            raise RuntimeError(frame)
        if frame["type"] == "done":
            break
    assert turn, "an answer without text"
    return turn


async def load(server: Server, clients: int) -> Load:
    async with connect(server.url, compression=None) as connection:
        for _ in range(WARM):
            await ask(connection, "warm")
    before = server.memory()
    connections = [await connect(server.url, compression=None, open_timeout=60) for _ in range(clients)]
    await asyncio.sleep(0.2)
    idle = server.memory()
    turns: list[Turn] = []

    async def keep_asking(number: int, connection: Any) -> None:
        for _ in range(TURNS[clients]):
            turns.append(await ask(connection, f"s{number}"))

    began, cpu = time.monotonic(), server.cpu()
    await asyncio.gather(*(keep_asking(*each) for each in enumerate(connections)))
    seconds, cpu = time.monotonic() - began, server.cpu() - cpu
    most = server.memory("VmHWM")
    await asyncio.gather(*(connection.close() for connection in connections))
    return Load(turns, seconds, cpu, (idle - before) / clients, (most - before) / clients)


async def direct(url: str, clients: int) -> list[float]:
    """Seconds to the first text of a plain request to Claude on an open connection, with nothing between."""
    host, port = url.removeprefix("http://").split(":")
    times: list[float] = []
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question(DELTAS)}]}).encode()
    request = b"POST /v1/messages HTTP/1.1\r\nhost: claude\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    async def keep_asking() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(TURNS[clients]):
            began = time.monotonic()
            writer.write(request)
            await reader.readuntil(b"text_delta")
            times.append(time.monotonic() - began)
            await reader.readuntil(b"0\r\n\r\n")
        writer.close()

    await asyncio.gather(*(keep_asking() for _ in range(clients)))
    return times


def measure(rounds: int, clients: Sequence[int], note: Callable[[str], None]) -> Iterator[Figure]:
    if not PEERS.exists():
        note("serving: the handwritten server was not measured: there is no build/peers (`make ledger` makes it)")
    allow_files()
    names = [name for name in SERVERS if name == "bridge" or PEERS.exists()]
    for count in clients:
        loads: dict[str, list[Load]] = defaultdict(list)
        straight: list[float] = []
        for number in range(rounds):
            for name in names if number % 2 == 0 else reversed(names):
                with claude() as model, SERVERS[name](model.url) as server:
                    loads[name].append(asyncio.run(load(server, count)))
            with claude() as model:
                straight.append(median(asyncio.run(direct(model.url, count))))
        yield measured(f"serving.{count}.direct.first", milliseconds(straight), "ms")
        yield from of_loads(count, loads)


def of_loads(count: int, loads: dict[str, list[Load]]) -> Iterator[Figure]:
    """The figures of one number of clients: of each server, and of the bridge beside the other."""
    values = {name: of_load(of_name) for name, of_name in loads.items()}
    units = {"turns-a-second": "turns/s", "idle-memory": "KB", "busy-memory": "KB"}
    for name, of_name in values.items():
        for what, rounds in of_name.items():
            if not what.endswith("memory") or count >= 100:  # Pages of memory say nothing about a few connections.
                yield measured(f"serving.{count}.{name}.{what}", rounds, units.get(what, "ms"))
    if "handwritten" in values:
        for what, ours in values["bridge"].items():
            if not what.endswith("memory"):
                yield ratios(f"serving.{count}.ratio.{what}", ours, values["handwritten"][what])
    yield ratios(f"serving.{count}.ratio.p95-of-median", values["bridge"]["first-p95"], values["bridge"]["first"])


def of_load(rounds: Sequence[Load]) -> dict[str, list[float]]:
    return {
        "in": milliseconds(median(turn.to_claude for turn in load.turns) for load in rounds),
        "out": milliseconds(median(turn.from_claude for turn in load.turns) for load in rounds),
        "first": milliseconds(median(turn.first for turn in load.turns) for load in rounds),
        "first-p95": milliseconds(quantiles([turn.first for turn in load.turns], n=20)[-1] for load in rounds),
        "turns-a-second": [len(load.turns) / load.seconds for load in rounds],
        "cpu": milliseconds(load.cpu / len(load.turns) for load in rounds),
        "idle-memory": [load.idle_kb for load in rounds],
        "busy-memory": [load.busy_kb for load in rounds],
    }


def milliseconds(seconds: Iterable[float]) -> list[float]:
    return [1000 * value for value in seconds]


def allow_files() -> None:
    """As many open files as there may be: a client is one here and in each server."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
