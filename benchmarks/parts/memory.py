"""Recall, precision and CPU of memory on all data sets that are there, beside BM25 and the newest messages: what `recall.py` says."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from parts.figures import Figure, counted, slug
from parts.processes import ROOT
from recall_report import brief, with_overview

RESULTS = ROOT / "docs" / "recall.json"
METHODS = {"newest messages": "newest", "BM25": "bm25", "BM25, the person's words first": "bm25-person-first", "the bridge": "bridge"}
MEASURES = {"evidence_recall": "recall", "precision": "precision"}


def measure(folders: Sequence[Path], only: Sequence[str], note: Callable[[str], None], *, writes: bool = True) -> Iterator[Figure]:
    """`folders` hold data sets; besides, those are measured that are generated. `only` these sets, where it names any.

    Where every set is there and it `writes`, tables and curve of the pages are those of this run, too, as `make recall` writes them.
    """
    with tempfile.TemporaryDirectory() as folder:
        curve = Path(folder) / "recall.svg"
        program = str(ROOT / "benchmarks" / "recall.py")
        command = [sys.executable, program, "--generated", "--budget", "8000", "--json", "--svg", str(curve)]
        command += [word for one in folders for word in ("--data", str(one))]
        command += ["--sets", *only, "--lengths", "300"] if only else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"recall.py ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        report = json.loads(done.stdout)
        yield from of_report(report)
        missing = json.loads(RESULTS.read_text("utf-8"))["sets"].keys() - report["sets"].keys()
        if writes and not missing:
            keep(report, curve.read_text("utf-8"))
    for name in sorted(missing):
        note(f"memory: the data set {name} is not here, or was not wanted: its figures are those of an earlier run")


def keep(report: Mapping[str, Any], curve: str) -> None:
    RESULTS.write_text(json.dumps(brief(report), indent=1) + "\n", "utf-8")
    RESULTS.with_suffix(".svg").write_text(curve, "utf-8")
    for page in (ROOT / "README.md", ROOT / "docs" / "memory.md"):
        page.write_text(with_overview(page.read_text("utf-8"), report), "utf-8")


def of_report(report: Mapping[str, Any]) -> Iterator[Figure]:
    for name, of_set in report["sets"].items():
        for method, measures in of_set["methods"].items():
            for measure, short in MEASURES.items():
                for budget, value in measures.get(measure, {}).items():
                    yield counted(f"memory.{slug(name)}.{METHODS[method]}.{short}.{budget}", value, "percent")
        for length, milliseconds in of_set.get("cpu_milliseconds", {}).items():
            yield Figure(f"memory.{slug(name)}.bridge.cpu.{length}", milliseconds, "ms", 0.7 * milliseconds, 1.5 * milliseconds, 1)
