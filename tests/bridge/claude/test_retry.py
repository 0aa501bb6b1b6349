"""Every row of the Messages API's error table: what the client is told, and whether and when to try again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.claude.retry import LONGEST_WAIT_SECONDS, MAX_RETRIES, Failure, next_wait, of_event, of_response
from bridge.errors import BridgeError, Code

NOW = 1_700_000_000.0


def body(kind: str, message: str = "", error_code: str = "") -> bytes:
    error: dict[str, Any] = {"type": kind, "message": message}
    if error_code:
        error["details"] = {"error_code": error_code}
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"}).encode()


SPENT = "You have reached your specified API usage limits. You will regain access on 2026-12-01."
TABLE = [
    (400, {}, body("invalid_request_error", "max_tokens: too high"), Code.CLAUDE_REJECTED, False, None),
    (400, {}, body("invalid_request_error", SPENT), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (401, {}, body("authentication_error"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (402, {}, body("billing_error"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (403, {}, body("permission_error"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (404, {}, body("not_found_error", "model: claude-old"), Code.CLAUDE_MISCONFIGURED, False, "CLAUDE_MODEL"),
    (404, {}, b"<html>no such page</html>", Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_BASE_URL"),
    (404, {}, body("invalid_request_error", "No fixture"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_BASE_URL"),
    (408, {}, b"", Code.CLAUDE_UNAVAILABLE, True, None),
    (409, {}, body("conflict_error"), Code.CLAUDE_UNAVAILABLE, True, None),
    (412, {}, b"", Code.CLAUDE_REJECTED, False, None),
    (413, {}, b"Request Entity Too Large", Code.CLAUDE_REJECTED, False, None),
    (422, {}, b"", Code.CLAUDE_REJECTED, False, None),
    (429, {"retry-after": "2"}, body("rate_limit_error"), Code.RATE_LIMITED, True, None),
    (429, {"retry-after": "2"}, body("rate_limit_error", "", "ramp_limit_exceeded"), Code.RATE_LIMITED, True, None),
    (429, {}, body("rate_limit_error", "", "enforced_spend_limit_reached"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (429, {}, body("rate_limit_error", "", "contract_spend_limit_reached"), Code.CLAUDE_MISCONFIGURED, False, "ANTHROPIC_API_KEY"),
    (500, {}, body("api_error"), Code.CLAUDE_UNAVAILABLE, True, None),
    (502, {}, b"<html>Bad Gateway</html>", Code.CLAUDE_UNAVAILABLE, True, None),
    (503, {}, b"[1, 2]", Code.CLAUDE_UNAVAILABLE, True, None),
    (504, {}, body("timeout_error"), Code.CLAUDE_UNAVAILABLE, True, None),
    (529, {}, body("overloaded_error"), Code.CLAUDE_OVERLOADED, True, None),
    (529, {"x-should-retry": "false"}, body("overloaded_error"), Code.CLAUDE_OVERLOADED, False, None),
    (400, {"x-should-retry": "true"}, body("invalid_request_error"), Code.CLAUDE_REJECTED, True, None),
    (418, {}, b"[" * 100_000, Code.CLAUDE_REJECTED, False, None),
]


@pytest.mark.parametrize(
    ("status", "headers", "content", "code", "transient", "setting"), TABLE, ids=[f"{row[0]} {row[3].wire} {row[1]}" for row in TABLE]
)
def test_what_an_error_response_means(
    status: int, headers: dict[str, str], content: bytes, code: Code, transient: bool, setting: str | None
) -> None:
    failure = of_response(status, headers, content, "claude-old", NOW)
    assert (failure.error.code, failure.transient, failure.error.setting) == (code, transient, setting)
    assert failure.error.message
    assert not setting or setting in failure.error.message or "key" in failure.error.message


def test_a_rejected_request_tells_why_within_reason() -> None:
    failure = of_response(400, {}, body("invalid_request_error", "bad\x1b[31m\n" + "x" * 1000), "m", NOW)
    assert "\x1b" not in failure.error.message
    assert len(failure.error.message) < 400


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("overloaded_error", Code.CLAUDE_OVERLOADED),
        ("rate_limit_error", Code.RATE_LIMITED),
        ("api_error", Code.CLAUDE_UNAVAILABLE),
        ("timeout_error", Code.CLAUDE_UNAVAILABLE),
        ("authentication_error", Code.CLAUDE_MISCONFIGURED),
        ("something_new", Code.CLAUDE_UNAVAILABLE),
    ],
)
def test_an_error_event_is_mapped_by_its_type(kind: str, code: Code) -> None:
    failure = of_event({"type": "error", "error": {"type": kind, "message": "x", "details": None}}, "m")
    assert (failure.error.code, failure.transient) == (code, True)


def test_an_error_event_without_sense_is_one_all_the_same() -> None:
    assert of_event({"type": "error", "error": "?"}, "m").error.code is Code.CLAUDE_UNAVAILABLE


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:25 GMT"}, 5.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:15 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_how_long_the_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    failure = of_response(429, headers, body("rate_limit_error"), "m", NOW)
    assert failure.retry_after == seconds
    assert failure.error.retry_after == seconds


def transient(retry_after: float | None = None) -> Failure:
    return Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=retry_after)


def test_backoff_doubles_with_jitter_and_ends() -> None:
    assert [next_wait(transient(), retries, 100.0, 0.0) for retries in range(5)] == [0.5, 1.0, 2.0, 4.0, None]
    assert [next_wait(transient(), retries, 100.0, 1.0) for retries in range(2)] == [0.375, 0.75]
    assert MAX_RETRIES == 4


def test_a_wait_that_does_not_fit_is_not_begun() -> None:
    assert next_wait(transient(), 0, 0.4, 0.0) is None
    assert next_wait(transient(5.0), 0, 5.0, 0.0) == 5.0
    assert next_wait(transient(5.1), 0, 5.0, 0.0) is None
    assert next_wait(transient(LONGEST_WAIT_SECONDS + 1), 0, 500.0, 0.0) is None
    assert next_wait(Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False), 0, 100.0, 0.0) is None
