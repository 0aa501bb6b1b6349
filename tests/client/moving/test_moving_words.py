"""What a person at a terminal reads and is asked while conversations are moved."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_client.commands.moving.progress import Bar
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.main import main
from client.bench import Terminal
from client.conftest import ROOT, Run
from client.moving.conftest import Ask
from client.moving.test_importing import history, transcript

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bridge: LocalBridge) -> Say:
    """Runs a command for a person who types `typed`; returns the exit code and what standard error got."""

    def at_terminal(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "400")
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stderr", stderr := Terminal())
        state = {"XDG_CONFIG_HOME": str(tmp_path / "no-config"), "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"}
        code = main(arguments, {**state, "CLAUDE_BRIDGE_URL": bridge.url()}, script="client/ask.py", root=ROOT)
        return code, stderr.getvalue()

    return at_terminal


def test_an_undo_asks_first_and_says_what_it_did(ask: Ask, at_terminal: Say, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    name = ask("import", str(tmp_path))["run"]
    for answer in ("n\n", "\n", ""):
        code, said = at_terminal("import", "--undo", "last", typed=answer)
        assert code == 0
        assert f"Delete 1 session that the import {name} began?" in said
        assert said.endswith("Nothing was deleted.\n")
    assert len(history(ask, f"claude-code-{session}")) == 2
    code, said = at_terminal("import", "--undo", "last", "--dry-run")
    assert (code, said) == (0, "1 session would be deleted.\n")
    code, said = at_terminal("import", "--undo", "last", typed="y\n")
    assert code == 0
    assert said.endswith("Deleted: 1 session that this import began.\n")
    ask("history", f"claude-code-{session}", code=3)


def test_an_undo_names_what_stays_and_why(ask: Ask, at_terminal: Say, session: str, tmp_path: Path) -> None:
    said = transcript(session)
    said.write(tmp_path)
    first = ask("import", str(tmp_path))["run"]
    said.turn("later", "And its answer.")
    said.write(tmp_path)
    second = ask("import", str(tmp_path))["run"]
    _, words = at_terminal("import", "--undo", second, "--yes")
    assert f"turns that were added to sessions which were there before: claude-code-{session}." in words
    _, words = at_terminal("import", "--undo", first, "--yes")
    assert f"something was said since in claude-code-{session}. To delete one: " in words


def test_an_undo_goes_to_the_bridge_of_its_import(ask: Ask, run: Run, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    name = ask("import", str(tmp_path))["run"]
    code, _, said = run("import", "--undo", name, "--yes", variables={"CLAUDE_BRIDGE_URL": "ws://127.0.0.1:9"})
    assert code == 2
    assert f"The import {name} went to another bridge" in said
    assert len(history(ask, f"claude-code-{session}")) == 2


def test_a_dry_run_counts_in_words(at_terminal: Say, session: str, tmp_path: Path) -> None:
    transcript(session).write(tmp_path)
    for number in range(7):
        (tmp_path / f"no-{number}.json").write_text("{}")
    code, said = at_terminal("import", str(tmp_path), "--dry-run")
    lines = said.splitlines()
    assert (code, lines[0]) == (0, "2 turns of 1 conversation would be imported, as far as they are new.")
    assert len([line for line in lines if line.endswith("not a known export.")]) == 5
    assert lines[-1] == "Not read: 2 more. All of them: --json"


def test_an_import_under_another_name_says_so(ask: Ask, at_terminal: Say, session: str, tmp_path: Path) -> None:
    name = f"claude-code-{session}"
    transcript(session).write(tmp_path)
    ask("import", str(tmp_path))
    ask("delete", name, "--yes")
    _, said = at_terminal("import", str(tmp_path))
    assert f"{name} is imported as {name}-2: an earlier session left something under its own id." in said


def test_a_copy_of_the_store_is_made_while_nobody_runs_it(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    variables = {"CLAUDE_BRIDGE_HOME": str(home)}
    code, _, said = run("backup", str(tmp_path / "all.db"), "--local", variables=variables)
    assert code != 0
    assert f"There is nothing to back up: {home / 'sessions.db'} does not exist." in said
    home.mkdir(exist_ok=True)
    with sqlite3.connect(home / "sessions.db") as store:
        store.execute("CREATE TABLE kites (colour TEXT)")
        store.execute("INSERT INTO kites VALUES ('red')")
    store.close()
    code, stdout, said = run("backup", str(tmp_path / "all.db"), "--local", "--json", variables=variables)
    assert (code, json.loads(stdout)["kind"]) == (0, "sqlite"), said
    copy = sqlite3.connect(tmp_path / "all.db")
    assert copy.execute("SELECT colour FROM kites").fetchall() == [("red",)]
    copy.close()
    _, _, said = run("backup", str(tmp_path / "all.db"), "--local", variables=variables)
    assert f"cp {tmp_path / 'all.db'} {home / 'sessions.db'}" in said
    (home / "sessions.db").write_bytes(b"no database " * 1000)
    code, _, said = run("backup", str(tmp_path / "all.db"), "--local", variables=variables)
    assert code == 7
    assert "could not be copied: " in said
    assert [path.name for path in tmp_path.glob(".all*")] == []


def test_a_bar_is_drawn_on_a_terminal_alone() -> None:
    shown, hidden, piped = Terminal(), Terminal(), type("Pipe", (Terminal,), {"isatty": lambda self: False})()
    for stream, wanted in ((shown, True), (hidden, False), (piped, True)):
        with Bar(stream, None, 4, shown=wanted) as bar:
            bar.advance(2)
            bar.say("3 new, [bold]1\x1b[2J")
    assert (hidden.getvalue(), piped.getvalue()) == ("", "")
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.getvalue())
    assert "50%" in text
    assert "3 new, [bold]1" in text
    assert "\x1b[2J" not in shown.getvalue()


@pytest.mark.parametrize(("width", "is_said"), [(40, False), (80, True)])
def test_a_bar_says_how_long_it_takes_where_there_is_room(monkeypatch: pytest.MonkeyPatch, width: int, is_said: bool) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    with Bar(stream, None, 4, shown=True) as bar:
        bar.advance(2)
        bar.say("1,050 new, 0 there already")
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue())
    assert ("0:0" in text or "-:--:--" in text) == is_said
    assert "1,050 new, 0 there already" in text
    assert "…" not in text
