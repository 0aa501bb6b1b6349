"""Completion as a person meets it: bash, zsh and fish in a terminal, and the Tab key."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_client.commands.known_sessions import KnownSession, KnownSessions
from system.programs import ROOT
from system.window import Window

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(ask-claude completion bash)"; PS1=RE""ADY-'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -Uz compinit; compinit -u -d "$HOME/dump"; eval "$(ask-claude completion zsh)"; PS1=RE""ADY-'),
    "fish": (["fish", "--no-config", "-i"], "ask-claude completion fish | source; function fish_prompt; echo -n RE''ADY-; end"),
}


@pytest.fixture(params=sorted(START))
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Window]:
    """A shell that has read its script, with the program on its PATH and two sessions that this machine has asked in."""
    command, begin = START[request.param]
    if not shutil.which(command[0]):
        pytest.skip(f"NOT TESTED: completion in {command[0]}, which is not here")
    program = tmp_path / "bin" / "ask-claude"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{RUN}" "$0" "$@"\n')
    program.chmod(0o755)
    known = KnownSessions(tmp_path / ".local" / "state" / "claude-bridge" / "last-answers")
    assert all(known.note(KnownSession("local", name, "/", {})) for name in ("boats", "kites"))
    (tmp_path / "notes.txt").write_text("notes")
    variables = {"HOME": str(tmp_path), "PATH": f"{program.parent}:{os.environ['PATH']}", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with Window(command, variables, tmp_path, 120, 40) as window:
        window.type(begin + "\r")
        window.until("READY-")
        yield window


RUN = (
    f"import os, sys; sys.path.insert(0, '{ROOT}/client'); from pathlib import Path; from bridge_client.main import start; "
    "sys.exit(start(sys.argv[2:], os.environ, script=sys.argv[1], root=Path('.')))"
)


def test_the_tab_key_completes(shell: Window) -> None:
    for typed, completed in (
        ("ask-claude histo\t", "READY-ask-claude history "),
        ("k\t", "READY-ask-claude history kites"),
        ("\x15ask-claude config sh\t", "READY-ask-claude config show"),
        ("\x15ask-claude hello bo\t", "READY-ask-claude hello boats"),
        ("\x15ask-claude -f no\t", "READY-ask-claude -f notes.txt"),
        ("\x15ask-claude export --form\t", "READY-ask-claude export --format"),
    ):
        shell.type(typed)
        shell.until(completed)


def test_two_tabs_offer_the_commands(shell: Window) -> None:
    shell.type("ask-claude \t\t")
    shell.until("sessions")
    shell.until("doctor")
