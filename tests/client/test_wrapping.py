"""What is written to a terminal breaks between words, and commands stay whole, in windows of any width."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge_client.command_line.commands import program
from bridge_client.commands.history import show_turns
from bridge_client.main import main
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.terminal.rendering.entries import Entry, laid_out
from bridge_client.terminal.rendering.wrapping import fitting, wrapped
from client.bench import Terminal
from client.conftest import ROOT, Run
from client.emulator import screen

HELP = [[], ["ask"], ["sessions"], ["import"], ["export"], ["keys"], ["keys", "set"], ["config"], ["completion"], ["delete"]]


@pytest.mark.parametrize("words", HELP, ids=lambda words: " ".join(words) or "the program")
@pytest.mark.parametrize("width", [40, 50, 80, 120])
def test_help_fits_the_terminal(words: list[str], width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([*words, "--help"], {}, script="ask-claude", root=ROOT) == 0
    text = capsys.readouterr().out
    # Only examples and shell lines, which are there to be copied, may be wider.
    assert [line for line in text.splitlines() if len(line) > width and "ask-claude" not in line and "SESSION --format" not in line] == []


def test_every_command_has_a_help_that_was_looked_at() -> None:
    assert {words[0] for words in HELP if words} <= set(program.commands)


SENTENCES = [
    (
        "There is no command help. Did you mean: ask-claude --help? To ask Claude: ask-claude -- help (See: ask-claude --help)",
        "There is no command help. Did you mean:\nask-claude --help? To ask Claude:\nask-claude -- help (See:\nask-claude --help)",
    ),
    (
        'There is no session nosuch. To begin it: ask-claude --new nosuch "..." Your sessions: ask-claude sessions',
        'There is no session nosuch. To begin it:\nask-claude --new nosuch "..." Your\nsessions: ask-claude sessions',
    ),
    ("Others can read it. Run: chmod 600 /a/long/path/of/mine", "Others can read it. Run:\nchmod 600 /a/long/path/of/mine"),
    ("The token_command pass failed: it ended with 1.", "The token_command pass failed: it ended\nwith 1."),
    ("short", "short"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "rows"), SENTENCES)
def test_a_command_stays_whole(text: str, rows: str) -> None:
    assert wrapped(text, 40) == rows


def test_a_word_that_is_too_wide_stays_whole() -> None:
    path = "/a/path/" + "x" * 50
    assert wrapped(f"The file {path} cannot be read.", 40) == f"The file\n{path}\ncannot be read."


def test_columns_and_indents() -> None:
    assert wrapped("  /keep [SPAN]   keep this session until you delete it", 40, 17) == (
        "  /keep [SPAN]   keep this session until\n                 you delete it"
    )
    assert wrapped("日本語 日本語 日本語", 13) == "日本語 日本語\n日本語"


@given(st.text(st.sampled_from("ab:.? 凧\n")), st.integers(1, 30), st.integers(0, 40))
def test_nothing_is_lost_and_only_words_are_too_wide(text: str, width: int, hanging: int) -> None:
    shown = wrapped(text, width, hanging)
    assert shown.split() == text.split()
    assert all(cell_len(row) <= width or len(row.split()) == 1 for row in shown.split("\n") if row.strip())


def test_notes_and_output_wrap_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = "one two three four five six seven eight nine ten"
    stdout, stderr = Terminal(), Terminal()
    Notes(stderr, colour=False).say(words)
    Output(stdout, colour=False).say(words + "\n", 2)
    assert stderr.getvalue() == "one two three four five six seven eight\nnine ten\n"
    assert stdout.getvalue() == "one two three four five six seven eight\n  nine ten\n"


def test_a_usage_error_is_wrapped(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    assert run("keep", "kite", "--for", "soon")[0] == 2
    assert max(map(len, stderr.getvalue().splitlines())) <= 40


TURN = {"context": [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "# Kites\n\nA **kite** flies."}]}


def test_a_history_on_a_terminal_is_rendered() -> None:
    stdout = Terminal()
    show_turns(Output(stdout, colour=False), [TURN, {**TURN, "truncated": True}])
    once = "You: What is it?\n\nClaude:\n# Kites\n\nA kite flies.\n"
    assert screen(stdout.getvalue()) == f"{once}\n{once}(The answer ends early.)\n"


def test_a_history_that_is_not_rendered() -> None:
    stdout = Terminal()
    show_turns(Output(stdout, colour=False), [TURN], raw=True)
    assert stdout.getvalue() == "You: What is it?\n\nClaude:\n# Kites\n\nA **kite** flies.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sessions", "--limit", "0"], "0 is not a whole number of at least 1."),
        (["sessions", "--limit", "x"], "x is not a whole number of at least 1."),
        (["search", "kite", "--limit", "101"], "101 is not a whole number from 1 to 100."),
        (["web", "--port", "99999"], "99999 is not a whole number from 0 to 65,535."),
    ],
)
def test_numbers_are_refused_in_words(run: Run, arguments: list[str], said: str) -> None:
    code, _, stderr = run(*arguments)
    assert (code, said in stderr, "x>=" in stderr) == (2, True, False)


ENTRIES = [
    Entry("program", "ask-claude 0.2.0, Python 3.11.7"),
    Entry("configuration", "/home/ada/.config/claude-bridge/config.toml (does not exist)"),
    Entry("handshake", "15.2 ms", "ok"),
    Entry("model", "claude-sonnet-5-5 (anthropic)", "not checked"),
]
WIDE = """program        ask-claude 0.2.0, Python 3.11.7
configuration  /home/ada/.config/claude-bridge/config.toml (does not exist)
handshake      ok           15.2 ms
model          not checked  claude-sonnet-5-5 (anthropic)"""
NARROW = """program
  ask-claude 0.2.0, Python 3.11.7
configuration
  /home/ada/.config/claude-bridge/config.toml
  (does not exist)
handshake      ok           15.2 ms
model  not checked
  claude-sonnet-5-5 (anthropic)"""


@pytest.mark.parametrize(("width", "shown"), [(80, WIDE), (40, NARROW)])
def test_entries_stand_in_columns_or_below_their_names(width: int, shown: str) -> None:
    assert "\n".join(laid_out(ENTRIES, width)) == shown


def test_a_long_sentence_wraps_within_its_column_where_that_is_wide() -> None:
    words = "Some words that are too long for one row of this window"
    assert laid_out([Entry("note", words)], 42) == ["note  Some words that are too long for one\n      row of this window"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [(29, "a session · a model · expires"), (28, "a session · expires"), (15, "a session"), (5, "a se…"), (0, "…")],
)
def test_of_a_status_line_is_shown_what_has_room(width: int, shown: str) -> None:
    parts = ["a session", "a model", "expires"]
    assert fitting([parts, parts[::2], parts[:1]], width) == shown


def test_a_row_does_not_begin_with_the_dot_between_two_facts() -> None:
    line = "Session kites · claude-sonnet-5-5 · 10 tokens in, 5 out · memory: none"
    for width in range(20, 70):
        assert not [row for row in wrapped(line, width).split("\n") if row.startswith("·")]
