"""What an answer costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.claude import prices
from bridge.store.records import Usage

COUNTS = st.integers(0, 3_000_000)


def dollars(model: str, usage: Usage, cache: str = "5m") -> float | None:
    nano = prices.cost(prices.of(model), usage, cache)
    return None if nano is None else nano / prices.NANO


@pytest.mark.parametrize(
    ("model", "usage", "cache", "expected"),
    [
        pytest.param("claude-sonnet-5-5", Usage(2_750, 0, 0, 1_000), "5m", 0.0155, id="input and output"),
        pytest.param("claude-sonnet-5-5", Usage(10, 90_000, 0, 100), "5m", 0.01002, id="read from the cache"),
        pytest.param("claude-sonnet-5-5", Usage(10, 0, 8_000, 100), "5m", 0.02102, id="written for five minutes"),
        pytest.param("claude-sonnet-5-5", Usage(10, 0, 8_000, 100), "1h", 0.03302, id="written for an hour"),
        pytest.param("claude-haiku-5-5", Usage(100_000, 0, 0, 100), "5m", 0.01005, id="up to the band"),
        pytest.param("claude-haiku-5-5", Usage(50_000, 40_000, 10_001, 100), "5m", 0.033500625, id="above it, the cache included"),
        pytest.param("claude-haiku-4-5-20251001", Usage(1_000_000, 0, 0, 0), "5m", 1.0, id="an id with a date"),
        pytest.param("anthropic.claude-sonnet-5-5", Usage(1_000_000, 0, 0, 0), "5m", 2.0, id="through AWS"),
        pytest.param("us.anthropic.claude-sonnet-5-5", Usage(1, 0, 0, 0), "5m", None, id="a regional profile"),
        pytest.param("claude-opus-5-5", Usage(10, 10, 0, 10), "5m", 0.000242, id="a price that is not needed"),
        pytest.param("claude-opus-5-5", Usage(10, 10, 1, 10), "5m", None, id="a price that is needed and not known"),
        pytest.param("my-model", Usage(1, 0, 0, 0), "5m", None, id="a model that is not known"),
        pytest.param("my-model", Usage(), "5m", 0.0, id="nothing used"),
    ],
)
def test_the_cost_is_exact(model: str, usage: Usage, cache: str, expected: float | None) -> None:
    assert dollars(model, usage, cache) == expected


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from(["claude-sonnet-5-5", "claude-haiku-5-5"]), st.sampled_from(["5m", "1h"]))
def test_no_call_costs_more_than_the_most(asked: int, read: int, written: int, answered: int, model: str, cache: str) -> None:
    price = prices.of(model)
    cost = prices.cost(price, Usage(asked, read, written, answered), cache)
    most = prices.most(price, asked + read + written, answered)
    assert cost is not None
    assert most is not None
    assert cost <= most


def test_own_prices_come_first_and_the_others_stay() -> None:
    own = prices.parse({"claude-sonnet-5-5": {"input": 1, "output": 2}, "mine": {"input": 0.25, "output": 0.5, "cache_write_1h": 0.125}})
    assert prices.cost(prices.of("claude-sonnet-5-5", own), Usage(1_000_000, 0, 0, 0), "5m") == prices.NANO
    assert prices.cost(prices.of("mine", own), Usage(0, 0, 1_000_000, 0), "1h") == prices.NANO // 8
    assert prices.cost(prices.of("mine", own), Usage(0, 0, 1_000_000, 0), "5m") is None
    assert prices.of("claude-haiku-5-5", own) == prices.of("claude-haiku-5-5")


def test_a_band_for_long_prompts_can_be_given() -> None:
    [price] = prices.parse({"m": {"input": 1, "output": 1, "long_prompt": {"above_tokens": 10, "input": 2, "output": 2}}}).values()
    assert [prices.cost(price, Usage(count, 0, 0, 0), "5m") for count in (10, 11)] == [10_000, 22_000]


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"m": 3},
        {"m": {"input": 3}},
        {"m": {"input": 3, "output": "15"}},
        {"m": {"input": -1, "output": 15}},
        {"m": {"input": float("nan"), "output": 15}},
        {"m": {"input": True, "output": 15}},
        {"m": {"input": 3, "output": 15, "cash_read": 1}},
        {"m": {"input": 3, "output": 15, "long_prompt": {"input": 6, "output": 30}}},
        {"m": {"input": 3, "output": 15, "long_prompt": {"above_tokens": 0, "input": 6, "output": 30}}},
        {"m": {"input": 3, "output": 15, "long_prompt": 7}},
    ],
)
def test_bad_prices_are_refused(value: Any) -> None:
    with pytest.raises(prices.BadPrices):
        prices.parse(value)
