"""The client as a person sees it: in a terminal of 80 x 24, 120 x 40 and 40 columns, and in poorer ones. Only Claude is scripted."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, environment
from system.window import Window

pytestmark = pytest.mark.timeout(300)
SIZES = [(80, 24), (120, 40), (40, 24)]
sizes = pytest.mark.parametrize(("columns", "rows"), SIZES, ids=str)
COMMAND = (sys.executable, str(ROOT / "client" / "ask.py"))
MARKDOWN = """# Kites

A **kite** is a *tethered* craft, held by a [line](https://kites.example/line) in the wind above the fields and the houses of people.

| part | made of |
|---|---|
| spar | bamboo |

```python
lift = wind * 12
```

Not for a terminal: \x1b[2J\x1b]0;title\x07 \u202eRTL, but \u51e7 and \U0001fa81 are.
"""
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""Where Python knows nothing but ASCII."""
TITLE = "日本語のとても長い題名がここにあります \U0001f468\u200d\U0001f469\u200d\U0001f467 and a long end of it, too"


def answer(request: Request) -> Reply:
    question = str(request.body["messages"][-1]["content"])
    return scripts.said(MARKDOWN if "kite" in question else f"You said: {question[:40]}")


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    with StandIn(answer) as server:
        yield server


class Person:
    """Somebody with an empty home, at a terminal of one size."""

    def __init__(self, claude: StandIn, home: Path, columns: int, rows: int, **variables: str) -> None:
        self.columns, self.rows = columns, rows
        usual = environment(home, ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="scripted")
        self._variables = {name: value for name, value in usual.items() if name != "NO_COLOR"}
        self._variables |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", **variables}
        self._home = home

    def opens(self, *arguments: str) -> Window:
        return Window((*COMMAND, *arguments), self._variables, self._home, self.columns, self.rows)

    def runs(self, *arguments: str, code: int = 0) -> Window:
        """Runs a command to its end; what is in the window then."""
        with self.opens(*arguments) as window:
            assert window.ended() == code, window.text
            return window


def codes(window: Window) -> set[bytes]:
    """The last letters of the escape sequences that were written."""
    return set(re.findall(rb"\x1b\[[?0-9;]*([A-Za-z])", window.written))


@pytest.mark.parametrize("columns", [40, 80])
def test_help_has_whole_words(claude: StandIn, tmp_path: Path, columns: int) -> None:
    shown = Person(claude, tmp_path, columns, 24).runs("--help").text
    assert {"Commands", "sessions,", "conversations", "available,"} <= set(shown.split())


@sizes
@pytest.mark.slow
def test_an_answer_and_all_that_looks_back_on_it(claude: StandIn, tmp_path: Path, columns: int, rows: int) -> None:
    person = Person(claude, tmp_path, columns, rows)
    answered = person.runs("--new", "kites", "What is a kite?")
    words = set(answered.text.split())
    assert {"tethered", "(https://kites.example/line)", "fields", "houses", "claude-sonnet-5-5", "bamboo"} <= words
    assert not {"#", "**kite**", "|"} & words
    assert b"\x1b[2J" not in answered.written
    assert b"\x1b]" not in answered.written
    assert "To go on:" in answered.text
    person.runs("rename", "kites", TITLE)
    listed = person.runs("sessions").text
    assert "kites" in listed
    assert "日本語" in listed
    assert len(listed.splitlines()) <= rows - 2
    for command, word in ((("why", "kites"), "Nothing"), (("search", "tethered"), "*tethered*"), (("config", "show"), "configuration")):
        assert word in set(person.runs(*command).text.split())
    # The scripted Claude answers nothing but questions.
    assert "handshake" in set(person.runs("doctor", code=7).text.split())
    assert "tethered" in set(person.runs("history", "kites").text.split())
    exported = tmp_path / "kites.md"
    person.runs("export", "kites", "-o", str(exported))
    assert "A **kite**" in exported.read_text()
    with person.opens("delete", "kites") as window:
        window.until("[y/N]:")
        window.type("y\n")
        assert window.ended() == 0
    assert "no sessions yet" in " ".join(person.runs("sessions").text.split())


@sizes
@pytest.mark.slow
def test_a_chat(claude: StandIn, tmp_path: Path, columns: int, rows: int) -> None:
    with Person(claude, tmp_path, columns, rows).opens() as window:
        window.until("new session")
        window.type("/help\r")
        window.until("write this session to a Markdown file")
        window.at_prompt()
        assert {"Markdown", "instructions", "backslash"} <= set(window.text.split())
        window.type("first line\x0asecond line\\\rthird line\r")
        window.until("You said: first line second line third")
        window.until("expires in 23 h")
        window.at_prompt()
        window.type("/keep 30d\r")
        window.until("is kept until")
        window.at_prompt()
        window.until("expires in 29 days")
        window.type("/clear\r")
        window.until("Did you mean /new?")
        window.at_prompt()
        window.type("What is a kite?\r")
        window.until("fields and the houses")
        window.until("memory: 1 turn")
        window.at_prompt()
        window.type("\x04")
        assert window.ended() == 0
    assert "To go on:" in window.text


@pytest.mark.slow
def test_a_session_that_does_not_exist_is_asked_about(claude: StandIn, tmp_path: Path) -> None:
    with Person(claude, tmp_path, 40, 24).opens("what", "is") as window:
        shown = window.until("[y/N]:")
        assert {"question:", "expired,", "session"} <= set(shown.split())
        window.type("n\n")
        assert window.ended() == 3


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize(
    ("variables", "may"),
    [({"NO_COLOR": "1"}, b"AJKhl"), ({"TERM": "dumb"}, b""), ({"TERM": ""}, b""), ({"LC_ALL": "C"}, b"AJKhlm"), (ASCII, b"AJKhlm")],
    ids=["NO_COLOR", "TERM=dumb", "no TERM", "LC_ALL=C", "ASCII"],
)
def test_poorer_terminals(claude: StandIn, tmp_path: Path, columns: int, variables: dict[str, str], may: bytes) -> None:
    person = Person(claude, tmp_path, columns, 24, **variables)
    answered = person.runs("What is a kite?")
    assert codes(answered) <= {bytes([letter]) for letter in may}
    words = set(answered.text.split())
    assert {"tethered", "(https://kites.example/line)", "fields", "houses", "claude-sonnet-5-5", "bamboo"} <= words
    assert not {"**kite**", "|"} & words
    assert "\\xb7" not in answered.text
    assert codes(person.runs("sessions")) <= {b"m"} & {bytes([letter]) for letter in may}
