"""A small SVG of evidence recall against the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 700, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 190, 44, 44
_COLOURS = ("#2f6fd0", "#d08a2e", "#2e9e6b", "#b0529c", "#8a8f98", "#c2453a", "#5b6ee0", "#8d7a2f")


def svg(budgets: Sequence[int], curves: Mapping[str, Sequence[float]]) -> str:
    """`curves` maps a name to its percentages at `budgets`, which stand at equal distances (each is twice the one before)."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    parts.append(_text(8, 20, "Of the messages that hold the answer, Claude is sent", "start"))
    for percent in range(0, 101, 20):
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(percent)}" y2="{_y(percent)}" stroke="#e3e5e8"/>')
        parts.append(_text(_LEFT - 8, _y(percent) + 4, f"{percent}%", "end"))
    for place, budget in enumerate(budgets):
        parts.append(_text(_x(place, len(budgets)), _HEIGHT - _BOTTOM + 20, f"{budget:,}", "middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) // 2, _HEIGHT - 6, "characters sent", "middle"))
    for (name, values), colour in zip(curves.items(), _COLOURS, strict=False):
        points = " ".join(f"{_x(place, len(budgets))},{_y(value)}" for place, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts.extend(_text(_x(place, len(budgets)), _y(value) - 8, f"{value:.0f}", "middle", colour) for place, value in enumerate(values))
        parts.append(_text(_WIDTH - _RIGHT + 8, _y(values[-1]) + 4, name, "start", colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(place: int, places: int) -> int:
    return _LEFT + round((_WIDTH - _LEFT - _RIGHT) * (place + 0.5) / places)


def _y(percent: float) -> int:
    return _HEIGHT - _BOTTOM - round((_HEIGHT - _TOP - _BOTTOM) * percent / 100)


def _text(x: int, y: int, text: str, anchor: str, colour: str = "#3c4148") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
