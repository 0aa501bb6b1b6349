"""What went wrong, for a model that can act on it. Never with the values of the arguments, which may be private."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge_client.failures import Failure

PERSON = "Tell the person; calling again does not help before they have acted."
ADVICE: Mapping[str, str] = {
    "no_such_session": "The tool `sessions` lists the sessions that there are.",
    "session_deleted": "Leave `session_id` out to begin a new session.",
    "request_id_conflict": "Ask again.",
    "unreachable": f"`ask-claude doctor` shows what is wrong. {PERSON}",
    "local_bridge": f"`ask-claude doctor` shows what is wrong. {PERSON}",
    "connection_lost": "The request may have arrived: look with `history` before you repeat it.",
    "not_allowed": f"The bridge needs a valid token. {PERSON}",
    "bad_configuration": PERSON,
    "claude_misconfigured": f"`ask-claude keys set` stores an API key. Every tool but `ask` works without one. {PERSON}",
    "model_not_allowed": "Leave `model` out.",
    "budget_exceeded": PERSON,
}
SHORTEST = 4
"""Characters of a value that are worth hiding: a shorter one is part of any sentence."""


class Refused(Exception):
    """The call cannot be done as it is; the message says what to change."""


def explained(failure: Failure, arguments: Mapping[str, object]) -> str:
    """The failure in words, and what to do about it."""
    message = failure.message
    for value in sorted(_texts(arguments), key=len, reverse=True):
        message = message.replace(value, "…")
    parts = [f"{failure.code}: {message}"]
    if failure.retry_after:
        parts.append(f"It may work again in {failure.retry_after:,.0f} seconds.")
    if advice := ADVICE.get(failure.code, ""):
        parts.append(advice)
    return " ".join(parts)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= SHORTEST:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
