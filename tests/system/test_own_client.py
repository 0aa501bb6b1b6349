"""The client that docs/clients.md prints, exactly as it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.cutting_proxy import CuttingProxy
from system.programs import ROOT, bridge, environment, talk

PAGE = (ROOT / "docs" / "clients.md").read_text()
[PROGRAM] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(PROGRAM)
    return path


def run(mine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(mine), *arguments]
    return subprocess.run(command, env=environment(mine.parent), capture_output=True, text=True, timeout=60)


def test_it_is_as_short_as_the_page_says() -> None:
    assert sum(1 for line in PROGRAM.splitlines() if line.strip()) <= 30
    assert "30 lines" in PAGE


@pytest.mark.slow
def test_it_asks_and_goes_on(mine: Path, tmp_path: Path) -> None:
    with bridge(tmp_path) as running:
        first = run(mine, running.url, "My name is Ada.")
        session = first.stderr.split()[-1]
        second = run(mine, running.url, "What is my name?", session)
    assert (first.returncode, second.returncode) == (0, 0)
    assert 'You told me: "My name is Ada."' in second.stdout
    assert second.stderr == f"Session {session}\n"


@pytest.mark.slow
def test_a_long_question_goes_out_in_frames_the_gateway_takes(mine: Path, tmp_path: Path) -> None:
    with bridge(tmp_path) as running:
        asked = run(mine, running.url, "凧" * 30_000)
    assert (asked.returncode, asked.stdout[:12]) == (0, 'You wrote: "')


@pytest.mark.slow
def test_a_lost_connection_is_one_question_and_one_answer(mine: Path, tmp_path: Path) -> None:
    cut = threading.Event()
    events = scripts.events_of("hello")
    with (
        StandIn(scripts.always(scripts.played(*events[:5], scripts.until(cut, 30), *events[5:]))) as claude,
        bridge(tmp_path, ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="test") as running,
        CuttingProxy(running.url, 0.5, on_cut=cut.set).running() as proxy,
    ):
        asked = run(mine, proxy.url, "Hi")
        [history] = talk(running.url, {"action": "history", "session_id": asked.stderr.split()[-1]})
    assert proxy.cuts > 0
    assert (claude.count, len(history["turns"])) == (1, 1)
    assert asked.stdout == "Hello! How can I help you?\n"


@pytest.mark.slow
def test_an_error_is_said_and_ends_it(mine: Path, tmp_path: Path) -> None:
    with bridge(tmp_path) as running:
        asked = run(mine, running.url, "Hi", "not a session")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "session_id" in asked.stderr
