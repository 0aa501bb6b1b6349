"""First word, turns a second, CPU a turn, memory a connection: the local bridge and a handwritten server at 1 to 500 clients.

Both servers are up at once, with one Claude, and are asked in turn, block by block: what else the machine does meets both alike, and an
idle one costs nothing. `serving.1` asks new sessions five questions each, `serving.1-long` one session 60, so that the bridge's memory has
to choose; 10, 100 and 500 clients ask in new sessions 12, 4 and 2 questions each. What a server refuses for now is asked again: `repeats`.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from statistics import median, quantiles
from typing import Any, NamedTuple

from websockets.asyncio.client import connect

from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, SERVERS, Server, claude

DELTAS = 20
WARM = 15
"""Questions before any is measured."""
TRIES, PAUSE = 60, 1.0
"""How often a question is asked that a server refuses for now, and seconds between."""


class Kind(NamedTuple):
    """A round of each server is `blocks` blocks, in each of which every client asks `turns` questions, one after the other.

    The sessions are new ones in each block, or, where it is `long`, in each round.
    """

    clients: int
    turns: int
    blocks: int = 1
    rounds: int = 5
    long: bool = False


KINDS = {
    "1": Kind(1, turns=5, blocks=12),
    "1-long": Kind(1, turns=15, blocks=4, long=True),
    "10": Kind(10, turns=12),
    "100": Kind(100, turns=4, rounds=3),
    "500": Kind(500, turns=2, rounds=2),
}


class Turn(NamedTuple):
    """Of one question, in seconds."""

    to_claude: float
    from_claude: float
    first: float


class Load(NamedTuple):
    """What one server did in a round: seconds of each turn; seconds and CPU seconds of all; how many questions had to be asked again."""

    turns: Sequence[Turn]
    seconds: float
    cpu: float
    repeats: int

    def __add__(self, more: Load) -> Load:  # type: ignore[override]
        return Load([*self.turns, *more.turns], self.seconds + more.seconds, self.cpu + more.cpu, self.repeats + more.repeats)


class Memory(NamedTuple):
    """KB a connection."""

    idle: float
    busy: float


class Refused(RuntimeError):
    """The server says that the same question may be answered later."""


def question(deltas: int) -> str:
    return f"What is a kite? deltas: {deltas}"


async def ask(connection: Any, session: str, deltas: int = DELTAS) -> Turn:
    """Raises `Refused` for a question that may be asked again, and `RuntimeError` for one that fails otherwise."""
    began, turn = time.monotonic(), None
    await connection.send(json.dumps({"action": "query", "message": question(deltas), "session_id": session, "stream": True}))
    async for text in connection:
        frame = json.loads(text)
        if frame["type"] == "delta" and turn is None:
            now = time.monotonic()
            asked, sent, *_ = map(float, frame["text"].split(" ", 2)[:2])
            turn = Turn(asked - began, now - sent, now - began)
        if frame["type"] == "error":
            raise (Refused if frame.get("retryable") else RuntimeError)(frame)
        if frame["type"] == "done":
            break
    assert turn, "an answer without text"
    return turn


async def serve(servers: Mapping[str, Server], kind: Kind, rounds: int) -> tuple[dict[str, list[Load]], dict[str, Memory]]:
    """The rounds of each server, and the memory that it took in the first."""
    async with AsyncExitStack() as stack:

        async def connected(server: Server, clients: int) -> list[Any]:
            # No pings: a server that is busy with 500 clients may not answer them in time.
            connecting = partial(connect, server.url, compression=None, max_size=None, open_timeout=120, ping_interval=None)
            return [await stack.enter_async_context(connecting()) for _ in range(clients)]

        clients, before, idle, memory = dict[str, list[Any]](), dict[str, int](), dict[str, int](), dict[str, Memory]()
        for name, server in servers.items():
            (warm,) = await connected(server, 1)
            for _ in range(WARM):
                await ask(warm, "warm")
            before[name] = server.memory()
            clients[name] = await connected(server, kind.clients)
            await asyncio.sleep(0.2)
            idle[name] = server.memory()
        loads: dict[str, list[Load]] = defaultdict(list)
        for number in range(rounds):
            of_round: dict[str, Load] = defaultdict(lambda: Load((), 0, 0, 0))
            for block in range(kind.blocks):
                session = f"{number}" if kind.long else f"{number}-{block}"
                for name in list(servers)[:: 1 if (number + block) % 2 == 0 else -1]:
                    of_round[name] += await asked(servers[name], clients[name], session, kind.turns)
            for name, load in of_round.items():
                loads[name].append(load)
            for name, server in servers.items() if number == 0 else ():
                most = server.memory("VmHWM")
                memory[name] = Memory((idle[name] - before[name]) / kind.clients, (most - before[name]) / kind.clients)
        return loads, memory


async def asked(server: Server, clients: Sequence[Any], session: str, questions: int) -> Load:
    """One block of one server. Raises `RuntimeError` with what the server has said where it fails."""
    turns: list[Turn] = []
    repeats = 0

    async def keep_asking(number: int, connection: Any) -> None:
        nonlocal repeats
        for _ in range(questions):
            for attempt in range(TRIES):
                try:
                    turns.append(await ask(connection, f"s{number}-{session}"))
                    break
                except Refused:
                    if attempt == TRIES - 1:
                        raise
                    repeats += 1
                    await asyncio.sleep(PAUSE)

    began, cpu = time.monotonic(), server.cpu()
    try:
        async with asyncio.TaskGroup() as group:
            for each in enumerate(clients):
                group.create_task(keep_asking(*each))
    except* Exception as errors:
        await asyncio.sleep(2)  # What a server says about a connection that it gives up comes after that.
        raise RuntimeError(f"{errors.exceptions[0]!r}; the server said: {server.last_words() or 'nothing'}") from errors
    return Load(turns, time.monotonic() - began, server.cpu() - cpu, repeats)


async def direct(url: str, kind: Kind) -> list[float]:
    """Seconds to the first text of a plain request to Claude on an open connection, with nothing between."""
    host, port = url.removeprefix("http://").split(":")
    times: list[float] = []
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question(DELTAS)}]}).encode()
    request = b"POST /v1/messages HTTP/1.1\r\nhost: claude\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    async def keep_asking() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(kind.turns):
            began = time.monotonic()
            writer.write(request)
            await reader.readuntil(b"text_delta")
            times.append(time.monotonic() - began)
            await reader.readuntil(b"0\r\n\r\n")
        writer.close()

    await asyncio.gather(*(keep_asking() for _ in range(kind.clients)))
    return times


def measure(kinds: Mapping[str, int], note: Callable[[str], None]) -> Iterator[Figure]:
    """`kinds`: which of `KINDS`, and how many rounds of each. One that fails is noted, and the others are measured."""
    if not PEERS.exists():
        note("serving: the handwritten server was not measured: there is no build/peers (`make ledger` makes it)")
    allow_files()
    for name, rounds in kinds.items():
        try:
            figures = list(of_kind(name, KINDS[name], rounds))
        except (RuntimeError, OSError) as error:
            note(f"serving: {name} clients: {error}")
        else:
            yield from figures


def of_kind(name: str, kind: Kind, rounds: int) -> Iterator[Figure]:
    names = [server for server in SERVERS if server == "bridge" or PEERS.exists()]
    with ExitStack() as stack:
        model = stack.enter_context(claude())
        servers = {server: stack.enter_context(SERVERS[server](model.url)) for server in names}
        loads, memory = asyncio.run(serve(servers, kind, rounds))
        if not kind.long:
            straight = [median(asyncio.run(direct(model.url, kind))) for _ in range(rounds)]
            yield measured(f"serving.{name}.direct.first", milliseconds(straight), "ms")
    yield from of_loads(name, loads)
    for server, each in memory.items() if kind.clients >= 100 else ():  # Pages of memory say nothing about a few connections.
        yield measured(f"serving.{name}.{server}.idle-memory", [each.idle], "KB")
        yield measured(f"serving.{name}.{server}.busy-memory", [each.busy], "KB")
    for server, rounds_of in loads.items() if kind.clients >= 100 else ():
        yield measured(f"serving.{name}.{server}.repeats", [load.repeats for load in rounds_of], "questions")


def of_loads(kind: str, loads: Mapping[str, Sequence[Load]]) -> Iterator[Figure]:
    """The figures of each server, and of the bridge beside the other."""
    values = {name: of_load(of_name) for name, of_name in loads.items()}
    for name, of_name in values.items():
        for what, rounds in of_name.items():
            yield measured(f"serving.{kind}.{name}.{what}", rounds, "turns/s" if what == "turns-a-second" else "ms")
    if "handwritten" in values:
        for what, ours in values["bridge"].items():
            yield ratios(f"serving.{kind}.ratio.{what}", ours, values["handwritten"][what])
    yield ratios(f"serving.{kind}.ratio.p95-of-median", values["bridge"]["first-p95"], values["bridge"]["first"])


def of_load(rounds: Sequence[Load]) -> dict[str, list[float]]:
    return {
        "in": milliseconds(median(turn.to_claude for turn in load.turns) for load in rounds),
        "out": milliseconds(median(turn.from_claude for turn in load.turns) for load in rounds),
        "first": milliseconds(median(turn.first for turn in load.turns) for load in rounds),
        "first-p95": milliseconds(quantiles([turn.first for turn in load.turns], n=20)[-1] for load in rounds),
        "turns-a-second": [len(load.turns) / load.seconds for load in rounds],
        "cpu": milliseconds(load.cpu / len(load.turns) for load in rounds),
    }


def milliseconds(seconds: Iterable[float]) -> list[float]:
    return [1000 * value for value in seconds]


def allow_files() -> None:
    """As many open files as there may be: a client is one here and in each server."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
