"""`local/run.py` on a clock of its own: the file named by SOAK_CLOCK says by how many seconds it is ahead, and may change at any time."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "lambda"), str(ROOT / "local")]

CLOCK = Path(os.environ["SOAK_CLOCK"])
true_time = time.time

if __name__ == "__main__":
    # Before the bridge is imported: whoever in it asks for the time asks for this one.
    time.time = lambda: true_time() + float(CLOCK.read_text())

    from bridge_local.main import main

    main()
