"""What is no longer sent word for word goes into the summary, when the answer has been told.

No text moves: the head's summary is replaced, if it still is the one that was seen. A call that fails leaves it as it is, and the same
turns are asked for again after the next question. An answer that cannot be kept (a refusal, nothing at all) would be the same the next
time: these turns are passed over, and left to recall.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from bridge.claude.answer import Answer
from bridge.claude.asking import Asking, Listener
from bridge.claude.budget import Bill, Budget, most_tokens
from bridge.claude.interrupt import time_limit
from bridge.claude.port import Claude
from bridge.clock import Clock
from bridge.memory import request, summary
from bridge.memory.reading import KnownConversation
from bridge.settings import Settings
from bridge.store.records import Head, Turn, Usage
from bridge.upkeep import unsummarised

SECONDS = 30.0
"""The longest that a summary is waited for."""
LEAST_SECONDS = 2.0
"""In less time it is not begun."""
_MAX_RETRIES = 1
_USABLE = ("end_turn", "max_tokens")
"""What a summary may have ended with: one that is too long is cut in any case."""

log = logging.getLogger("bridge")


class Store(unsummarised.Store, Protocol):
    """What compaction asks of the store; see `store.Store`."""

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str) -> bool: ...


def compact(
    store: Store,
    claude: Claude,
    settings: Settings,
    budget: Budget,
    kept: KnownConversation,
    head: Head,
    new: Turn,
    *,
    seconds: float,
    clock: Clock,
) -> Usage:
    """Brings the summary in the session's head up to date, if anything has left the live part, in at most `seconds`.

    `new` is the turn that was stored last. Returns the tokens that it took, which count in the `budget`. Raises `Failure` and
    `BridgeError`, also where nothing is left of that.
    """
    if seconds < LEAST_SECONDS or not summary.is_possible(settings.context_limit):
        return Usage()
    gone = unsummarised.leaving(store, kept, head, new, settings.context_limit)
    asked = summary.asked(head.summary, gone, settings.context_limit)
    if asked is None:
        return Usage()
    asked = asked._replace(through=max(asked.through, head.summarised_through))  # `new` alone may lie before it.
    body = request.new_summary(settings, asked)
    with budget.holding(most_tokens(0, asked.system, asked.message), body["max_tokens"]) as bill:
        answer = _summarise(claude, body, bill, min(seconds, SECONDS), clock)
    usable = answer.full or answer.stop_reason in _USABLE
    if not (answer.complete or answer.full):
        log.warning("there is no new summary", extra={"stop_reason": "out_of_time"})
        return answer.usage
    text = summary.kept(answer.text, settings.context_limit) if usable else ""
    if not text:
        log.warning("turns are in no summary", extra={"stop_reason": answer.stop_reason})
    if not store.summarise(kept.session, head.born, head.summarised_through, text or head.summary, asked.through):
        log.info("a summary came too late: there is another one, or another life")
    return answer.usage


def _summarise(claude: Claude, body: Mapping[str, Any], bill: Bill, seconds: float, clock: Clock) -> Answer:
    """The answer, or what there is of it after `seconds`. Raises `Failure`."""
    until = clock.monotonic() + seconds
    with time_limit(seconds) as limit:
        return Asking(claude, limit, bill, Listener(), lambda: until - clock.monotonic(), lambda: 1.0, _MAX_RETRIES).ask(body)
