"""An SVG of evidence recall against the budget: a small panel for each data set. Legible on light and on dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_COLUMNS = 4
_WIDTH, _HEIGHT = 218, 178
"""Of a panel."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 14, 34, 26
"""Between a panel's edge and its plot."""
_HEAD = 62
_STYLE = """
text { font: 12px sans-serif; fill: #3c4148 }
.title { font-weight: bold }
.small { font-size: 10px }
.grid { stroke: #d9dce1; stroke-width: 1 }
polyline { fill: none; stroke-width: 1.5; stroke: #8a8f98 }
.m0 { stroke-dasharray: 1.5 3 }
.m1 { stroke-dasharray: 5 3 }
.m2 { stroke-dasharray: 9 3 2 3 }
.own { stroke: #2f6fd0; stroke-width: 2.5; stroke-dasharray: none }
text.own { fill: #2f6fd0; stroke: none; font-weight: bold }
@media (prefers-color-scheme: dark) {
  text { fill: #d3d7de }
  .grid { stroke: #3d444d }
  polyline { stroke: #9aa1ab }
  .own { stroke: #6ea8fe }
  text.own { fill: #6ea8fe }
}
"""


def svg(budgets: Sequence[int], panels: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """`panels` maps a data set to its curves: by method, the percentages at `budgets`, which stand at equal distances.

    The last method is the bridge, whose values are written at its points.
    """
    rows = -(-len(panels) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, _HEAD + rows * _HEIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    parts = [
        head,
        f"<style>{_STYLE}</style>",
        _text(8, 20, "Of the messages that hold the answer, Claude is sent whole (percent, by the characters sent)", "title"),
    ]
    parts += _legend(list(next(iter(panels.values()))))
    for place, (name, curves) in enumerate(panels.items()):
        left, top = place % _COLUMNS * _WIDTH, _HEAD + place // _COLUMNS * _HEIGHT
        parts += [f'<g transform="translate({left} {top})">', *_panel(name, budgets, curves), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(methods: Sequence[str]) -> list[str]:
    parts: list[str] = []
    x = 8
    for place, method in enumerate(methods):
        parts += [f'<polyline class="{_class(place, methods)}" points="{x},38 {x + 28},38"/>', _text(x + 34, 42, method)]
        x += 60 + 7 * len(method)
    return parts


def _panel(name: str, budgets: Sequence[int], curves: Mapping[str, Sequence[float]]) -> list[str]:
    parts = [_text(_LEFT, 18, name, "title")]
    for percent in (0, 50, 100):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(percent)}" y2="{_y(percent)}"/>')
        parts.append(_text(_LEFT - 6, _y(percent) + 4, str(percent), "small", "end"))
    places = [_x(place, len(budgets)) for place in range(len(budgets))]
    parts += [_text(x, _HEIGHT - 8, f"{budget:,}", "small", "middle") for x, budget in zip(places, budgets, strict=True)]
    for number, values in enumerate(curves.values()):
        points = " ".join(f"{x},{_y(value)}" for x, value in zip(places, values, strict=True))
        parts.append(f'<polyline class="{_class(number, list(curves))}" points="{points}"/>')
    own = list(curves.values())[-1]
    parts += [
        _text(x, _y(value) + (17 if value > 85 else -8), f"{value:.0f}", "own", "middle") for x, value in zip(places, own, strict=True)
    ]
    return parts


def _class(number: int, methods: Sequence[str]) -> str:
    return "own" if number == len(methods) - 1 else f"m{number}"


def _x(place: int, places: int) -> int:
    return _LEFT + round((_WIDTH - _LEFT - _RIGHT) * (place + 0.5) / places)


def _y(percent: float) -> int:
    return _HEIGHT - _BOTTOM - round((_HEIGHT - _TOP - _BOTTOM) * percent / 100)


def _text(x: int, y: int, text: str, css: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
