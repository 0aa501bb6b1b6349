"""CPU of an answer of 5,000 deltas: of the local bridge, the handwritten server, and a bare loop over a socket with json.

Claude sends them as fast as they are taken. Of a server it is what its process took for the answer, of which the client's part is no more.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from websockets.asyncio.client import connect

from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, SERVERS, Server, claude
from parts.serving import ask, question

DELTAS = 5_000
ANSWERS = 4
"""Of each server in a round, after one that is not counted."""


def bare(url: str) -> float:
    """CPU seconds to read the answer from the socket and parse what each event holds."""
    host, _, port = url.removeprefix("http://").partition(":")
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question(DELTAS)}]}).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: claude\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        began, text, rest, kind = time.process_time(), [], b"", ""
        while kind != "message_stop":
            *events, rest = (rest + connection.recv(65_536)).split(b"\n\n")
            for event in events:
                if b"data: " in event:
                    data = json.loads(event.partition(b"data: ")[2])
                    kind = data["type"]
                    if kind == "content_block_delta":
                        text.append(data["delta"]["text"])
        "".join(text)
    assert len(text) == DELTAS
    return time.process_time() - began


async def served(server: Server) -> float:
    """CPU seconds of the server for an answer."""
    async with connect(server.url, compression=None, max_size=None) as connection:
        await ask(connection, "warm", DELTAS)
        before = server.cpu()
        for number in range(ANSWERS):
            await ask(connection, f"deltas-{number}", DELTAS)
        return (server.cpu() - before) / ANSWERS


def measure(rounds: int, note: Callable[[str], None]) -> Iterator[Figure]:
    if not PEERS.exists():
        note("deltas: the handwritten server was not measured: there is no build/peers (`make ledger` makes it)")
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        with claude() as model:
            times["bare"].append(min(bare(model.url) for _ in range(ANSWERS)))
        for name, start in SERVERS.items():
            if name == "bridge" or PEERS.exists():
                with claude() as model, start(model.url) as server:
                    times[name].append(asyncio.run(served(server)))
    for name, seconds in times.items():
        yield measured(f"deltas.{name}.cpu", [1000 * value for value in seconds], "ms")
    yield ratios("deltas.of-bare", times["bridge"], times["bare"])
    if "handwritten" in times:
        yield ratios("deltas.of-handwritten", times["bridge"], times["handwritten"])
