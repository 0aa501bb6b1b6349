"""The environment, read once."""

from __future__ import annotations

import pytest

from bridge.settings import VARIABLES, BadSetting, Settings


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.of({"PATH": "/bin", "CLAUDE_MODEL": "", "MAX_TOKENS": "  "}) == Settings()


def test_every_variable_is_read() -> None:
    values = {
        "ANTHROPIC_API_KEY": "k",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:8000/claude/",
        "CLAUDE_MODEL": "any-model-at-all",
        "CLAUDE_EFFORT": "low",
        "MAX_TOKENS": "100",
        "SYSTEM_PROMPT": "Be brief.",
        "SUMMARY_MODEL": "a-small-model",
        "CONTEXT_LIMIT": "0",
        "RECALL_READ_KB": "0",
        "PROMPT_CACHE": "1h",
        "MAX_MESSAGE_CHARS": "10",
        "SESSION_TTL_HOURS": "0.5",
        "LEASE_SECONDS": "3",
        "DAILY_TOKEN_BUDGET": "500000",
    }
    assert set(values) <= set(VARIABLES)
    settings = Settings.of(values)
    assert settings.anthropic_base_url == "http://127.0.0.1:8000/claude"
    assert (settings.summary_model, settings.recall_read_kb, settings.prompt_cache) == ("a-small-model", 0, "1h")
    assert settings.daily_token_budget == 500_000
    assert (settings.session_ttl, settings.context_limit, settings.lease_seconds) == (1800, 0, 3.0)


def test_a_session_that_never_expires() -> None:
    assert Settings.of({"SESSION_TTL_HOURS": "0"}).session_ttl is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", "many"),
        ("MAX_TOKENS", "0"),
        ("MAX_TOKENS", "1.5"),
        ("MAX_TOKENS", "²"),
        ("CONTEXT_LIMIT", "-1"),
        ("MAX_MESSAGE_CHARS", "99999999999"),
        ("SESSION_TTL_HOURS", "-1"),
        ("SESSION_TTL_HOURS", "nan"),
        ("LEASE_SECONDS", "2.9"),
        ("LEASE_SECONDS", "inf"),
        ("CLAUDE_EFFORT", "enormous"),
        ("DAILY_TOKEN_BUDGET", "-1"),
        ("DAILY_TOKEN_BUDGET", "1e6"),
        ("RECALL_READ_KB", "much"),
        ("PROMPT_CACHE", "1d"),
        ("ANTHROPIC_BASE_URL", "api.anthropic.com"),
        ("ANTHROPIC_BASE_URL", "ftp://host"),
        ("ANTHROPIC_BASE_URL", "http://host:port"),
        ("ANTHROPIC_BASE_URL", "http://[::1"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.of({name: value})
