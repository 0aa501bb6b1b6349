"""What docs/moving.md says about speed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from import_speed import PROMPTS, random_words, run_import, write_session


@pytest.mark.slow
def test_ten_thousand_messages_are_imported_within_a_minute_and_again_nothing(tmp_path: Path) -> None:
    for number in range(10_000 // (2 * PROMPTS)):
        write_session(tmp_path / "projects", number, random_words)
    began = time.monotonic()
    first = run_import(tmp_path / "projects", tmp_path / "home")
    assert time.monotonic() - began < 60
    assert (first["added"], first["present"]) == (5_000, 0)
    again = run_import(tmp_path / "projects", tmp_path / "home")
    assert (again["added"], again["present"]) == (0, 5_000)
