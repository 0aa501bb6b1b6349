"""What a call of Claude costs: list prices as of 27 November 2026, in US dollars for a million tokens.

Sources: platform.claude.com/docs/en/about-claude/pricing and the pages of the models. A price that neither tells is None, and never
derived from another one: a call that needs it has no known cost. `CLAUDE_PRICES` adds models and replaces prices.

Costs are whole nano-dollars: a token of the cheapest kind costs ten of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.store.records import Usage
from bridge.typed import Any, NamedTuple

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""
_PICO_IN_A_MICRO = 1_000_000
"""A dollar for a million tokens is a micro-dollar for one. Sums are made in whole pico-dollars, so that they are exact."""


class Price(NamedTuple):
    """A prompt of more than `above_tokens`, cached ones included, is charged by `long_prompt` as a whole."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write_5m: float | None = None
    cache_write_1h: float | None = None
    long_prompt: Price | None = None
    above_tokens: int = 0

    def for_prompt(self, tokens: int) -> Price:
        return self.long_prompt if self.long_prompt is not None and tokens > self.long_prompt.above_tokens else self


_OPUS = Price(5, 25, 0.50, 6.25, 10)
_PRICES = {
    "claude-fable-5-2": Price(8, 40),
    "claude-fable-5-1": Price(10, 50, 0.25, 12.50, 20),
    "claude-fable-5": Price(10, 50, 1, 12.50, 20),
    "claude-opus-5-5": Price(4, 20, 0.20),
    **dict.fromkeys(("claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5"), _OPUS),
    "claude-sonnet-5-5": Price(2, 10, 0.10, 2.50, 4),
    "claude-sonnet-5": Price(2, 10, 0.20, 2.50, 4),
    **dict.fromkeys(("claude-sonnet-4-6", "claude-sonnet-4-5"), Price(3, 15, 0.30, 3.75, 6)),
    "claude-haiku-5-5": Price(0.10, 0.50, 0.01, 0.125, 0.20, Price(0.50, 2.50, 0.05, 0.625, 1, above_tokens=100_000)),
    "claude-haiku-4-5": Price(1, 5, 0.10, 1.25, 2),
}

Overrides = Mapping[str, Mapping[str, Any]]
"""The fields of `Price` by model, as `CLAUDE_PRICES` has them."""
_NO_OVERRIDES: Overrides = {}


def of_model(model: str, overrides: Overrides = _NO_OVERRIDES) -> Price | None:
    """The price of a model by its id at any provider, with or without a date; None where it is not known. `*` is every model.

    On AWS `anthropic.` and `global.anthropic.` cost the list price; regional profiles (`us.`, `eu.`, ...) cost more.
    """
    base = model.removeprefix("global.").removeprefix("anthropic.").partition("-v1")[0]
    undated, _, date = base.rpartition("-")
    names = (model, base, *([undated] if len(date) == len("20261127") and date.isdigit() else []))
    own = next((name for name in (*names, "*") if name in overrides), None)
    return _price(overrides[own]) if own else next((_PRICES[name] for name in names if name in _PRICES), None)


def of_call(asked: str, answered: str, overrides: Overrides = _NO_OVERRIDES) -> Price | None:
    """The price of the model that answered; None unless that of the one that was asked is known, too.

    A gateway may charge for a name of its own, and let the model answer under its usual one: `overrides` of what was asked come first.
    """
    price = of_model(asked, overrides)
    return price if price is None or asked in overrides else of_model(answered, overrides)


def cost(price: Price | None, usage: Usage, hour_writes: int = 0) -> int | None:
    """What these tokens cost; None where a price that they need is not known. A count of zero needs none.

    `hour_writes`: how many of the tokens written to the cache stay there for an hour; the others are for five minutes.
    """
    if price is None:
        return None if any(usage) else 0
    written = usage.cache_creation_input_tokens
    hour_writes = min(hour_writes, written)
    price = price.for_prompt(usage.input_tokens + usage.cache_read_input_tokens + written)
    pico = 0
    for tokens, dollars in (
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_input_tokens, price.cache_read),
        (written - hour_writes, price.cache_write_5m),
        (hour_writes, price.cache_write_1h),
    ):
        if tokens:
            if dollars is None:
                return None
            pico += tokens * _pico(dollars)
    return (pico + 500) // 1000


def max_cost(model: str, sent: int, written: int, cache: str, overrides: Overrides = _NO_OVERRIDES) -> int | None:
    """The most that a call can cost of which at most this many tokens are `sent` and `written`, whatever of it the `cache` has or takes.

    None where the price of something that it may need is not known. `cache` is as `PROMPT_CACHE` has it.
    """
    price = of_model(model, overrides)
    if price is None:
        return None
    price = price.for_prompt(sent)
    reads, writes = (None, None) if cache == "off" else (price.cache_read, price.cache_write_1h if cache == "1h" else price.cache_write_5m)
    if cache != "off" and (reads is None or writes is None):
        return None
    pico = sent * _pico(max(price.input, reads or 0, writes or 0)) + written * _pico(price.output)
    return (pico + 999) // 1000


def _pico(dollars: float) -> int:
    return round(dollars * _PICO_IN_A_MICRO)


def _price(fields: Mapping[str, Any]) -> Price:
    long = fields.get("long_prompt")
    return Price(**{**fields, "long_prompt": long and _price(long)})
