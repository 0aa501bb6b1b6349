"""What keeps the tests to themselves, and the programs apart."""

from __future__ import annotations

import ast
import os
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"lambda/bridge": {"bridge"}, "client/bridge_client": {"bridge_client"}, "local/bridge_local": {"bridge_local", "bridge"}}
PROGRAMS = {"bridge", "bridge_client", "bridge_local"}


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "169.254.169.254"])
def test_no_test_reaches_the_network(host: str) -> None:
    with pytest.raises(AssertionError, match="reached for the network"):
        socket.create_connection((host, 80), timeout=0.1)


def test_every_thread_begins_and_is_traced() -> None:
    """The refusal of the network hears of trace functions, too, and CPython 3.11 ends threads that install one at the same moment."""
    before, interval, traced, ran = threading.gettrace(), sys.getswitchinterval(), [], []

    def trace(frame: FrameType, event: str, argument: object) -> None:
        sys.settrace(None)
        sys.settrace(lambda *_: None)
        traced.append(threading.get_ident())

    try:
        threading.settrace(trace)
        sys.setswitchinterval(1e-6)
        for _ in range(20):
            threads = [threading.Thread(target=lambda: ran.append(1)) for _ in range(100)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        threading.settrace(before)
        sys.setswitchinterval(interval)
    assert (len(traced), len(ran)) == (2000, 2000)


def test_no_test_sees_a_real_key() -> None:
    assert not [name for name in os.environ if name.startswith(("ANTHROPIC_", "AWS_SECRET", "CLAUDE_BRIDGE_"))]


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports."""
    result: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            result |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            result.add(node.module.partition(".")[0])
    return result


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_the_programs_know_of_each_other_only_what_they_must(package: str) -> None:
    for module in (ROOT / package).rglob("*.py"):
        assert imported(module) & PROGRAMS <= MAY_IMPORT[package], module
