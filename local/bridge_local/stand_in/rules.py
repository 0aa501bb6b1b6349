"""What the Messages API refuses, so that an invalid request is noticed before it is sent to the real one.

The sentences are the API's own where they are known (docs api/errors, and threads in the issue trackers of its SDKs). The checks are
stricter in two points: the first message must be the user's, and thinking blocks are refused, since the newest models accept one only
after the exact prefix that it was made for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SAMPLING = ("temperature", "top_p", "top_k")
"""Refused under version 2026-10-21, even at their default values."""

VERSIONS = ("2023-06-01", "2026-10-21")
REQUIRED = ("model", "max_tokens", "messages")
OPTIONAL = (
    *("system", "cache_control", "thinking", "output_config", "metadata", "stream", "stop_sequences", "service_tier", "inference_geo"),
    *("speed", "diagnostics", "container", "tools", "tool_choice"),
)
TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "max_tokens": (int,),
    "messages": (list,),
    "system": (str, list),
    "stream": (bool,),
    "metadata": (dict,),
    "thinking": (dict,),
    "output_config": (dict,),
    "cache_control": (dict,),
    "stop_sequences": (list,),
}
BLOCKS = ("text", "image", "document", "tool_use", "tool_result", "search_result", "container_upload")
THINKING = ("adaptive", "disabled", "enabled", "between_tools")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_MESSAGES = 100_000
MAX_CACHE_CONTROLS = 4


def problems(body: Any, version: str) -> Iterator[str]:
    """The problems of the request `body` under this `anthropic-version`; none for a valid one."""
    if version not in VERSIONS:
        yield f"anthropic-version: {version!r} is not a valid version" if version else "anthropic-version: header is required"
    elif not isinstance(body, dict):
        yield "The request body is not a valid JSON object"
    elif _has_lone_surrogate(body):
        yield "The request body is not valid JSON: no low surrogate in string"
    else:
        yield from _field_problems(body, OPTIONAL if version == "2026-10-21" else (*OPTIONAL, *SAMPLING))


def _has_lone_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return LONE_SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_lone_surrogate(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_lone_surrogate(part) for part in value)


def _field_problems(body: dict[str, Any], optional: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{name}: Field required" for name in REQUIRED if name not in body)
    yield from (f"{name}: Extra inputs are not permitted" for name in body if name not in REQUIRED and name not in optional)
    ill_typed = [name for name, types in TYPES.items() if name in body and not _is_a(body[name], types)]
    yield from (f"{name}: Input should be a valid {' or '.join(kind.__name__ for kind in TYPES[name])}" for name in ill_typed)
    if not ill_typed:
        yield from _value_problems(body)
        yield from _message_problems(body.get("messages", []))
        yield from _cache_control_problems(body)


def _is_a(value: Any, types: tuple[type, ...]) -> bool:
    """Whether `value` has one of the types. True and false are not numbers."""
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def _value_problems(body: dict[str, Any]) -> Iterator[str]:
    if body.get("model") == "":
        yield "model: String should have at least 1 character"
    if body.get("max_tokens", 1) < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    if body.get("thinking", {}).get("type", "adaptive") not in THINKING:
        yield f"thinking: Input tag should be one of {', '.join(THINKING)}"
    if body.get("output_config", {}).get("effort", "high") not in EFFORTS:
        yield f"output_config.effort: Input should be one of {', '.join(EFFORTS)}"
    if isinstance(body.get("system"), list):
        yield from _block_problems(body["system"], "system")


def _message_problems(messages: list[Any]) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
        return
    if len(messages) > MAX_MESSAGES:
        yield f"messages: at most {MAX_MESSAGES} messages are allowed"
    for place, message in enumerate(messages):
        yield from _one_message_problems(message, f"messages.{place}")
    if _role(messages[0]) == "assistant":
        yield 'messages: first message must use the "user" role'
    if _role(messages[-1]) == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


def _one_message_problems(message: Any, place: str) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"{place}: Input should be a valid dictionary"
        return
    yield from (f"{place}.{name}: Extra inputs are not permitted" for name in message if name not in ("role", "content"))
    if message.get("role") not in ("user", "assistant"):
        yield f'messages: Unexpected role "{message.get("role")}".'
    content = message.get("content")
    if isinstance(content, str):
        yield from _text_problems(content, place)
    elif isinstance(content, list) and content:
        yield from _block_problems(content, f"{place}.content")
    else:
        yield f"{place}: all messages must have non-empty content except for the optional final assistant message"


def _text_problems(text: str, place: str) -> Iterator[str]:
    if not text:
        yield f"{place}: text content blocks must be non-empty"
    elif not text.strip():
        yield f"{place}: text content blocks must contain non-whitespace text"


def _block_problems(blocks: list[Any], place: str) -> Iterator[str]:
    for number, block in enumerate(blocks):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            text = block.get("text")
            yield from _text_problems(text if isinstance(text, str) else "", f"{place}.{number}")
        elif kind in ("thinking", "redacted_thinking"):
            yield f"{place}.{number}: Invalid `signature` in `thinking` block"
        elif kind not in BLOCKS:
            yield f"{place}.{number}: Input tag {kind!r} does not match any of the expected tags"


def _cache_control_problems(body: dict[str, Any]) -> Iterator[str]:
    controls = list(_cache_controls(body))
    if len(controls) > MAX_CACHE_CONTROLS:
        yield f"A maximum of {MAX_CACHE_CONTROLS} blocks with cache_control may be provided. Found {len(controls)}."
    for control in controls:
        if not isinstance(control, dict) or control.get("type") != "ephemeral" or control.get("ttl", "5m") not in ("5m", "1h"):
            yield "cache_control: Input should be of type ephemeral, with a ttl of 5m or 1h"


def _cache_controls(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "cache_control":
                yield part
            else:
                yield from _cache_controls(part)
    elif isinstance(value, list):
        for part in value:
            yield from _cache_controls(part)
