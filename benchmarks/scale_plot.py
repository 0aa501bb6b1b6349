"""A drawing of the limits on a scale of users, with what a month costs at each step. Legible on light and on dark pages."""

from __future__ import annotations

from html import escape
from math import log10

from scale_model import USERS, Limit, limits, month

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 880, 250, 30, 62, 22
_STYLE = """
text { font: 12px sans-serif; fill: #3c4148 }
.title { font-weight: bold }
.small { font-size: 10px }
.grid { stroke: #d9dce1; stroke-width: 1 }
.first { fill: #2f6fd0 }
.raised { fill: #a9c5f0 }
@media (prefers-color-scheme: dark) {
  text { fill: #d3d7de }
  .grid { stroke: #3d444d }
  .first { fill: #6ea8fe }
  .raised { fill: #31517f }
}
"""


def svg() -> str:
    """A bar for each limit: how many users the default serves, and in a lighter colour a raised one, where that is known."""
    rows = limits()
    height = _TOP + len(rows) * _ROW + 56
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<style>{_STYLE}</style>",
        _text(8, 20, "How many users each limit serves, at ten questions a day each", "title"),
        f'<rect class="first" x="8" y="32" width="14" height="10"/>{_text(28, 41, "as it is at first")}',
        f'<rect class="raised" x="140" y="32" width="14" height="10"/>{_text(160, 41, "raised, where the bound is known")}',
    ]
    bottom = _TOP + len(rows) * _ROW
    for users in USERS:
        parts.append(f'<line class="grid" x1="{_x(users)}" x2="{_x(users)}" y1="{_TOP - 6}" y2="{bottom}"/>')
        parts.append(_text(_x(users), bottom + 16, f"{users:,}", "small", "middle"))
        parts.append(_text(_x(users), bottom + 32, f"${month(users).claude + month(users).aws:,.0f}", "small", "middle"))
    parts += [_text(_LEFT - 34, bottom + 16, "users", "small", "end"), _text(_LEFT - 34, bottom + 32, "a month", "small", "end")]
    for place, limit in enumerate(rows):
        parts += _bar(limit, _TOP + place * _ROW)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(limit: Limit, y: int) -> list[str]:
    parts = [_text(8, y + 12, limit.name)]
    if limit.users_at_most:
        parts.append(f'<rect class="raised" x="{_LEFT}" y="{y + 2}" width="{_x(limit.users_at_most) - _LEFT}" height="14"/>')
    parts.append(f'<rect class="first" x="{_LEFT}" y="{y + 2}" width="{_x(limit.users) - _LEFT}" height="14"/>')
    return parts


def _x(users: float) -> int:
    """On a logarithmic scale, no further than its end."""
    width = _WIDTH - _LEFT - _RIGHT
    return round(_LEFT + width * min(1.0, log10(users) / log10(USERS[-1])))


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{named} text-anchor="{anchor}">{escape(text)}</text>'
