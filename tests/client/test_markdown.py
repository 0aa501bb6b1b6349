"""An answer on a terminal: its Markdown is rendered while it arrives, block by block."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.markdown import Markdown

from bridge_client.terminal.console import console_for
from bridge_client.terminal.escape import encodable
from bridge_client.terminal.output import Output
from bridge_client.terminal.rendering.blocks import CODE_LINES, Blocks
from bridge_client.terminal.rendering.rendered import Rendered
from bridge_client.terminal.writers import writer_for
from client.bench import Terminal
from client.emulator import Emulator

ANSWER = """# Kites

A **kite** flies on a [string](https://kite.example), and `lift` holds it.
Its parts:

1. the frame
1. the sail
   of paper
1. the line

- light
  - lighter

| part | weight |
|------|-------:|
| sail | 12 g   |

```python
def fly(kite: str) -> None:
    print(kite)
```

> Wind is free.

---
That is *all*.
"""

SHOWN = """Kites

A kite flies on a string (https://kite.example), and lift
holds it. Its parts:

  1 the frame
  2 the sail of paper
  3 the line

 • light
    • lighter

 part  weight
 ────────────
 sail    12 g

  def fly(kite: str) -> None:
      print(kite)

▌ Wind is free.

------------------------------------------------------------

That is all.
"""


class Stage:
    """A terminal on which an answer is shown."""

    def __init__(self, *, width: int = 60, height: int = 24, colour: bool | None = None) -> None:
        self.stdout = Terminal()
        self.console = console_for(self.stdout, colour)
        self.console.size = (width, height)
        self.emulator = Emulator(width, height)
        self._written = 0
        self.writer = Rendered(Output(self.stdout), self.console)

    def after(self, pieces: Iterable[str], *, complete: bool = True) -> str:
        for piece in pieces:
            self.writer.text(piece)
        if complete:
            self.writer.end()
        self.emulator.feed(self.stdout.getvalue()[self._written :])
        self._written = len(self.stdout.getvalue())
        return self.emulator.text


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_markdown_is_rendered_whatever_pieces_it_comes_in(size: int) -> None:
    assert Stage().after(pieces(ANSWER, size)) == SHOWN


def test_a_complete_block_is_rendered_while_the_next_one_arrives_as_it_is() -> None:
    assert Stage().after(["Some **bold** words.\n\nAnd **more"], complete=False) == "Some bold words.\n\nAnd **more\n"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("# A\nb\n\nc\nd\n\n", ["# A", "b", "c\nd"]),
        ("- a\n- b\n\n  c\n- d", ["- a", "- b\n\n  c", "- d"]),
        ("5. a\n5. b\n\nx", ["5. a", "6. b", "x"]),
        ("```\n# no\n\n- heading\n```\n", ["```\n# no\n\n- heading\n```"]),
        ("- a\n  ```\n  b\n\n  c\n  ```\n- d", ["- a\n  ```\n  b\n\n  c\n  ```", "- d"]),
        ("Title\n===\n\n", ["Title\n==="]),
        ("| a |\n|---|\n| b |\n\n", ["| a |\n|---|\n| b |"]),
        ("[a]: https://x.example\n\n", ["[a]: https://x.example"]),
        ("~~~~\n~~~\n~~~~\n", ["~~~~\n~~~\n~~~~"]),
        ("a\n```py", ["a", "```py"]),
    ],
    ids=repr,
)
def test_where_text_is_cut(text: str, blocks: list[str]) -> None:
    cut = Blocks()
    result = [block.text for piece in text for block in cut.feed(piece)]
    assert result + [block.text for block in cut.end()] == blocks


def test_long_code_is_shown_in_parts_cut_at_empty_lines() -> None:
    lines = [f"x = {number}" if number % 10 else "" for number in range(1, 60)]
    cut = Blocks()
    parts = [part for line in ["```py", *lines, "```"] for part in cut.feed(f"{line}\n")]
    assert len(parts) > 1
    assert all(len(part.text.splitlines()) <= CODE_LINES + 2 for part in parts)
    assert "\n".join("\n".join(part.text.split("\n")[1:-1]) for part in parts) == "\n".join(lines)
    assert [part.gap for part in parts] == [False] * len(parts)


SAMPLES = [*"ab *_`#>-+|~12.[]()<&\\\n", "\n\n", "- ", "1. ", "```", "    ", "| a | b |\n|---|---|\n", "# ", "é", "凧", "👋", "\t"]
TEXTS = st.lists(st.sampled_from(SAMPLES), max_size=40).map("".join)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 9), st.integers(2, 40), st.integers(1, 12))
@example("- a\n\n\n1. b\n", 1, 20, 5)
def test_any_text_in_any_pieces_looks_like_the_same_text_at_once(text: str, size: int, width: int, height: int) -> None:
    assert Stage(width=width, height=height).after(pieces(text, size)) == Stage(width=width, height=height).after([text])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ab", "cde ", "f\n\n", "- ", "*", "`x`", "# "]), max_size=30).map("".join))
def test_no_letter_is_lost(text: str) -> None:
    shown = Stage().after([text])
    assert [c for c in shown if c.isalpha()] == [c for c in text if c.isalpha()]


HOSTILE = {
    "an escape": ("\x1b[2Jx", "␛[2Jx"),
    "an escape in code": ("`\x1b[2Jx`", "␛[2Jx"),
    "an escape in a fence": ("```\n\x1b[2Jx\n```", "  ␛[2Jx"),
    "an entity": ("&#x202e;x", "\\u202ex"),
    "an entity in an address": ("[a](<https://x.example/&#x202e;>)", "a (https://x.example/%E2%80%AE)"),
    "a link": ("[a](https://x.example)", "a (https://x.example)"),
    "a link to itself": ("<https://x.example>", "https://x.example"),
    "an image": ("see ![a](https://x.example/i.png) b", "see a (https://x.example/i.png) b"),
    "HTML": ("<b>a</b>\n\n<div>b</div>", "<b>a</b>\n\n<div>b</div>"),
    "a comment": ("<!-- a -->", "<!-- a -->"),
    "markup of rich": ("[bold red]a[/] :skull:", "[bold red]a[/] :skull:"),
    "a definition": ("[a]: https://x.example", "[a]: https://x.example"),
    "a language that is none": ("```\x1b[2J\nx\n```", "  x"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_harmless_is_shown_as_text(name: str) -> None:
    """The emulator refuses every control code that is not a style or the client's own."""
    text, shown = HOSTILE[name]
    stage = Stage()
    assert stage.after([text]) == f"{shown}\n"
    assert "\x1b]" not in stage.stdout.getvalue()


def test_words_are_not_broken() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    stage = Stage(width=33)
    for complete in (False, True):
        shown = stage.after([] if complete else [words], complete=complete)
        assert shown.split() == words.split()


def test_a_line_of_code_is_never_broken_into_lines_of_its_own() -> None:
    stage = Stage(width=20)
    stage.after(["```sh\n" + "echo " + "x" * 50 + "\n```\n"])
    assert "x" * 50 in stage.stdout.getvalue().rpartition("echo")[2]


@pytest.mark.parametrize("width", [20, 45, 90])
def test_a_window_may_change_its_width_meanwhile(width: int) -> None:
    stage = Stage(width=60)
    stage.after(pieces(ANSWER[:300], 5), complete=False)
    stage.console.size = (width, 24)
    shown = stage.after(pieces(ANSWER[300:], 5))
    assert "def fly(kite: str) -> None:" in shown
    assert shown.count("Wind is free.") == 1


def test_without_colour_a_heading_keeps_its_marks() -> None:
    stage = Stage(colour=False)
    assert stage.after(["## Kites\n\n**a**\n"]) == "## Kites\n\na\n"
    assert "\x1b[1m" not in stage.stdout.getvalue()


def test_without_colour_code_keeps_its_backticks() -> None:
    assert Stage(colour=False).after(["Run `ls -a`, then ``a ` b``.\n"]) == "Run `ls -a`, then ``a ` b``.\n"


DUMB = """# Kites

A kite flies on a string
(https://kite.example), and `lift` holds
it. Its parts:

  1 the frame
  2 the sail of paper
  3 the line

 • light
    • lighter

 part  weight
 ────────────
 sail    12 g

  def fly(kite: str) -> None:
      print(kite)

▌ Wind is free.

----------------------------------------

That is all.
"""


@pytest.fixture
def dumb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "40")


@pytest.mark.usefixtures("dumb")
def test_a_dumb_terminal_gets_each_block_once_it_is_complete_and_no_codes() -> None:
    stdout = Terminal()
    writer = writer_for(Output(stdout))
    for piece in pieces(ANSWER, 7):
        written = stdout.getvalue()
        writer.text(piece)
        assert stdout.getvalue().startswith(written)
    assert "Its parts" in stdout.getvalue()
    assert "That is" not in stdout.getvalue()
    writer.end()
    assert stdout.getvalue() == DUMB


@pytest.mark.usefixtures("dumb")
def test_a_dumb_terminal_gets_what_is_complete_of_an_answer_that_starts_over_or_is_stopped() -> None:
    stdout = Terminal()
    writer = writer_for(Output(stdout))
    writer.text("Wro**ng**")
    writer.pause()
    writer.void()
    writer.text("Ri")
    assert writer.hold()
    writer.text("ght")
    writer.give_up()
    assert stdout.getvalue() == "Wrong\nRight\n"


def test_punctuation_that_an_encoding_lacks_is_that_of_ascii_and_anything_else_an_escape() -> None:
    assert encodable("a · b… “c” – d’s • é 凧", "ascii") == 'a - b... "c" - d\'s * \\xe9 \\u51e7'
    assert encodable("a · é", "iso-8859-1") == "a · é"
    assert encodable("…", "utf-8") == "…"


class Latin(Terminal):
    encoding = "iso-8859-1"


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_terminal_that_is_not_utf_8_gets_what_it_can_show(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    stdout = Latin()
    writer = writer_for(Output(stdout, colour=False))
    for piece in pieces("Ein Drachen hei\u00dft auf Japanisch \u51e7.\n\n- \u00e9\n\n> a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", 5):
        writer.text(piece)
    writer.end()
    stdout.getvalue().encode("iso-8859-1")
    emulator = Emulator(30)
    emulator.feed(stdout.getvalue())
    table = " a  b\n ----\n 1  2"
    assert emulator.text == f"Ein Drachen hei\u00dft auf\nJapanisch \\u51e7.\n\n * \u00e9\n\n> a\n\n{table}\n"


def test_an_answer_that_is_held_is_shown_at_its_end() -> None:
    stage = Stage()
    stage.after(["One **two"], complete=False)
    assert stage.writer.hold()
    assert stage.after([" three** four"], complete=False) == "\n"
    assert stage.after([]) == "One two three four\n"


def test_a_void_answer_stays_above_the_one_that_counts() -> None:
    stage = Stage()
    stage.after(["Wro**ng**"], complete=False)
    stage.writer.void()
    assert stage.after(["Right"]) == "Wrong\nRight\n"


def test_text_that_is_paused_comes_back() -> None:
    stage = Stage()
    stage.after(["Hel"], complete=False)
    stage.writer.pause()
    assert stage.after([], complete=False) == "\n"
    assert stage.after(["lo"]) == "Hello\n"


def long_answer(size: int) -> str:
    return "".join(itertools.islice(itertools.cycle([ANSWER, "Some more words about kites and strings. " * 9 + "\n\n"]), size // 400))


def long_table(size: int) -> str:
    rows = (f"| row {number} | some words about kite number {number} |\n" for number in itertools.count())
    return "| a | b |\n|---|---|\n" + "".join(itertools.islice(rows, size // 50))


@pytest.mark.slow
@pytest.mark.parametrize("long", [long_answer, long_table])
def test_rendering_while_it_streams_costs_at_most_three_times_rendering_it_once(long: Callable[[int], str]) -> None:
    text = long(100_000)

    def at_once() -> None:
        Console(file=io.StringIO(), force_terminal=True, width=80, color_system="256").print(Markdown(text))

    def streamed() -> None:
        stage = Stage(width=80)
        for piece in pieces(text, 20):
            stage.writer.text(piece)
        stage.writer.end()

    # What else the machine does only adds to a time: the least of a few counts, each taken next to the other.
    times = [(cpu(at_once), cpu(streamed)) for _ in range(3)]
    assert min(second for _, second in times) < 3 * min(first for first, _ in times)


def cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
