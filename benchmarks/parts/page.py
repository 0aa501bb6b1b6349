"""docs/ledger.md and its drawing, and the figures that other pages quote. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

Results = Mapping[str, Any]
"""`figures` by id (value, unit, low, high, runs, command, commit, python, date), and `not_measured`: what is missing, and why."""

QUOTED = re.compile(r"(?P<number>\d[\d,]*(?:\.\d+)?)(?P<unit>[^\d<\n|]{0,40})<!-- figure: (?P<id>[a-z0-9._-]+) -->")
"""`0.26 of two boto3 clients<!-- figure: ID -->`: a number, at most a few words, and the id of its figure."""
INTRODUCTION = """# The ledger

Every figure that the README or these pages claim, with its interval. `make ledger` measures them again, on your machine, the bridge and
what it is compared with in turn. Written by that command: do not edit.

Times are milliseconds. `least` and `most` are of the rounds; what is counted comes out the same each time. How a part is measured stands at
the beginning of its module in `benchmarks/parts/`. On a machine that does other work, times are longer; ratios change less.
"""
TITLES = {
    "cold": "Cold start: CPU of a fresh interpreter",
    "serving": "The local bridge and a handwritten server",
    "deltas": "CPU of an answer of 5,000 deltas",
    "aws": "The first word on AWS",
    "data": "A turn in DynamoDB",
    "memory": "Memory",
    "package": "Package",
    "client": "Starting the client, and importing",
    "price": "Prices",
}
_PANEL_WIDTH, _HEIGHT, _LEFT, _TOP = 290, 190, 46, 66
_STYLE = """
text { font: 12px sans-serif; fill: #3c4148 }
.title { font-weight: bold }
.small { font-size: 10px }
.grid { stroke: #d9dce1; stroke-width: 1 }
.bridge { fill: #2f6fd0 }
.handwritten { fill: #9aa1ab }
@media (prefers-color-scheme: dark) {
  text { fill: #d3d7de }
  .grid { stroke: #3d444d }
  .bridge { fill: #6ea8fe }
}
"""


def number(text: str) -> float:
    return float(text.replace(",", ""))


def page(results: Results) -> str:
    """docs/ledger.md."""
    parts = [INTRODUCTION, "![Turns a second, CPU a turn and first text of both servers, at 1 to 500 clients](ledger.svg)\n"]
    figures = results["figures"]
    for part, ids in groupby(sorted(figures, key=order), key=lambda name: name.partition(".")[0]):
        names = list(ids)
        parts += [f"## {TITLES[part]}\n", *runs_of(figures[name] for name in names), table({name: figures[name] for name in names})]
    if results["not_measured"]:
        parts += ["## Not measured\n", "\n".join(f"* {cell(line)}" for line in results["not_measured"]) + "\n"]
    return "\n".join(parts)


def order(key: str) -> tuple[int, list[tuple[int, str]]]:
    """The parts as in `TITLES`; numbers by their size."""
    names = key.split(".")
    return list(TITLES).index(names[0]), [(int(digits[0]) if (digits := re.match(r"\d+", name)) else -1, name) for name in names]


def runs_of(figures: Any) -> list[str]:
    """When and how the figures of a part were measured: a line for each run."""
    runs = dict.fromkeys((one["date"], one["commit"], one["python"], one["command"]) for one in figures)
    return [f"`{command}`, {date}, commit {commit}, Python {python}.\n" for date, commit, python, command in runs]


def table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| id | value | unit | least | most | rounds |", "|---|---:|---|---:|---:|---:|"]
    for key, one in figures.items():
        measured = one["runs"] > 1
        least, most = (short(one["low"]), short(one["high"])) if measured else ("", "")
        lines.append(f"| `{key}` | {short(one['value'])} | {one['unit']} | {least} | {most} | {one['runs'] if measured else 'counted'} |")
    return "\n".join(lines) + "\n"


def short(value: float) -> str:
    digits = f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{float(digits):g}"


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


def faults(text: str, results: Results) -> list[str]:
    """What is wrong with the figures that a page quotes: each is the value of its run, to as many places as it is quoted."""
    wrong, quotations = [], list(QUOTED.finditer(text))
    for quoted in quotations:
        figure = results["figures"].get(quoted["id"])
        if figure is None:
            wrong.append(f"{quoted['number']}: {quoted['id']} has no run behind it")
        elif number(quoted["number"]) != number(as_quoted(quoted["number"], figure)):
            interval = f"{short(figure['low'])} to {short(figure['high'])}"
            wrong.append(f"{quoted['number']}: {quoted['id']} is {as_quoted(quoted['number'], figure)} ({interval})")
    if marks := text.count("<!-- figure:") - len(quotations):
        wrong.append(f"{marks} ids have no number before them")
    return wrong


def as_quoted(before: str, figure: Mapping[str, Any]) -> str:
    """The figure, to as many places as the number that stands in its place."""
    return f"{figure['value']:,.{len(before.partition('.')[2])}f}"


def with_figures(text: str, results: Results) -> str:
    """The page with the figures of the last run."""

    def renewed(quoted: re.Match[str]) -> str:
        figure = results["figures"].get(quoted["id"])
        return quoted[0] if figure is None else as_quoted(quoted["number"], figure) + quoted[0][len(quoted["number"]) :]

    return QUOTED.sub(renewed, text)


def svg(results: Results) -> str:
    """Bars of both servers at each number of clients, on logarithmic scales. Legible on light and on dark pages."""
    titles = {"turns-a-second": "turns a second", "cpu": "CPU a turn, ms", "first": "first text, ms (median)"}
    width = len(titles) * _PANEL_WIDTH
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT + _TOP}" role="img">'
    parts = [
        head,
        f"<style>{_STYLE}</style>",
        written(8, 20, "The local bridge and a handwritten server, by the number of clients", "title"),
    ]
    for place, (css, name) in enumerate({"bridge": "the bridge", "handwritten": "websockets, the official SDK, SQLite"}.items()):
        parts += [f'<rect class="{css}" x="{8 + 110 * place}" y="32" width="14" height="10"/>', written(28 + 110 * place, 41, name)]
    for place, (what, title) in enumerate(titles.items()):
        parts += panel(results["figures"], what, title, place * _PANEL_WIDTH)
    return "\n".join([*parts, "</svg>"]) + "\n"


def panel(figures: Mapping[str, Mapping[str, Any]], what: str, title: str, left: int) -> list[str]:
    kinds = (key.split(".")[1] for key in figures if key.startswith("serving.") and key.endswith(f".bridge.{what}"))
    counts = sorted({int(kind) for kind in kinds if kind.isdecimal()})
    values = {(count, name): figures.get(f"serving.{count}.{name}.{what}", {}).get("value", 0.0) for count in counts for name in SERVERS}
    most = max(values.values(), default=1.0)
    parts = [written(left + 8, _TOP, title, "title")]
    for place, count in enumerate(counts):
        x = left + _LEFT + place * 58
        parts.append(written(x + 20, _TOP + _HEIGHT - 12, f"{count}", "small", "middle"))
        for number_, name in enumerate(SERVERS):
            value = values[count, name]
            height = bar(value, most)
            y = _TOP + _HEIGHT - 26 - height
            parts.append(f'<rect class="{name}" x="{x + 20 * number_}" y="{y}" width="18" height="{height}"/>')
            parts.append(written(x + 20 * number_ + 9, y - 4, short(float(f"{value:.2g}")), "small", "middle"))
    return parts


SERVERS: Sequence[str] = ("bridge", "handwritten")


def bar(value: float, most: float) -> int:
    """Its height: the square root, so that one client can be seen beside 500."""
    return round(120 * (value / most) ** 0.5) if value > 0 else 0


def written(x: int, y: int, text: str, css: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
