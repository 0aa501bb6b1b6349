"""Which requests are the same, who may answer one, and what a second claim of it means. Pure."""

from __future__ import annotations

import hashlib
import json
from enum import Enum, auto

from bridge.errors import BridgeError, Code
from bridge.store.claim_row import Claim
from bridge.store.lives import CLOCK_SKEW_SECONDS

CLAIM_SECONDS = 24 * 3600
FAILED_SECONDS = 60
EXPIRED_ROW_SECONDS = 48 * 3600
"""A row still counts this long after its time, if it is there: clocks jump, and DynamoDB also deletes rows days late."""


class ClaimState(Enum):
    """What a row that is already there means for the invocation that found it."""

    CONFLICT = auto()
    FAILED = auto()
    RUNNING = auto()
    ABANDONED = auto()
    FREE = auto()


def request_hash(owner: str, session_id: str, request_id: str, newest_turn: str, message: str, options: str = "") -> str:
    """The key of a request.

    With a `request_id` it is that id within its session; without one, the same message after the same newest turn: a double click is
    one question, and asking "continue" twice is two. Then `options`, what else the question says, tell two requests apart, too.
    """
    if request_id:
        return _md5([owner, session_id, request_id])
    return _md5([owner, session_id, newest_turn, message, *([options] if options else [])])


def message_hash(message: str) -> str:
    return _md5(message)


def new_session_id(owner: str, request_id: str, message: str, random: str) -> str:
    """The id of a session that the client did not name: the same for a repeated first question, else made of `random`."""
    return "chat-" + _md5([owner, request_id, message] if request_id else random)[:12]


def claim_state(row: Claim, message: str, now: float, lease_seconds: float) -> ClaimState:
    """`message` is the hash of the message that is asked now.

    A row whose time is over still tells which turn answers its request: the clock may have jumped ahead, or the machine was asleep.
    A lease that ends later than any can was taken before a clock was set back, and whoever is alive renews it soon.
    """
    if row.ttl <= now and (row.failed or row.message != message):
        return ClaimState.FREE
    if row.message != message:
        return ClaimState.CONFLICT
    if row.failed:
        return ClaimState.FAILED
    is_held = -CLOCK_SKEW_SECONDS < row.lease_until - now <= lease_seconds + CLOCK_SKEW_SECONDS
    return ClaimState.RUNNING if is_held else ClaimState.ABANDONED


def failed(claim: Claim, error: BridgeError, now: float, *, keep: bool) -> Claim:
    """The row of a request that ended in `error`: waiting duplicates read it there, and the next one may ask again.

    `keep`: for as long as the claim itself, where what it says of its turn matters longer: the session was deleted, or somebody else
    had this request before and may still be about to store that turn.
    """
    return Claim(
        hash=claim.hash,
        session=claim.session,
        turn=claim.turn,
        message=claim.message,
        invocation=claim.invocation,
        lease_until=claim.lease_until,
        ttl=claim.ttl if keep else int(now) + FAILED_SECONDS,
        state="failed",
        code=error.code.wire,
        retry_after=error.retry_after,
        setting=error.setting or "",
    )


def failure(row: Claim) -> BridgeError:
    """The error that a failed row records."""
    return BridgeError(Code.of(row.code), retry_after=row.retry_after, setting=row.setting or None)


def _md5(value: object) -> str:
    """MD5 of canonical JSON: a key, not a protection (`usedforsecurity=False`, so that FIPS builds of Python have it too)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
