"""What is no longer sent word for word goes into the summary, once the client has its answer.

No text moves: the head's summary is replaced, if it still is the one that was seen. A call that fails leaves it as it is, and the same
turns are asked for again after the next question. An answer that cannot be used (a refusal, nothing at all) would be the same the next
time: these turns are skipped, and left to recall. No others are, whether this process knows them or not:

turns     1 2 3 4 5 6 7 8 9 10 11 12
summary   ──┘                               covers 1 and 2
known                 7 8 9 10 11 12        the newest, as many as may be read at once
live                           11 12        sent word for word
next      .   3 4 5 6                       read here, the oldest first; then 7 to 10
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bridge.claude.answer import Answer
from bridge.claude.asking import Asking, Listener
from bridge.claude.budget import Bill, Budget, max_request_tokens
from bridge.claude.interrupt import time_limit
from bridge.claude.port import Claude
from bridge.clock import Clock
from bridge.memory import summary, window
from bridge.memory.reading import KnownConversation
from bridge.services import Services
from bridge.store.port import ANY, Store
from bridge.store.records import Head, Turn, Usage

SECONDS = 30.0
"""The longest that a summary is waited for."""
MIN_SECONDS = 2.0
"""In less time it is not begun."""
PAGE_TURNS = 40
"""This many turns are read at once for a summary: those of ordinary length fill one."""
_MAX_RETRIES = 1
_USABLE = ("end_turn", "max_tokens")
"""What a summary may have ended with: one that is too long is cut in any case."""

log = logging.getLogger("bridge")


def compact(services: Services, budget: Budget, conversation: KnownConversation, head: Head, new: Turn, *, seconds: float) -> Usage:
    """Brings the summary in the session's head up to date, if anything has left the live part, in at most `seconds`.

    `new` is the turn that was stored last. Returns the tokens that it took, which count in the `budget`. Raises `Failure` and
    `BridgeError`, also where nothing is left of that.
    """
    settings, store = services.settings, services.store
    if seconds < MIN_SECONDS or not summary.is_possible(settings.context_limit):
        return Usage()
    limit = settings.context_limit
    with conversation.index() as index:
        instructions = window.pinned(index)
    request = summary.request_for(head.summary, _unsummarised(store, conversation, head, new, limit), limit, instructions)
    if request is None:
        return Usage()
    request = request._replace(through=max(request.through, head.summarised_through))  # `new` alone may lie before it.
    body = summary.new_summary(settings, request)
    with budget.holding(settings.summary_model, max_request_tokens(0, request.system, request.message), body["max_tokens"]) as bill:
        answer = _ask(services.claude, body, bill, min(seconds, SECONDS), services.clock)
    usable = answer.full or answer.stop_reason in _USABLE
    if not (answer.complete or answer.full):
        log.warning("there is no new summary", extra={"stop_reason": "out_of_time"})
        return answer.usage
    text = summary.summary_in(answer.text, limit, instructions) if usable else ""
    if not text:
        log.warning("turns are in no summary", extra={"stop_reason": answer.stop_reason})
    seen, cost = head.summarised_through, bill.cost or 0
    if not store.summarise(conversation.session, head.born, seen, text or head.summary, request.through, cost):
        log.info("a summary came too late: there is another one, or another life")
    return answer.usage


def _ask(claude: Claude, body: Mapping[str, Any], bill: Bill, seconds: float, clock: Clock) -> Answer:
    """The answer, or what there is of it after `seconds`. Raises `Failure`."""
    until = clock.monotonic() + seconds
    with time_limit(seconds) as limit:
        return Asking(claude, limit, bill, Listener(), lambda: until - clock.monotonic(), lambda: 1.0, _MAX_RETRIES).ask(body)


def _unsummarised(store: Store, conversation: KnownConversation, head: Head, new: Turn, limit: int) -> list[Turn]:
    """The turns that have left the live part and are in no summary yet, oldest first; perhaps not all.

    `new` is the turn that was stored last: the summary may have passed it, if it was long in the making. Raises `StoreUnavailable`.
    """
    late = [new] if new.id <= head.summarised_through else []
    with conversation.index() as index:
        gone = window.leaving(index, limit, head.summarised_through)
        oldest = index.ids[0] if index.ids else ""
        unread = not index.complete and head.summarised_through < oldest
    if not (gone and unread):
        return [*late, *gone]
    older = _before(store, conversation.session, head, oldest)
    return [*late, *older] if len(older) == PAGE_TURNS else [*late, *older, *gone]


def _before(store: Store, session: str, head: Head, oldest: str) -> list[Turn]:
    """The first turns after the summary, at most a page, those before `oldest`."""
    after = head.summarised_through or head.born
    # A page comes newest first: how far it has to reach is asked before.
    ids = [one.turn for one in store.lifetimes(session, after, PAGE_TURNS) if one.turn < oldest]
    return list(reversed(store.page(session, after, f"{ids[-1]}~", PAGE_TURNS, ANY))) if ids else []  # "~" sorts after every id.
