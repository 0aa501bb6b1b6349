"""What is made of Claude's reply: a turn to store, or the error that the client gets. Pure."""

from __future__ import annotations

from bridge.claude.interrupt import Reason
from bridge.errors import BridgeError, Code
from bridge.store.claim_row import Claim
from bridge.store.records import Message, Turn
from bridge.turn.reader import Reply

_CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded", *(reason.value for reason in Reason)})


def worth_storing(reply: Reply, interrupted: Reason | None) -> Reply:
    """What is stored, with the bridge's own `stop_reason` where it stopped the answer. Raises `BridgeError` for what is never stored."""
    if reply.stop_reason == "refusal":
        raise BridgeError(Code.CLAUDE_REFUSED)
    if reply.text.strip():
        return reply if interrupted is None or reply.stop_reason else reply._replace(stop_reason=interrupted.value)
    if interrupted is Reason.CANCELLED:
        raise BridgeError(Code.CANCELLED)
    if interrupted is Reason.OUT_OF_TIME:
        raise BridgeError(Code.CLAUDE_UNAVAILABLE, "Claude had not begun to answer when the time was up. Try again.")
    if reply.stop_reason == "max_tokens":
        sentence = "Claude used up MAX_TOKENS before it wrote any text. Raise it or lower CLAUDE_EFFORT."
        raise BridgeError(Code.EMPTY_ANSWER, sentence, setting="MAX_TOKENS")
    raise BridgeError(Code.EMPTY_ANSWER)


def turn_of(claim: Claim, message: str, reply: Reply, now: float, *, ttl: int | None) -> Turn:
    """The turn that is stored. `ttl` is until when it is kept at least; None: forever."""
    return Turn(
        id=claim.turn,
        context=(Message("user", message), Message("assistant", reply.text)),
        last_updated=int(now),
        answer=reply.answer,
        model=reply.model,
        stop_reason=reply.stop_reason,
        truncated=reply.stop_reason in _CUT_OFF,
        usage=reply.usage,
        ttl=ttl,
        cost=reply.cost,
        is_estimate=reply.is_estimate,
    )
