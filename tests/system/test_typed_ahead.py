"""What is typed while an answer arrives: not shown in the middle of it, and read as if it had been typed after it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, environment
from system.window import Window

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
SECONDS = 60.0
SHELLS = {"bash": ("bash", "--norc", "--noprofile", "-i"), "zsh": ("zsh", "-f", "-i", "-y")}
Opens = Callable[..., Window]


@pytest.fixture
def go_on() -> Event:
    """Set by the test: Claude goes on with the answer to "wait"."""
    return Event()


@pytest.fixture
def opens(go_on: Event, tmp_path: Path) -> Iterator[Opens]:
    """Opens a window with the client in it."""

    def answer(request: Request) -> Reply:
        question = str(request.body["messages"][-1]["content"])
        if question != "wait":
            return scripts.said(f"You said: {question}")
        start, block, _, *end = scripts.said_events("")
        return scripts.played(
            start, block, scripts.delta("One.\n\nHalf an "), scripts.until(go_on, SECONDS), scripts.delta("answer."), *end
        )

    with StandIn(answer) as server:

        def opens(*arguments: str, term: str = "xterm-256color", shell: str = "") -> Window:
            variables = environment(tmp_path, ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY="scripted", PS1="$ ")
            program = (sys.executable, str(ROOT / "client" / "ask.py"))
            command = SHELLS[shell] if shell else (*program, *arguments)
            return Window(command, {**variables, "TERM": term, "ask": " ".join(program)}, tmp_path)

        yield opens


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_lines_that_are_typed_ahead_in_a_chat_are_asked_one_after_the_other(opens: Opens, go_on: Event, term: str) -> None:
    with opens(term=term) as window:
        window.type("early\r")  # The program has not even started.
        window.until("You said: early")
        window.at_prompt()
        window.type("wait\r")
        window.until("One.", times=1)
        window.type("second\r/cost\rthird\x1b[D\x1b[D")
        window.type("\x1b[D\x1b[D\x1b[Dmy \r\x04" if term != "dumb" else "\r\x04")
        assert "second" not in window.text
        go_on.set()
        window.until("answer.")
        window.until("You said: second")
        window.until("You said: my third" if term != "dumb" else "You said: third")
        assert window.ended() == 0
    shown = window.text
    assert shown.index("answer.") < shown.index("second") < shown.index("third")
    assert shown.count("One.") == shown.count("Half an answer.") == 1


@pytest.mark.parametrize("arguments", [("wait",), ("--json", "wait")], ids=str)
def test_enter_does_not_disturb_an_answer(opens: Opens, go_on: Event, arguments: tuple[str, ...]) -> None:
    with opens(*arguments) as window:
        window.until("Claude is answering" if "--json" in arguments else "Half an")
        window.type("\r\rqqq\r")
        go_on.set()
        assert window.ended() == 0
        assert window.echoes
    assert "qqq" not in window.text
    assert "One.\n\nHalf an answer.\n\nSession" in window.text or '"One.\\n\\nHalf an answer."' in window.text


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_keyboard_is_the_shells_again_whatever_happens(opens: Opens, go_on: Event, shell: str) -> None:
    """Stopped, killed, in the background, where the terminal's modes are not the program's to change, or with an answer."""
    if not shutil.which(shell):
        pytest.skip(f"NOT TESTED: {shell}, which is not here")
    echoes = "stty -a | grep -o -- ' -*echo ' | tr 'a-z' 'A-Z'\r"
    with opens(shell=shell) as window:
        window.until("$")
        window.type("$ask wait\r")
        window.until("Half an")
        window.type("\x1a")
        window.until("Stopped" if shell == "bash" else "suspended")
        window.type(echoes)
        window.until(" ECHO")
        window.type("fg\r")
        go_on.set()
        window.until("To go on:")
        window.type(echoes)
        window.until(" ECHO", times=2)
        go_on.clear()
        window.type("$ask wait\r")
        window.until("Half an", times=3)  # Before and after it was stopped, and now.
        window.type("\x1a")
        window.until("Stopped" if shell == "bash" else "suspended", times=2)
        window.type("kill -9 %1; fg\r")
        window.until("Killed" if shell == "bash" else "killed")
        window.type(echoes)
        window.until(" ECHO", times=3)
        window.type("$ask wait > answer 2>&1 & sleep 1; jobs; echo LISTED\r")
        window.until("LISTED", times=2)
        go_on.set()
        window.type("wait; cat answer; echo ENDED\r")
        window.until("ENDED", times=2)
    assert "-ECHO" not in window.text
