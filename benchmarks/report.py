"""What the benchmarks print: a small table, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

Row = Mapping[str, object]


def show(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Prints `rows`, whose keys are the columns; as one JSON object with `--json` on the command line."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({"title": title, "rows": [dict(row) for row in rows], "notes": list(notes)}))
        return
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(title)
    for line in lines:
        print("  " + "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]))
    for note in notes:
        print(f"  {note}")


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
