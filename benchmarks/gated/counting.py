"""What a program costs: instructions where valgrind can count them, or else CPU time.

Instructions hardly depend on what else the machine does: two counts of one program differ by less than a thousandth. CPU time does depend
on it, so its programs take turns and the least of each counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SECONDS = 300
"""After this long a program is given up."""
_PYTHON = (sys.executable, "-S", "-s")
_TIME = "\nimport time; print(time.process_time())"


class Programs:
    """Runs programs in Pythons that differ in nothing: the same order of sets, bytecode in a folder of its own, no packages.

    `bridge` is where the bridge is imported from.
    """

    def __init__(self, folder: Path, bridge: Path) -> None:
        own = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        self.environment = {**own, "PYTHONHASHSEED": "0", "PYTHONPATH": str(bridge), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        self._folder = folder

    def output(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
        """Raises `CalledProcessError`."""
        command, together = (*_PYTHON, *arguments), {**self.environment, **(environment or {})}
        done = subprocess.run(command, env=together, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)[:200]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def instructions(self, programs: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Counted two at a time; each program has run before, so that its bytecode is there."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.output, programs.values()))
            slowest_first = dict(reversed(list(programs.items())))
            return dict(zip(slowest_first, pool.map(self._counted, slowest_first.values()), strict=True))

    def _counted(self, arguments: Sequence[str]) -> int:
        with tempfile.NamedTemporaryFile("r", dir=self._folder) as file:
            command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={file.name}", *_PYTHON, *arguments]
            subprocess.run(command, env=self.environment, capture_output=True, timeout=SECONDS, check=True)
            summary = re.search(r"^summary: (\d+)", file.read(), re.MULTILINE)
        assert summary, "cachegrind has written no summary"
        return int(summary[1])

    def cpu(self, statement: str) -> float:
        """Milliseconds from the start of the process."""
        return 1000 * float(self.output(["-c", statement + _TIME]))


def can_count() -> bool:
    """Whether there is a valgrind that runs this Python."""
    if not shutil.which("valgrind"):
        return False
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *_PYTHON, "-c", "print(6 * 7)"]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stdout.strip() == "42"
