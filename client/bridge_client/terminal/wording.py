"""The sentences about an answer or a failure. Pure: facts in, text out; every text is one line and harmless for a terminal."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, integer_in, number_in, object_in, session_id_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.hints import Hints

EARLY_ENDS = {
    "cancelled": "The answer ends where you stopped it. The part you see is remembered.",
    "out_of_time": "The answer ends early: the bridge ran out of time. Ask it to go on.",
    "too_long": "The answer ends early: it became too long for the bridge. Ask it to go on.",
    "max_tokens": "The answer ends early: it reached MAX_TOKENS. Ask it to go on.",
}

REASONS = {
    "rate_limited": "Claude's rate limit is reached",
    "claude_overloaded": "Claude is overloaded",
    "claude_unavailable": "Claude does not answer",
}

KEY_ADVICE = {
    "": "To store one: {}. To try it without one: --stand-in",
    "environment": "",
    "stored": "It is the one you stored. To store another: {}",
    "key_command": "It is the one that your key_command prints.",
}
"""What to do about the key of a bridge on this machine, by where it comes from."""

STAND_IN = "A stand-in answers, not Claude."

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
ENDS_SOON = 6 * HOUR
YEAR = 365
CENT = 0.01
SOON = 0.5
"""Seconds that are rounded to none."""


def no_key_stand_in(hints: Hints) -> str:
    return f"No API key is set: a stand-in answers, not Claude. For Claude: {hints.set_key()}, or export ANTHROPIC_API_KEY=..."


def summary(done: Frame, now: datetime) -> str:
    """The session, the model, its tokens, what Claude was sent of the conversation, and how long it is kept."""
    session_id = session_id_in(done)
    expiry = kept_until(done.get("expires_at"), now)
    return f"Session {session_id} · {usage(done)} · {expiry}" if session_id else usage(done)


COUNTED = {"live": "turn", "recalled": "passage", "instructions": "instruction"}
"""The parts of `context`, and what the turns that each comes from are counted as."""


def counted(number: int, what: str) -> str:
    """ "1 turn", "2,000 turns"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def usage(done: Frame) -> str:
    """The model, its tokens and what it was sent of the conversation."""
    counts = object_in(done, "usage")
    cached = integer_in(counts, "cache_read_input_tokens") or 0
    sent = sum(integer_in(counts, name) or 0 for name in ("input_tokens", "cache_creation_input_tokens")) + cached
    received = integer_in(counts, "output_tokens") or 0
    about = "about " if done.get("usage_is_estimate") is True else ""
    tokens = f"{counted(sent, 'token')} in{f' ({cached:,} from the cache)' if cached else ''}, {about}{received:,} out"
    cost = dollars(done.get("cost_usd") or None)
    estimate = "about " if cost and done.get("cost_is_estimate") is True else ""
    parts = (one_line(text_in(done, "model")), tokens, f"{estimate}{cost}", _memory(object_in(done, "context")))
    return " · ".join(part for part in parts if part)


def _memory(context: Frame) -> str:
    """What Claude was sent besides the question: "memory: 2 turns + 3 passages + 1 instruction + summary of 7"."""
    counts = {word: integer_in(object_in(context, name), "turns") or 0 for name, word in COUNTED.items()}
    parts = [f"{count:,} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count]
    if summarised := integer_in(object_in(context, "summarised"), "turns") or 0:
        parts.append(f"summary of {summarised:,}")
    elif integer_in(object_in(context, "summarised"), "characters"):
        parts.append("a summary")  # Of turns that nobody has counted.
    return f"memory: {' + '.join(parts) or 'none'}"


def early_end(done: Frame) -> str:
    """Why an answer ends early; "" if it does not."""
    if done.get("truncated") is not True:
        return ""
    return EARLY_ENDS.get(text_in(done, "stop_reason"), "The answer ends early. Ask it to go on.")


def kept_until(expires_at: object, now: datetime) -> str:
    """ "kept until ...", in the zone of `now`; without an end if `expires_at` is not a time."""
    moment = local_time(expires_at, now)
    return f"kept until {moment}" if moment else "kept until you delete it"


def is_soon(expires_at: object, now: datetime) -> bool:
    """Whether it is within six hours."""
    past = _difference(now, expires_at)
    return past is not None and -past < ENDS_SOON


def local_time(seconds: object, now: datetime) -> str:
    """A time of the wire (seconds since the epoch) as a person writes it; "" for anything else."""
    try:
        moment = datetime.fromtimestamp(number_in({"at": seconds}, "at") or 0, UTC).astimezone(now.tzinfo)
    except (ValueError, OverflowError, OSError):
        return ""
    if not moment.timestamp():
        return ""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%a %d %b %H:%M}" if moment.year == now.year else f"{moment:%d %b %Y %H:%M}"


def age(seconds: object, now: datetime) -> str:
    """How long ago a time of the wire was: "5 min ago"; "" if it is not a time."""
    past = _difference(now, seconds)
    return "" if past is None else "now" if past < MINUTE else f"{_rough(past)} ago"


def remaining(seconds: object, now: datetime) -> str:
    """How long it is until a time of the wire: "in 23 h"; "never" if it is not a time."""
    past = _difference(now, seconds)
    return "never" if past is None else f"in {_rough(max(0.0, -past))}"


def dollars(amount: object) -> str:
    """ "$0.0123"; "" if it is not known."""
    value = number_in({"amount": amount}, "amount")
    return "" if value is None else f"${value:,.2f}" if value >= 1 or not value else f"${value:.4f}" if value >= CENT / 100 else "<$0.0001"


def _difference(now: datetime, seconds: object) -> float | None:
    value = number_in({"at": seconds}, "at")
    return now.timestamp() - value if value else None


def _rough(seconds: float) -> str:
    """A span in its largest unit, as "3 days"."""
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR:.0f} h"
    days = seconds // DAY
    return f"{days:,.0f} days" if days < 2 * YEAR else f"{days // YEAR:,.0f} years"


def waiting(reason: str, seconds: float) -> str:
    """Why there is no text yet."""
    if not reason:
        return "Claude is thinking"
    return f"{REASONS.get(reason, one_line(reason))}; the bridge tries again {f'in {seconds:.0f} s' if seconds > SOON else 'at once'}"


def duration(seconds: float) -> str:
    """Some hours, to the minute: "5 h 12 min"."""
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def advice(failure: Failure, hints: Hints, *, url: str, log: str, key_origin: str = "") -> str:
    """What a person can do about a failure, if its own sentence does not say it. `url` and `log` are "" if there is none.

    `key_origin`: as for `Client`.
    """
    where = f" (bridge: {one_line(url)})" if url else ""
    match failure.code:
        case "rate_limited" | "claude_overloaded" | "claude_unavailable" | "empty_answer" | "still_running" | "store_unavailable":
            return _repeat(failure)
        case "budget_exceeded" if 0.0 < (failure.retry_after or 0.0) <= DAY:
            return f"That is in {duration(failure.retry_after or 0.0)}."
        case "internal":
            return f"The bridge's log: {log}" if log else _repeat(failure)
        case "unreachable":
            return f"Check the URL and the network{where}, or use a bridge on this machine: --local"
        case "connection_lost" if failure.request_id:
            return f"Check the network{where}, then fetch the answer: {hints.resume()}"
        case "connection_lost":
            return f"Check the network{where}, then run the same command again."
        case "not_written" if failure.session_id:
            return f"It may be remembered all the same: {hints.history(failure.session_id)}"
        case "not_allowed":
            return "Ask whoever runs the bridge for a token and set CLAUDE_BRIDGE_TOKEN, or use a bridge on this machine: --local"
        case "claude_misconfigured" if failure.setting == "ANTHROPIC_API_KEY" and not url:
            return KEY_ADVICE[key_origin].format(hints.set_key())
        case "claude_misconfigured" if failure.setting and failure.setting not in failure.message:
            return f"The bridge's setting to change: {one_line(failure.setting)}"
        case "no_such_session":
            return f"Your sessions: {hints.sessions()}"
        case "bad_usage":
            return "See --help."
    return ""


def _repeat(failure: Failure) -> str:
    """That the command can be run again, unless its own sentence says so, and when."""
    later = f"{failure.retry_after:.0f} s" if (failure.retry_after or 0.0) > SOON else ""
    if " again" in failure.message.lower():
        return f"That is in {later}." if later else ""
    return f"You can run the same command again{f' after {later}' if later else ''}."
