"""What an owner may use of Claude in a day, in tokens, in dollars, or in both, and what a call took of it.

One conditional write finds out whether any is left and holds back the most that the answer can take. When it is known what it took,
that is counted instead:

    hold 64,110 of 100,000 ── ask ── settle: 2,310         (meanwhile one more question is let through, and no third)
    hold 64,110 of 100,000 ── ask ── killed                (the hold stays until the day is over)

So however many questions an owner asks at once, the budget is exceeded by one answer at most, and its retries. Days are those of UTC; a
question counts on the day on which it began.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bridge.claude.answer import Answer
from bridge.clock import Chance, Clock
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.settings import Settings
from bridge.store.records import Usage
from bridge.store.tally import Hold, Tally
from bridge.text import encode
from bridge.typed import Any, NamedTuple, Protocol

DAY_SECONDS = 86_400
TOKENS_A_SECOND = 250
"""Faster than models write (45 to some 200, by benchmarks of 2025). An answer that is broken off reports no total."""
NANO = 10**9
"""Nano-dollars in a dollar: costs are whole ones."""
BYTES_A_CHARACTER = 4
"""The most that UTF-8 takes."""

_TOKENS, _DOLLARS = "budget", "spend"
"""What the names of the rows begin with."""
_DEFAULTS = Settings()

log = logging.getLogger("bridge")


class Store(Protocol):
    """What a budget asks of the store; see `store.Store`."""

    def hold(self, hold: Hold, limit: int) -> Tally | None: ...

    def settle(self, hold: Hold, used: int) -> None: ...

    def tally(self, row: str) -> Tally: ...


def max_request_tokens(characters: int, *texts: str) -> int:
    """The most tokens that `texts` and this many more `characters` can be: no tokenizer makes more of a text than it has bytes in UTF-8."""
    return BYTES_A_CHARACTER * characters + sum(len(text.encode("utf-8", "replace")) for text in texts)


class Bill:
    """What the calls for one answer took so far. `max_tokens` is the most that one of them can write.

    `cost` is in nano-dollars, None where a price that it needs is not known. `is_estimate`: a call was broken off, see `add`. `model` is
    the one that was asked; "": nothing was billed.
    """

    def __init__(self, max_tokens: int, settings: Settings = _DEFAULTS) -> None:
        self.tokens = 0
        self.cost: int | None = 0
        self.model = ""
        self.is_estimate = False
        self._max_tokens = max_tokens
        self._settings = settings

    def add(self, answer: Answer, seconds: float, request: Mapping[str, Any], *, interrupted: bool) -> None:
        """Adds one call, which lasted `seconds`. `interrupted`: it was broken off from our side.

        A call that failed before it reported any tokens is not billed. For one that was broken off, its output is estimated by the time
        it took, and its input, where that is not known, by the size of the request.
        """
        usage = answer.usage
        if not answer.complete:
            if not (interrupted or any(usage)):
                return
            written = max(usage.output_tokens, math.ceil(seconds * TOKENS_A_SECOND))
            usage = (usage if any(usage) else Usage(len(encode(request))))._replace(output_tokens=min(written, self._max_tokens))
            self.is_estimate = True
        self.tokens += sum(usage)
        self.model = answer.asked
        cost = self._cost(answer, usage)
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    def _cost(self, answer: Answer, usage: Usage) -> int | None:
        from bridge.claude import prices  # Not before there is something to count.

        price = prices.of_call(answer.asked, answer.model, self._settings.claude_prices)
        hour_writes = answer.hour_writes
        if hour_writes is None:
            hour_writes = usage.cache_creation_input_tokens if self._settings.prompt_cache == "1h" else 0
        return prices.cost(price, usage, hour_writes)


class Limit(NamedTuple):
    """One budget: of tokens, or of nano-dollars. `row` begins the name of its row, `shown` is how much it is, in words."""

    row: str
    setting: str
    amount: int
    shown: str


class Budget(NamedTuple):
    """An owner's budgets, as the settings have them. Where there is none the store is asked nothing. `bills` are all that were made."""

    store: Store
    settings: Settings
    owner: str
    clock: Clock
    chance: Chance
    bills: list[Bill]

    @contextmanager
    def holding(self, model: str, sent: int, max_tokens: int) -> Iterator[Bill]:
        """Holds the most that a request and its answer can take for the block, which notes its calls on the bill; then counts the bill.

        Raises `BridgeError` (`budget_exceeded` where the day's budget is used up or held; `claude_misconfigured` where it is one of dollars
        and a price of the model is not known), and `StoreUnavailable`, before the block.
        """
        bill, tokens, dollars = Bill(max_tokens, self.settings), None, None
        now = self.clock.now()
        try:
            if amount := self.settings.daily_token_budget:
                tokens = self._hold(Limit(_TOKENS, "DAILY_TOKEN_BUDGET", amount, f"{amount:,} tokens"), sent + max_tokens, now)
            if amount := round(self.settings.daily_budget_usd * NANO):
                shown = f"${self.settings.daily_budget_usd:,.2f}"
                dollars = self._hold(Limit(_DOLLARS, "DAILY_BUDGET_USD", amount, shown), self._max_cost(model, sent, max_tokens), now)
            self.bills.append(bill)
            yield bill
        finally:
            if tokens is not None:
                self._settle(tokens, bill.tokens)
            if dollars is not None:  # A cost that is not known has no other bound than what was held for it.
                self._settle(dollars, dollars.tokens if bill.cost is None else bill.cost)

    def _max_cost(self, model: str, sent: int, max_tokens: int) -> int:
        from bridge.claude import prices

        cost = prices.max_cost(model, sent, max_tokens, self.settings.prompt_cache, self.settings.claude_prices)
        if cost is None:
            sentence = f"There is a DAILY_BUDGET_USD, and the price of {model} is not known. Add it to CLAUDE_PRICES."
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, sentence, setting="CLAUDE_PRICES")
        return cost

    def _hold(self, limit: Limit, amount: int, now: float) -> Hold:
        reset = (int(now) // DAY_SECONDS + 1) * DAY_SECONDS
        row = _row(limit.row, self.owner, now)
        # The row outlasts its day by another: questions that began in it are still to be settled.
        hold = Hold(row, self.chance.token(), amount, reset + DAY_SECONDS)
        tally = self.store.hold(hold, limit.amount)
        if tally is not None:
            raise _exceeded(limit, reset, now, used_up=tally.used >= limit.amount)
        return hold

    def _settle(self, hold: Hold, used: int) -> None:
        try:
            self.store.settle(hold, used)
        except StoreUnavailable:
            log.warning("what an answer took could not be counted; what was held for it stays held until the day is over")


def used_today(store: Store, settings: Settings, owner: str, now: float) -> dict[str, Any] | None:
    """What is counted of the owner's day, without what is held for answers that are being made; None where there is no budget.

    `day` is that of UTC; `tokens` and `cost_usd` are None where there is no budget of them. Raises `StoreUnavailable`.
    """
    if not (settings.daily_token_budget or settings.daily_budget_usd):
        return None
    tokens = store.tally(_row(_TOKENS, owner, now)).used if settings.daily_token_budget else None
    dollars = store.tally(_row(_DOLLARS, owner, now)).used / NANO if settings.daily_budget_usd else None
    return {"day": _day(now), "tokens": tokens, "cost_usd": dollars}


def _row(kind: str, owner: str, now: float) -> str:
    return f"{kind}/{owner}/{_day(now)}"


def _day(now: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(now))


def _exceeded(limit: Limit, reset: int, now: float, *, used_up: bool) -> BridgeError:
    if not used_up:
        sentence = (
            f"What is left of today's budget of {limit.shown} is held for other answers. "
            "Ask again when they are there; the next one begins at 00:00 UTC."
        )
        return BridgeError(Code.BUDGET_EXCEEDED, sentence, setting=limit.setting)
    moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(reset))
    sentence = f"Today's budget of {limit.shown} is used up. The next one begins at {moment} UTC."
    return BridgeError(Code.BUDGET_EXCEEDED, sentence, retry_after=math.ceil(reset - now), setting=limit.setting)
