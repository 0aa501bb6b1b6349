"""The client as a command line, within this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bridge_client.main import main

ROOT = Path(__file__).parent.parent.parent

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def usual_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is a terminal it is a usual one, whatever runs the tests. What a client notes is gone afterwards."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs ask.py's main with nothing on standard input and no profile; returns exit code, standard output and standard error."""

    def run(*arguments: str, variables: Mapping[str, str] | None = None, root: Path = ROOT, stdin: bytes = b"") -> tuple[int, str, str]:
        reading, writing = os.pipe()
        os.write(writing, stdin)
        os.close(writing)
        with os.fdopen(reading) as file:
            monkeypatch.setattr(sys, "stdin", file)
            result = {"XDG_CONFIG_HOME": str(tmp_path / "no-config"), "XDG_STATE_HOME": str(tmp_path / "state"), **(variables or {})}
            code = main(arguments, result, script="client/ask.py", root=root)
        return code, *capsys.readouterr()

    return run
