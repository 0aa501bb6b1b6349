"""How long the client takes to start and for a whole question, beside `llm` on the same server; and for an import of 10,000 messages.

A question starts a bridge, too.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bridge_local.stand_in.server import StandIn
from client_start import CLIENT, MODEL, seconds
from import_speed import PROMPTS, random_words, run_import, write_session
from parts.figures import Figure, measured, ratios
from parts.processes import ROOT

MESSAGES, FEW = 10_000, 1_000
"""How many are imported; of `FEW` the figures have ids of their own."""
LLM = ROOT / "build" / "llm" / "bin" / "llm"


def measure(rounds: int, messages: int, note: Callable[[str], None]) -> Iterator[Figure]:
    commands: dict[str, Sequence[str]] = {
        "click": (sys.executable, "-c", "import click"),
        "bridge.help": (*CLIENT, "--help"),
        "bridge.question": (*CLIENT, "What is a kite?"),
    }
    if LLM.exists():
        commands |= {"llm.help": (str(LLM), "--help"), "llm.question": (str(LLM), "-m", MODEL, "What is a kite?")}
    else:
        note("client: llm was not measured: there is no build/llm (`make ledger` makes it)")
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as home, StandIn(pause=0.0) as server:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"}
        for command in commands.values():
            seconds(command, environment)
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(1000 * seconds(command, environment))
    for name, values in times.items():
        yield measured(f"client.{name}", values, "ms")
    if LLM.exists():
        yield ratios("client.help.of-llm", times["bridge.help"], times["llm.help"])
        yield ratios("client.question.of-llm", times["bridge.question"], times["llm.question"])
    yield from imports(messages)


def imports(messages: int) -> Iterator[Figure]:
    """Seconds for transcripts of Claude Code, the first time and once more."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(messages // (2 * PROMPTS)):
            write_session(Path(folder) / "projects", number, random_words)
        for name in ("first", "again"):
            began = time.monotonic()
            run_import(Path(folder) / "projects", Path(folder) / "home")
            kind = "client.import" if messages == MESSAGES else f"client.import-{messages}"
            yield measured(f"{kind}.{name}", [time.monotonic() - began], "s")
