"""What a fresh process imports before anybody needs it: of memory, what reads a conversation and sends a whole one; of the
actions, none but the question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {"bridge.memory", "bridge.memory.messages", "bridge.memory.reading", "bridge.memory.request", "bridge.memory.turns"}

NAMES = ("bridge.memory", "bridge.actions", "bridge.upkeep.compaction", "bridge.claude.prices")
LOADED = f"\nimport sys; print(*(name for name in sys.modules if name.startswith({NAMES})))"
HANDLER = "import bridge.handler"
SHORT = """
from fakes.bridge_bench import Bench
bench = Bench()
for number in range(3):
    assert bench.ask(f"question {number}")["type"] == "done"
"""
LONG = (
    SHORT
    + """
assert bench.ask("x" * bench.settings.context_limit)["type"] == "done"
assert bench.ask("And then?")["type"] == "done"
"""
)
SEARCHED = (
    SHORT
    + """
bench.send({"action": "search", "words": "question"}, to="s")
assert bench.connections.frames("s")[0]["hits"]
"""
)


def loaded_by(program: str) -> set[str]:
    paths = f"import sys; sys.path[:0] = {[str(ROOT / 'lambda'), str(ROOT / 'tests')]!r}\n"
    command = [sys.executable, "-I", "-c", paths + program + LOADED]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


@pytest.mark.parametrize(
    ("program", "more"),
    [(HANDLER, set()), (SHORT, {"bridge.claude.prices"})],
    ids=["the function starts", "a conversation fits its window"],
)
def test_recall_its_tables_and_other_actions_are_not_loaded_before_they_are_needed(program: str, more: set[str]) -> None:
    assert loaded_by(program) == LIGHT | more


@pytest.mark.parametrize("program", [LONG, SEARCHED], ids=["a conversation outgrows its window", "somebody searches"])
def test_recall_and_its_tables_are_loaded_when_they_are_needed(program: str) -> None:
    assert {"bridge.memory.index", "bridge.memory.scoring", "bridge.memory.terms"} <= loaded_by(program)
