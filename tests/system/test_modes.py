"""What the programs leave on a disk: their user's alone, also where the user's umask takes nothing from anybody."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from client.scripted_bridge import ScriptedBridge
from system.programs import ROOT, environment


def ask(home: Path, *arguments: str, **extra: str) -> int:
    return subprocess.run(
        [sys.executable, str(ROOT / "client" / "ask.py"), *arguments],
        env=environment(home, **extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        umask=0,
    ).returncode


def modes(home: Path) -> dict[str, str]:
    """Of all that is below our own folders, whatever its place."""
    ours = [path for path in home.rglob("*") if "claude-bridge" in path.relative_to(home).parts]
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in ours}


@pytest.mark.slow
def test_sessions_and_log_are_their_owners_alone(tmp_path: Path) -> None:
    assert ask(tmp_path, "Hello") == 0
    result = modes(tmp_path)
    assert {"claude-bridge", "sessions-offline.db", "bridge.log", "open-questions"} <= set(result)
    assert {name: mode for name, mode in result.items() if mode != ("0o600" if "." in name else "0o700")} == {}


@pytest.mark.slow
def test_a_question_on_its_way_is_its_owners_alone(tmp_path: Path) -> None:
    noted: dict[str, str] = {}
    with ScriptedBridge(
        [[lambda: noted.update(modes(tmp_path)), {"type": "error", "code": "not_allowed", "message": "No."}]]
    ).running() as bridge:
        ask(tmp_path, "Hello", CLAUDE_BRIDGE_URL=bridge.url)
    assert len(noted) == 3
    assert {name: mode for name, mode in noted.items() if mode != ("0o600" if "." in name else "0o700")} == {}
