"""Every row of the Messages API's error table: what the client gets, and whether and when to try again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import Code
from fakes.claude_scripts import meant, meant_event

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
    failure = meant(status, headers, content, "claude-old", NOW)
    assert (failure.error.code, failure.transient, failure.error.setting) == (code, transient, setting)
    assert failure.error.message
    assert not setting or setting in failure.error.message or "key" in failure.error.message


def test_a_rejected_request_tells_why_within_reason() -> None:
    failure = meant(400, {}, body("invalid_request_error", "bad\x1b[31m\n" + "x" * 1000))
    assert "\x1b" not in failure.error.message
    assert len(failure.error.message) < 400


HOST = "gateway.example"
PAGE = b"<html><head><title>Access  denied &amp; logged</title><script>x</script></head><body>Ray 7</body></html>"
SENTENCES = [
    (401, body("authentication_error", "invalid x-api-key"), "Claude refused the API key: invalid x-api-key. Check ANTHROPIC_API_KEY."),
    (
        403,
        body("permission_error", "Your API key does not have permission to use the specified resource."),
        "Claude refused the request: Your API key does not have permission to use the specified resource. Check ANTHROPIC_API_KEY.",
    ),
    (
        403,
        PAGE,
        f"{HOST} refused the request (403), and not as the Messages API does: Access denied & logged. "
        "Is a firewall or a proxy in the way? If not, check ANTHROPIC_BASE_URL.",
    ),
    (
        403,
        b"",
        f"{HOST} refused the request (403), and not as the Messages API does. "
        "Is a firewall or a proxy in the way? If not, check ANTHROPIC_BASE_URL.",
    ),
    (403, b'{"message": "Forbidden"}', f"{HOST} refused the request: Forbidden. Check ANTHROPIC_API_KEY."),
    (401, b'{"detail": "No token"}', f"{HOST} refused the API key: No token. Check ANTHROPIC_API_KEY."),
    (
        402,
        body("billing_error", "Credit is too low."),
        "The account of the API key has a billing problem: Credit is too low. Check its credit.",
    ),
    (
        404,
        body("not_found_error", "model: claude-old"),
        "There is no model 'claude-old' for the API key; it may be retired. Set CLAUDE_MODEL to a current one.",
    ),
    (404, body("not_found_error", "Not Found"), f"There is no Messages API at {HOST} (404). It says: Not Found. Check ANTHROPIC_BASE_URL."),
    (404, PAGE, f"There is no Messages API at {HOST} (404). It says: Access denied & logged. Check ANTHROPIC_BASE_URL."),
    (404, b"<p>This model is 404", f"There is no Messages API at {HOST} (404). It says: This model is 404. Check ANTHROPIC_BASE_URL."),
    (404, b"", f"There is no Messages API at {HOST} (404). Check ANTHROPIC_BASE_URL."),
    (
        404,
        b'{"error": {"message": "The model `claude-old` does not exist", "type": "invalid_request_error"}}',
        "There is no model 'claude-old' for the API key; it may be retired. Set CLAUDE_MODEL to a current one.",
    ),
    (405, b"", f"There is no Messages API at {HOST} (405). Check ANTHROPIC_BASE_URL."),
    (501, PAGE, f"There is no Messages API at {HOST} (501). It says: Access denied & logged. Check ANTHROPIC_BASE_URL."),
    (
        511,
        b"<title>Hotel</title>",
        f"{HOST} refused the request (511), and not as the Messages API does: Hotel. "
        "Is a firewall or a proxy in the way? If not, check ANTHROPIC_BASE_URL.",
    ),
    (400, body("invalid_request_error", SPENT), f"The spend limit of the API key is reached: {SPENT} Raise it or use another."),
    (400, body("invalid_request_error", "max_tokens: too high"), "Claude did not accept the request: max_tokens: too high."),
    (413, b"413 Request Entity Too Large", f"{HOST} did not accept the request: 413 Request Entity Too Large."),
    (431, b"", f"{HOST} did not accept the request: 431."),
    (429, body("rate_limit_error", "50 a minute"), "Claude's rate limit is reached: 50 a minute. Try again a little later."),
    (500, body("api_error", "Internal server error"), "Claude failed to answer: Internal server error. Try again."),
    (502, b"<h1>Bad Gateway</h1>", f"{HOST} failed to answer: Bad Gateway. Try again."),
    (503, b"", "Claude could not be reached or broke off. Try again."),
]


@pytest.mark.parametrize(("status", "content", "sentence"), SENTENCES, ids=[f"{row[0]} {row[1][:30]!r}" for row in SENTENCES])
def test_a_refusal_is_reported_in_the_words_of_whoever_refused(status: int, content: bytes, sentence: str) -> None:
    assert meant(status, {}, content, "claude-old").error.message == sentence


NO_STREAM = [
    (b"", f"{HOST} answered with nothing. Check ANTHROPIC_BASE_URL.", Code.CLAUDE_MISCONFIGURED),
    (
        b"<title>Hotel Wi-Fi: sign in</title>",
        f"{HOST} answered with a web page, not with Claude's answer: Hotel Wi-Fi: sign in. Check ANTHROPIC_BASE_URL.",
        Code.CLAUDE_MISCONFIGURED,
    ),
    (
        b'{"object": "chat.completion"}',
        f"{HOST} answered with JSON, not with Claude's answer. Check ANTHROPIC_BASE_URL.",
        Code.CLAUDE_MISCONFIGURED,
    ),
    (
        b"It works!",
        f"{HOST} answered with text, not with Claude's answer: It works! Check ANTHROPIC_BASE_URL.",
        Code.CLAUDE_MISCONFIGURED,
    ),
    (
        b'data: {"object": "chat.completion.chunk"}\n\ndata: [DONE]\n\n',
        f"{HOST} answered with a stream of another kind, not with Claude's answer. Check ANTHROPIC_BASE_URL.",
        Code.CLAUDE_MISCONFIGURED,
    ),
    (body("invalid_request_error", "bad"), "Claude answered with an error: bad.", Code.CLAUDE_REJECTED),
    (body("authentication_error", "bad"), "Claude refused the API key: bad. Check ANTHROPIC_API_KEY.", Code.CLAUDE_MISCONFIGURED),
    (body("overloaded_error", "Overloaded"), "Claude answered with an error: Overloaded.", Code.CLAUDE_OVERLOADED),
    (b'{"error": "no quota"}', f"{HOST} answered with an error: no quota.", Code.CLAUDE_REJECTED),
]


@pytest.mark.parametrize("status", [405, 501, 511])
def test_what_will_not_change_is_not_asked_again(status: int) -> None:
    assert not meant(status, {}, PAGE).transient


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 529, 599])
def test_what_may_change_is_asked_again(status: int) -> None:
    assert meant(status, {}, PAGE).transient


@pytest.mark.parametrize(("content", "sentence", "code"), NO_STREAM, ids=[row[1][:50] for row in NO_STREAM])
def test_a_success_that_is_no_answer_says_what_it_was_and_is_not_repeated(content: bytes, sentence: str, code: Code) -> None:
    failure = meant(200, {}, content)
    assert (failure.error.message, failure.error.code, failure.transient) == (sentence, code, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://new.example/v1/messages", "https://new.example"),
        ("https://user:pw@new.example:8443/claude/v1/messages?key=1#x", "https://new.example:8443/claude"),
        ("/other/v1/messages/", "https://gateway.example/other"),
        ("//new.example/login", "https://new.example/login"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("  https://new.example\t/\x1b[31m" + "x" * 1_000, "https://new.example"),
    ],
)
def test_a_redirect_is_not_followed_and_names_place_and_setting(status: int, location: str, target: str) -> None:
    error = meant(status, {"location": location}, b"<title>Moved</title>").error
    assert f"redirects to {target}" in error.message
    assert "set ANTHROPIC_BASE_URL to it" in error.message
    assert (error.code, error.setting) == (Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_BASE_URL")
    assert "\x1b" not in error.message
    assert len(error.message) < 600


@pytest.mark.parametrize("location", ["", " ", "http://[bad", "javascript:alert(1)", "https://", "/claude/v1/messages/"])
def test_a_redirect_that_leads_nowhere_names_the_setting(location: str) -> None:
    failure = meant(302, {"location": location}, b"")
    assert failure.error.message == f"{HOST} answered with a redirect (302) that leads nowhere else. Check ANTHROPIC_BASE_URL."
    assert not failure.transient


KEY = "-".join(("sk", "ant", "api03", "secret_Secret", "0123456789"))  # In parts: the repository holds nothing that looks like a key.
QUOTES = {
    "as it is": f"Odd: {KEY}",
    "escaped": "Odd: " + "".join(f"\\u{ord(character):04x}" for character in KEY),
    "at the edge of what is shown": "x" * 280 + KEY,
    "with control characters": "Odd: " + "\\u0007".join(KEY),
    "half of it": f"Odd: {KEY[:25]}",
}


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES.keys())
def test_a_server_that_quotes_the_key_is_not_repeated(status: int, quote: str) -> None:
    content = f'{{"error": {{"type": "invalid_request_error", "message": "{quote}"}}}}'.encode()
    page = f"<title>{quote}</title>".replace("\\u0", "&#x").encode()
    for said in (content, page, quote.encode()):
        message = meant(status, {"location": f"https://x.example/{KEY}"}, said, key=KEY).error.message
        assert "secret" not in message
        assert "sk-ant-api" not in message
    assert "secret" not in meant(307, {"location": f"https://x.example/{KEY}"}, b"", key=KEY).error.message


@pytest.mark.parametrize(
    ("kind", "code", "transient"),
    [
        ("overloaded_error", Code.CLAUDE_OVERLOADED, True),
        ("rate_limit_error", Code.RATE_LIMITED, True),
        ("api_error", Code.CLAUDE_UNAVAILABLE, True),
        ("timeout_error", Code.CLAUDE_UNAVAILABLE, True),
        ("something_new", Code.CLAUDE_UNAVAILABLE, True),
        ("authentication_error", Code.CLAUDE_MISCONFIGURED, False),
        ("invalid_request_error", Code.CLAUDE_REJECTED, False),
    ],
)
def test_an_error_event_is_mapped_by_its_type(kind: str, code: Code, *, transient: bool) -> None:
    failure = meant_event({"type": "error", "error": {"type": kind, "message": "As scripted.", "details": None}}, "m")
    assert (failure.error.code, failure.transient) == (code, transient)
    assert "As scripted." in failure.error.message or code is Code.CLAUDE_OVERLOADED


@pytest.mark.parametrize("event", [{"type": "error", "error": "?"}, {"type": "error"}, {"error": None, "message": "?"}])
def test_an_error_event_of_an_odd_form_is_one_all_the_same(event: dict[str, Any]) -> None:
    assert meant_event(event, "m").error.code is Code.CLAUDE_UNAVAILABLE


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
    failure = meant(429, headers, body("rate_limit_error"), now=NOW)
    assert failure.retry_after == seconds
    assert failure.error.retry_after == seconds
