"""What CONTRIBUTING.md, the README and the pages of docs say of where things are."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PLACE = re.compile(r"`([a-z_]+/[\w/.]+\.py)`: ((?:`\w+`(?:, )?)+)")


def test_what_the_table_names_is_defined_there() -> None:
    table = TEXT.split("## Where to change what")[1].split("## How to")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 12
    for row in rows:
        places = PLACE.findall(row)
        assert places, row
        for path, names in places:
            source = (ROOT / path).read_text()
            for name in re.findall(r"\w+", names):
                assert re.search(rf"^(?:class |def )?{name}\b|^[A-Z_, ]+\b{name}\b.* = ", source, re.M), (path, name)


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "README.md", "SECURITY.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_every_file_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"`([\w./]+\.(?:py|tf))`", (ROOT / page).read_text()))
    named -= {"mine.py"}  # What the reader of docs/clients.md writes.
    assert {name for name in named if not any(file == name or file.endswith(f"/{name}") for file in _files())} == set()


@cache
def _files() -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for folder in ("lambda", "local", "client", "deploy", "docs", "terraform", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.*")
        if "__pycache__" not in path.parts
    ] + [path.name for path in ROOT.iterdir()]
