"""The sentences a person reads, and the times and commands in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_client.config.environment import Environment
from bridge_client.failures import Failure
from bridge_client.protocol.retry import Retries, RetryPolicy
from bridge_client.protocol.url import is_loopback
from bridge_client.terminal.escape import one_line, visible
from bridge_client.terminal.hints import Hints, invocation
from bridge_client.terminal.wording import advice, kept_until, local_time, usage, waiting
from client.scripted_bridge import SESSION, golden

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
HINTS = Hints("python3 client/ask.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a first answer", "claude-sonnet-5-5 · 212 tokens in, 120 out · $0.0016 · memory: none"),
        ("with three turns before it", "claude-sonnet-5-5 · 812 tokens in (600 from the cache), 120 out · $0.0017 · memory: 3 turns"),
    ],
)
def test_usage(name: str, text: str) -> None:
    assert usage(golden("done", name)) == text


def test_usage_names_a_summary_of_turns_that_nobody_has_counted() -> None:
    context = {"live": {"turns": 2}, "recalled": {"turns": 0}, "summarised": {"characters": 300}}
    assert usage({"context": context}) == "0 tokens in, 0 out · memory: 2 turns + a summary"


def test_usage_names_what_was_recalled_and_summarised() -> None:
    context = {"live": {"turns": 1}, "recalled": {"turns": 2}, "summarised": {"turns": 1200}}
    assert usage({"context": context}) == "0 tokens in, 0 out · memory: 1 turn + 2 passages + summary of 1,200"


@pytest.mark.parametrize(("count", "text"), [(0, "none"), (1, "1 instruction"), (2, "2 instructions")])
def test_usage_names_standing_instructions(count: int, text: str) -> None:
    assert usage({"context": {"instructions": {"characters": 40, "turns": count}}}) == f"0 tokens in, 0 out · memory: {text}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (NOON.timestamp() + 60, "12:01"),
        (NOON.timestamp() + 86_400, "Mon 02 Nov 12:00"),
        (NOON.timestamp() + 366 * 86_400, "02 Nov 2027 12:00"),
        (None, ""),
        (0, ""),
        ("1", ""),
        (1e30, ""),
        (float("nan"), ""),
    ],
)
def test_local_time(seconds: object, text: str) -> None:
    assert local_time(seconds, NOON) == text


def test_kept_until() -> None:
    assert kept_until(NOON.timestamp() + 60, NOON) == "kept until 12:01"
    assert kept_until(None, NOON) == "kept until you delete it"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("", "Claude is thinking"),
        ("claude_overloaded", "Claude is overloaded; the bridge tries again in 2 s"),
        ("a\x1bb", "a␛b; the bridge tries again in 2 s"),
    ],
)
def test_waiting(reason: str, text: str) -> None:
    assert waiting(reason, 2.4) == text


@pytest.mark.parametrize(("seconds", "when"), [(0.0, "at once"), (0.5, "at once"), (0.6, "in 1 s"), (1.0, "in 1 s")])
def test_nobody_waits_for_no_seconds(seconds: float, when: str) -> None:
    assert waiting("claude_overloaded", seconds) == f"Claude is overloaded; the bridge tries again {when}"


ADVICE: list[tuple[str, dict[str, Any], str]] = [
    ("rate_limited", {"retry_after": 30.0}, "You can run the same command again after 30 s."),
    ("claude_overloaded", {"retry_after": 0.2}, "You can run the same command again."),
    ("not_written", {"session_id": SESSION}, f"It may be remembered all the same: python3 client/ask.py history {SESSION}"),
    ("not_written", {}, ""),
    ("claude_unavailable", {}, "You can run the same command again."),
    ("internal", {}, "The bridge's log: /log"),
    ("unreachable", {}, "Check the URL and the network (bridge: wss://host), or use a bridge on this machine: --local"),
    ("connection_lost", {}, "Check the network (bridge: wss://host), then run the same command again."),
    (
        "connection_lost",
        {"request_id": "r1"},
        "Check the network (bridge: wss://host), then fetch the answer: python3 client/ask.py resume",
    ),
    ("not_allowed", {}, "Ask whoever runs the bridge for a token and set CLAUDE_BRIDGE_TOKEN, or use a bridge on this machine: --local"),
    ("claude_misconfigured", {"setting": "CLAUDE_MODEL"}, "The bridge's setting to change: CLAUDE_MODEL"),
    ("claude_misconfigured", {}, ""),
    ("no_such_session", {}, "Your sessions: python3 client/ask.py sessions"),
    ("bad_usage", {}, "See --help."),
    ("budget_exceeded", {"retry_after": 18_661.0}, "That is in 5 h 12 min."),
    ("budget_exceeded", {"retry_after": 61.0}, "That is in 2 min."),
    ("budget_exceeded", {"retry_after": float("inf")}, ""),
    ("budget_exceeded", {}, ""),
    ("claude_refused", {}, ""),
]


@pytest.mark.parametrize(("code", "fields", "text"), ADVICE, ids=[f"{code} {fields}" for code, fields, _ in ADVICE])
def test_advice(code: str, fields: dict[str, Any], text: str) -> None:
    assert advice(Failure(code, "", **fields), HINTS, url="wss://host", log="/log") == text


@pytest.mark.parametrize(("retry_after", "text"), [(None, ""), (30.0, "That is in 30 s.")])
def test_what_the_failure_says_is_not_said_twice(retry_after: float | None, text: str) -> None:
    failure = Failure("claude_overloaded", "Claude is overloaded. Try again in a moment.", retry_after=retry_after)
    assert advice(failure, HINTS, url="", log="") == text


def test_advice_names_no_bridge_and_no_log_where_there_is_none() -> None:
    assert advice(Failure("unreachable", ""), HINTS, url="", log="").startswith("Check the URL and the network, or")
    assert advice(Failure("internal", ""), HINTS, url="", log="") == "You can run the same command again."


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        ("", "To store one: python3 client/ask.py keys set. To try it without one: --stand-in"),
        ("environment", ""),
        ("stored", "It is the one you stored. To store another: python3 client/ask.py keys set"),
        ("key_command", "It is the one that your key_command prints."),
    ],
)
def test_advice_about_a_key_says_where_it_comes_from(origin: str, text: str) -> None:
    failure = Failure("claude_misconfigured", "Check ANTHROPIC_API_KEY.", setting="ANTHROPIC_API_KEY")
    assert advice(failure, HINTS, url="", log="", key_origin=origin) == text
    assert advice(failure, HINTS, url="wss://host", log="") == ""


def test_commands_are_quoted_for_a_shell() -> None:
    hints = Hints(invocation("my client/ask.py", ""), ("--url", "ws://h/a?b&c"))
    assert hints.ask("s") == "python3 'my client/ask.py' --url 'ws://h/a?b&c' \"...\" s"
    assert hints.chat("s; rm x") == "python3 'my client/ask.py' --url 'ws://h/a?b&c' chat 's; rm x'"
    assert hints.question("what is a kite?").endswith(' "what is a kite?"')
    assert hints.question("what is $HOME").endswith(" 'what is $HOME'")


def test_the_program_is_named_as_it_was_called(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    (tmp_path / "second" / "ask-claude").touch(0o755)
    called, path = str(tmp_path / "second" / "ask-claude"), f"{tmp_path / 'first'}:{tmp_path / 'second'}"
    assert invocation("client/ask.py", path) == "python3 client/ask.py"
    assert invocation(called, path) == "ask-claude"
    assert invocation(called, "") == called
    (tmp_path / "first" / "ask-claude").touch(0o755)
    assert invocation(called, path) == called


def test_commands_for_make() -> None:
    hints = Hints("python3 client/ask.py", by_make=True)
    assert hints.ask(SESSION) == f'make ask Q="..." S={SESSION}'
    assert hints.chat(SESSION) == f"make chat S={SESSION}"
    assert hints.history(SESSION) == f"python3 client/ask.py history {SESSION}"


def test_what_moves_a_terminal_is_made_visible() -> None:
    assert visible("a\tb\n\r\x00\x1b[31m\x7f\x9b1m\u202e\u2066\ud800é👋") == "a\tb\n␍␀␛[31m␡\\x9b1m\\u202e\\u2066�é👋"


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_no_text_moves_a_terminal(text: str) -> None:
    shown = visible(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown)
    assert not any(0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in shown)
    shown.encode()


def test_one_line_is_one_line() -> None:
    assert one_line("  a\n\tb\r\nc\x1b\u2028d ") == "a b c␛ d"


@pytest.mark.parametrize(
    ("variables", "home"),
    [
        ({"CLAUDE_BRIDGE_HOME": "/there"}, "/there"),
        ({"XDG_DATA_HOME": "/data"}, "/data/claude-bridge"),
        ({"XDG_DATA_HOME": "relative"}, str(Path.home() / ".local/share/claude-bridge")),
        ({}, str(Path.home() / ".local/share/claude-bridge")),
    ],
)
def test_home(variables: dict[str, str], home: str) -> None:
    assert Environment.of(variables).home == Path(home)


def test_environment() -> None:
    read = Environment.of({"CLAUDE_BRIDGE_URL": " ws://h ", "CLAUDE_BRIDGE_DEBUG": "1", "CLAUDE_BRIDGE_COMMAND": "make"})
    assert (read.url, read.debug, read.by_make) == ("ws://h", True, True)
    assert not Environment.of({"CLAUDE_BRIDGE_DEBUG": "0"}).debug


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("ws://127.0.0.1:8765", True),
        ("ws://127.1.2.3", True),
        ("ws://[::1]:1/path", True),
        ("ws://localhost:1", True),
        ("wss://localhost.example", False),
        ("wss://10.0.0.1", False),
        ("wss://host/127.0.0.1", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


LOST = Failure("connection_lost", "")


def test_waits_grow_up_to_the_longest_and_end() -> None:
    retries = Retries(RetryPolicy(first_wait=1, max_wait=5, losses=4))
    assert [retries.next_wait(LOST, 1.0) for _ in range(5)] == [1, 2, 4, 5, None]


def test_half_of_a_wait_is_chance() -> None:
    assert Retries(RetryPolicy(first_wait=1)).next_wait(LOST, 0.0) == 0.5


def test_losses_in_a_row_end_after_about_a_minute() -> None:
    retries, retry_policy = Retries(RetryPolicy()), RetryPolicy()
    waits = [retries.next_wait(LOST, 0.999) or 0.0 for _ in range(retry_policy.losses)]
    assert 40 < sum(waits) < 70


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 1), (0.5, 1), (20.0, 20), (61.0, None), (-5.0, 1)])
def test_an_errors_own_wait_is_bounded(retry_after: float | None, wait: float | None) -> None:
    failure = Failure("internal", "", retry_after=retry_after)
    assert Retries(RetryPolicy(first_wait=1)).next_wait(failure, 1.0) == wait


def test_times_are_local() -> None:
    assert local_time(NOON.timestamp(), datetime(2026, 11, 1, 9, tzinfo=UTC)) == "10:00"


def test_one_token_is_one() -> None:
    assert usage({"usage": {"input_tokens": 1, "output_tokens": 1}}) == "1 token in, 1 out · memory: none"
