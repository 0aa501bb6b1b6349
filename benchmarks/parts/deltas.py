"""CPU of an answer of 5,000 deltas, which Claude sends as fast as they are taken.

* `bare`: a loop over a socket that parses what each event holds with json and joins the text.
* `reading`: the bridge's own part of the same in this process, all threads: Messages API, the answer, and the poster with its frames, which
  go to a connection that drops them. `reading.of-bare` compares the two.
* `bridge` and `handwritten`: all that the process of the local bridge, or of the handwritten server, takes for such a question: its
  WebSocket and frames, storing the answer, and, in the bridge, claiming the question and putting the answer into the session's index
  after `done`. `of-bare` and `of-handwritten` compare these.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing

from websockets.asyncio.client import connect

from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt
from bridge.claude.messages_api import MessagesApi
from bridge.clock import Chance, Clock, Timing
from bridge.threads import Threads
from bridge.turn.poster import Poster
from bridge.turn.question import Audience
from bridge.turn.reader import Reader
from bridge.turn.replies import Ending
from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, SERVERS, Server, claude
from parts.serving import ask, question

DELTAS = 5_000
ANSWERS, ALONE = 3, 6
"""Of each server in a round, after one that is not counted; and of what is measured without one, of which the least counts."""


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


class Nowhere:
    def __init__(self) -> None:
        self.deltas = 0

    def post(self, connection_id: str, data: bytes) -> None:  # noqa: ARG002
        """Drops it."""
        self.deltas += b'"type":"delta"' in data

    def try_post(self, connection_id: str, data: bytes) -> bool:
        self.post(connection_id, data)
        return True


def reading(url: str) -> float:
    """CPU seconds of the bridge's reader and poster for the answer, on a connection that is open."""
    clock, chance, threads, nowhere = Clock(), Chance(), Threads(), Nowhere()
    body = {"model": "m", "messages": [{"role": "user", "content": question(DELTAS)}]}
    audience = Audience("connection", single=False, request_id="r", single_id="r", session_id="s")
    with closing(threads), closing(MessagesApi(AnthropicApi(url, FixedKey("none")), clock)) as api:
        api.open()
        began = time.process_time()
        poster = Poster(nowhere, audience, single_by=float("inf"), clock=clock, timing=Timing(), threads=threads)
        reader = Reader(api, poster, Interrupt(), chance, threads, time_left=lambda: 600.0)
        poster.start()
        reader.start()
        reply = reader.ask(body, lambda: True, Bill(32_000))
        poster.end(Ending({"type": "done"}, b""))
        seconds = time.process_time() - began
    assert nowhere.deltas
    assert reply.text.count("the kite") == DELTAS - 1
    return seconds


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
            pairs = [(bare(model.url), reading(model.url)) for _ in range(ALONE)]
            for name, seconds in zip(("bare", "reading"), zip(*pairs, strict=True), strict=True):
                times[name].append(min(seconds))
        for name, start in SERVERS.items():
            if name == "bridge" or PEERS.exists():
                with claude() as model, start(model.url) as server:
                    times[name].append(asyncio.run(served(server)))
    for name, values in times.items():
        yield measured(f"deltas.{name}.cpu", [1000 * value for value in values], "ms")
    yield ratios("deltas.reading.of-bare", times["reading"], times["bare"])
    yield ratios("deltas.of-bare", times["bridge"], times["bare"])
    if "handwritten" in times:
        yield ratios("deltas.of-handwritten", times["bridge"], times["handwritten"])
