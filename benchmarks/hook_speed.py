"""What the plugin for Claude Code costs a prompt: `python3 benchmarks/hook_speed.py [--messages 10000] [--servers 1 5] [--json]`.

Imports made-up transcripts into a bridge on this machine, starts `ask-claude mcp --hooks` as Claude Code does, and calls the hook that
comes before a prompt: first until memory has been searched in time (cold: nothing was read yet), and then with words of earlier prompts.
Times are those that a client of the MCP SDK sees, in milliseconds; late are the calls that were not answered in time. Memory is that of
a server and its bridge, in MB.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import mcp

from import_speed import PROMPTS, ROOT, run_import, write_session

CALLS = 200
VOCABULARY = ["".join(syllables) for syllables in itertools.product(("ka", "lo", "mi", "nu", "re", "si", "to", "va", "ze", "pu"), repeat=4)]
FREQUENCIES = list(itertools.accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))
"""As words of a language have them: the second is half as frequent as the first, the third a third (Zipf)."""
WARMING = 30.0
"""Seconds that the first answer may take."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--servers", type=int, nargs="+", default=[1, 5], help="as many sessions of Claude Code at once")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        projects, home = Path(folder) / "projects", Path(folder) / "home"
        for number in range(options.messages // (2 * PROMPTS)):
            write_session(projects, number, usual_words)
        run_import(projects, home)
        asked = prompts(projects)
        for servers in options.servers:
            rows.append({"messages": options.messages, "servers": servers, **asyncio.run(measured(home, asked, servers))})
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    for name in rows[0]:
        print(f"{name:20}", *(f"{row[name]:12,.1f}" for row in rows))


def usual_words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(VOCABULARY, cum_weights=FREQUENCIES, k=count))


def prompts(projects: Path) -> list[tuple[str, str]]:
    """Prompts and their directories: the words of earlier ones, and such as nobody has said."""
    chance = random.Random(1)
    said: list[tuple[str, str]] = []
    for path in sorted(projects.rglob("*.jsonl"))[:: max(1, len(list(projects.rglob("*.jsonl"))) // 20)]:
        for line in path.read_text().splitlines():
            fields = json.loads(line)
            if fields.get("type") == "user" and isinstance(fields["message"]["content"], str):
                said.append((fields["message"]["content"], fields["cwd"]))
    return [(" ".join(chance.sample(words.split(), min(12, len(words.split())))), cwd) for words, cwd in chance.choices(said, k=CALLS)]


async def measured(home: Path, asked: Sequence[tuple[str, str]], servers: int) -> dict[str, float]:
    environment = {"CLAUDE_BRIDGE_HOME": str(home), "HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = mcp.StdioServerParameters(command=sys.executable, args=[str(ROOT / "client" / "ask.py"), "mcp", "--hooks"], env=environment)
    async with AsyncExitStack() as stack:
        began = time.monotonic()
        clients = [await stack.enter_async_context(mcp.Client(command)) for _ in range(servers)]
        connected = time.monotonic() - began
        cold = await asyncio.gather(*(_until_searched(client, asked[0]) for client in clients))
        times, added, late = await _warm(clients, asked)
        memory = _memory() / servers
    cuts = quantiles(times, n=100)
    return {
        "connected_ms": connected / servers * 1000,
        "first_answer_ms": median(cold) * 1000,
        "median_ms": median(times) * 1000,
        "p95_ms": cuts[94] * 1000,
        "longest_ms": max(times) * 1000,
        "late_percent": 100 * late / len(added),
        "added_percent": 100 * sum(map(bool, added)) / len(added),
        "added_characters": sum(added) / len(added),
        "memory_mb": memory,
    }


async def _until_searched(client: mcp.Client, prompt: tuple[str, str]) -> float:
    """Seconds until memory has been searched for a prompt in time: those before it go on without."""
    began = time.monotonic()
    for number in range(10_000):
        reply = await _call(client, prompt, f"cold-{number}")
        # The person sees one note that memory has not answered in time; after that a reply is empty until it does.
        if "systemMessage" not in reply and (reply or number == 0):
            break
        if time.monotonic() - began > WARMING:
            raise SystemExit(f"memory was not searched within {WARMING:g} s")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def _warm(clients: Sequence[mcp.Client], asked: Sequence[tuple[str, str]]) -> tuple[list[float], list[int], int]:
    """Seconds of each call, characters that it added, and how many calls were not answered in time."""
    times, added, late = [], [], 0

    async def once(client: mcp.Client, prompt: tuple[str, str], session: str) -> None:
        nonlocal late
        began = time.monotonic()
        reply = await _call(client, prompt, session)
        times.append(time.monotonic() - began)
        added.append(len(reply.get("hookSpecificOutput", {}).get("additionalContext", "")))
        if "systemMessage" in reply:
            late += 1
            # No call is answered before the search has ended: such calls would look fast.
            await asyncio.sleep(1)

    for number, prompt in enumerate(asked):
        await asyncio.gather(*(once(client, prompt, f"warm-{number}") for client in clients))
    return times, added, late


async def _call(client: mcp.Client, prompt: tuple[str, str], session: str) -> dict[str, Any]:
    arguments = {"prompt": prompt[0], "cwd": prompt[1], "session_id": session, "prompt_id": "p1"}
    result = await client.call_tool("recall_for_prompt", arguments)
    reply: dict[str, Any] = json.loads(result.content[0].text)  # type: ignore[union-attr]
    return reply


def _memory() -> float:
    """MB of all processes below this one: the servers and their bridges (Linux)."""
    total, parents = 0.0, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[path.parent.name] = path.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
    below = {str(os.getpid())}
    while more := {process for process, parent in parents.items() if parent in below} - below:
        below |= more
    for process in below - {str(os.getpid())}:
        try:
            pss = [line.split()[1] for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")]
        except OSError:
            continue
        total += sum(map(int, pss)) / 1024
    return total


if __name__ == "__main__":
    main()
