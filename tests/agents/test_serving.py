"""`ask-claude mcp` from its start to its end, in this process: over streams of messages in memory instead of pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp
import pytest
from mcp.shared.memory import create_client_server_memory_streams

from bridge_client.commands.moving.claude_code import session_id_of
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.command import serve
from client.bench import Bench
from client.conftest import Run

LOST = OSError("the pipe is gone")


@pytest.mark.parametrize("ending", [None, LOST], ids=["closed", "gone"])
def test_turns_that_are_held_are_stored_at_the_end(local_bridge: LocalBridge, tmp_path: Path, session: str, ending: OSError | None) -> None:
    off = tmp_path / "diary"

    async def work(client: mcp.Client) -> None:
        for number, folder in ((1, tmp_path / "kites"), (2, off / "today")):
            turn = {"session_id": session, "prompt_id": f"p{number}"}
            await client.call_tool("recall_for_prompt", {"prompt": f"Prompt {number}", "cwd": str(folder), **turn})
            await client.call_tool("store_turn", {"last_assistant_message": f"Answer {number}", **turn})

    @asynccontextmanager
    async def transport() -> AsyncIterator[Any]:
        async with create_client_server_memory_streams() as (ours, theirs):

            @asynccontextmanager
            async def to_server() -> AsyncIterator[Any]:
                yield ours

            async def talk() -> None:
                async with mcp.Client(to_server()) as client:
                    await work(client)
                await ours[1].aclose()

            talking = asyncio.create_task(talk())
            yield theirs
            await talking
            if ending:
                raise ending

    bench = Bench(local_bridge.url())
    assert serve(bench.client(), tmp_path, with_hooks=True, off=[str(off)], transport=transport) == 0
    assert list((tmp_path / "pending-turns").iterdir()) == []
    history = asyncio.run(stored(local_bridge.url(), session))
    assert "Prompt 1" in history
    assert "Prompt 2" not in history


async def stored(url: str, session: str) -> str:
    async with Bridge(Bench(url).client()) as bridge:
        return str(await bridge.request({"action": "history", "session_id": session_id_of(session), "limit": 9}, "history"))


def test_a_check_says_nothing_where_nothing_is_missing(run: Run) -> None:
    assert run("mcp", "--check") == (0, "", "")


def test_a_check_names_the_extra_that_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("mcp", "--check")  # What it imports is imported.
    monkeypatch.setattr(sys, "path", [])
    code, said, _ = run("mcp", "--check")
    assert code == 0
    assert said.startswith('{"systemMessage": ')
    assert "[mcp]" in said
