"""How long the client takes to start, and for a whole question, beside `llm` on the same server.

`python benchmarks/client_start.py [--llm PROGRAM]`. The server is the stand-in for Claude; `llm` needs the plugin llm-anthropic. All take
turns, and medians are compared: a question through the client starts a bridge on this machine, too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bridge_local.stand_in.server import StandIn
from report import show

ROOT = Path(__file__).resolve().parents[1]
CLIENT = (sys.executable, str(ROOT / "client" / "ask.py"))
MODEL = "claude-haiku-4.5"
ROUNDS = 9


def seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    answer = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {answer.returncode}: {answer.stderr.strip()[-300:]}")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--llm", default="", metavar="PROGRAM", help="the program to compare with")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    commands: dict[str, Sequence[str]] = {
        "import click": (sys.executable, "-c", "import click"),
        "client --help": (*CLIENT, "--help"),
        "client, a question": (*CLIENT, "What is a kite?"),
    }
    if options.llm:
        commands |= {"llm --help": (options.llm, "--help"), "llm, a question": (options.llm, "-m", MODEL, "What is a kite?")}
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as home, StandIn() as server:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"}
        for command in commands.values():
            seconds(command, environment)
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(seconds(command, environment))
    medians = {name: median(measured) for name, measured in times.items()}
    rows = [{"": name, "seconds, median": medians[name], "least": min(measured), "most": max(measured)} for name, measured in times.items()]
    notes = [f"client --help takes {medians['client --help'] / medians['import click']:.2f} times as long as `import click`."]
    if options.llm:
        notes += [
            f"client --help takes {medians['client --help'] / medians['llm --help']:.2f} of llm --help.",
            f"A question through the client takes {medians['client, a question'] / medians['llm, a question']:.2f} of one through llm.",
        ]
    show("Starting the client", rows, notes)


if __name__ == "__main__":
    main()
