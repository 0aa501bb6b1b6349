"""`import`, and taking it back, on a bridge on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.moving.formats.reading import NOT_RECOGNISED
from bridge_client.config.local_bridge import LocalBridge
from client.conftest import Run
from client.moving.conftest import Ask
from client.moving.transcripts import Transcript
from client.test_redaction import KEYS, secret


def history(ask: Ask, session_id: str) -> list[list[str]]:
    return [[message["content"] for message in turn["context"]] for turn in ask("history", session_id)["turns"]]


def transcript(session: str, turns: int = 2) -> Transcript:
    said = Transcript(session)
    for number in range(turns):
        said.turn(f"question {number} of {session}", f"answer {number}")
    return said


def test_an_import_brings_each_turn_once_and_what_is_new_later(ask: Ask, session: str, tmp_path: Path) -> None:
    said = transcript(session)
    said.write(tmp_path)
    first = ask("import", str(tmp_path))
    assert (first["added"], first["present"], first["sessions"], first["conversations"]) == (2, 0, 1, 1)
    again = ask("import", str(tmp_path))
    assert (again["added"], again["present"], again["run"]) == (0, 2, None)
    said.turn("one more", "And its answer.")
    said.write(tmp_path)
    later = ask("import", str(tmp_path))
    assert (later["added"], later["present"]) == (1, 2)
    turns = history(ask, f"claude-code-{session}")
    assert turns == [[f"question {number} of {session}", f"answer {number}"] for number in range(2)] + [["one more", "And its answer."]]
    (row,) = [row for row in ask("sessions")["sessions"] if row["session_id"] == f"claude-code-{session}"]
    assert (row["project"], row["keep_hours"], row["expires_at"]) == ("kites", 0, None)


def test_the_project_can_be_named(ask: Ask, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    ask("import", str(tmp_path), "--project", "winds")
    (row,) = [row for row in ask("sessions")["sessions"] if row["session_id"] == f"claude-code-{session}"]
    assert row["project"] == "winds"


def test_of_forty_kinds_of_keys_none_is_in_the_store(ask: Ask, session: str, tmp_path: Path, home: Path) -> None:
    said = Transcript(session)
    for name, key in KEYS.items():
        said.turn(f"My {name}: {key}", f"You said {key} there.")
    said.note("custom-title", customTitle=f"About {KEYS['github']}")
    said.write(tmp_path)
    outcome = ask("import", str(tmp_path))
    assert outcome["added"] == len(KEYS) >= 40
    assert sum(outcome["redacted"].values()) >= 2 * len(KEYS) + 1
    stored = b"".join(path.read_bytes() for path in home.glob("sessions*"))
    assert f"claude-code-{session}".encode() in stored
    assert [name for name, key in KEYS.items() if secret(key).encode() in stored] == []


def test_secrets_can_be_imported(ask: Ask, session: str, tmp_path: Path) -> None:
    said = Transcript(session)
    said.turn(f"It is {KEYS['github']}", "I see.")
    said.write(tmp_path)
    assert ask("import", str(tmp_path), "--keep-secrets")["redacted"] == {}
    assert history(ask, f"claude-code-{session}") == [[f"It is {KEYS['github']}", "I see."]]


def test_a_dry_run_sends_nothing(ask: Ask, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    outcome = ask("import", str(tmp_path), "--dry-run")
    assert (outcome["turns"], outcome["dry_run"], outcome["run"]) == (2, True, None)
    assert "added" not in outcome
    ask("history", f"claude-code-{session}", code=3)


def test_an_import_is_taken_back_and_can_be_repeated(ask: Ask, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    outcome = ask("import", str(tmp_path))
    would = ask("import", "--undo", outcome["run"], "--dry-run")
    assert would["would_delete"] == [f"claude-code-{session}"]
    refused = ask("import", "--undo", "last", code=2)
    assert "--yes" in refused["error"]
    assert ask("import", "--undo", "last", "--yes")["deleted"] == [f"claude-code-{session}"]
    ask("history", f"claude-code-{session}", code=3)
    assert ask("import", "--undo", outcome["run"], "--yes", code=2)["code"] == "bad_usage"
    again = ask("import", str(tmp_path))
    assert again["renamed"] == {f"claude-code-{session}": f"claude-code-{session}-2"}
    assert ask("import", str(tmp_path))["present"] == 2
    assert ask("import", "--undo", again["run"], "--yes")["deleted"] == [f"claude-code-{session}-2"]


def test_what_an_undo_cannot_take_back_is_said_and_stays(ask: Ask, session: str, tmp_path: Path) -> None:
    said = transcript(session)
    said.write(tmp_path)
    first = ask("import", str(tmp_path))["run"]
    said.turn("later", "And its answer.")
    said.write(tmp_path)
    second = ask("import", str(tmp_path))["run"]
    assert ask("import", "--undo", second, "--yes")["not_begun"] == [f"claude-code-{session}"]
    assert ask("import", "--undo", first, "--yes")["continued"] == [f"claude-code-{session}"]
    assert len(history(ask, f"claude-code-{session}")) == 3


def test_a_fork_does_not_bring_what_it_has_in_common_a_second_time(ask: Ask, session: str, tmp_path: Path) -> None:
    said = transcript(session)
    original = said.write(tmp_path)
    ask("import", str(tmp_path))
    fork = Transcript("00000000-0000-4000-8000-" + session[-12:])  # Sorted before the original, whatever its time.
    fork.lines = [line.replace(f'"sessionId": "{session}"', f'"sessionId": "{fork.session}"') for line in said.lines]
    fork.last, fork.time = said.last, said.time
    fork.turn("only in the fork", "Yes.")
    fork.write(tmp_path)
    original.touch()
    outcome = ask("import", str(tmp_path))
    assert (outcome["added"], outcome["present"], outcome["skipped"]) == (1, 2, {"a copy in a forked session": 2})
    assert history(ask, f"claude-code-{fork.session}") == [["only in the fork", "Yes."]]


@pytest.mark.slow
def test_a_turn_larger_than_a_message_comes_whole(ask: Ask, session: str, tmp_path: Path) -> None:
    question, answer = '凧 \x02 " ' * 20_000, "line\n" * 40_000
    said = Transcript(session)
    said.turn(question, answer)
    said.turn("too large", "x" * 390_000)
    said.turn("small", "Yes.")
    said.write(tmp_path)
    outcome = ask("import", str(tmp_path))
    assert (outcome["added"], outcome["skipped"]) == (2, {"a turn of more than 378,000 bytes": 1})
    large, small = history(ask, f"claude-code-{session}")
    assert large == [question.strip(), answer]
    assert small == ["small", "Yes."]
    assert (ask("import", str(tmp_path))["present"]) == 2


@pytest.mark.slow
def test_our_own_export_comes_back_with_all_that_belongs_to_it(ask: Ask, session: str, tmp_path: Path) -> None:
    name = f"kites-{session}"
    ask("What is a kite?", "--new", name)
    ask("And how long is one?", "-s", name)
    ask("rename", name, "About kites")
    ask("keep", name, "--for", "10d")
    before = json.loads(json.dumps(ask("history", name)))
    settings = ask("export", name)["settings"]
    for form in ("json", "jsonl"):
        code = ask_file(ask, name, tmp_path / f"one.{form}", form)
        assert code == {}
    ask("delete", name, "--yes")
    outcome = ask("import", str(tmp_path / "one.jsonl"))
    assert outcome["renamed"] == {name: f"{name}-2"}
    assert ask("history", f"{name}-2")["turns"] == before["turns"]
    assert ask("export", f"{name}-2")["settings"] == settings
    assert ask("import", str(tmp_path / "one.json"))["present"] == 2


def ask_file(ask: Ask, name: str, path: Path, form: str) -> dict[str, Any]:
    """Exports to a file; returns nothing, as nothing goes to standard output."""
    try:
        ask("export", name, "--format", form, "-o", str(path))
    except json.JSONDecodeError:
        return {}
    raise AssertionError


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"[{", "damaged: what follows the last whole conversation is left out"),
        (b"{]", "damaged"),
        (b"\xff\xfe\x00 no text", "not text"),
        (b"PK\x03\x04 no archive", "damaged"),
        (b'{"a": 1}', NOT_RECOGNISED),
        (b"[" * 100_000, "nested too deeply"),
        (b"just a text", NOT_RECOGNISED),
    ],
)
def test_what_is_no_export_is_said_and_never_a_trace(ask: Ask, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "some.json").write_bytes(content)
    outcome = ask("import", str(tmp_path / "some.json"), code=2)
    assert outcome["unread"] == [{"path": str(tmp_path / "some.json"), "reason": reason}]
    assert outcome["added"] == 0


def test_wrong_names_are_bad_usage(ask: Ask, tmp_path: Path) -> None:
    assert ask("import", code=2)["code"] == "bad_usage"
    assert ask("import", str(tmp_path / "gone"), code=2)["code"] == "bad_usage"
    assert ask("import", str(tmp_path), code=2)["code"] == "bad_usage"
    assert ask("import", "--undo", "nothing", code=2)["code"] == "bad_usage"


def test_of_a_file_that_is_no_export_nothing_is_counted(run: Run, bridge: LocalBridge, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Kites\n")
    code, _, stderr = run("import", str(tmp_path / "README.md"), variables={"CLAUDE_BRIDGE_URL": bridge.url()})
    assert (code, stderr) == (2, f"Not read: {tmp_path}/README.md: not a known export.\n")


def test_a_person_reads_words_not_json(run: Run, bridge: LocalBridge, session: str, tmp_path: Path) -> None:
    said = transcript(session)
    said.turn(f"It is {KEYS['github']}", "I see.")
    said.lines.append("{ half a line")
    said.write(tmp_path)
    (tmp_path / "no.json").write_text("{}")
    code, stdout, stderr = run("import", str(tmp_path), variables={"CLAUDE_BRIDGE_URL": bridge.url()})
    assert (code, stdout) == (0, "")
    lines = stderr.splitlines()
    assert lines[:4] == [
        "Imported 3 turns into 1 session; 0 were there already.",
        "Redacted 1 secret: github-pat (1). With --keep-secrets they stay as they are.",
        "Left out: a damaged line (1).",
        f"Not read: {tmp_path}/no.json: not a known export.",
    ]
    assert lines[4].startswith("To undo this: python3 client/ask.py import --undo 2")
