"""`export`, `backup`, and `delete` of what was moved, on a bridge on this machine."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge_client.commands.moving import exporting
from bridge_client.commands.moving.backup import backup
from bridge_client.commands.moving.conversation import is_imported
from bridge_client.commands.moving.exporting import file_name
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.failures import Failure
from bridge_client.protocol.frames import SESSION_ID, Frame
from client.bench import Bench
from client.conftest import Run
from client.moving.conftest import Ask
from client.moving.test_importing import transcript


@pytest.fixture
def imported(ask: Ask, session: str, tmp_path: Path) -> str:
    """A session with two turns."""
    transcript(session).write(tmp_path / "projects")
    ask("import", str(tmp_path / "projects"))
    return f"claude-code-{session}"


def test_a_session_is_written_as_markdown_json_or_lines(run: Run, bridge: LocalBridge, imported: str, session: str, tmp_path: Path) -> None:
    variables = {"CLAUDE_BRIDGE_URL": bridge.url()}
    code, markdown, _ = run("export", imported, variables=variables)
    assert code == 0
    assert markdown.startswith(f"# question 0 of {session}\n\n## You · ")
    assert "answer 1" in markdown
    path = tmp_path / "new" / "kites.json"
    code, stdout, stderr = run("export", imported, "--format", "json", "-o", str(path), variables=variables)
    assert (code, stdout, stderr) == (0, "", f"Exported 2 turns to {path}.\n")
    assert path.stat().st_mode & 0o777 == 0o600
    whole = json.loads(path.read_text())
    assert whole["session_id"] == imported
    assert whole["settings"]["project"] == "kites"
    code, lines, _ = run("export", imported, "--format", "jsonl", variables=variables)
    head, *turns = [json.loads(line) for line in lines.splitlines()]
    assert head == {"session": {name: value for name, value in whole.items() if name != "turns"}}
    assert [line["turn"] for line in turns] == whole["turns"]


def test_all_sessions_are_written_and_only_what_is_new_again(ask: Ask, imported: str, session: str, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "exported"
    first = ask("export", "--all", str(folder))
    assert first["written"] >= 1
    assert folder.stat().st_mode & 0o777 == 0o700
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == first["written"]
    (mine,) = [name for name in names if imported in name]
    assert mine == f"question-0-of-{session}@{imported}.jsonl"
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    again = ask("export", "--all", str(folder))
    assert (again["written"], again["unchanged"]) == (0, first["written"])
    ask("rename", imported, "Kites & winds: ../../etc/passwd")
    later = ask("export", "--all", str(folder))
    assert (later["written"], later["unchanged"]) == (1, first["written"] - 1)
    (mine,) = [path.name for path in folder.iterdir() if imported in path.name]
    assert mine == f"kites-winds-etc-passwd@{imported}.jsonl"
    assert {path.name for path in folder.parent.iterdir()} == {"exported"}
    (folder / mine).write_bytes((folder / mine).read_bytes()[:-100])  # As if it had been cut off.
    assert ask("export", "--all", str(folder))["written"] == 1


@pytest.mark.slow
def test_the_files_come_back_whole_in_a_bridge_without_them(run: Run, ask: Ask, imported: str, tmp_path: Path) -> None:
    ask("keep", imported, "--for", "30d")
    ask("rename", imported, "Kites")
    folder = tmp_path / "exported"
    ask("export", "--all", str(folder))
    before = [ask(command, imported) for command in ("history", "export")]
    elsewhere = {"CLAUDE_BRIDGE_HOME": str(tmp_path / "other")}
    code, stdout, stderr = run("import", str(folder), "--keep-secrets", "--json", variables=elsewhere)
    assert code == 0, stderr
    assert json.loads(stdout)["added"] > 0
    after = [json.loads(run(command, imported, "--json", variables=elsewhere)[1]) for command in ("history", "export")]
    assert after[0] == before[0]
    assert after[1]["settings"] == before[1]["settings"]


def test_a_file_name_says_the_title_and_holds_the_id() -> None:
    assert file_name("Über Drachen: ../\x1b[2J kites!", "chat-1") == "uber-drachen-2j-kites@chat-1.jsonl"
    assert file_name("凧", "..") == "session@...jsonl"
    assert len(file_name("x" * 500, "y" * 128)) < 255
    assert not SESSION_ID.fullmatch("@")


@pytest.mark.slow
def test_a_backup_is_one_consistent_file_while_the_bridge_runs(run: Run, tmp_path: Path) -> None:
    variables = {"CLAUDE_BRIDGE_HOME": str(tmp_path / "home")}
    session = "11111111-2222-4333-8444-555555555556"
    transcript(session).write(tmp_path / "projects")
    assert run("import", str(tmp_path / "projects"), variables=variables)[0] == 0
    writing = sqlite3.connect(tmp_path / "home" / "sessions.db")
    writing.execute("BEGIN IMMEDIATE")
    path = tmp_path / "saved" / "all.db"
    code, stdout, stderr = run("backup", str(path), "--json", variables=variables)
    writing.close()
    assert code == 0, stderr
    assert json.loads(stdout) == {"file": str(path), "bytes": path.stat().st_size, "kind": "sqlite"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["all.db"]
    other = tmp_path / "other"
    other.mkdir()
    path.rename(other / "sessions.db")
    code, stdout, _ = run("history", f"claude-code-{session}", "--json", variables={"CLAUDE_BRIDGE_HOME": str(other)})
    assert len(json.loads(stdout)["turns"]) == 2


def test_a_backup_of_another_bridge_is_an_archive_that_comes_back(ask: Ask, imported: str, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    assert ask("backup", str(path))["kind"] == "archive"
    assert path.stat().st_mode & 0o777 == 0o600
    assert any(imported in name for name in zipfile.ZipFile(path).namelist())
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert ask("import", str(path))["present"] >= 2


def test_what_cannot_be_written_is_said(ask: Ask, imported: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ask("export", "--all", str(tmp_path / "file"), code=7)["code"] == "not_written"
    assert ask("export", imported, "-o", str(tmp_path / "file" / "x"), code=7)["code"] == "not_written"
    assert ask("backup", str(tmp_path), code=2)["code"] == "bad_usage"
    assert ask("export", code=2)["code"] == "bad_usage"
    assert ask("export", imported, "--all", str(tmp_path), code=2)["code"] == "bad_usage"
    assert ask("export", "nobody-knows", code=3)["code"] == "no_such_session"


def test_a_project_is_deleted_or_all_that_came_from_other_programs(ask: Ask, imported: str, tmp_path: Path) -> None:
    name = f"own-{imported[-12:]}"
    ask("What is a kite?", "--new", name)
    assert imported in ask("delete", "--project", "kites", "--dry-run")["would_delete"]
    assert ask("delete", "--project", "nothing", "--yes")["deleted"] == []
    assert ask("delete", "--project", "", "--yes", code=2)["code"] == "bad_usage"
    assert ask("delete", "--project", "kites", "--older-than", "9000d", "--yes")["deleted"] == []
    would = ask("delete", "--imported", "--dry-run")["would_delete"]
    assert imported in would
    assert name not in would
    assert "--yes" in ask("delete", "--imported", code=2)["error"]
    assert ask("delete", "--imported", "--yes")["deleted"] == would
    assert name in {row["session_id"] for row in ask("sessions")["sessions"]}


def test_a_session_that_a_person_named_is_none_of_another_program() -> None:
    assert is_imported("claude-code-11111111-2222-4333-8444-555555555555")
    assert is_imported("llm-01m8dv4mccxd2fqahwejfpftpe")
    assert is_imported("chatgpt-33333333-aaaa-4aaa-8aaa-000000000001-2")
    assert not any(map(is_imported, ("claude-code-notes", "llm-notes", "chat-9d6f00aa11bb", "chatgpt", "codex-")))


def test_a_full_disk_ends_an_export_of_all_in_words(ask: Ask, imported: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "write_private", full)
    failure = ask("export", "--all", str(tmp_path / "exported"), code=7)
    assert failure["code"] == "not_written"
    assert failure["error"].endswith(f"could not be written: {'No space left on device'.lower()}.")
    assert imported


def test_a_session_that_goes_while_all_are_exported_is_counted_as_gone(tmp_path: Path) -> None:
    def gone(frame: Frame) -> Frame:
        raise Failure("session_deleted", "It was deleted.")

    def broken(frame: Frame) -> Frame:
        raise Failure("store_unavailable", "The store is away.")

    outcome = exporting.Outcome()
    exporting._write_one(gone, tmp_path, {}, {"session_id": "kites"}, outcome)
    assert (outcome.gone, outcome.written, list(tmp_path.iterdir())) == (1, 0, [])
    with pytest.raises(Failure):
        exporting._write_one(broken, tmp_path, {}, {"session_id": "kites"}, outcome)


@pytest.mark.parametrize("lines", [None, [], ["{}"], ["{}", "{}", "{}"]])
def test_a_file_that_is_gone_or_has_other_turns_is_written_again(tmp_path: Path, lines: list[str] | None) -> None:
    path = tmp_path / "kites.jsonl"
    if lines is not None:
        path.write_text("\n".join(lines))
    assert not exporting._is_unchanged(lambda _: {}, path, {"session_id": "kites", "turns": 1})


def test_what_was_exported_is_said(run: Run, bridge: LocalBridge, imported: str, tmp_path: Path) -> None:
    assert imported
    code, stdout, stderr = run("export", "--all", str(tmp_path / "out"), variables={"CLAUDE_BRIDGE_URL": bridge.url()})
    assert (code, stdout) == (0, "")
    assert re.fullmatch(r"Exported \d+ sessions \(\d+ turns\) to \S+\.\n", stderr)


def a_store(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("CREATE TABLE said (text)")
        store.execute("INSERT INTO said VALUES ('kites')")
        store.commit()
    return path


def test_a_backup_of_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite makes a file beside a database in WAL mode, even to read it.
    store = a_store(tmp_path / "sessions.db")
    monkeypatch.setattr(os, "access", lambda *_: False)
    bench = Bench("")
    saved = tmp_path / "saved" / "all.db"
    assert backup(bench.client(), store, str(saved), as_json=False) == 0
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("SELECT * FROM said").fetchall() == [("kites",)]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["sessions.db"]


def test_a_backup_that_has_no_room_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "sessions.db"
    store.write_bytes(b"x" * 5000)  # No database: SQLite fails.
    bench = Bench("")
    with pytest.raises(Failure, match="could not be copied: file is not a database"):
        backup(bench.client(), store, str(tmp_path / "all.db"), as_json=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(Failure, match=r"all\.db could not be written: no space left on device\.$"):
        backup(bench.client(), store, str(tmp_path / "all.db"), as_json=False)
    assert [path.name for path in tmp_path.iterdir()] == ["sessions.db"]
