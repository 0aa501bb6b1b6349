"""`ask-claude` as a package installs it: the same program as ask.py, which lies next to this file there, too."""

import os
import sys


def main() -> int:
    """Runs the client; returns the exit code."""
    # The programs import their packages by the names that these have in the repository. Only this process sees them.
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 (pathlib takes a while to import)
    from ask import run_to_the_end

    return run_to_the_end()
