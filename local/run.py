"""Runs Claude Context Bridge on this machine: python3 local/run.py --help"""

import signal
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 (this line says so)
    sys.stderr.write("Claude Context Bridge needs Python 3.11 or newer.\n")
    sys.exit(2)
if "--child" in sys.argv:
    # Before anything else: Ctrl-C in the client's terminal reaches this child too, and only the client decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambda"), str(ROOT / "local")]

try:
    from bridge_local.main import main
except ModuleNotFoundError as missing:
    if missing.name not in ("click", "websockets"):
        raise
    sys.stderr.write(f"{missing}. Install the packages that the bridge needs: {sys.executable} -m pip install click websockets\n")
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    main()
