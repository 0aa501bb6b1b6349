#!/usr/bin/env python3
"""Ask Claude from a terminal, and be remembered: python3 client/ask.py "question" [session]

Every Python from 3.6 on can read this file, so that it can say what is missing. The program itself is bridge_client/.
"""

import os
import sys

NEEDED = (3, 11)
PACKAGES = ("click", "prompt_toolkit", "rich", "websockets")
STARTED_AGAIN = "CLAUDE_BRIDGE_STARTED_AGAIN"
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 (pathlib takes a while to import)


def missing() -> str:
    """What this Python lacks, in words; "" if it lacks nothing."""
    if sys.version_info < NEEDED:
        return "ask.py needs Python {}.{} or newer, this is {}.{}.".format(*NEEDED + sys.version_info[:2])
    # Not importlib.util.find_spec: that takes longer to import than everything else here.
    from importlib.machinery import PathFinder

    for package in PACKAGES:
        if PathFinder.find_spec(package) is None:
            return "ask.py needs the package {}.".format(package)  # noqa: UP032 (older Pythons read this)
    return ""


def start_again() -> None:
    """Continues with the Python of .venv, once; returns if that is not possible."""
    python = os.path.join(ROOT, ".venv", "bin", "python")  # noqa: PTH118
    if not os.environ.pop(STARTED_AGAIN, "") and os.access(python, os.X_OK):
        os.environ[STARTED_AGAIN] = "1"
        os.execv(python, [python] + sys.argv)  # noqa: RUF005, S606 (no shell)


def open_closed_streams() -> None:
    """Opens a standard stream that was closed (`>&-`) as /dev/null, before another file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode, closefd=False))  # noqa: SIM115 (stays open)


def run() -> int:
    """Runs the client; returns the exit code."""
    lack = missing()
    if lack:
        from shlex import quote

        start_again()
        sys.stderr.write("{} This command installs what is needed: make -C {} chat\n".format(lack, quote(ROOT)))  # noqa: UP032
        return 2
    os.environ.pop(STARTED_AGAIN, None)
    # A terminal that does not say what it can do is sent nothing but text.
    os.environ["TERM"] = os.environ.get("TERM") or "dumb"
    from pathlib import Path

    from bridge_client.main import start

    return start(sys.argv[1:], os.environ, script=sys.argv[0], root=Path(ROOT))


def run_to_the_end() -> int:
    """Runs the client; Ctrl-C leaves no trace on the screen, however early or late it comes."""
    try:
        open_closed_streams()
        code = run()
        # The answer is there, and so is the exit code: there is nothing left to stop.
        from signal import SIG_IGN, SIGINT, signal

        signal(SIGINT, SIG_IGN)
        return code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run_to_the_end())
