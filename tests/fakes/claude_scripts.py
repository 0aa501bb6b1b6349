"""What a scripted Claude says: replies for `StandIn(respond)`, from the recorded streams in tests/streams and the API's error table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Any

from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.endpoint import Refused
from bridge.claude.retry import Failure
from bridge_local.stand_in.exchange import Cut, Reply, Request, Respond, Step, event, failure, stream, whole

STREAMS = Path(__file__).parent.parent / "streams"

COMPLETE: Mapping[str, tuple[str, str]] = {
    "blank_text": ("\n\n ", "end_turn"),
    "byte_order_mark": ("Hello, wörld.", "end_turn"),
    "cached": ("From the cache.", "end_turn"),
    "comments": ("Hello, wörld.", "end_turn"),
    "context_exceeded": ("No room left for", "model_context_window_exceeded"),
    "cr": ("Hello, wörld.", "end_turn"),
    "crlf": ("Hello, wörld.", "end_turn"),
    "cumulative_usage": ("Counted once.", "end_turn"),
    "data_lines": ("Hello, wörld.", "end_turn"),
    "empty_text": ("", "end_turn"),
    "hello": ("Hello! How can I help you?", "end_turn"),
    "line_separators": ("one\u2028two\u0085three\u2029four\x0c\nfive\r\nsix", "end_turn"),
    "max_tokens": ("It goes on and on and", "max_tokens"),
    "max_tokens_in_thinking": ("", "max_tokens"),
    "no_blocks": ("", "end_turn"),
    "no_event_names": ("Hello, wörld.", "end_turn"),
    "no_space": ("Hello, wörld.", "end_turn"),
    "ill_shaped": ("Ill-shaped.", "end_turn"),
    "malformed_after_text": ("Half an ", "end_turn"),
    "no_stop": ("Half an answer", "end_turn"),
    "pings": ("Still here.", "end_turn"),
    "redacted_thinking": ("All right.", "end_turn"),
    "refusal": ("", "refusal"),
    "refusal_after_text": ("I will begin", "refusal"),
    "split_surrogates": ("Smile: \U0001f600 and \U0001f680", "end_turn"),
    "thinking": ("Hello again.", "end_turn"),
    "thinking_omitted": ("Forty-two.", "end_turn"),
    "two_text_blocks": ("First part. Second part.", "end_turn"),
    "unicode": ("Grüße, Ада: 𝄞 and 👩‍👩‍👧 and 日本語", "end_turn"),
    "unknown": ("Known text.", "end_turn"),
}
"""The streams that announce their end: the text of their text blocks, and their `stop_reason`."""

BROKEN = (*("cut_before_text", "error_after_start", "error_after_text", "error_first", "malformed_first", "lone_surrogate"),)
"""The others. The last one comes to its end, too, with half a surrogate pair in the text."""


MESSAGE: Mapping[str, Any] = {
    "id": "msg_01Example",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hello "}, {"type": "text", "text": "there."}],
    "stop_reason": "max_tokens",
    "usage": {"input_tokens": 25, "output_tokens": 15},
}
"""A whole message, which is what the API answers a request without `stream` with."""

URL = "https://gateway.example/claude"


def meant(status: int, headers: Mapping[str, str], body: bytes, model: str = "m", now: float = 0.0, key: str = "no key") -> Failure:
    """What a response from `URL` means from the API itself."""
    return AnthropicApi(URL, FixedKey(key)).failure(Refused(status, headers, body, model, now))


def meant_event(event: Mapping[str, Any], model: str = "m") -> Failure:
    """What an `error` event of a stream means."""
    return AnthropicApi(URL, FixedKey("no key")).event_failure(event, model)


def recorded(name: str) -> bytes:
    """The bytes of tests/streams/`name`.sse."""
    return (STREAMS / f"{name}.sse").read_bytes()


def events_of(name: str) -> list[bytes]:
    """The same, one item for each event. Only for streams whose lines end in a line feed."""
    return [part + b"\n\n" for part in recorded(name).removesuffix(b"\n\n").split(b"\n\n")]


def said(text: str, *, stop_reason: str = "end_turn", usage: Mapping[str, int] | None = None) -> Reply:
    """A whole stream with this text, in one chunk."""
    return stream((b"".join(said_events(text, stop_reason=stop_reason, usage=usage)),))


def said_events(text: str, *, stop_reason: str = "end_turn", usage: Mapping[str, int] | None = None) -> list[bytes]:
    """The events of a stream that says `text` in one delta, the third event."""
    counted = {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 5, **(usage or {})}
    message: dict[str, Any] = {"id": "msg_01Example", "type": "message", "role": "assistant", "content": [], "model": "claude-sonnet-5-5"}
    return [
        event({"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": counted}}),
        event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        delta(text),
        event({"type": "content_block_stop", "index": 0}),
        event({"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": counted}),
        event({"type": "message_stop"}),
    ]


def delta(text: str) -> bytes:
    """The event that adds `text` to the first block."""
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


def played(*steps: Step) -> Reply:
    """A stream made of these steps: bytes, cuts, and functions that wait."""
    return stream(steps)


def play(name: str) -> Reply:
    """A recorded stream, in one chunk."""
    return stream((recorded(name),))


def in_parts(content: bytes, size: int) -> Reply:
    """A stream in chunks of `size` bytes, wherever that splits it."""
    return stream(tuple(content[start : start + size] for start in range(0, len(content), size)))


def cut_after(content: bytes, cut: Cut) -> Reply:
    """A stream whose connection breaks after `content`."""
    return stream((content, cut))


def until(gate: Event, seconds: float = 10.0) -> Callable[[], None]:
    """A step that waits until the test sets `gate`."""

    def wait() -> None:
        if not gate.wait(seconds):
            raise TimeoutError("The test did not open the gate.")

    return wait


def reached(mark: Event) -> Callable[[], None]:
    """A step that tells the test how far the reply has come."""
    return mark.set


def in_turn(*replies: Reply | Respond) -> Respond:
    """The first reply for the first request, and so on; the last one for all that follow."""

    def respond(request: Request) -> Reply:
        reply = replies[min(request.number, len(replies)) - 1]
        return reply if isinstance(reply, Reply) else reply(request)

    return respond


def always(reply: Reply) -> Respond:
    return in_turn(reply)


def html(status: int, headers: Mapping[str, str] | None = None) -> Reply:
    """What a gateway before the API sends."""
    return whole(f"<html><body><h1>{status}</h1></body></html>".encode(), "text/html", status, headers)


def rate_limited(headers: Mapping[str, str] | None = None) -> Reply:
    """429 with, for instance, `retry-after` in seconds or as a date, or `retry-after-ms`."""
    return failure(429, "rate_limit_error", "This request would exceed your rate limit.", headers=headers)


def overloaded(headers: Mapping[str, str] | None = None) -> Reply:
    """529, with or without `x-should-retry`."""
    return failure(529, "overloaded_error", "Overloaded", headers=headers)


ERRORS: Mapping[str, Reply] = {
    "bad_request": failure(400, "invalid_request_error", "messages.0: all messages must have non-empty content"),
    "own_spend_limit": failure(400, "invalid_request_error", "You have reached your specified API usage limits."),
    "bad_key": failure(401, "authentication_error", "invalid x-api-key"),
    "billing": failure(402, "billing_error", "Your credit balance is too low."),
    "forbidden": failure(403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "retired_model": failure(404, "not_found_error", "model: claude-3-5-sonnet-20241022"),
    "timeout_without_body": whole(b"", "text/plain", 408),
    "conflict": failure(409, "conflict_error", "Conflict"),
    "too_large": whole(b"413 Request Entity Too Large", "text/plain", 413),
    "unprocessable": failure(422, "invalid_request_error", "Unprocessable"),
    "rate_limited": rate_limited(),
    "ramp_limit": failure(
        429, "rate_limit_error", "Usage grew too fast.", headers={"retry-after": "1"}, details={"error_code": "ramp_limit_exceeded"}
    ),
    "enforced_spend_limit": failure(429, "rate_limit_error", "Spend limit.", details={"error_code": "enforced_spend_limit_reached"}),
    "contract_spend_limit": failure(429, "rate_limit_error", "Spend limit.", details={"error_code": "contract_spend_limit_reached"}),
    "api_error": failure(500, "api_error", "Internal server error"),
    "bad_gateway": html(502),
    "unavailable": html(503),
    "gateway_timeout": failure(504, "timeout_error", "The request timed out."),
    "overloaded": overloaded(),
    "overloaded_for_good": overloaded({"x-should-retry": "false"}),
    "bad_request_to_repeat": failure(400, "invalid_request_error", "Try again.", headers={"x-should-retry": "true"}),
    "html_with_200": html(200),
    "json_with_200": whole(b"{}", "application/json"),
    "odd_letter_case": whole(b'{"Type":"error","Error":{"Type":"rate_limit_error","Message":"Slow down"}}', "application/json", 429),
}
"""Replies that are not streams, by what they mean (docs api/errors)."""
