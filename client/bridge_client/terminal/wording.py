"""The sentences about an answer or a failure. Pure: facts in, text out; every text is one line and harmless for a terminal."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, integer_in, number_in, object_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.hints import Commands

STOPPED = {
    "cancelled": "The answer ends where you stopped it. What there is of it is remembered.",
    "out_of_time": "The answer ends early: the bridge's time was up. Ask to go on.",
    "too_long": "The answer ends early: it became too long for the bridge. Ask to go on.",
    "max_tokens": "The answer ends early: it reached MAX_TOKENS. Ask to go on.",
}

REASONS = {
    "rate_limited": "Claude's rate limit is reached",
    "claude_overloaded": "Claude is overloaded",
    "claude_unavailable": "Claude cannot be reached",
}

STAND_IN = "No API key is set: an offline stand-in answers, not Claude. For Claude: export ANTHROPIC_API_KEY=..."

DAY = 86_400.0
SOON = 0.5
"""So many seconds are rounded to none."""


def usage(done: Frame) -> str:
    """The model, its tokens and how much of the conversation it was sent."""
    counts = object_in(done, "usage")
    cached = integer_in(counts, "cache_read_input_tokens") or 0
    sent = sum(integer_in(counts, name) or 0 for name in ("input_tokens", "cache_creation_input_tokens")) + cached
    received = integer_in(counts, "output_tokens") or 0
    tokens = f"{sent:,} tokens in{f' ({cached:,} from the cache)' if cached else ''}, {received:,} out"
    return " · ".join(part for part in (one_line(text_in(done, "model")), tokens, _context(object_in(done, "context"))) if part)


def _context(context: Frame) -> str:
    turns = {name: integer_in(object_in(context, name), "turns") or 0 for name in ("live", "recalled", "summarised")}
    live = f"{turns['live']:,} earlier turn{'' if turns['live'] == 1 else 's'}"
    named = [live, *(f"{turns[name]:,} {name}" for name in ("recalled", "summarised") if turns[name])]
    summary = object_in(context, "summarised")
    if integer_in(summary, "characters") and "turns" not in summary:
        named.append("a summary")
    return f"sent along: {', '.join(named)}" if len(named) > 1 or turns["live"] else "nothing earlier sent along"


def remembered(expires_at: object, now: datetime) -> str:
    """ "Remembered until ...", in the zone of `now`; for ever where there is no such time."""
    moment = local_time(expires_at, now)
    return f"Remembered until {moment}" if moment else "Remembered until you delete it"


def local_time(seconds: object, now: datetime) -> str:
    """A time of the wire (seconds since the epoch) as a person writes it; "" for what is none."""
    try:
        moment = datetime.fromtimestamp(number_in({"at": seconds}, "at") or 0, UTC).astimezone(now.tzinfo)
    except (ValueError, OverflowError, OSError):
        return ""
    if not moment.timestamp():
        return ""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%a %d %b %H:%M}" if moment.year == now.year else f"{moment:%d %b %Y %H:%M}"


def waiting(reason: str, seconds: float) -> str:
    """Why there is no text yet."""
    if not reason:
        return "Claude is thinking"
    return f"{REASONS.get(reason, one_line(reason))}; the bridge tries again {f'in {seconds:.0f} s' if seconds > SOON else 'at once'}"


def duration(seconds: float) -> str:
    """A time of hours, to the minute: "5 h 12 min"."""
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def advice(failure: Failure, commands: Commands, *, url: str, log: str) -> str:
    """What a person can do about a failure, where its own sentence does not say it. `url` and `log` are "" where there is none."""
    where = f" (bridge: {one_line(url)})" if url else ""
    match failure.code:
        case "rate_limited" | "claude_overloaded" | "claude_unavailable" | "empty_answer" | "still_running" | "store_unavailable":
            later = f" after {failure.retry_after:.0f} s" if (failure.retry_after or 0.0) > SOON else ""
            return f"The same command can be run again{later}."
        case "budget_exceeded" if 0.0 < (failure.retry_after or 0.0) <= DAY:
            return f"That is in {duration(failure.retry_after or 0.0)}."
        case "internal":
            return f"The bridge's log: {log}" if log else "The same command can be run again."
        case "unreachable":
            return f"Check the URL and the network{where}, or use the bridge on this machine: --local"
        case "connection_lost" if failure.request_id:
            return f"Check the network{where}, then fetch the answer: {commands.resume()}"
        case "connection_lost":
            return f"Check the network{where}, then run the same command again."
        case "not_written" if failure.session_id:
            return f"It may be remembered all the same: {commands.history(failure.session_id)}"
        case "not_allowed":
            return "Ask whoever runs the bridge for a token and set CLAUDE_BRIDGE_TOKEN, or use the bridge on this machine: --local"
        case "claude_misconfigured" if failure.setting:
            return f"The bridge's setting to change: {one_line(failure.setting)}"
        case "no_such_session":
            return f"What there is: {commands.sessions()}"
        case "bad_usage":
            return "See --help."
    return ""
