"""The local gateway with many clients at once, beside what the arithmetic of `scale_model` says of them.

Gateway, stand-in for Claude and clients are processes of their own on this machine. Each answer takes Claude `SECONDS`, in a piece each
50 ms, so that it is the gateway that is measured and not the stand-in's text.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from websockets.asyncio.client import connect

from bridge_local.stand_in.exchange import Reply, Request, Step, event, stream
from bridge_local.stand_in.server import StandIn
from scale_model import posts

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = (1, 10, 100, 500)
QUESTIONS = 3
"""Each client asks this many questions, one after the other."""
SECONDS, PIECES = 2.0, 40


def respond(request: Request) -> Reply:
    usage = {"input_tokens": 10, "output_tokens": PIECES}
    message = {"id": "msg", "type": "message", "role": "assistant", "content": [], "model": request.body["model"], "stop_reason": None}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

    def steps() -> Iterator[Step]:
        yield event({"type": "message_start", "message": {**message, "usage": usage}}) + event(block)
        for number in range(PIECES):
            yield partial(time.sleep, SECONDS / PIECES)
            delta = {"type": "text_delta", "text": f"The kite {number} is blue. "}
            yield event({"type": "content_block_delta", "index": 0, "delta": delta})
        yield event({"type": "content_block_stop", "index": 0})
        yield event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}) + event({"type": "message_stop"})

    return stream(steps())


def serve_claude(pipe: Connection) -> None:
    with StandIn(respond, keep=1) as claude:
        pipe.send(claude.url)
        pipe.recv()


@contextmanager
def claude() -> Iterator[str]:
    """Gives the URL of the stand-in."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_claude, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join(20)


@contextmanager
def gateway(claude_url: str) -> Iterator[str]:
    """Gives the URL of a bridge with an empty store. What it takes a second is not limited: that is the throttle's arithmetic."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": home,
            "CLAUDE_BRIDGE_HOME": home,
            "ANTHROPIC_BASE_URL": claude_url,
            "ANTHROPIC_API_KEY": "none",
            "GATEWAY_RATE": "10000",
            "GATEWAY_BURST": "5000",
        }
        command = [sys.executable, str(ROOT / "local" / "run.py"), "--port", "0"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
            assert process.stdout
            try:
                yield process.stdout.readline().strip().rpartition(" ")[2]
            finally:
                process.terminate()


class Answered:
    """Of each answer: the frames, and the seconds to its first text and to its end."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.first: list[float] = []
        self.whole: list[float] = []

    async def ask(self, url: str, number: int, ready: asyncio.Barrier) -> None:
        """Raises `RuntimeError` for an answer that fails."""
        async with connect(url, compression=None, open_timeout=60) as connection:
            await ready.wait()
            for question in range(QUESTIONS):
                await connection.send(
                    json.dumps({"action": "query", "message": f"Kite {question}?", "session_id": f"scale-{number}", "stream": True})
                )
                await self._follow(connection)

    async def _follow(self, connection: Any) -> None:
        began, frames, first = time.monotonic(), 0, 0.0
        async for text in connection:
            frame, frames = json.loads(text), frames + 1
            if frame["type"] == "delta" and not first:
                first = time.monotonic() - began
            if frame["type"] == "error":
                raise RuntimeError(frame)
            if frame["type"] == "done":
                break
        self.frames.append(frames)
        self.first.append(first)
        self.whole.append(time.monotonic() - began)


async def ask_all(url: str, clients: int) -> tuple[Answered, float]:
    """`clients` at once; with the seconds it took from when all were connected."""
    answered, ready = Answered(), asyncio.Barrier(clients + 1)
    asking = [asyncio.create_task(answered.ask(url, number, ready)) for number in range(clients)]
    await ready.wait()
    began = time.monotonic()
    await asyncio.gather(*asking)
    return answered, time.monotonic() - began


def measure(clients: int, rounds: int) -> dict[str, Any]:
    """One row: what was measured, a value for each round, and what the arithmetic says."""
    measured = [_round(clients) for _ in range(rounds)]
    return {
        "clients": clients,
        "expected_a_second": round(clients / SECONDS, 2),
        "expected_frames": round(posts(SECONDS)),
        **{name: [one[name] for one in measured] for name in measured[0]},
    }


def _round(clients: int) -> dict[str, float]:
    with claude() as claude_url, gateway(claude_url) as url:
        answered, seconds = asyncio.run(ask_all(url, clients))
    return {
        "a_second": round(len(answered.whole) / seconds, 2),
        "frames": round(sum(answered.frames) / len(answered.frames), 1),
        "first_text": round(median(answered.first), 3),
        "answer": round(median(answered.whole), 2),
        "answer_p95": round(quantiles(answered.whole, n=20)[-1], 2),
    }
