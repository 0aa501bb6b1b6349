"""An import into the local bridge's file, whose process is killed again and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bridge_local.sqlite.store import SqliteStore
from contract.importing_contract import exported, imports
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from bridge_local.sqlite.store import SqliteStore
from contract.importing_contract import Killed, sent
from fakes.bridge_bench import Bench

path, at, after = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "after"
bench = Bench(Killed(SqliteStore(path), at, after=after, end=lambda: os.kill(os.getpid(), signal.SIGKILL)))
for body in json.load(sys.stdin):
    assert sent(bench, body)["type"] == "imported"
print("whole")
"""


@pytest.mark.slow
def test_an_import_whose_process_is_killed_ten_times_adds_each_turn_once(tmp_path: Path) -> None:
    laptop, path, killed = Bench(MemoryStore()), tmp_path / "home" / "sessions.db", 0
    for number in range(4):
        laptop.ask(f"Question {number}", "kites")
    laptop.ask("q" * 99_000, "kites")
    laptop.send({"action": "configure", "session_id": "kites", "title": "Kites", "project": "host/ada/kites"})
    export = exported(laptop, "kites")
    bodies = json.dumps(imports(export, "kites"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for number in range(10):
        command = [sys.executable, "-c", PROGRAM, str(path), str(number // 2), ("before", "after")[number % 2]]
        result = subprocess.run(command, input=bodies, capture_output=True, text=True, env=environment, timeout=60, check=False)
        killed += result.returncode == -signal.SIGKILL
        assert result.stderr == ""
    assert killed == 10
    last = [sys.executable, "-c", PROGRAM, str(path), "1000", "before"]
    result = subprocess.run(last, input=bodies, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert result.stdout == "whole\n"
    with closing(SqliteStore(path)) as store:
        moved = Bench(store)
        assert exported(moved, "kites") == export
        head = store.load("kites", 1).head
        assert head is not None
        assert (head.turns, head.owner) == (5, "default")
