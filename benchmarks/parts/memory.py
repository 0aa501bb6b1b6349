"""Recall, precision and CPU of memory on all data sets that are there, beside BM25 and the newest messages: what `recall.py` says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from parts.figures import Figure, counted, slug
from parts.processes import ROOT

RESULTS = ROOT / "docs" / "recall.json"
METHODS = {"newest messages": "newest", "BM25": "bm25", "BM25, the person's words first": "bm25-person-first", "the bridge": "bridge"}
MEASURES = {"evidence_recall": "recall", "precision": "precision"}


def measure(folders: Sequence[Path], only: Sequence[str], note: Callable[[str], None]) -> Iterator[Figure]:
    """`folders` hold data sets; besides, those are measured that are generated. `only` these sets, where it names any."""
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "recall.py"),
        "--generated",
        "--budget",
        "8000",
        "--json",
        "--svg",
        "/dev/null",
        "--lengths",
        "300",
    ]
    command += [word for folder in folders for word in ("--data", str(folder))]
    command += ["--sets", *only] if only else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        note(f"memory: recall.py ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return
    report = json.loads(done.stdout)
    yield from of_report(report)
    for name in json.loads(RESULTS.read_text("utf-8"))["sets"].keys() - report["sets"].keys():
        note(f"memory: the data set {name} is not here, or was not wanted: its figures are those of an earlier run")


def of_report(report: Mapping[str, Any]) -> Iterator[Figure]:
    for name, of_set in report["sets"].items():
        for method, measures in of_set["methods"].items():
            for measure, short in MEASURES.items():
                for budget, value in measures.get(measure, {}).items():
                    yield counted(f"memory.{slug(name)}.{METHODS[method]}.{short}.{budget}", value, "percent")
        for length, milliseconds in of_set.get("cpu_milliseconds", {}).items():
            yield Figure(f"memory.{slug(name)}.bridge.cpu.{length}", milliseconds, "ms", 0.7 * milliseconds, 1.5 * milliseconds, 1)
