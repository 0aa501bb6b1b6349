"""The bridge's configuration: the one place that reads the environment of the function.

The README's table and the Terraform variables are compared with `VARIABLES` by tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from bridge.text import json_object
from bridge.typed import Any, NamedTuple

EFFORTS = ("low", "medium", "high", "xhigh", "max")
PROVIDERS = ("anthropic", "bedrock", "anthropic-aws")
PROMPT_CACHES = ("off", "5m", "1h")
SCOPES = ("session", "all", "off")
CLIENT_SYSTEMS = ("append", "replace")
_PRICES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_DEAREST = 1_000_000
"""Dollars for a million tokens."""
_DIGITS = 20
"""A longer number is out of all bounds, and slow to convert."""
_QUOTED = 40
"""How many characters of a bad value are repeated."""


class BadSetting(ValueError):
    """A variable of the environment has a value that cannot be used. The text names it and says what is wanted."""


class Settings(NamedTuple):
    """All settings, validated. Sizes are in characters (code points), times in the unit the name says.

    `anthropic_base_url` is empty where the provider's address follows from the AWS region.
    """

    claude_provider: str = "anthropic"
    claude_workspace_id: str = ""
    anthropic_api_key: str = ""
    anthropic_base_url: str = "https://api.anthropic.com"
    claude_model: str = "claude-sonnet-5-5"
    claude_effort: str = ""
    max_tokens: int = 32_000
    system_prompt: str = ""
    summary_model: str = "claude-haiku-5-5"
    context_limit: int = 8_000
    recall_read_kb: int = 2_048
    prompt_cache: str = "off"
    max_message_chars: int = 100_000
    session_ttl_hours: float = 24.0
    lease_seconds: float = 15.0
    daily_token_budget: int = 0
    claude_models: str = ""
    client_system: str = "append"
    keep_hours_max: float = 720.0
    daily_import_mb: int = 50
    recall_scope: str = "session"
    daily_budget_usd: float = 0.0
    claude_prices: Mapping[str, Mapping[str, Any]] = {}
    context_table: str = "claude-context-sessions"
    hash_table: str = "claude-context-hashes"
    anthropic_api_key_parameter: str = ""
    api_id: str = ""
    stage: str = "prod"

    @property
    def session_ttl(self) -> int | None:
        """How long a session lives after its last turn, in seconds; None: forever."""
        return round(self.session_ttl_hours * 3600) or None

    def allows_model(self, model: str) -> bool:
        """Whether a client may name this model."""
        return model == self.claude_model or self.claude_models == "*" or model in self.claude_models.replace(",", " ").split()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Reads `environment`. An empty variable counts as absent. Raises `BadSetting`."""
        values: dict[str, Any] = {}
        for name in VARIABLES:
            text = environment.get(name, "").strip()
            if text:
                values[name.lower()] = _PARSERS[name](name, text) if name in _PARSERS else text
        provider = values.get("claude_provider", "anthropic")
        if provider == "anthropic-aws" and "claude_workspace_id" not in values:
            raise BadSetting("CLAUDE_WORKSPACE_ID must be the id of a workspace, like wrkspc_01AbCdEf, with CLAUDE_PROVIDER=anthropic-aws.")
        return cls(**{**_PROVIDER_DEFAULTS.get(provider, {}), **values})


_PROVIDER_DEFAULTS: dict[str, dict[str, Any]] = {
    "bedrock": {
        "anthropic_base_url": "",
        "claude_model": "anthropic.claude-sonnet-5-5",
        "summary_model": "anthropic.claude-haiku-5-5",
    },
    "anthropic-aws": {"anthropic_base_url": ""},
}
"""Where another provider has other defaults than Anthropic."""

VARIABLES: tuple[str, ...] = tuple(name.upper() for name in Settings._fields)
"""The names of the environment variables, in the order of the table in the README."""


def number(minimum: float, maximum: float, bounds: str, *, or_zero: bool = False) -> Callable[[str, str], float]:
    """Reads a number from `minimum` to `maximum`, and with `or_zero` also 0. `bounds` says so in words, after "must be"."""

    def parse(name: str, text: str) -> float:
        value = _decimal(text)
        if not (minimum <= value <= maximum or (or_zero and value == 0 and not set(text) & set("123456789"))):
            raise BadSetting(f"{name} must be {bounds}, not {text[:_QUOTED]!r}.")
        return value

    return parse


def whole_number(minimum: int, maximum: int = 999_999_999) -> Callable[[str, str], int]:
    """Reads a whole number from `minimum` to `maximum`."""

    def parse(name: str, text: str) -> int:
        is_whole = text.isascii() and text.isdigit() and len(text) <= _DIGITS
        if not (is_whole and minimum <= int(text) <= maximum):
            raise BadSetting(f"{name} must be a whole number from {minimum} to {maximum:,}, not {text[:_QUOTED]!r}.")
        return int(text)

    return parse


def _decimal(text: str) -> float:
    """The number in decimal notation; NaN, which lies within no bounds, for digits of other scripts and for `1_000`."""
    try:
        return float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def _one_of(*values: str) -> Callable[[str, str], str]:
    def parse(name: str, text: str) -> str:
        if text not in values:
            raise BadSetting(f"{name} must be one of {', '.join(values)}, or not set at all, not {text!r}.")
        return text

    return parse


def _as_id(name: str, text: str) -> str:
    if not (text.isascii() and text.replace("_", "").replace("-", "").isalnum()):
        raise BadSetting(f"{name} must be an id like wrkspc_01AbCdEf, not {text!r}.")
    return text


def _as_base_url(name: str, text: str) -> str:
    """The base URL of the Messages API, without `/v1` and what follows it, which people copy along. Raises `BadSetting`."""
    url = text.strip("'\"<>,; ")
    try:
        parts = urlsplit(url)
        problem = _problem(url, parts)
    except ValueError:
        problem = "is not a URL"
    if problem:
        raise BadSetting(f"{name} {problem}. Write it like https://api.anthropic.com: the address without /v1/messages.")
    path = "".join(f"/{part}" for part in parts.path.split("/") if part)
    return f"{parts.scheme}://{parts.netloc}{_VERSION_AND_AFTER.sub('', path)}"


_VERSION_AND_AFTER = re.compile(
    r"(/v1)+(/(messages|models|complete|completions|chat|responses|files|organizations)(/.*)?)?$", re.IGNORECASE
)
"""What people copy of a longer address. A gateway may have a /v1 of its own further on the left."""


def _problem(url: str, parts: SplitResult) -> str:
    """What is wrong with a base URL; "" for nothing. The URL itself is not repeated: it may hold a secret."""
    labels = (parts.hostname or "").rstrip(".").split(".")
    if parts.scheme not in ("http", "https"):
        return "does not begin with https:// or http://"
    if "@" in parts.netloc:
        return "holds a user name or a password, which the bridge does not send"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return "goes on after its path, with a ? or a #"
    if not (url.isascii() and url.isprintable()) or set(url) & set(" \\<>\"'{}^`|"):
        return "has characters that no URL has"
    if parts.port == 0 or labels[0] in ("http", "https") or not all(label and len(label) < 64 for label in labels):
        return "is not a URL"
    return ""


def _as_prices(name: str, text: str) -> dict[str, dict[str, Any]]:
    """The prices of a JSON object: model id, or `*` for all others, to the fields of `claude.prices.Price`. Raises `BadSetting`."""
    prices, example = json_object(text), '{"my-model": {"input": 3, "output": 15}}'
    if prices is None:
        raise BadSetting(f"{name} must be a JSON object like {example}.")
    read = {model: _price(fields) for model, fields in prices.items()}
    for model, price in read.items():
        if isinstance(price, str):
            raise BadSetting(f"{name} must be like {example}, in dollars for a million tokens; of {model[:_QUOTED]!r}, {price}.")
    return {model: price for model, price in read.items() if not isinstance(price, str)}


def _price(fields: object, *, is_long: bool = False) -> dict[str, Any] | str:
    """The price without what is null, or what is wrong with it."""
    if not isinstance(fields, Mapping):
        return "an object is needed"
    price = {name: value for name, value in fields.items() if value is not None}
    for name, value in price.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _DEAREST
        if name == "long_prompt" and not is_long:
            long = _price(value, is_long=True)
            if isinstance(long, str):
                return f"in long_prompt, {long}"
            price[name] = long
        elif name not in (*_PRICES, *(["above_tokens"] if is_long else [])):
            return f"there is no field {name[:_QUOTED]!r}"
        elif not is_number or (name == "above_tokens" and (not isinstance(value, int) or value < 1)):
            return f"{name} cannot be {str(value)[:_QUOTED]!r}"
    missing = [name for name in ("input", "output", *(["above_tokens"] if is_long else [])) if name not in price]
    return f"{missing[0]} is missing" if missing else price


_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "CLAUDE_PROVIDER": _one_of(*PROVIDERS),
    "CLAUDE_WORKSPACE_ID": _as_id,
    "ANTHROPIC_BASE_URL": _as_base_url,
    "CLAUDE_EFFORT": _one_of(*EFFORTS),
    "MAX_TOKENS": whole_number(1),
    "CONTEXT_LIMIT": whole_number(0),
    "RECALL_READ_KB": whole_number(0),
    "PROMPT_CACHE": _one_of(*PROMPT_CACHES),
    "MAX_MESSAGE_CHARS": whole_number(1),
    "SESSION_TTL_HOURS": number(1 / 3600, 1e6, "a number of hours from 0.00028 (a second) to 1,000,000, or 0 (forever)", or_zero=True),
    "LEASE_SECONDS": number(3, 900, "a number of seconds from 3 to 900"),
    "DAILY_TOKEN_BUDGET": whole_number(0),
    "CLIENT_SYSTEM": _one_of(*CLIENT_SYSTEMS),
    "KEEP_HOURS_MAX": number(1 / 3600, 1e6, "a number of hours from 0.00028 (a second) to 1,000,000, or 0 (no limit)", or_zero=True),
    "DAILY_IMPORT_MB": whole_number(0),
    "RECALL_SCOPE": _one_of(*SCOPES),
    "DAILY_BUDGET_USD": number(0.01, 1e6, "a number of dollars from 0.01 to 1,000,000, or 0 (no limit)", or_zero=True),
    "CLAUDE_PRICES": _as_prices,
}
