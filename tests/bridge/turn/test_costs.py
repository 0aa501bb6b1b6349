"""What an answer cost, wherever it is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.claude.budget import TOKENS_A_SECOND
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from bridge.store.tally import Hold
from fakes.bridge_bench import Bench
from fakes.scripted_claude import Step, says

SONNET = "claude-sonnet-5-5"
ASKED = {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": True}


def answer(output_tokens: int, model: str = SONNET, **usage: Any) -> Sequence[Step]:
    """An answer with this usage."""
    start: Step = {"type": "message_start", "message": {"model": model, "usage": usage}}
    return [start, *says("Hello!", output_tokens=output_tokens)[1:]]


def listed(bench: Bench) -> Any:
    bench.send({"action": "sessions", "request_id": "listing"}, to="listing")
    return bench.connections.frames("listing")[-1]["sessions"][0]


def turns(bench: Bench) -> Any:
    bench.send({"action": "history", "session_id": "s1", "request_id": "reading"}, to="reading")
    return bench.connections.frames("reading")[-1]["turns"]


def test_the_cost_of_an_answer_stays_with_it() -> None:
    bench = Bench()
    bench.claude.scripts = [answer(40, input_tokens=1_000, cache_read_input_tokens=20_000, cache_creation_input_tokens=400)]
    cost = (1_000 * 2 + 20_000 * 0.10 + 400 * 2.50 + 40 * 10) / 1e6
    asked, replayed = bench.ask("Hi", request_id="r1"), bench.ask("Hi", request_id="r1", to="c2")
    for shown in (asked, replayed, *turns(bench)):
        assert (shown["cost_usd"], shown["cost_is_estimate"]) == (cost, False)
    assert (listed(bench)["cost_usd"], listed(bench)["unpriced_turns"]) == (cost, 0)


def test_a_session_adds_up_what_is_known_and_counts_the_others() -> None:
    bench = Bench()
    bench.claude.scripts = [answer(1, "mine", input_tokens=1)]
    assert bench.ask("one")["cost_usd"] is None
    assert (listed(bench)["cost_usd"], listed(bench)["unpriced_turns"]) == (None, 1)
    bench.claude.scripts = [answer(0, input_tokens=2**20)] * 3
    for number in range(2):
        bench.ask("two", to=f"d{number}")
    assert (listed(bench)["cost_usd"], listed(bench)["unpriced_turns"]) == (2 * 2**20 * 2 / 1e6, 1)


def test_a_stopped_answer_has_the_estimate_that_the_budget_counts() -> None:
    bench = Bench(daily_token_budget=10**9)
    bench.claude.scripts = [[*answer(0, input_tokens=1_000)[:3], threading.Event()]]
    bench.start(ASKED)
    bench.connections.wait_for("c1", "delta")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="c2")
    bench.join()
    done = bench.connections.frames("c1")[-1]
    assert (done["stop_reason"], done["cost_is_estimate"]) == ("cancelled", True)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    tally = bench.store.hold(Hold(f"budget/default/{day}", "looking", 0, 1), 0)
    assert tally is not None
    used = tally.used
    assert used > 1_000
    assert done["cost_usd"] == pytest.approx((1_000 * 2 + (used - 1_000) * 10) / 1e6)


def test_an_attempt_that_broke_off_is_part_of_the_cost() -> None:
    bench = Bench()
    cut = Failure(BridgeError(Code.CLAUDE_UNAVAILABLE), transient=True, retry_after=0.01)
    bench.claude.scripts = [[answer(0, input_tokens=1_000)[0], cut], answer(10, input_tokens=1_000)]
    done = bench.ask("Hi")
    whole = (2 * 1_000 * 2 + 10 * 10) / 1e6
    assert whole <= done["cost_usd"] <= whole + TOKENS_A_SECOND * 10 / 1e6
    assert done["cost_is_estimate"] is True


def test_what_summaries_cost_is_shown_apart() -> None:
    bench = Bench(context_limit=1_000)
    bench.claude.summaries = [answer(9, "claude-haiku-5-5", input_tokens=100_001)]
    bench.claude.scripts = [[answer(1, input_tokens=1)[0], *says("It flies. " * 20, output_tokens=1)[1:]]]
    for number in range(5):
        bench.ask(f"What of kite {number}?", to=f"c{number}")
    assert len(bench.claude.summary_requests) == 1
    assert listed(bench)["memory_cost_usd"] == (100_001 * 0.50 + 9 * 2.50) / 1e6
    assert listed(bench)["cost_usd"] == pytest.approx(5 * 12 / 1e6)
