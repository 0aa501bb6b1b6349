"""Records for the contract suite: short to write, with every field that matters given by name."""

from __future__ import annotations

from bridge.store.claim_row import Claim
from bridge.store.records import Head, Message, Progress, Turn, Usage
from bridge.turn_ids import turn_id

NOW = 1_750_226_614
DAY = 24 * 60 * 60


def an_id(number: int) -> str:
    """A turn id; a higher number gives a later one."""
    return turn_id(1_750_226_614_000 + number)


def a_turn(number: int = 1, question: str = "Hello Claude!", answer: str = "Hi! How can I help you?") -> Turn:
    return Turn(
        id=an_id(number),
        context=(Message("user", question), Message("assistant", answer)),
        last_updated=NOW + number,
        answer=f"answer-{number}",
        model="claude-sonnet-5-5",
        stop_reason="end_turn",
        usage=Usage(10, 20, 30, 40),
        ttl=NOW + 3 * DAY,
    )


def a_head(born: int = 0, *, owner: str = "", last_updated: int = NOW, ttl: int | None = NOW + DAY, deleted: bool = False) -> Head:
    return Head(born=an_id(born), last_updated=last_updated, ttl=ttl, deleted=deleted, owner=owner)


def a_progress(number: int = 1, *, owner: str = "ada", title: str = "Hello Claude!", ttl: int | None = NOW + DAY) -> Progress:
    return Progress(
        owner=owner,
        title=title,
        last_updated=NOW + number,
        ttl=ttl,
        turns_ttl=None if ttl is None else ttl + 2 * DAY,
        usage=Usage(1, 2, 3, 4),
    )


def a_claim(hash: str, invocation: str = "first", *, lease_until: float = NOW + 15.0, message: str = "m1", ttl: int = NOW + DAY) -> Claim:
    return Claim(hash=hash, session="s", turn=an_id(1), message=message, invocation=invocation, lease_until=lease_until, ttl=ttl)


def a_failure(hash: str, invocation: str = "first", *, message: str = "m1", ttl: int = NOW + 60) -> Claim:
    return Claim(
        hash=hash,
        session="s",
        turn=an_id(1),
        message=message,
        invocation=invocation,
        lease_until=NOW + 15.0,
        ttl=ttl,
        state="failed",
        code="rate_limited",
        retry_after=1.5,
        setting="CLAUDE_MODEL",
    )
