"""Something to remember that is not a question: a turn without an answer."""

from __future__ import annotations

from typing import NamedTuple

from bridge.commit import storing
from bridge.commit.claims import Answered, Claimed, Claims, Request
from bridge.errors import BridgeError, Code
from bridge.services import RequestContext
from bridge.store import lives
from bridge.store.claim_row import Claim
from bridge.store.claims import ClaimState, claim_state, failure, new_session_id
from bridge.store.records import Head, Message, Turn
from bridge.text import clean
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import Fields
from bridge.wire.session_fields import bad, said_at

_LOOKS = 20
"""At the row of somebody who is storing the same; a store takes no longer."""


class Remember(NamedTuple):
    """`session_id` and `request_id` are "" where the client names none. `said_at` is in seconds since the epoch; None: now."""

    text: str
    session_id: str
    request_id: str
    said_at: float | None


def read_remember(fields: Fields) -> Remember:
    value = fields.get("text", "")
    if not isinstance(value, str):
        raise bad("text", "must be text")
    text = clean(value)
    if not text.strip():
        raise BridgeError(Code.EMPTY_MESSAGE, "`text` is empty.")
    return Remember(text, fields.get("session_id", ""), fields.get("request_id", ""), said_at(fields))


def remember(context: RequestContext, request: Remember) -> Frame:
    """Stores it once. Raises `message_too_long`, `request_id_conflict` and `session_deleted`."""
    services, owner, token = context.services, context.caller.owner, context.services.chance.token()
    limit = services.settings.max_message_chars
    if len(request.text) > limit:
        raise BridgeError(Code.MESSAGE_TOO_LONG, f"The text has {len(request.text):,} characters; the limit is {limit:,}.")
    if (request.said_at or 0) > context.now + lives.CLOCK_SKEW_SECONDS:
        raise bad("said_at", "lies in the future")
    session_id = request.session_id or new_session_id(owner, request.request_id, request.text, token)
    asked = Request(
        owner, session_id, request.request_id, request.text, services.chance.token(), options="remember", said_at=request.said_at
    )
    claims = Claims(services.store, asked, services.settings, services.clock, services.chance)
    result = _claimed(context, claims)
    turn, head = (result.turn, result.head) if isinstance(result, Answered) else _stored(context, claims, result, request)
    return frame("remembered", context.request_id, session_id=session_id, turn=turn.id, expires_at=head.ttl)


def _claimed(context: RequestContext, claims: Claims) -> Claimed | Answered:
    taken = claims.claim()
    if isinstance(taken, Claimed):
        return taken
    row: Claim | None = taken.row
    services = context.services
    for _ in range(_LOOKS):
        if row is None:
            return _claimed(context, claims)
        state = claim_state(row, taken.claim.message, context.now, services.settings.lease_seconds)
        if state is ClaimState.CONFLICT:
            raise BridgeError(Code.REQUEST_ID_CONFLICT)
        answered = None if state is ClaimState.FREE else claims.answered(row, count=state is not ClaimState.RUNNING)
        if answered is not None:
            return answered
        if state is ClaimState.RUNNING:
            services.clock.sleep(services.timing.poll_interval)
            row = services.store.look(row.hash)
            continue
        outcome = claims.take_over(taken.claim, row, free=state is ClaimState.FREE)
        if isinstance(outcome, Claimed):
            return outcome
        row = outcome
    raise failure(row) if row is not None and row.failed else BridgeError(Code.STILL_RUNNING)


def _stored(context: RequestContext, claims: Claims, claimed: Claimed, request: Remember) -> tuple[Turn, Head]:
    services, asked = context.services, claims.request
    life, now, default = claims.begin_life(claimed), context.now, services.settings.session_ttl
    turn = Turn(
        id=claimed.claim.turn,
        context=(Message("user", request.text),),
        last_updated=int(now),
        answer=services.chance.token(),
        ttl=lives.first_expiry(now, life, default),
        ttl_by=life.settings.counter,
        cost=0,
    )
    committed = storing.commit(services.store, asked.session, asked.owner, life, turn, default)
    return (committed, life) if isinstance(committed, Turn) else (turn, committed)
