"""Neither Claude Code nor a prompt waits for a bridge that is away or slow, and memory is there as soon as it answers again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agents.talking import least
from bridge_client.failures import Failure
from bridge_client.mcp import listing
from bridge_client.mcp.hooks import RECALL_SECONDS, Hooks
from bridge_client.mcp.listing import Listing
from bridge_client.protocol.frames import Frame

PASSAGE: Frame = {"session_id": "s", "turn": "t", "role": "user", "start": 0, "end": 6, "text": "Kiruna", "said_at": 1_795_000_000}


class FakeBridge:
    """Answers `recall` when `gate` is open, with `failure` if there is one."""

    def __init__(self, url: str = "wss://elsewhere") -> None:
        self.client: Any = SimpleNamespace(url=url, place=url)
        self.gate = asyncio.Event()
        self.failure: Failure | None = None
        self.asked = 0

    async def require(self, feature: str, what: str) -> None: ...

    async def request(self, frame: Frame, reply: str) -> Frame:
        self.asked += 1
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return {"passages": [PASSAGE]}


def hooked(folder: Path, work: Callable[[FakeBridge, Callable[[str], Awaitable[Frame]]], Awaitable[None]]) -> None:
    """Does `work` with a bridge and with what a prompt gets from it."""

    async def run() -> None:
        bridge: Any = FakeBridge()
        hooks = Hooks(bridge, folder)

        async def prompt(session: str) -> Frame:
            reply: Frame = json.loads(
                await hooks.recall_for_prompt({"prompt": "Where is it moored?", "session_id": session, "prompt_id": "p"})
            )
            return reply

        await work(bridge, prompt)

    asyncio.run(run())


def test_only_the_first_prompt_waits_for_a_bridge_that_is_silent(tmp_path: Path) -> None:
    waits: list[float] = []

    async def work(bridge: FakeBridge, prompt: Callable[[str], Awaitable[Frame]]) -> None:
        assert list(await prompt("a")) == ["systemMessage"]
        began = time.monotonic()
        assert [await prompt(session) for session in "bcd"] == [{}, {}, {}]
        waits.append(time.monotonic() - began)
        assert bridge.asked == 1, "one search is under way, and shows whether memory works again"
        bridge.gate.set()
        await asyncio.sleep(0.01)
        assert "Kiruna" in str(await prompt("e"))

    def waited() -> float:
        hooked(tmp_path / str(len(waits)), work)
        return waits[-1]

    assert least(RECALL_SECONDS, waited) < RECALL_SECONDS


def test_one_line_tells_of_a_bridge_that_is_away_whatever_each_prompt_sees(tmp_path: Path) -> None:
    async def work(bridge: FakeBridge, prompt: Callable[[str], Awaitable[Frame]]) -> None:
        bridge.gate.set()
        bridge.failure = Failure("no_connection", "Connection refused.")
        assert list(await prompt("a")) == ["systemMessage"]
        assert [await prompt(session) for session in "bc"] == [{}, {}]
        bridge.failure = None
        await prompt("d")  # Not waited for, and finds that memory works again.
        await asyncio.sleep(0.01)
        assert "Kiruna" in str(await prompt("e"))
        bridge.failure = Failure("no_connection", "Connection refused.")
        assert list(await prompt("f")) == ["systemMessage"]

    hooked(tmp_path, work)


def test_what_came_too_late_for_one_prompt_is_there_for_the_next(tmp_path: Path) -> None:
    async def work(bridge: FakeBridge, prompt: Callable[[str], Awaitable[Frame]]) -> None:
        assert list(await prompt("a")) == ["systemMessage"]
        bridge.gate.set()
        await asyncio.sleep(0.01)
        assert "Kiruna" in str(await prompt("a"))
        assert await prompt("a") == {}, "it was added to this session already"

    hooked(tmp_path, work)


def test_the_start_of_a_bridge_of_its_own_is_waited_for_but_no_other(tmp_path: Path) -> None:
    async def run(url: str) -> float:
        bridge: Any = FakeBridge(url)
        hooks = Hooks(bridge, tmp_path)
        warming_up = asyncio.create_task(hooks.warm_up())
        asyncio.get_running_loop().call_later(0.1, bridge.gate.set)
        began = time.monotonic()
        await hooks.until_warm()
        warming_up.cancel()
        return time.monotonic() - began

    assert asyncio.run(run("")) >= 0.1
    assert least(0.1, lambda: asyncio.run(run("wss://elsewhere"))) < 0.1


async def _ready() -> None: ...


def test_a_list_that_comes_late_is_announced_and_there_when_it_is_fetched() -> None:
    async def run() -> float:
        gate, changed = asyncio.Event(), asyncio.Event()

        async def fetch() -> list[Frame]:
            await gate.wait()
            return [PASSAGE]

        async def announce() -> None:
            changed.set()

        resources = Listing(fetch, _ready, announce)
        began = time.monotonic()
        assert await resources.rows() == []
        waited = time.monotonic() - began
        gate.set()
        await asyncio.wait_for(changed.wait(), 5)
        assert await resources.rows() == [PASSAGE]
        changed.clear()
        assert await resources.rows() == [PASSAGE]
        assert not changed.is_set(), "what comes in time is not announced"
        return waited

    bound = listing.LIST_SECONDS + 0.3
    assert least(bound, lambda: asyncio.run(run())) < bound


def test_a_failure_of_the_bridge_is_one_of_the_list() -> None:
    async def run() -> str:
        async def fetch() -> list[Frame]:
            raise Failure("no_connection", "Connection refused.")

        try:
            await Listing(fetch, _ready, _ready).rows()
        except Failure as failure:
            return failure.code
        return ""

    assert asyncio.run(run()) == "no_connection"
