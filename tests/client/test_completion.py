"""Completion in a shell: what click's protocol gives, and a real bash that has read the script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge_client.command_line import commands
from bridge_client.commands.known_sessions import KnownSession, KnownSessions
from bridge_client.main import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The program on the PATH as ask-claude, and sessions that this machine has asked in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ask-claude"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{START}" "$0" "$@"\n')
    program.chmod(0o755)
    known = KnownSessions(tmp_path / "state" / "claude-bridge" / "last-answers")
    for place, name in (("local", "kites"), ("wss://a", "kitchen"), ("local", "boats"), ("wss://a", "kites")):
        assert known.note(KnownSession(place, name, "/", {}))
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


START = (
    "import os, sys; from pathlib import Path; from bridge_client.main import start; "
    "sys.exit(start(sys.argv[2:], os.environ, script=sys.argv[1], root=Path('.')))"
)


def run(environment: dict[str, str], *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    variables = {**environment, "PYTHONPATH": str(ROOT / "client"), **more}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


def completions(environment: dict[str, str], *words: str) -> list[str]:
    asked = {"_ASK_CLAUDE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    answer = run(environment, "ask-claude", **asked)
    assert (answer.returncode, answer.stderr) == (0, "")
    return [line.partition(",")[2] for line in answer.stdout.splitlines()]


@pytest.mark.slow
def test_commands_options_and_sessions_are_completed(environment: dict[str, str]) -> None:
    assert completions(environment, "ask-claude", "his") == ["history"]
    assert completions(environment, "ask-claude", "history", "kit") == ["kites", "kitchen"]
    assert completions(environment, "ask-claude", "delete", "boats", "k") == ["kites", "kitchen"]
    assert completions(environment, "ask-claude", "-s", "b") == ["boats"]
    assert "--json" in completions(environment, "ask-claude", "sessions", "--j")


@pytest.mark.slow
def test_a_real_bash_completes(environment: dict[str, str]) -> None:
    if not shutil.which("bash"):
        pytest.skip("bash is not here")
    script = """eval "$(ask-claude completion bash)"
        COMP_WORDS=(ask-claude history kit); COMP_CWORD=2; _ask_claude_completion ask-claude; printf '%s\\n' "${COMPREPLY[@]}"
        complete -p ask-claude"""
    answer = run(environment, "bash", "--norc", "-c", script)
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[:2] == ["kites", "kitchen"]
    assert "_ask_claude_completion ask-claude" in answer.stdout


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_given_a_script(environment: dict[str, str], shell: str) -> None:
    answer = run(environment, "ask-claude", "completion", shell)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "_ASK_CLAUDE_COMPLETE" in answer.stdout
    if shutil.which(shell):
        assert run(environment, shell, "-n", "-c", answer.stdout).returncode == 0


def installed(environment: dict[str, str]) -> str:
    return str(Path(environment["PATH"].partition(":")[0]) / "ask-claude")


def completed_here(environment: dict[str, str], capsys: pytest.CaptureFixture[str], *words: str, column: int = 2) -> list[str]:
    """`completions`, within this process; with `column` 0 their types."""
    asked = {"_ASK_CLAUDE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        assert main([], {**environment, **asked}, script=installed(environment), root=ROOT) == 0
    return [line.partition(",")[column] for line in capsys.readouterr().out.split()]


def test_each_session_is_offered_once_the_last_used_first(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert completed_here(environment, capsys, "ask-claude", "history", "") == ["kites", "boats", "kitchen"]
    assert completed_here(environment, capsys, "ask-claude", "history", "kit") == ["kites", "kitchen"]
    assert completed_here(environment, capsys, "ask-claude", "history", "x") == []


def test_at_a_terminal_the_first_word_is_a_command_too(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a word the program opens a chat there; a shell that completes one is at a terminal, too.
    monkeypatch.setattr(commands, "can_confirm", lambda: True)
    offered = completed_here(environment, capsys, "ask-claude", "")
    assert {"ask", "sessions", "doctor"} <= set(offered)
    assert "kites" not in offered


def test_what_else_is_completed(environment: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert completed_here(environment, capsys, "ask-claude", "question", "kit") == ["kites", "kitchen"]
    assert completed_here(environment, capsys, "ask-claude", "question", "kites", "kit") == []
    assert completed_here(environment, capsys, "ask-claude", "config", "s") == ["show"]
    environment["XDG_CONFIG_HOME"] = str(tmp_path)
    assert completed_here(environment, capsys, "ask-claude", "--profile", "w") == []
    profile = tmp_path / "claude-bridge" / "config.toml"
    profile.parent.mkdir()
    profile.write_text('[profile.work]\nurl = "wss://a"\n')
    profile.chmod(0o600)
    assert completed_here(environment, capsys, "ask-claude", "--profile", "w") == ["work"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [(("-f", "no"), "file"), (("import", "no"), "file"), (("backup", "no"), "file"), (("export", "--all", "no"), "dir")],
    ids=str,
)
def test_files_are_left_to_the_shell(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], kind: str
) -> None:
    assert completed_here(environment, capsys, "ask-claude", *words, column=0) == [kind]


def test_fish_is_shown_a_description_to_its_end(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"], environment, script=installed(environment), root=ROOT) == 0
    assert 'string split --max 1 "," $completion' in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(environment: dict[str, str], capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert main(["completion", shell], environment, script=installed(environment), root=ROOT) == 0
    assert "_ASK_CLAUDE_COMPLETE" in capsys.readouterr().out


def test_what_is_not_on_the_path_cannot_be_completed() -> None:
    answer = run({"PATH": os.environ["PATH"]}, sys.executable, "client/ask.py", "completion", "bash")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "uv tool install ." in answer.stderr
