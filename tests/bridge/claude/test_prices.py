"""What an answer costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.claude import prices
from bridge.claude.answer import Answer
from bridge.claude.budget import Bill
from bridge.settings import Settings
from bridge.store.records import Usage

REQUEST = {"model": "m" * (800 - len('{"model":""}'))}
"""Of 800 bytes, as it is sent."""

COUNTS = st.integers(0, 3_000_000)
CHEAP: dict[str, Any] = {"input": 1, "output": 2}


def dollars(model: str, usage: Usage, hour_writes: int = 0) -> float | None:
    nano = prices.cost(prices.of_model(model), usage, hour_writes)
    return None if nano is None else nano / prices.NANO


@pytest.mark.parametrize(
    ("model", "usage", "hour_writes", "expected"),
    [
        pytest.param("claude-sonnet-5-5", Usage(2_750, 0, 0, 1_000), 0, 0.0155, id="input and output"),
        pytest.param("claude-sonnet-5-5", Usage(10, 90_000, 0, 100), 0, 0.01002, id="read from the cache"),
        pytest.param("claude-sonnet-5-5", Usage(10, 0, 8_000, 100), 0, 0.02102, id="written for five minutes"),
        pytest.param("claude-sonnet-5-5", Usage(10, 0, 8_000, 100), 8_000, 0.03302, id="written for an hour"),
        pytest.param("claude-sonnet-5-5", Usage(10, 0, 8_000, 100), 6_000, 0.03002, id="written for both"),
        pytest.param("claude-haiku-5-5", Usage(100_000, 0, 0, 100), 0, 0.01005, id="up to the band"),
        pytest.param("claude-haiku-5-5", Usage(50_000, 40_000, 10_001, 100), 0, 0.033500625, id="above it, the cache included"),
        pytest.param("claude-haiku-4-5-20251001", Usage(1_000_000, 0, 0, 0), 0, 1.0, id="an id with a date"),
        pytest.param("anthropic.claude-sonnet-5-5", Usage(1_000_000, 0, 0, 0), 0, 2.0, id="through AWS"),
        pytest.param("global.anthropic.claude-haiku-4-5-20251001-v1:0", Usage(1_000_000, 0, 0, 0), 0, 1.0, id="a global profile"),
        pytest.param("us.anthropic.claude-sonnet-5-5", Usage(1, 0, 0, 0), 0, None, id="a regional profile"),
        pytest.param("claude-opus-5-5", Usage(10, 10, 0, 10), 0, 0.000242, id="a price that is not needed"),
        pytest.param("claude-opus-5-5", Usage(10, 10, 1, 10), 0, None, id="a price that is needed and not known"),
        pytest.param("my-model", Usage(1, 0, 0, 0), 0, None, id="a model that is not known"),
        pytest.param("my-model", Usage(), 0, 0.0, id="nothing used"),
    ],
)
def test_the_cost_is_exact(model: str, usage: Usage, hour_writes: int, expected: float | None) -> None:
    assert dollars(model, usage, hour_writes) == expected


def test_own_prices_come_first_and_the_others_stay() -> None:
    own: prices.Overrides = {"claude-sonnet-5-5": CHEAP, "mine": {"input": 0.25, "output": 0.5, "cache_write_1h": 0.125}}
    million = Usage(cache_creation_input_tokens=1_000_000)
    assert prices.of_model("anthropic.claude-sonnet-5-5", own) == prices.Price(1, 2)
    assert prices.cost(prices.of_model("mine", own), million, 1_000_000) == prices.NANO // 8
    assert prices.cost(prices.of_model("mine", own), million, 999_999) is None
    assert prices.of_model("claude-haiku-5-5", own) == prices.of_model("claude-haiku-5-5")
    assert prices.of_model("claude-haiku-5-5", {"*": CHEAP}) == prices.Price(1, 2)


def test_a_band_for_long_prompts_can_be_given() -> None:
    price = prices.of_model("m", {"m": {**CHEAP, "long_prompt": {"input": 2, "output": 4, "above_tokens": 10}}})
    assert [prices.cost(price, Usage(count)) for count in (10, 11)] == [10_000, 22_000]


@pytest.mark.parametrize(
    ("asked", "answered", "own", "expected"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", {}, prices.of_model("claude-haiku-4-5")),
        ("claude-opus-5-5", "claude-sonnet-5-5", {}, prices.of_model("claude-sonnet-5-5")),
        ("claude-opus-5-5", "somebody", {}, None),
        ("us.anthropic.claude-opus-5-5", "claude-opus-5-5", {}, None),
        ("gateway", "claude-opus-5-5", {"gateway": CHEAP}, prices.Price(1, 2)),
    ],
    ids=["the same with a date", "another one answers", "an unknown one answers", "a regional profile", "a gateway's name"],
)
def test_the_model_that_answers_names_the_price(asked: str, answered: str, own: prices.Overrides, expected: prices.Price | None) -> None:
    assert prices.of_call(asked, answered, own) == expected


# What the bill of one call says


def an_answer(model: str = "claude-sonnet-5-5", *, complete: bool = True, creation: object = None, **counts: int) -> Answer:
    answer = Answer(model, 100)
    answer.take({"type": "message_start", "message": {"model": model, "usage": {**counts, "cache_creation": creation}}})
    answer.complete = complete
    return answer


def billed(*answers: Answer, seconds: float = 2.0, interrupted: bool = False, **settings: Any) -> Bill:
    bill = Bill(1_000, Settings()._replace(**settings))
    for answer in answers:
        bill.add(answer, seconds, REQUEST, interrupted=interrupted)
    return bill


@pytest.mark.parametrize(
    ("creation", "cache", "cost"),
    [
        (None, "5m", 2_500_000),
        (None, "1h", 4_000_000),
        ({"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600}, "5m", 3_400_000),
        ({"ephemeral_5m_input_tokens": 1_000, "ephemeral_1h_input_tokens": 0}, "1h", 2_500_000),
        ({"ephemeral_1h_input_tokens": "many"}, "1h", 4_000_000),
    ],
)
def test_what_is_written_to_the_cache_is_charged_by_its_lifetime_there(creation: object, cache: str, cost: int) -> None:
    assert billed(an_answer(creation=creation, cache_creation_input_tokens=1_000), prompt_cache=cache).cost == cost


def test_all_calls_for_an_answer_are_added_up() -> None:
    bill = billed(an_answer(input_tokens=100, complete=False), an_answer(input_tokens=100, output_tokens=10))
    assert (bill.cost, bill.is_estimate) == (100 * 2_000 + 500 * 10_000 + 100 * 2_000 + 10 * 10_000, True)


def test_a_complete_answer_is_no_estimate_and_an_unheard_one_costs_nothing() -> None:
    bill = billed(an_answer(complete=False), an_answer(input_tokens=1, output_tokens=1))
    assert (bill.cost, bill.is_estimate) == (12_000, False)


def test_one_unknown_price_makes_the_cost_unknown() -> None:
    assert billed(an_answer("mine", input_tokens=1), an_answer(input_tokens=1)).cost is None


# The most that a call can cost


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from(["claude-sonnet-5-5", "claude-haiku-5-5"]), st.sampled_from(["5m", "1h"]))
def test_no_call_costs_more_than_the_most(asked: int, read: int, written: int, answered: int, model: str, cache: str) -> None:
    cost = prices.cost(prices.of_model(model), Usage(asked, read, written, answered), written if cache == "1h" else 0)
    most = prices.max_cost(model, asked + read + written, answered, cache)
    assert cost is not None
    assert most is not None
    assert cost <= most


@pytest.mark.parametrize(
    ("model", "cache", "known"),
    [("claude-opus-5-5", "off", True), ("claude-opus-5-5", "5m", False), ("claude-opus-5", "1h", True), ("mine", "off", False)],
)
def test_the_most_is_known_where_every_price_is_that_a_call_may_need(model: str, cache: str, known: bool) -> None:
    assert (prices.max_cost(model, 1, 1, cache) is not None) is known
