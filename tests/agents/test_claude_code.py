"""The plugin in the real Claude Code, which talks to a scripted Messages API on loopback."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.claude_code import CLAUDE, Machine, delay, session
from agents.messages_api import MessagesApi, messages_api
from bridge_client.mcp.hooks import RECALL_SECONDS
from system.programs import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not CLAUDE, reason="NOT TESTED: the plugin in the real Claude Code. Needs claude (npm install @anthropic-ai/claude-code)"
    ),
]
SAID = "We moor the zeppelin Ottilie in Kiruna."
ASKED = "Where do we moor the zeppelin Ottilie?"
QUOTED = f"> {SAID}"
STARTING = 1
"""Prompts of a session that may come before a server that takes over 5 s to start, on a busy machine."""


@pytest.fixture
def api() -> Iterator[MessagesApi]:
    with messages_api() as api:
        yield api


@pytest.fixture
def machine(tmp_path: Path, api: MessagesApi) -> Machine:
    return Machine(tmp_path / "home", api)


def test_the_plugin_and_its_marketplace_are_valid(machine: Machine) -> None:
    machine.run("claude", "plugin", "validate", "--strict", str(ROOT))
    machine.run("claude", "plugin", "validate", "--strict", "--profile", "directory", str(ROOT / "plugin"))


def test_a_prompt_carries_what_fits_it_and_another_one_nothing(machine: Machine) -> None:
    machine.install_plugin()
    with session(machine) as talk:
        talk.ask("Hello")
        talk.ask(SAID)
    with session(machine) as talk:
        talk.ask("What does a xylophone weigh?")
        assert QUOTED not in machine.api.asked[-1].text
        talk.ask(ASKED)
        assert machine.api.asked[-1].text.count(QUOTED) == 1
        talk.ask(f"{ASKED} Say it again.")
        assert machine.api.asked[-1].text.count(QUOTED) == 1, "it stays in the session, and is not added twice"
        talk.ask("/compact")
        talk.ask(ASKED)
        assert machine.api.asked[-1].text.count(QUOTED) == 1, "a compaction took it away"
        assert talk.shown == []
    # What was added is not stored as if the person had said it.
    assert machine.imported() <= STARTING * 2
    words = ["Hello", SAID, "What does a xylophone weigh?", ASKED, f"{ASKED} Say it again.", ASKED]
    assert sorted(words for words, _ in machine.turns()) == sorted(words)


def test_each_turn_is_stored_once_whatever_happens_and_imports_add_what_the_hooks_missed(machine: Machine) -> None:
    machine.install_plugin()
    with session(machine) as talk:
        for number in range(10):
            talk.ask(f"Turn {number}: a kite")
        talk.send("Answer SLOWLY and be interrupted " * 4)
        until(lambda: len(machine.api.asked) == 11)
        talk.interrupt()
        for number in range(10, 15):
            talk.ask(f"Turn {number}: a kite")
    with session(machine, "--continue") as talk:
        for number in range(15, 20):
            talk.ask(f"Turn {number}: a kite")
        talk.process.kill()
    # The server stores what it holds when Claude Code is gone.
    until(lambda: machine.waiting_turns() == 0)
    missed = 21 - len(machine.turns())
    assert 1 <= missed <= 1 + STARTING * 2
    assert machine.imported() == missed, "the interrupted one, which no hook sees"
    assert machine.imported() == 0
    turns = machine.turns()
    assert len(turns) == 21
    assert set(Counter(source for _, source in turns).values()) == {1}


def until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise TimeoutError


def test_a_bridge_that_is_away_costs_little_and_one_line_says_so(machine: Machine, tmp_path: Path) -> None:
    without = Machine(tmp_path / "without", machine.api)
    with session(without) as talk:
        usual = delay(without, talk, 5)
    machine.install_plugin(url="ws://127.0.0.1:9")
    with session(machine) as talk:
        talk.ask("Hello")
        assert delay(machine, talk, 5) - usual < RECALL_SECONDS + 0.1
        [line] = talk.shown
    assert "Memory was not searched" in line or "not answered in time" in line
    assert not any("Memory" in asked.text for asked in machine.api.asked)


def test_one_line_says_how_to_install_a_program_that_is_missing(tmp_path: Path, api: MessagesApi) -> None:
    machine = Machine(tmp_path / "home", api, has_program=False)
    machine.install_plugin()
    with session(machine) as talk:
        talk.ask("Hello")
        [line] = talk.shown
    assert "uv tool install" in line
    assert "uv tool install" not in api.asked[-1].text
