"""`make ask` and `make chat`: what is piped in arrives, and Ctrl-C is the program's alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, environment

MAKE = ["make", "--no-print-directory", f"BIN={Path(sys.executable).parent}", "-o", ".venv/client.stamp"]
"""With the packages that this test runs with, not an environment of its own."""

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="NOT TESTED: make ask and make chat. Needs make")


CLIENT = """#!/bin/sh
[ "$1" = -I ] && exec {python} "$@"
printf '%s|' "$@"
[ -t 0 ] || [ ! -e /dev/stdin ] || cat
"""
"""In place of the Python of .venv: shows what the client is handed."""


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A folder of programs, in which Python shows what it is handed instead of running the client."""
    python = tmp_path / "python"
    python.write_text(CLIENT.format(python=sys.executable))
    python.chmod(0o755)
    return tmp_path


def make(client: Path, *arguments: str, **redirected: Any) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", f"BIN={client}", "-o", ".venv/client.stamp", *arguments]
    return subprocess.run(command, env=environment(client), cwd=ROOT, capture_output=True, text=True, timeout=60, **redirected)


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [
        (["ask", "Q=Sum up"], "client/ask.py|--|Sum up|"),
        (["ask", "Q=Sum up", "S=one"], "client/ask.py|--|Sum up|one|"),
        (["ask"], "client/ask.py|--|-|"),
        (["chat"], "client/ask.py|chat|--|"),
    ],
    ids=["with a question", "in a session", "alone", "chat"],
)
def test_a_pipe_and_a_file_reach_the_client(client: Path, arguments: list[str], handed: str) -> None:
    notes = client / "notes"
    notes.write_text("the kite is red\n")
    assert make(client, *arguments, input="the kite is red\n").stdout == f"{handed}the kite is red\n"
    with notes.open() as file:
        assert make(client, *arguments, stdin=file).stdout == f"{handed}the kite is red\n"


def test_a_question_needs_no_standard_input(client: Path) -> None:
    assert make(client, "ask", "Q=Hello", preexec_fn=lambda: os.close(0)).stdout == "client/ask.py|--|Hello|"
    assert make(client, "ask", "Q=Hello", stdin=subprocess.DEVNULL).stdout == "client/ask.py|--|Hello|"


def test_without_a_question_it_says_how_to_ask_one(client: Path) -> None:
    done = make(client, "ask", stdin=subprocess.DEVNULL)
    assert (done.returncode, 'make ask Q="What is a kite?"' in done.stderr) == (2, True)


def test_what_pip_says_is_shown_where_nothing_can_be_installed(tmp_path: Path) -> None:
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    pip = '#!/bin/sh\ncase "$*" in *--version*) exit 0;; *install*) echo "ERROR: No matching distribution" >&2; exit 1;; esac\n'
    (folder / "python").write_text(pip)
    (folder / "python").chmod(0o755)
    command = ["make", "--no-print-directory", f"VENV={folder.parent}", f"{folder.parent}/client.stamp"]
    done = subprocess.run(command, env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("ERROR: No matching distribution\nThe packages could not be installed; ")


class Terminal:
    """A program on a terminal of its own, as its foreground."""

    def __init__(self, command: Sequence[str], variables: dict[str, str]) -> None:
        self._ours, theirs = os.openpty()
        attributes = termios.tcgetattr(theirs)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        controlling = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", controlling, *command],
            env=variables,
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def wait_for(self, text: str, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.shown.count(text) >= count, 30), self.shown

    def end(self) -> int:
        """The exit code, when the program has ended by itself."""
        code = self.process.wait(30)
        self._reader.join(30)
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(30)
        os.close(self._ours)

    def _read(self) -> None:
        while True:
            try:
                new = os.read(self._ours, 65536)
            except OSError:  # Linux: nobody has the other end any more.
                return
            if not new:
                return
            with self._changed:
                self.shown += new.decode(errors="replace")
                self._changed.notify_all()


@contextmanager
def terminal(home: Path, claude: StandIn, *arguments: str) -> Iterator[Terminal]:
    variables = environment(home, ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="test")
    opened = Terminal([*MAKE, *arguments], variables)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def claude() -> Iterator[StandIn]:
    """Begins an answer, with a paragraph as a poor terminal shows it, and does not go on until the test is over."""
    gate = threading.Event()
    begin, *end = scripts.said_events("Hello!\n\nHow can I help you?\n\n")[:3], *scripts.said_events("")[3:]
    script = scripts.played(*begin, scripts.until(gate, 30), *end)
    with StandIn(scripts.always(script)) as claude:
        yield claude
        gate.set()


@pytest.mark.slow
def test_ctrl_c_in_an_answer_of_a_chat_stops_the_answer_alone(tmp_path: Path, claude: StandIn) -> None:
    with terminal(tmp_path, claude, "chat") as chat:
        chat.wait_for("> ")
        chat.type("hello\r")
        chat.wait_for("Hello")
        chat.type("\x03")
        chat.wait_for("> ", 2)
        chat.type("/exit\r")
        assert chat.end() == 0
        assert "make:" not in chat.shown


@pytest.mark.slow
def test_ctrl_c_in_an_answer_ends_make_by_it_without_a_line_of_makes(tmp_path: Path, claude: StandIn) -> None:
    with terminal(tmp_path, claude, "ask", "Q=hello") as asking:
        asking.wait_for("Hello")
        asking.type("\x03")
        assert asking.end() in (130, -2), asking.shown
        assert "make:" not in asking.shown
