"""What an answer costs, from its token counts: list prices as of 27 November 2026, in US dollars for a million tokens.

Sources: platform.claude.com/docs/en/about-claude/pricing and the models' pages. A price that neither of them tells is None, never derived
from another one: an answer that needs it has no known cost. `CLAUDE_PRICES` adds models and replaces prices.

Costs are whole nano-dollars: a token of the cheapest kind costs ten of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bridge.store.records import Usage

AS_OF = "2026-11-27"

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

_PICO_IN_A_MICRO = 1_000_000
"""A dollar for a million tokens is a micro-dollar for one; prices are kept in whole pico-dollars a token, so that sums are exact."""

_FIELDS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")

_HIGHEST = 1_000_000
"""Dollars for a million tokens: no price is higher."""


class Price(NamedTuple):
    """The price of each kind of token, in pico-dollars; None where it is not known.

    A prompt of more than `long_above` tokens, cached ones included, is charged by `long` as a whole; 0: there is no such band.
    """

    input: int | None
    output: int | None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    long_above: int = 0
    long: Any = None


def _price(*dollars: float | None) -> Price:
    pico = [None if amount is None else round(amount * _PICO_IN_A_MICRO) for amount in dollars]
    return Price._make([*pico, *[None] * (len(_FIELDS) - len(pico)), 0, None])


_PRICES: dict[str, Price] = {
    "claude-fable-5-2": _price(8, 40),
    "claude-fable-5-1": _price(10, 50, 0.25, 12.50, 20),
    "claude-fable-5": _price(10, 50, 1, 12.50, 20),
    "claude-opus-5-5": _price(4, 20, 0.20),
    "claude-opus-5": _price(5, 25, 0.50, 6.25, 10),
    "claude-opus-4-8": _price(5, 25, 0.50, 6.25, 10),
    "claude-opus-4-7": _price(5, 25, 0.50, 6.25, 10),
    "claude-opus-4-6": _price(5, 25, 0.50, 6.25, 10),
    "claude-opus-4-5": _price(5, 25, 0.50, 6.25, 10),
    "claude-sonnet-5-5": _price(2, 10, 0.10, 2.50, 4),
    "claude-sonnet-5": _price(2, 10, 0.20, 2.50, 4),
    "claude-sonnet-4-6": _price(3, 15, 0.30, 3.75, 6),
    "claude-sonnet-4-5": _price(3, 15, 0.30, 3.75, 6),
    "claude-haiku-5-5": _price(0.10, 0.50, 0.01, 0.125, 0.20)._replace(long_above=100_000, long=_price(0.50, 2.50, 0.05, 0.625, 1)),
    "claude-haiku-4-5": _price(1, 5, 0.10, 1.25, 2),
}
_SAME_PRICE = ("anthropic.", "global.anthropic.")
"""Model ids of the AWS roads that begin like this cost the list price. Those of regional profiles (`us.`, `eu.`, ...) cost more there."""

_LONG = "long_prompt"
_ABOVE = "above_tokens"


class BadPrices(ValueError):
    """`CLAUDE_PRICES` cannot be used. The text says what is wrong, without naming the variable."""


def parse(value: object) -> dict[str, Price]:
    """The prices of a JSON object: model id to dollars for a million tokens of each kind.

        {"my-model": {"input": 3, "output": 15, "cache_read": 0.3, "long_prompt": {"above_tokens": 200000, "input": 6, "output": 22.5}}}

    Raises `BadPrices`.
    """
    if not isinstance(value, Mapping):
        raise BadPrices('a JSON object like {"model-id": {"input": 3, "output": 15}} is wanted')
    return {str(model): _parsed(str(model), fields) for model, fields in value.items()}


def of(model: str, overrides: Mapping[str, Price] = {}) -> Price | None:
    """The price of a model, by its id on any road, with or without a date; None where it is not known."""
    for name in _names(model):
        price = overrides.get(name) or _PRICES.get(name)
        if price is not None:
            return price
    return None


def cost(price: Price | None, usage: Usage, cache: str) -> int | None:
    """What these tokens cost, in nano-dollars; None where a price that they need is not known. A count of zero needs none.

    `cache` is how long what was written to the cache is kept, `5m` or `1h`: the API's totals do not tell.
    """
    if price is None:
        return 0 if not any(usage) else None
    prompt = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    if price.long is not None and prompt > price.long_above:
        price = price.long
    parts = (
        (usage.input_tokens, price.input),
        (usage.cache_read_input_tokens, price.cache_read),
        (usage.cache_creation_input_tokens, price.cache_write_1h if cache == "1h" else price.cache_write_5m),
        (usage.output_tokens, price.output),
    )
    pico = 0
    for tokens, each in parts:
        if tokens and each is None:
            return None
        pico += tokens * (each or 0)
    return (pico + 500) // 1000


def most(price: Price | None, asked: int, answered: int) -> int | None:
    """The most that one call of `asked` and `answered` tokens can cost, whatever of it is cached; None where the price is not known."""
    if price is None:
        return None
    if price.long is not None and asked > price.long_above:
        price = price.long
    if price.input is None or price.output is None:
        return None
    dearest = max(price.input, price.cache_write_5m or 0, price.cache_write_1h or 0)
    return (asked * dearest + answered * price.output + 999) // 1000


def _names(model: str) -> list[str]:
    names = [model]
    for prefix in _SAME_PRICE:
        if model.startswith(prefix):
            names.append(model.removeprefix(prefix))
    base, _, date = names[-1].rpartition("-")
    if len(date) == len("20261127") and date.isdigit():
        names.append(base)
    return names


def _parsed(model: str, fields: object) -> Price:
    if not isinstance(fields, Mapping) or not {"input", "output"} <= set(fields):
        raise BadPrices(f"{model!r} needs at least input and output")
    unknown = sorted(set(map(str, fields)) - {*_FIELDS, _LONG})
    if unknown:
        raise BadPrices(f"{model!r} has an unknown field {unknown[0]!r}; known are {', '.join((*_FIELDS, _LONG))}")
    price = _price(*(_dollars(model, name, fields.get(name)) for name in _FIELDS))
    if _LONG not in fields:
        return price
    band = fields[_LONG]
    above = band.get(_ABOVE) if isinstance(band, Mapping) else None
    if not isinstance(above, int) or isinstance(above, bool) or above <= 0:
        raise BadPrices(f"{model!r}: {_LONG} needs {_ABOVE}, a whole number of tokens")
    return price._replace(long_above=above, long=_parsed(model, {name: value for name, value in band.items() if name != _ABOVE}))


def _dollars(model: str, name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _HIGHEST:
        raise BadPrices(f"{model!r}: {name} must be a number of dollars for a million tokens, not {value!r}")
    return float(value)
