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
        "DAILY_BUDGET_USD": "2.5",
        "CLAUDE_PRICES": """{"mine": {"input": 3, "output": 15, "cache_read": null,
            "long_prompt": {"above_tokens": 9, "input": 6, "output": 30.5}}}""",
    }
    assert set(values) <= set(VARIABLES)
    settings = Settings.of(values)
    assert settings.anthropic_base_url == "http://127.0.0.1:8000/claude"
    assert (settings.summary_model, settings.recall_read_kb, settings.prompt_cache) == ("a-small-model", 0, "1h")
    assert settings.daily_token_budget == 500_000
    assert settings.daily_budget_usd == 2.5
    assert settings.claude_prices == {"mine": {"input": 3, "output": 15, "long_prompt": {"above_tokens": 9, "input": 6, "output": 30.5}}}
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
        ("DAILY_BUDGET_USD", "$5"),
        ("DAILY_BUDGET_USD", "0.001"),
        ("CLAUDE_PRICES", "[]"),
        ("CLAUDE_PRICES", '{"m": 3}'),
        *(
            ("CLAUDE_PRICES", f'{{"m": {{"input": 3, {rest}}}}}')
            for rest in (
                '"output": "15"',
                '"output": -1',
                '"output": NaN',
                '"output": true',
                '"cache_read": 1',
                '"output": 15, "cash_read": 1',
                '"output": 15, "above_tokens": 1',
                '"output": 15, "long_prompt": 7',
                '"output": 15, "long_prompt": {"input": 6, "output": 30}',
                '"output": 15, "long_prompt": {"above_tokens": 0, "input": 6, "output": 30}',
                '"output": 15, "long_prompt": {"above_tokens": 1, "input": 6, "output": 30, "long_prompt": {}}',
            )
        ),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.of({name: value})


BOUNDS = {
    "MAX_TOKENS": "a whole number from 1 to 999,999,999",
    "CONTEXT_LIMIT": "a whole number from 0 to 999,999,999",
    "RECALL_READ_KB": "a whole number from 0 to 999,999,999",
    "MAX_MESSAGE_CHARS": "a whole number from 1 to 999,999,999",
    "SESSION_TTL_HOURS": "a number of hours from 0.00028 (a second) to 1,000,000, or 0 (forever)",
    "LEASE_SECONDS": "a number of seconds from 3 to 900",
    "DAILY_TOKEN_BUDGET": "a whole number from 0 to 999,999,999",
    "DAILY_BUDGET_USD": "a number of dollars from 0.01 to 1,000,000, or 0 (no limit)",
    "KEEP_HOURS_MAX": "a number of hours from 0.00028 (a second) to 1,000,000, or 0 (no limit)",
    "DAILY_IMPORT_MB": "a whole number from 0 to 999,999,999",
}


def test_every_numeric_setting_has_its_bounds() -> None:
    defaults = Settings()._asdict()
    assert set(BOUNDS) == {name for name in VARIABLES if isinstance(defaults[name.lower()], (int, float))}


@pytest.mark.parametrize(
    "value", ["1e9", "inf", "-inf", "nan", "-1", "1e-400", "\u0663\u0663", "1_0", "0x10", "1,000", "9" * 5000, "ten", "1 0"]
)
@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_out_of_bounds_is_refused_with_both_bounds(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        Settings.of({name: value})
    assert str(refusal.value) == f"{name} must be {BOUNDS[name]}, not {value[:40]!r}."


@pytest.mark.parametrize(("name", "ends"), [("SESSION_TTL_HOURS", ("0.00028", "1000000", "0.0", "0")), ("LEASE_SECONDS", ("3", "900.0"))])
def test_both_bounds_are_within(name: str, ends: tuple[str, ...]) -> None:
    for end in ends:
        assert getattr(Settings.of({name: end}), name.lower()) == float(end)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "{}/",
        "{}//",
        "{}/v1",
        "{}/v1/",
        "{}//v1//",
        "{}/v1/messages",
        "{}/v1/messages/",
        "{}/v1/messages/count_tokens",
        "{}/v1/models",
        "{}/v1/complete",
        "{}/V1/Messages",
        "{}/v1/v1",
        "{}/v1/messages/batches/msgbatch_1/results",
        "{}/v1/models/claude-sonnet-5-5",
        "{}/v1/chat/completions",
        "{}/v1/responses",
        "{}/v1/messages,",
        "<{}>",
        '"{}/v1"',
        "'{}'",
        "  {}\n",
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        "https://api.anthropic.com",
        "http://127.0.0.1:4000",
        "https://gateway.example/v1/account/anthropic",
        "http://[::1]:8080/claude",
        "http://litellm",
        "https://h_1.example.",
    ],
)
def test_a_base_url_is_taken_as_it_is_meant(form: str, url: str) -> None:
    assert Settings.of({"ANTHROPIC_BASE_URL": form.format(url)}).anthropic_base_url == url


def test_the_scheme_may_be_written_in_capitals() -> None:
    assert Settings.of({"ANTHROPIC_BASE_URL": "HTTPS://api.anthropic.com"}).anthropic_base_url == "https://api.anthropic.com"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("api.anthropic.com", "does not begin with https:// or http://"),
        ("api.anthropic.com/v1", "does not begin with https:// or http://"),
        ("localhost:4000", "does not begin with https:// or http://"),
        ("//api.anthropic.com", "does not begin with https:// or http://"),
        ("ftp://host", "does not begin with https:// or http://"),
        ("https://ada:secret@host", "holds a user name or a password"),
        ("https://secret@host", "holds a user name or a password"),
        ("https://host/v1/messages?beta=secret", "goes on after its path"),
        ("https://host?", "goes on after its path"),
        ("https://host/v1#secret", "goes on after its path"),
        ("https://host#", "goes on after its path"),
        ("https://ho st/", "has characters that no URL has"),
        ("https://host/a b", "has characters that no URL has"),
        ("https://host/a\nb", "has characters that no URL has"),
        ("https://<your host>/", "has characters that no URL has"),
        ("https://${HOST}", "has characters that no URL has"),
        ("https://h\u00f6st", "has characters that no URL has"),
        ("https:\\\\host", "has characters that no URL has"),
        ("https://", "is not a URL"),
        ("https:/host", "is not a URL"),
        ("https:///v1", "is not a URL"),
        ("https://https://host", "is not a URL"),
        ("https://a..b", "is not a URL"),
        (f"https://{'a' * 64}.example", "is not a URL"),
        ("http://host:port", "is not a URL"),
        ("http://host:99999", "is not a URL"),
        ("http://host:0", "is not a URL"),
        ("http://[::1", "is not a URL"),
    ],
)
def test_a_base_url_that_cannot_be_meant_is_one_line_with_the_right_form_and_no_secret(url: str, problem: str) -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.of({"ANTHROPIC_BASE_URL": url})
    said = str(caught.value)
    assert said.startswith(f"ANTHROPIC_BASE_URL {problem}")
    assert said.endswith("Write it like https://api.anthropic.com: the address without /v1/messages.")
    assert "secret" not in said
