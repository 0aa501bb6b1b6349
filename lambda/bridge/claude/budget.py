"""The tokens of Claude that an owner may use in a day, and what a call took of them.

Whether there are any left is asked and answered by one conditional write, which holds back the most that the answer can take; when it is
known what it took, that is counted instead:

    hold 40,110 of 50,000 ── ask ── settle: 2,310          (meanwhile one more question is let through, and no third)
    hold 40,110 of 50,000 ── ask ── killed                 (the hold stays until the day is over)

So however many questions an owner asks at once, the budget is exceeded by one answer at most, and its retries. A day is one of UTC; a
question counts on the day on which it began.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from bridge.claude.answer import Answer
from bridge.clock import Chance, Clock
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store.tally import Hold, Tally

DAY_SECONDS = 86_400
TOKENS_A_SECOND = 250
"""Faster than models write (45 to some 200, by benchmarks of 2025). An answer that is broken off does not tell what it took."""

log = logging.getLogger("bridge")


class Store(Protocol):
    """What a budget asks of the store; see `store.Store`."""

    def hold(self, hold: Hold, limit: int) -> Tally | None: ...

    def settle(self, hold: Hold, used: int) -> None: ...


class Bill:
    """What the calls for one answer took so far. `asked` and `answered` are the most tokens that one of them can take."""

    def __init__(self, asked: int, answered: int) -> None:
        self.tokens = 0
        self._asked = asked
        self._answered = answered

    def add(self, answer: Answer, seconds: float, *, interrupted: bool) -> None:
        """Adds one call, which lasted so long. `interrupted`: it was broken off from our side.

        A call that failed before it told of any tokens is not billed. Of one that was broken off, what it wrote is taken from the time.
        """
        told = max(0, sum(answer.usage))
        if answer.complete:
            self.tokens += told
        elif told or interrupted:
            asked = told - answer.usage.output_tokens if told else self._asked
            written = max(answer.usage.output_tokens, math.ceil(seconds * TOKENS_A_SECOND))
            self.tokens += asked + min(written, self._answered)


class Budget(NamedTuple):
    """An owner's budget. `limit` is in tokens a day; 0: there is none, and the store is asked nothing."""

    store: Store
    limit: int
    owner: str
    clock: Clock
    chance: Chance

    @contextmanager
    def holding(self, asked: int, answered: int) -> Iterator[Bill]:
        """Holds `asked` and `answered` tokens for the block, which notes its calls on the bill; then counts what the bill says.

        Raises `BridgeError` (`budget_exceeded`) where the day's tokens are used up or held, and `StoreUnavailable`, before the block.
        """
        bill = Bill(asked, answered)
        hold = self._hold(asked + answered) if self.limit else None
        try:
            yield bill
        finally:
            if hold is not None:
                self._settle(hold, bill.tokens)

    def _hold(self, tokens: int) -> Hold:
        now = self.clock.now()
        reset = (int(now) // DAY_SECONDS + 1) * DAY_SECONDS
        row = f"budget/{self.owner}/{time.strftime('%Y-%m-%d', time.gmtime(now))}"
        # The row outlasts its day by another: questions that began in it are still to be settled.
        hold = Hold(row, self.chance.token(), tokens, reset + DAY_SECONDS)
        tally = self.store.hold(hold, self.limit)
        if tally is not None:
            raise _exceeded(tally.used >= self.limit, self.limit, reset, now)
        return hold

    def _settle(self, hold: Hold, used: int) -> None:
        try:
            self.store.settle(hold, used)
        except StoreUnavailable:
            log.warning("what an answer took could not be counted; what was held for it stays so until the day is over")


def _exceeded(used_up: bool, limit: int, reset: int, now: float) -> BridgeError:
    if not used_up:
        sentence = (
            f"What is left of today's budget of {limit:,} tokens is held for other answers. "
            "Ask again when they are there; the next one begins at 00:00 UTC."
        )
        return BridgeError(Code.BUDGET_EXCEEDED, sentence, setting="DAILY_TOKEN_BUDGET")
    moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(reset))
    sentence = f"Today's budget of {limit:,} tokens is used up. The next one begins at {moment} UTC."
    return BridgeError(Code.BUDGET_EXCEEDED, sentence, retry_after=math.ceil(reset - now), setting="DAILY_TOKEN_BUDGET")
