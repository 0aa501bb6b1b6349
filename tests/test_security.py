"""SECURITY.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = [line for line in (TESTS.parent / "SECURITY.md").read_text().splitlines() if re.search(r"`[a-z_/]*test_[a-z_]+\.py|`fuzz/`", line)]


@pytest.mark.parametrize("row", ROWS)
def test_every_threat_names_a_test_that_is_there(row: str) -> None:
    module = ""
    for named in re.findall(r"`((?:[a-z_]+/)*(?:test_[a-z_]+\.py)?(?:::\w+)?)`", row):
        path, _, function = named.partition("::")
        module = path or module
        assert (TESTS / module).exists(), named
        assert not function or f"def {function}(" in (TESTS / module).read_text(), named


def test_there_are_threats() -> None:
    assert len(ROWS) > 15
