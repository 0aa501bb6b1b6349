"""Every figure that is claimed, and its rival's, measured again: `python benchmarks/ledger.py [--quick] [--part NAME] [--data DIR]`.

The results are kept in results.json by id, with interval, command, commit, Python and date; a part that is not measured this time keeps its
last ones. docs/ledger.md and its drawing are written from them, and the figures that pages quote are renewed. What
is missing here (a peer, a data set) is said there, and in the output.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from parts import aws, clients, cold, data, deltas, memory, page, serving, sizes
from parts.figures import Figure, by_id, counted
from scale_model import price

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
QUICK_SETS = ("functions", "follow-ups", "leaning messages")

Note = Callable[[str], None]


def parts_of(options: argparse.Namespace) -> dict[str, Callable[[Note], Iterable[Figure]]]:
    """Each part, by the name that its ids begin with."""
    quick: bool = options.quick

    def rounds(few: int, many: int) -> int:
        return int(options.rounds) or (few if quick else many)

    served = {name: kind for name, kind in serving.KINDS.items() if not (quick and kind.clients > 100)}
    return {
        "cold": lambda note: cold.measure(rounds(2, 5), rounds(1, 2), note),
        "serving": lambda note: serving.measure({name: rounds(1, kind.rounds) for name, kind in served.items()}, note),
        "deltas": lambda note: deltas.measure(rounds(1, 3), note),
        "aws": lambda note: aws.measure(rounds(1, 3), note),
        "data": lambda note: data.measure(data.TURNS[:2] if quick else data.TURNS, note),
        "package": lambda note: sizes.measure(note),
        "client": lambda note: clients.measure(rounds(2, 5), clients.FEW if quick else clients.MESSAGES, note),
        "price": lambda _: prices(),
        "memory": lambda note: memory.measure(options.data, QUICK_SETS if quick and not options.data else (), note, writes=not quick),
    }


def prices() -> Iterator[Figure]:
    """Of one question: arithmetic (`scale_model.py`)."""
    of_question = price()
    yield counted("price.question", 100 * sum(of_question), "US cents")
    yield counted("price.claudes-part", 100 * (of_question.claude + of_question.summary) / sum(of_question), "percent")


def main() -> int:
    parser = argparse.ArgumentParser(description="Every figure that is claimed, measured again.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, clients, turns and messages; nothing is written")
    parser.add_argument("--part", action="append", default=[], metavar="NAME", help="only this part (repeatable)")
    parser.add_argument("--data", type=Path, action="append", default=[], metavar="DIR", help="data sets for memory (repeatable)")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="this many rounds, of whatever is measured in rounds")
    parser.add_argument("--pages", action="store_true", help="measure nothing, only write the pages again")
    options = parser.parse_args()
    parts = parts_of(options)
    if unknown := set(options.part) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"figures": {}, "not_measured": {}}
    failed, seconds = list[str](), dict[str, float]()
    for name in [] if options.pages else options.part or parts:
        began = time.monotonic()
        if not measure(name, parts[name], results, run_of(options)):
            failed.append(name)
        seconds[name] = time.monotonic() - began
        if not options.quick:
            write(results)
    if options.pages:
        write(results)
    if seconds:
        of_parts = ", ".join(f"{name} {of_part:.0f}" for name, of_part in seconds.items())
        print(f"\nIt took {sum(seconds.values()):.0f} s: {of_parts}.", *(f"{name} failed." for name in failed))
    return int(bool(failed))


def run_of(options: argparse.Namespace) -> dict[str, str]:
    """What is kept of a run, besides its figures: nothing that tells machines apart."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "command": "make bench" if options.quick else "make ledger",
        "commit": commit or "unknown",
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def measure(name: str, part: Callable[[Note], Iterable[Figure]], results: dict[str, Any], run: Mapping[str, str]) -> bool:
    """Measures one part, prints and keeps its figures; says whether it came to its end."""
    notes, figures = list[str](), list[Figure]()
    print(f"\n{page.TITLES[name]}", flush=True)
    try:
        for figure in part(notes.append):
            figures.append(figure)
            spread = f" ({page.short(figure.low)} to {page.short(figure.high)})" if figure.runs > 1 else ""
            print(f"  {figure.id}: {page.short(figure.value)} {figure.unit}{spread}", flush=True)
        finished = True
    except (Exception, SystemExit) as error:  # noqa: BLE001 # What has failed is said, and the other parts are measured.
        notes.append(f"{name}: it failed after {len(figures)} figures: {type(error).__name__}: {error}")
        finished = False
    for note in notes:
        print(f"  NOT MEASURED: {note}", flush=True)
    if finished and name != "memory":  # Of memory, sets that are not here keep their last figures.
        results["figures"] = {key: one for key, one in results["figures"].items() if key.partition(".")[0] != name}
    results["figures"] |= {key: {**figure.row(), **run} for key, figure in by_id(figures).items()}
    results["not_measured"][name] = sorted(notes)
    return finished


def write(results: dict[str, Any]) -> None:
    """Recall is what `make recall` has measured, whose tables are in the pages."""
    results["figures"] |= recalled(results["figures"])
    whole = {"figures": dict(sorted(results["figures"].items())), "not_measured": dict(sorted(results["not_measured"].items()))}
    RESULTS.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    (ROOT / "docs" / "ledger.md").write_text(page.page(flat(whole)), "utf-8")
    (ROOT / "docs" / "ledger.svg").write_text(page.svg(flat(whole)), "utf-8")
    for path in PAGES:
        if path.exists() and (text := path.read_text("utf-8")) != (renewed := page.with_figures(text, whole)):
            path.write_text(renewed, "utf-8")
            print(f"figures of {path.relative_to(ROOT)} have been renewed")


def recalled(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of docs/recall.json, each with its run: the same, where nothing has changed."""
    figures = by_id(memory.of_report(json.loads((ROOT / "docs" / "recall.json").read_text("utf-8"))))
    command = ["git", "log", "-1", "--format=%h %as", "--", "docs/recall.json"]
    commit, _, date = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip().partition(" ")
    run = {"command": "make recall", "commit": commit, "python": platform.python_version(), "date": date}
    return {key: {**figure.row(), **run} for key, figure in figures.items() if known.get(key, {}).get("value") != figure.row()["value"]}


def flat(results: Mapping[str, Any]) -> dict[str, Any]:
    """The results with what is missing as one list."""
    missing: Sequence[str] = [note for notes in results["not_measured"].values() for note in notes]
    return {**results, "not_measured": missing}


if __name__ == "__main__":
    sys.exit(main())
