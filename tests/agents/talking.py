"""The MCP server in this process, and the SDK's own client connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mcp

from bridge_client.mcp.asking import Questions
from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.hooks import Hooks
from bridge_client.mcp.server import Tools, build
from client.bench import Bench

WAIT = 10.0
ERAS = ("auto", "legacy", "2026-07-28")
"""The modes of the SDK's client."""


@dataclass
class Talk:
    client: mcp.Client
    bridge: Bridge
    hooks: Hooks
    questions: Questions

    async def call(self, tool: str, **arguments: Any) -> str:
        """The text of a result that is none of an error."""
        text, is_error = await self.result(tool, **arguments)
        assert not is_error, text
        return text

    async def refused(self, tool: str, **arguments: Any) -> str:
        text, is_error = await self.result(tool, **arguments)
        assert is_error, text
        return text

    async def result(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        result = await self.client.call_tool(tool, arguments)
        # With it, Claude Code would show its model nothing else.
        assert result.structured_content is None
        assert len(result.content) == 1
        return result.content[0].text, bool(result.is_error)  # type: ignore[union-attr]


@asynccontextmanager
async def talking(url: str, folder: Path, mode: str = "auto", **hooked: Any) -> AsyncIterator[Talk]:
    """`hooked`: further arguments of `Hooks`."""
    async with Bridge(Bench(url).client()) as bridge:
        hooks, questions = Hooks(bridge, folder / "pending-turns", **hooked), Questions(bridge)
        async with mcp.Client(build(bridge, Tools(bridge, questions, hooks)), mode=mode) as client:
            yield Talk(client, bridge, hooks, questions)
        await questions.settle(WAIT)


def talk(url: str, folder: Path, work: Callable[[Talk], Awaitable[None]], mode: str = "auto", **hooked: Any) -> None:
    """Does `work` with a server on the bridge at `url`."""

    async def run() -> None:
        async with asyncio.timeout(4 * WAIT), talking(url, folder, mode, **hooked) as ready:
            await work(ready)

    asyncio.run(run())


def least(bound: float, measure: Callable[[], float], times: int = 5) -> float:
    """The least of what is measured: once below the bound, up to `times`. Whatever else the machine does only adds to it."""
    result = measure()
    for _ in range(times - 1):
        if result < bound:
            break
        result = min(result, measure())
    return result


def session_in(answer: str) -> str:
    """The session that the last line of an answer of `ask` names."""
    return answer.rpartition("(session_id: ")[2].split(",")[0]
