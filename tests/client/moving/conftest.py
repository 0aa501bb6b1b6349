"""A bridge on this machine that lives as long as a file of tests; each test has sessions and notes of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge_client.config.local_bridge import LocalBridge
from client.conftest import ROOT, Run

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def bridge(home: Path) -> Iterator[LocalBridge]:
    program, variables = ROOT / "local" / "run.py", {"CLAUDE_BRIDGE_HOME": str(home)}
    with LocalBridge(program, home, lambda: None, arguments=["--stand-in=always"], variables=lambda: variables) as bridge:
        yield bridge


@pytest.fixture
def session() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def ask(run: Run, bridge: LocalBridge, home: Path) -> Ask:
    """Runs a command with --json against the bridge; returns what it printed. `code`: the exit code that it has to have."""

    def ask(*arguments: str, code: int = 0) -> Any:
        result, stdout, stderr = run(*arguments, "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url()})
        assert result == code, (stdout, stderr)
        return json.loads(stdout)

    return ask
