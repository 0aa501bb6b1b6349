"""Whether a change has made the bridge slower to start or to remember: `python benchmarks/gate.py [--update]`.

Nothing is judged by a clock. What is imported on the cold path is compared name by name. What start and memory cost is compared as a ratio
to something that does not change (an empty interpreter; plain BM25 over the same conversation): in instructions that valgrind counts, or
where it cannot, in CPU time of alternating runs, with a wider margin, and what memory costs in Python's own bytecodes as well. The
expected values are in gate.json; `--update` writes them, where a change is meant: say in its commit why.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

from bridge_local.stand_in.server import StandIn
from gated.counting import Programs, can_count
from generated.chat import Chat
from loopback import loopback

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = ROOT / "benchmarks" / "gate.json"
COLD = {
    "the bridge is imported": ("import", "bridge.handler"),
    "the authorizer is imported": ("import", "bridge.authorizer"),
    "the bridge answers a first question": ("question", "bridge.handler"),
}
MESSAGES = 120
NAMES = ("Abel", "Birte", "Caspar", "Dunja")
QUESTIONS = (
    "Where does Birte live now?",
    "How much money do I owe Caspar for the tickets?",
    "Please add logging to merge_invoices.",
    "Which plan did you recommend for the vegetable garden, and what was its first step?",
    "What did I ask you yesterday?",
    "Was habe ich dich am 3. Februar gefragt?",
    "And until when is it valid?",
    "Make it shorter.",
    "List everything that we said about connection pools and rate limiting, in order.",
    "Sort the table of board games by hours.",
    "What do people usually get wrong about sourdough?",
    "What was my first question?",
    "Does Dunja drive me mad with static analysis, or is it Abel?",
    "Which three checks come before a database migration, and what does each of them cost?",
    "How would you explain feature flags to a colleague?",
    "What is the rule of thumb for winter tyres?",
    "¿Qué me dijiste sobre el cultivo de tomates?",
    "Compare the two ways of going about cache invalidation that you named.",
    "When did we talk about the half marathon?",
    "Who wanted to know about bird watching?",
)
MARGINS = {"instructions": 1.06, "CPU": 1.14}
"""A ratio may be this many times the expected one. Two counts of instructions differ by less than 0.005, least CPU times by up to 0.08."""
BYTECODES, MARGIN_OF_BYTECODES = " (bytecodes)", 1.06
"""What is counted in bytecodes is called so. Two counts do not differ."""
OF_A_START = 1.1
"""CPU times of whole processes differ more: their margin is this many times wider."""
BETTER = 0.85
"""A ratio below this share of the expected one is worth writing down, so that it is not lost again; it is not a failure."""
ROUNDS, TRIES = 12, 3
"""Of CPU time: how often each is measured, and how often all is measured again before it is called slower."""
PARTS = ("nothing", "reference", "reading", "recall")

Values = dict[str, float]


def conversation(folder: Path) -> Path:
    """A chat with an assistant, and questions of several kinds about it."""
    chat = Chat("the gate", seed=5)
    chat.small_talk(MESSAGES // 2, NAMES)
    content = {"messages": [asdict(said) for said in chat.messages], "questions": QUESTIONS}
    (file := folder / "conversation.json").write_text(json.dumps(content), "utf-8")
    return file


def imports(programs: Programs) -> dict[str, list[str]]:
    """What the bridge's modules import, by the moment up to which they do."""
    with loopback() as aws, StandIn(pause=0.0) as claude:
        environment = {
            "AWS_ENDPOINT_URL": aws,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "API_ID": "x1y2z3",
            "ANTHROPIC_BASE_URL": claude.url,
            "ANTHROPIC_API_KEY": "none",
        }
        program = str(ROOT / "benchmarks" / "gated" / "imported.py")
        modules_by = {}
        for name, (what, module) in COLD.items():
            *_, last = programs.output([program, what, module], environment).splitlines()
            modules_by[name] = json.loads(last)
        if claude.count != 1:
            raise SystemExit(f"Claude was asked {claude.count} times, not once: {claude.refusals}")
    return modules_by


STARTS = {"empty": "import sys", "bridge": "import bridge.handler", "authorizer": "import bridge.authorizer"}


def remembering(file: Path, part: str) -> list[str]:
    return [str(ROOT / "benchmarks" / "gated" / "remembering.py"), str(file), part]


def instructions(programs: Programs, file: Path) -> Values:
    commands: dict[str, Sequence[str]] = {name: ["-c", statement] for name, statement in STARTS.items()}
    commands |= {part: remembering(file, part) for part in PARTS}
    counts = programs.instructions(commands)
    reference = counts["reference"] - counts["nothing"]
    return {
        "start of the bridge": counts["bridge"] / counts["empty"],
        "start of the authorizer": counts["authorizer"] / counts["empty"],
        "reading a conversation": (counts["reading"] - counts["nothing"]) / reference,
        "recall": (counts["recall"] - counts["reading"]) / reference,
    }


class Cpu:
    """CPU times, of which the least counts, however often they are measured."""

    def __init__(self, programs: Programs, file: Path) -> None:
        self._programs, self._file = programs, file
        self._least: Values = {}

    def ratios(self) -> Values:
        for _ in range(ROUNDS):
            for name, statement in STARTS.items():
                self._note(name, self._programs.cpu(statement))
        for _ in range(ROUNDS // 3):
            for part in PARTS[1:]:
                seconds, *_ = json.loads(self._programs.output([*remembering(self._file, part), "4"]))
                self._note(part, seconds)
        least = self._least
        return {
            "start of the bridge": least["bridge"] / least["empty"],
            "start of the authorizer": least["authorizer"] / least["empty"],
            "reading a conversation": least["reading"] / least["reference"],
            "recall": least["recall"] / least["reference"],
            **self.of_bytecodes(),
        }

    @cache  # noqa: B019 - there is one of these
    def of_bytecodes(self) -> Values:
        """The ratios of what memory costs, counted once: each count is the same."""
        counts = {part: int(self._programs.output([*remembering(self._file, part), "bytecodes"])) for part in PARTS[1:]}
        return {
            f"reading a conversation{BYTECODES}": counts["reading"] / counts["reference"],
            f"recall{BYTECODES}": counts["recall"] / counts["reference"],
        }

    def _note(self, name: str, value: float) -> None:
        self._least[name] = min(value, self._least.get(name, value))


def impurities(programs: Programs, file: Path) -> list[str]:
    """Recall has nothing to wait for and no clock to look at. If it did, what it costs would not show in instructions."""
    _, waited, readings = json.loads(programs.output([*remembering(file, "recall"), "3"]))
    faults = {f"recall waited {waited} times for something": waited, f"recall looked at a clock {readings} times": readings}
    return [fault for fault, times in faults.items() if times]


def import_faults(expected: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> list[str]:
    faults = []
    for name, modules in now.items():
        more, fewer = sorted(set(modules) - set(expected[name])), sorted(set(expected[name]) - set(modules))
        if more:
            faults.append(f"until {name}: {', '.join(more)} should not be imported")
        if fewer:
            faults.append(f"until {name}: {', '.join(fewer)} was imported and no longer is; write that down with --update")
    return faults


def ratio_faults(expected: Mapping[str, float], now: Mapping[str, float], kind: str) -> list[str]:
    return [
        f"{name}: {value:.3f}, which is {value / expected[name]:.2f} of the expected {expected[name]:.3f}; at most {margin:.2f} is allowed"
        for name, value, margin in ((name, value, margin_of(name, kind)) for name, value in now.items())
        if value > margin * expected[name]
    ]


def margin_of(name: str, kind: str) -> float:
    if name.endswith(BYTECODES):
        return MARGIN_OF_BYTECODES
    return MARGINS[kind] * (OF_A_START if kind == "CPU" and name.startswith("start") else 1)


def measured(programs: Programs, file: Path, kind: str, expected: Mapping[str, float] | None) -> tuple[Values, list[str]]:
    """The ratios, and what is wrong with them. CPU times are measured again before anything is called slower."""
    if kind == "instructions":
        ratios = instructions(programs, file)
        return ratios, ratio_faults(expected or ratios, ratios, kind)
    cpu, faults, ratios = Cpu(programs, file), ["not measured"], {}
    for _ in range(TRIES):
        ratios = cpu.ratios()
        faults = ratio_faults(expected or ratios, ratios, kind)
        if not faults:
            break
    return ratios, faults


def show(kind: str, ratios: Values, expected: Mapping[str, float] | None) -> None:
    for name, value in ratios.items():
        beside = f", expected {expected[name]:.3f}" if expected else ""
        better = expected is not None and value < BETTER * expected[name]
        print(f"  {name}: {value:.3f} in {kind}{beside}{'; better: --update keeps it' if better else ''}")


def main() -> int:
    parser = argparse.ArgumentParser(description="The gate against slower starts and slower memory.")
    parser.add_argument("--update", action="store_true", help="write what is found as what is expected")
    parser.add_argument("--bridge", type=Path, default=ROOT / "lambda", metavar="DIR", help="judge the bridge in this folder")
    parser.add_argument("--cpu", action="store_true", help="by CPU time, even where instructions can be counted")
    options = parser.parse_args()
    kind = "instructions" if not options.cpu and can_count() else "CPU"
    if kind == "CPU":
        print("By CPU time in alternating runs: there is no valgrind here that can count instructions, or it was not wanted.")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    known: dict[str, Any] = json.loads(EXPECTED.read_text("utf-8"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs, file = Programs(folder, options.bridge), conversation(folder)
        modules, faults = imports(programs), impurities(programs, file)
        expected = None if options.update else known["ratios"].get(python, {}).get(kind)
        ratios, slower = measured(programs, file, kind, expected)
    show(kind, ratios, expected)
    if options.update:
        known["imports"] = modules
        known["ratios"].setdefault(python, {})[kind] = {name: round(value, 4) for name, value in ratios.items()}
        EXPECTED.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        return 0
    if expected is None:
        print(f"NOT TESTED: the ratios in {kind}. gate.json has none for Python {python}: write them with --update.")
    faults += [*import_faults(known["imports"], modules), *slower]
    for fault in faults:
        print(f"SLOWER: {fault}", file=sys.stderr)
    print(f"The gate is not passed: {len(faults)} faults." if faults else "The gate is passed.")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
