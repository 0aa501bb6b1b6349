"""From one user to a million: `python benchmarks/scale.py [--measured FILE] [--page FILE] [--svg FILE] [--clients 1,10,100,500]`.

Prints which limit is met at how many users and what a month costs; with `--measured` the local gateway is measured first, at its lower end,
and the figures are stored in the file. `--page` and `--svg` write the tables and the drawing of docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import scale_local
from scale_model import USE, USERS, limits, price, step
from scale_plot import svg


def cost_table() -> str:
    heads = (
        "users",
        "questions a second",
        "at once",
        "connections",
        "requests a second",
        "writes a second",
        "a month, Claude",
        "a month, AWS",
    )
    lines = [f"| {' | '.join((*heads, 'limits met by then'))} |", f"|{'---|' * (len(heads) + 1)}"]
    met: set[str] = set()
    for users in USERS:
        one = step(users)
        new = [name for name in one.met if name not in met]
        met |= set(new)
        figures = [short(value) for value in (one.questions, one.at_once, one.connections, one.requests, one.writes)]
        cells = [f"{users:,}", *figures, money(one.month.claude), money(one.month.aws), "; ".join(new) or "none"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def limit_table() -> str:
    lines = [
        "| limit | a user needs | there are at first | met at, users | after a raise | how it is raised |",
        "|---|---|---|---|---|---|",
    ]
    for limit in limits():
        most = "on request" if limit.users_at_most is None else f"{round_down(limit.users_at_most):,} users"
        lines.append(
            f"| {limit.name} | {short(limit.need)} | {limit.default:,} | **{round_down(limit.users):,}** | {most} | {limit.raised} |"
        )
    return "\n".join(lines)


def measured_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| clients | answers a second | expected | frames of an answer | expected | first text, ms | answer, s | 95 of 100 within, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["clients"], spread(row["a_second"]), row["expected_a_second"], spread(row["frames"]), row["expected_frames"]]
        times = [spread([1000 * seconds for seconds in row["first_text"]]), spread(row["answer"]), spread(row["answer_p95"])]
        lines.append(f"| {' | '.join(map(str, cells + times))} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """The median of the rounds, and the least and the most."""
    least, *_, most = (short(value) for value in sorted(values))
    return f"{short(median(values))} ({least} to {most})" if least != most else least


def short(value: float) -> str:
    """Three figures, without an exponent."""
    digits = f"{value:.3g}"
    return f"{float(digits):,.0f}" if value >= 100 else f"{float(digits):.7f}".rstrip("0").rstrip(".")


def round_down(value: float) -> int:
    """To two figures: a limit is not promised beyond what it holds."""
    unit = 10 ** max(0, len(str(int(value))) - 2)
    return int(value // unit * unit)


def money(dollars: float) -> str:
    return f"${dollars:,.2f}" if dollars < 100 else f"${float(f'{dollars:.3g}'):,.0f}"


def fill(page: str, tables: Mapping[str, str]) -> str:
    """The page with its tables, each between two comments that name it."""
    for name, table in tables.items():
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        page = f"{before}{mark}{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return page


def tables(measured: Mapping[str, Any]) -> dict[str, str]:
    return {"users": cost_table(), "limits": limit_table(), "measured": measured_table(measured["rows"])}


def main() -> None:
    parser = argparse.ArgumentParser(description="From one user to a million.")
    parser.add_argument("--measured", type=Path, help="measure the local gateway, and keep the figures in this file")
    parser.add_argument("--clients", default=",".join(map(str, scale_local.CLIENTS)), help="how many clients at once, with --measured")
    parser.add_argument("--rounds", type=int, default=3, help="how often each number of clients is measured")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    print(f"{cost_table()}\n\n{limit_table()}\n\nOne question: ${sum(price()):.4f}; {USE.questions_a_day:.0f} a day.")
    if arguments.measured:
        rows = [scale_local.measure(int(clients), arguments.rounds) for clients in arguments.clients.split(",")]
        arguments.measured.write_text(json.dumps({"cpus": os.cpu_count(), "rows": rows}, indent=1) + "\n", encoding="utf-8")
        print(f"\n{measured_table(rows)}")
    if arguments.svg:
        arguments.svg.write_text(svg(), encoding="utf-8")
    if arguments.page:
        measured = json.loads((arguments.page.parent / "scale.json").read_text(encoding="utf-8"))
        arguments.page.write_text(fill(arguments.page.read_text(encoding="utf-8"), tables(measured)), encoding="utf-8")


if __name__ == "__main__":
    main()
