"""A file is written whole or not at all, and only its owner can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_client.private_files import write_private


def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "notes" / "one.json"
    write_private(path, "kite")
    assert path.read_text() == "kite"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_where_it_cannot_be_written_the_old_one_stays_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state" / "one.json"
    write_private(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, "new")
    assert [file.name for file in path.parent.iterdir()] == ["one.json"]
    assert path.read_text() == "old"
