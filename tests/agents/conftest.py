"""A bridge on this machine in which a stand-in answers; it lives as long as a file of tests, and each test has ids of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from bridge_client.config.local_bridge import LocalBridge
from client.conftest import ROOT
from client.conftest import run as run  # The fixture.


@pytest.fixture(scope="module")
def local_bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBridge]:
    home = tmp_path_factory.mktemp("home")
    variables = {"CLAUDE_BRIDGE_HOME": str(home), "RECALL_READ_KB": "65536"}
    with LocalBridge(ROOT / "local" / "run.py", home, lambda: None, arguments=["--stand-in=always"], variables=lambda: variables) as bridge:
        yield bridge


@pytest.fixture
def session() -> str:
    """An id of Claude Code for a session."""
    return str(uuid.uuid4())
