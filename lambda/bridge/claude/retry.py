"""What went wrong with a call to Claude, and whether and when to try again. Pure.

Sources: https://platform.claude.com/docs/en/api/errors and the policy of the official Python SDK 2.12.0 (`_base_client.py`): the header
`x-should-retry` overrides everything; else 408, 409, 429 and 5xx are tried again, and so are lost connections. Decisions go by status,
`error.type` and `error.details.error_code`, whose wording is stable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from bridge.errors import BridgeError, Code
from bridge.text import clean, one_line

MAX_RETRIES = 4
FIRST_WAIT_SECONDS = 0.5
"""Before the first retry; doubled before each further one."""
JITTER = 0.25
"""How much of a wait chance may take away, so that those who failed together do not come back together."""
LONGEST_WAIT_SECONDS = 60.0
"""A person waits at the other end: a longer `retry-after` fails at once and is told."""

_SPEND_LIMITS = ("enforced_spend_limit_reached", "contract_spend_limit_reached")
# The only mark of the own spend limit, which is a plain 400 (docs: api/errors). Should the wording change, the error is `claude_rejected`.
_SPEND_LIMIT_TEXT = "You have reached your specified API usage limits"

_BY_TYPE = {
    "authentication_error": Code.CLAUDE_MISCONFIGURED,
    "billing_error": Code.CLAUDE_MISCONFIGURED,
    "permission_error": Code.CLAUDE_MISCONFIGURED,
    "not_found_error": Code.CLAUDE_MISCONFIGURED,
    "invalid_request_error": Code.CLAUDE_REJECTED,
    "request_too_large": Code.CLAUDE_REJECTED,
    "rate_limit_error": Code.RATE_LIMITED,
    "overloaded_error": Code.CLAUDE_OVERLOADED,
}
_BY_STATUS = {
    401: Code.CLAUDE_MISCONFIGURED,
    402: Code.CLAUDE_MISCONFIGURED,
    403: Code.CLAUDE_MISCONFIGURED,
    404: Code.CLAUDE_MISCONFIGURED,
    408: Code.CLAUDE_UNAVAILABLE,
    409: Code.CLAUDE_UNAVAILABLE,
    429: Code.RATE_LIMITED,
    529: Code.CLAUDE_OVERLOADED,
}


class Failure(Exception):
    """A call to Claude that gave no answer.

    `error` is what the client is told, if it comes to that; `transient` says that trying again may help. `retry_after` is what the server
    asked for, in seconds; `status` and `kind` are for the log.
    """

    def __init__(self, error: BridgeError, *, transient: bool, retry_after: float | None = None, status: int = 0, kind: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.transient = transient
        self.retry_after = retry_after
        self.status = status
        self.kind = kind

    @classmethod
    def lost(cls, kind: str) -> Failure:
        """No connection, a cut stream, a stream that makes no sense, or silence for too long."""
        return cls(BridgeError(Code.CLAUDE_UNAVAILABLE), transient=True, kind=kind)


def of_response(status: int, headers: Mapping[str, str], body: bytes, model: str, now: float) -> Failure:
    """An answer other than 200. `headers` have lower-case names; `body` may be HTML or nothing."""
    error = _error(body)
    kind = _kind(error)
    retry_after = _retry_after(headers, now)
    spent = _details(error) in _SPEND_LIMITS or (status == 400 and _text(error, "message").startswith(_SPEND_LIMIT_TEXT))
    transient = not spent and (status in (408, 409, 429) or status >= 500)
    if headers.get("x-should-retry") in ("true", "false"):
        transient = headers["x-should-retry"] == "true"
    if spent:
        found = BridgeError(
            Code.CLAUDE_MISCONFIGURED,
            "The spend limit of this API key is reached. Raise it or use another key.",
            setting="ANTHROPIC_API_KEY",
        )
    else:
        found = _told(_code(status, kind), status, kind, _text(error, "message"), model, retry_after)
    return Failure(found, transient=transient, retry_after=retry_after, status=status, kind=kind)


def of_event(event: Mapping[str, Any], model: str) -> Failure:
    """An `error` event within a stream that began well. All are worth another try (docs: api/errors, streaming)."""
    error = event.get("error")
    error = error if isinstance(error, Mapping) else {}
    kind = _kind(error)
    code = _BY_TYPE.get(kind, Code.CLAUDE_UNAVAILABLE)
    return Failure(_told(code, 200, kind, _text(error, "message"), model, None), transient=True, status=200, kind=kind)


def next_wait(failure: Failure, retries: int, time_left: float, jitter: float) -> float | None:
    """Seconds until the next try, `retries` having been made so far; None when it is not worth it or there is no time for it.

    `jitter` is a random number from 0 to 1.
    """
    if not failure.transient or retries >= MAX_RETRIES:
        return None
    wait = failure.retry_after or FIRST_WAIT_SECONDS * 2.0**retries * (1 - JITTER * jitter)
    return wait if wait <= min(LONGEST_WAIT_SECONDS, time_left) else None


def _code(status: int, kind: str) -> Code:
    if kind == "overloaded_error":
        return Code.CLAUDE_OVERLOADED
    return _BY_STATUS.get(status, Code.CLAUDE_UNAVAILABLE if status >= 500 else Code.CLAUDE_REJECTED)


def _told(code: Code, status: int, kind: str, message: str, model: str, retry_after: float | None) -> BridgeError:
    if code is not Code.CLAUDE_MISCONFIGURED:
        reason = one_line(clean(message), 300)
        sentence = f"Claude did not accept the request: {reason}" if code is Code.CLAUDE_REJECTED and reason else None
        return BridgeError(code, sentence, retry_after=retry_after)
    if status == 404 and kind != "not_found_error":
        said = f" The server says: {one_line(clean(message), 300)}" if message else ""
        return BridgeError(code, f"There is no Messages API at ANTHROPIC_BASE_URL.{said}", setting="ANTHROPIC_BASE_URL")
    if kind == "not_found_error":
        sentence = f"Claude has no model {one_line(clean(model), 80)!r} for this key; it may be retired. Set CLAUDE_MODEL to a current one."
        return BridgeError(code, sentence, setting="CLAUDE_MODEL")
    if status == 402 or kind == "billing_error":
        return BridgeError(code, "The account of this API key has a billing problem. Check its credit.", setting="ANTHROPIC_API_KEY")
    return BridgeError(code, "Claude refused the API key. Check ANTHROPIC_API_KEY.", setting="ANTHROPIC_API_KEY")


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else {}


def _text(error: Mapping[str, Any], name: str) -> str:
    value = error.get(name)
    return value if isinstance(value, str) else ""


def _kind(error: Mapping[str, Any]) -> str:
    """`error.type`, which is logged, if it is the name that it should be: a server may echo anything in there."""
    kind = _text(error, "type")
    return kind if kind.isidentifier() and len(kind) <= 64 else ""


def _details(error: Mapping[str, Any]) -> str:
    details = error.get("details")
    return _text(details, "error_code") if isinstance(details, Mapping) else ""


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """`retry-after-ms`, else `retry-after` as seconds or as an HTTP date; None where there is nothing above 0."""
    milliseconds = _positive(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _positive(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return moment - now if moment > now else None


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < 1e9 else None
