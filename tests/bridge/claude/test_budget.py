"""The tokens that an owner may use in a day."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.claude.answer import Answer
from bridge.claude.budget import TOKENS_A_SECOND, Bill
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store.records import Usage
from bridge.store.tally import Hold, Tally
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import says

REQUEST = {"model": "m" * (800 - len('{"model":""}'))}
"""Of 800 bytes, as it is sent."""

NOON, MIDNIGHT = 1_795_348_800, 1_795_392_000
"""22 November 2026, and its end."""
BUDGET = 100_000
MAX_TOKENS_HELD = 4 * 8_000 + len("Hi") + 32_000
"""What is held for the question."""
CACHED = {"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3_000, "output_tokens": 1}
ASKED = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True}


def bench_with(budget: int = BUDGET, at: int = NOON, store: Any = None, **settings: Any) -> Bench:
    bench = Bench(store=store, daily_token_budget=budget, **settings)
    bench.ahead = at - time.time()
    return bench


def tally(bench: Bench, owner: str = "default", day: str = "2026-11-22") -> Tally:
    row = f"budget/{owner}/{day}"
    return bench.store.hold(Hold(row, "looking", 0, 1), 0) or Tally(row)


def use_up(bench: Bench, owner: str = "default", tokens: int = BUDGET) -> None:
    hold = Hold(f"budget/{owner}/2026-11-22", "before", 1, MIDNIGHT)
    bench.store.hold(hold, 10**9)
    bench.store.settle(hold, tokens)


def starting(**counts: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"model": "m", "usage": counts or CACHED}}


# What is counted


def test_all_tokens_of_an_answer_are_counted() -> None:
    bench = bench_with()
    bench.claude.scripts = [[starting(), *says("Hello!", output_tokens=50)[1:]]]
    assert bench.ask("Hi")["type"] == "done"
    assert tally(bench) == Tally("budget/default/2026-11-22", 3_260, {}, MIDNIGHT + 86_400)
    bench.ask("Hi again", to="c2")
    assert tally(bench).tokens == 6_520


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scripts", "code", "tokens"),
    [
        ([[*says("a")[:2], Failure(BridgeError(Code.CLAUDE_UNAVAILABLE), transient=True, retry_after=0.01)], says("b")], None, 26),
        ([[Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=0.01)], says("b")], None, 15),
        ([[Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False)]], "claude_rejected", 0),
        ([says("I will not", stop_reason="refusal")], "claude_refused", 15),
        ([says("")], "empty_answer", 15),
        ([[*says("a")[:1], {"type": "content_block_start", "content_block": 7}], says("b")], None, 26),
    ],
    ids=["cut and repeated", "refused by the API and repeated", "refused by the API", "refusal", "empty", "malformed and repeated"],
)
def test_what_is_billed_is_counted_whatever_came_of_it(scripts: Sequence[Any], code: str | None, tokens: int) -> None:
    bench = bench_with()
    bench.claude.scripts = list(scripts)
    assert bench.ask("Hi").get("code") == code
    # An attempt that broke off is counted by the time it took: hardly any here.
    assert tokens <= tally(bench).tokens <= tokens + TOKENS_A_SECOND
    assert tally(bench).holds == {}


def test_a_cancelled_answer_is_counted() -> None:
    bench = bench_with()
    bench.claude.scripts = [[starting(), *says("one ")[1:3], threading.Event()]]
    bench.start(ASKED | {"request_id": "r1"})
    bench.connections.wait_for("c1", "delta")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="c2")
    bench.join()
    assert bench.connections.frames("c1")[-1]["stop_reason"] == "cancelled"
    assert tally(bench).tokens > 3_210
    assert tally(bench).holds == {}


def answer(usage: Usage, *, complete: bool = False) -> Answer:
    made = Answer("m", 100)
    made.take(starting(**usage.item()))
    made.complete = complete
    return made


REPORTED = Usage(10, 200, 3_000, 1)


@pytest.mark.parametrize(
    ("made", "seconds", "interrupted", "tokens"),
    [
        (answer(REPORTED, complete=True), 10.0, False, 3_211),
        (answer(REPORTED), 10.0, False, 3_210 + 10 * TOKENS_A_SECOND),
        (answer(REPORTED), 10.0, True, 3_210 + 10 * TOKENS_A_SECOND),
        (answer(REPORTED), 0.0, True, 3_211),
        (answer(REPORTED), 1e6, True, 3_210 + 5_000),
        (answer(Usage()), 2.0, True, 800 + 2 * TOKENS_A_SECOND),
        (answer(Usage()), 2.0, False, 0),
        (answer(Usage(-7), complete=True), 2.0, False, 0),
    ],
    ids=["complete", "cut", "cancelled", "cancelled at once", "no more than max_tokens", "cancelled unheard", "failed unheard", "nonsense"],
)
def test_the_bill_of_one_call(made: Answer, seconds: float, interrupted: bool, tokens: int) -> None:
    bill = Bill(max_tokens=5_000)
    bill.add(made, seconds, REQUEST, interrupted=interrupted)
    assert bill.tokens == tokens


def test_the_tokens_of_a_summary_are_counted() -> None:
    bench = bench_with(10**9, context_limit=1_000)
    for number in range(5):
        bench.claude.scripts = [says("It flies. " * 20)]
        bench.claude.requests.clear()
        bench.ask(f"What of kite {number}?", to=f"c{number}")
    assert len(bench.claude.summary_requests) == 1
    assert tally(bench) == Tally("budget/default/2026-11-22", 6 * 15, {}, MIDNIGHT + 86_400)


# When it is used up


def test_a_question_over_budget_costs_no_call_and_leaves_nothing() -> None:
    bench = bench_with()
    use_up(bench)
    error = bench.ask("Hi", request_id="r1")
    assert error == {
        "type": "error",
        "request_id": "r1",
        "session_id": "s1",
        "code": "budget_exceeded",
        "message": "Today's budget of 100,000 tokens is used up. The next one begins at 2026-11-23 00:00 UTC.",
        "retryable": False,
        "retry_after": error["retry_after"],
        "setting": "DAILY_TOKEN_BUDGET",
    }
    assert MIDNIGHT - NOON - 5 <= error["retry_after"] <= MIDNIGHT - NOON
    assert bench.claude.requests == []
    assert bench.store.load("s1", 50) == (None, ())
    assert tally(bench).tokens == BUDGET


def test_the_repeat_after_the_reset_is_answered() -> None:
    bench = bench_with()
    use_up(bench)
    assert bench.ask("Hi", request_id="r1")["code"] == "budget_exceeded"
    assert bench.ask("Hi", request_id="r1")["code"] == "budget_exceeded"
    bench.ahead += MIDNIGHT - NOON
    assert bench.ask("Hi", request_id="r1")["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]
    assert (tally(bench).tokens, tally(bench, day="2026-11-23").tokens) == (BUDGET, 15)


def test_what_was_answered_before_is_replayed_at_no_cost() -> None:
    bench = bench_with()
    first = bench.ask("Hi", request_id="r1")
    use_up(bench)
    used = tally(bench).tokens
    again = bench.ask("Hi", request_id="r1", to="c2")
    assert (again["type"], again["answer"], again["duplicate"]) == ("done", first["answer"], True)
    assert bench.contents() == ["Hi", "Hello!"]
    assert tally(bench).tokens == used


def test_everything_but_questions_still_works() -> None:
    bench = bench_with()
    bench.ask("Hi")
    use_up(bench)
    for action in ("history", "sessions", "ping", "delete"):
        bench.send({"action": action, "session_id": "s1"}, to=action)
        assert bench.connections.frames(action)[-1]["type"] != "error"


def test_every_owner_has_a_budget() -> None:
    bench = bench_with()
    use_up(bench, "ada")
    bench.send(ASKED, to="ada", owner="ada")
    bench.send(ASKED, to="bob", owner="bob")
    assert bench.connections.frames("ada")[-1]["code"] == "budget_exceeded"
    assert bench.connections.frames("bob")[-1]["type"] == "done"
    assert (tally(bench, "ada").tokens, tally(bench, "bob").tokens) == (BUDGET, 15)


def test_an_unstreamed_question_gets_it_too() -> None:
    bench = bench_with()
    use_up(bench)
    bench.send(ASKED | {"stream": False})
    [reply] = bench.connections.frames("c1")
    assert reply["statusCode"] == 429


def test_no_summary_is_made_when_the_budget_is_used_up() -> None:
    bench = bench_with(context_limit=1_000)
    for number in range(5):
        if number == 4:
            use_up(bench, tokens=BUDGET - 61)  # One token less than all, before this question.
        bench.claude.scripts = [says("It flies. " * 20)]
        bench.claude.requests.clear()
        assert bench.ask(f"What of kite {number}?", to=f"c{number}")["type"] == "done"
    assert bench.claude.summary_requests == []
    assert tally(bench).tokens == BUDGET + 14


# Many at once, and what breaks


def test_what_an_answer_may_take_is_held_while_it_is_made() -> None:
    bench = bench_with()
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    for number in range(2):
        bench.start(ASKED | {"session_id": f"s{number}"}, to=f"c{number}")
        bench.connections.wait_for(f"c{number}", "accepted")
        assert tally(bench).tokens == (number + 1) * MAX_TOKENS_HELD
    error = bench.ask("Hi", to="c9", session_id="s9")
    assert error["code"] == "budget_exceeded"
    assert error["message"].startswith("What is left of today's budget of 100,000 tokens is held for other answers.")
    assert "retry_after" not in error
    gate.set()
    bench.join()
    assert tally(bench).tokens == 2 * 15
    assert bench.ask("Hi", to="c9", session_id="s9")["type"] == "done"


def test_however_many_ask_at_once_the_budget_is_exceeded_by_one_answer_at_most() -> None:
    bench = bench_with()
    bench.claude.scripts = [says("Hello!", output_tokens=32_000)]
    for number in range(12):
        bench.start(ASKED | {"session_id": f"s{number}"}, to=f"c{number}")
    bench.join()
    ends = [bench.connections.frames(f"c{number}")[-1] for number in range(12)]
    assert [end["type"] for end in ends].count("done") in (2, 3, 4)
    assert tally(bench).tokens <= BUDGET + MAX_TOKENS_HELD


@pytest.mark.parametrize("text", ["😀" * 32_000, "凧" * 32_000, "x" * 100_000], ids=["emoji", "CJK", "ASCII"])
def test_a_hold_covers_a_token_for_every_byte(text: str) -> None:
    """Claude counts tokens, up to one for each byte, not characters; what was said before counts, too."""
    bench = bench_with(200_000)
    most = len(text.encode()) + 4 * 8_000 + 32_000
    gate, refused = threading.Event(), threading.Semaphore(0)
    bench.claude.scripts = [[gate, starting(input_tokens=most - 32_000), *says("Hello!", output_tokens=32_000)[1:]]]
    bench.connections.on_post = lambda _, frame: refused.release() if frame["type"] == "error" else None
    for number in range(20):
        bench.start(ASKED | {"message": text, "session_id": f"s{number}"}, to=f"c{number}")
    for _ in range(20 - math.ceil(200_000 / most)):
        assert refused.acquire(timeout=20)
    gate.set()
    bench.join()
    assert 200_000 <= tally(bench).tokens <= 200_000 + most


def test_a_question_counts_on_the_day_on_which_it_began() -> None:
    bench = bench_with(at=MIDNIGHT - 60)
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    bench.start(ASKED)
    bench.connections.wait_for("c1", "accepted")
    bench.ahead += 120
    gate.set()
    bench.join()
    assert (tally(bench).tokens, tally(bench, day="2026-11-23").tokens) == (15, 0)


class _Failing(MemoryStore):
    """Fails at one of its methods."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.calls: list[str] = []
        self._method = method

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        self._note("hold")
        return super().hold(hold, limit)

    def settle(self, hold: Hold, used: int) -> None:
        self._note("settle")
        super().settle(hold, used)

    def _note(self, method: str) -> None:
        self.calls.append(method)
        if method == self._method:
            raise StoreUnavailable


def test_without_an_answer_of_the_store_nothing_is_asked() -> None:
    bench = bench_with(store=_Failing("hold"))
    assert bench.ask("Hi")["code"] == "store_unavailable"
    assert bench.claude.requests == []


def test_what_cannot_be_settled_stays_held_and_the_answer_is_sent() -> None:
    bench = bench_with(store=_Failing("settle"))
    assert bench.ask("Hi")["type"] == "done"
    assert (tally(bench).tokens, len(tally(bench).holds)) == (MAX_TOKENS_HELD, 1)


def test_a_question_costs_two_writes() -> None:
    store = _Failing("")
    bench_with(store=store).ask("Hi")
    assert store.calls == ["hold", "settle"]


def test_without_a_budget_the_store_is_asked_nothing() -> None:
    store = _Failing("")
    bench = bench_with(0, store=store, context_limit=1_000)
    for number in range(5):
        bench.claude.scripts = [says("It flies. " * 20)]
        bench.claude.requests.clear()
        bench.ask(f"What of kite {number}?", to=f"c{number}")
    assert bench.claude.summary_requests
    assert store.calls == []


def test_a_waiting_duplicate_learns_when_the_next_budget_begins() -> None:
    asking, gate = threading.Event(), threading.Event()

    class Slow(MemoryStore):
        def hold(self, hold: Hold, limit: int) -> Tally | None:
            if limit == BUDGET:
                asking.set()
                assert gate.wait(10)
            return super().hold(hold, limit)

    bench = bench_with(store=Slow())
    use_up(bench)
    bench.start(ASKED | {"request_id": "r1"})
    assert asking.wait(10)
    bench.start(ASKED | {"request_id": "r1"}, to="c2")
    bench.connections.wait_for("c2", "accepted")
    gate.set()
    bench.join()
    error = bench.connections.frames("c2")[-1]
    assert (error["code"], error["message"]) == ("budget_exceeded", Code.BUDGET_EXCEEDED.sentence)
    assert "00:00 UTC" in error["message"]
    assert error["retry_after"] > 0


# Dollars

DOLLARS = 0.5
MAX_COST = (MAX_TOKENS_HELD - 32_000) * 2 + 32_000 * 10
"""In micro-dollars, of the default model: what is held for the question."""


def bench_with_dollars(budget: float = DOLLARS, **settings: Any) -> Bench:
    bench = bench_with(settings.pop("tokens", 0), daily_budget_usd=budget, **settings)
    bench.claude.scripts = [says("Hello!", model="claude-sonnet-5-5")]
    return bench


def spent(bench: Bench) -> Tally:
    return bench.store.hold(Hold("spend/default/2026-11-22", "looking", 0, 1), 0) or Tally("")


def test_what_an_answer_costs_is_counted_in_nano_dollars() -> None:
    bench = bench_with_dollars()
    done = bench.ask("Hi")
    assert (spent(bench).tokens, spent(bench).holds) == (70_000, {})
    assert done["cost_usd"] == 0.00007
    assert tally(bench).tokens == 0


def test_however_many_ask_at_once_the_dollars_are_exceeded_by_one_answer_at_most() -> None:
    bench = bench_with_dollars()
    gate, refused = threading.Event(), threading.Semaphore(0)
    bench.claude.scripts = [[gate, *says("Hello!", model="claude-sonnet-5-5", output_tokens=32_000)]]
    bench.connections.on_post = lambda _, frame: refused.release() if frame["type"] == "error" else None
    for number in range(20):
        bench.start(ASKED | {"session_id": f"s{number}"}, to=f"c{number}")
    for _ in range(20 - math.ceil(DOLLARS * 1e6 / MAX_COST)):
        assert refused.acquire(timeout=20)
    assert spent(bench).tokens == 2 * MAX_COST * 1_000
    gate.set()
    bench.join()
    assert spent(bench).tokens == 2 * (20 + 320_000) * 1_000 <= (DOLLARS * 1e6 + MAX_COST) * 1_000


def test_a_question_over_the_dollars_is_refused_and_holds_no_tokens() -> None:
    bench = bench_with_dollars(0.01, tokens=BUDGET)
    bench.claude.scripts = [says("Hello!", model="claude-sonnet-5-5", output_tokens=32_000)]
    assert bench.ask("Hi")["type"] == "done"
    error = bench.ask("Hi", to="c2")
    assert (error["code"], error["setting"]) == ("budget_exceeded", "DAILY_BUDGET_USD")
    assert error["message"].startswith("Today's budget of $0.01 is used up.")
    assert (len(bench.claude.requests), tally(bench).tokens, tally(bench).holds) == (1, 32_010, {})


def test_with_a_budget_of_dollars_a_model_without_a_price_is_refused() -> None:
    bench = bench_with_dollars(claude_model="mine")
    error = bench.ask("Hi")
    assert (error["code"], error["setting"], bench.claude.requests) == ("claude_misconfigured", "CLAUDE_PRICES", [])
    priced = bench_with_dollars(claude_model="mine", claude_prices={"mine": {"input": 1, "output": 1}})
    assert priced.ask("Hi")["cost_usd"] == 0.000015


def test_a_cost_that_turns_out_unknown_counts_as_what_was_held() -> None:
    bench = bench_with_dollars()
    bench.claude.scripts = [says("Hello!", model="somebody")]
    assert bench.ask("Hi")["cost_usd"] is None
    assert (spent(bench).tokens, spent(bench).holds) == (MAX_COST * 1_000, {})


@pytest.mark.parametrize(
    ("script", "code", "cost"),
    [
        (says("I will not", model="claude-sonnet-5-5", stop_reason="refusal"), "claude_refused", 70_000),
        ([Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False)], "claude_rejected", 0),
    ],
)
def test_an_answer_that_is_not_stored_is_counted_in_dollars_too(script: Any, code: str, cost: int) -> None:
    bench = bench_with_dollars()
    bench.claude.scripts = [script]
    assert bench.ask("Hi")["code"] == code
    assert spent(bench).tokens == cost


def test_the_dollars_of_a_summary_are_counted() -> None:
    bench = bench_with_dollars(5, context_limit=1_000)
    bench.claude.summaries = [says("We spoke.", model="claude-haiku-5-5")]
    for number in range(5):
        bench.claude.scripts = [says("It flies. " * 20, model="claude-sonnet-5-5")]
        bench.claude.requests.clear()
        bench.ask(f"What of kite {number}?", to=f"c{number}")
    assert len(bench.claude.summary_requests) == 1
    assert spent(bench).tokens == 5 * 70_000 + 10 * 100 + 5 * 500


def test_an_owner_can_ask_what_the_day_has_cost() -> None:
    bench = bench_with_dollars(5, tokens=BUDGET * 10)
    bench.claude.scripts = [says("I will not", model="claude-sonnet-5-5", stop_reason="refusal"), says("Hello!", model="claude-sonnet-5-5")]
    bench.ask("Hi")
    bench.ask("Hi again")
    bench.ask("Hi again")  # The same once more.

    def today(owner: str = "default", **fields: Any) -> Any:
        bench.send({"action": "sessions", **fields}, to="list", owner=owner)
        return bench.connections.frames("list")[-1]["today"]

    cost = len(bench.claude.requests) * 0.00007
    assert today() == {"day": today()["day"], "tokens": 15 * len(bench.claude.requests), "cost_usd": pytest.approx(cost)}
    assert today("ada") == {"day": today()["day"], "tokens": 0, "cost_usd": 0}
    assert today(cursor="1.s1") is None
    bench.settings = bench.settings._replace(daily_token_budget=0, daily_budget_usd=0)
    bench.app = bench.another()
    assert today() is None
