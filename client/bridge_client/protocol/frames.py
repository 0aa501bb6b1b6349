"""Frames as JSON text, and the sizes API Gateway allows (docs/protocol.md, "Limits"). Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from bridge_client.failures import Failure

Frame = dict[str, Any]

SESSION_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
MESSAGE_BYTES = 128 * 1024
FRAGMENT_BYTES = 32 * 1024 - 14
"""A WebSocket frame of at most 32 KB with its header, which has at most 14 bytes (RFC 6455, 5.2): right however the gateway counts."""
PAGE = 100
"""The most sessions or turns that a bridge gives at a time."""
MAX_INTEGER = 2**53
"""No number of the protocol comes near it; beyond it, programs differ in the number they read."""


def encode(frame: Frame) -> bytes:
    """The frame as UTF-8 JSON. Raises `Failure` (`message_too_long`) beyond what the gateway accepts."""
    data = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(data) > MESSAGE_BYTES:
        raise Failure(
            "message_too_long",
            f"The question is too long: {len(data):,} bytes as it is sent, and the limit is {MESSAGE_BYTES:,}. Send it in parts.",
        )
    return data


def decode(data: str | bytes) -> Frame | None:
    """The frame in one received message; None for anything but a JSON object, which is all that a bridge sends.

    NaN, Infinity and numbers too large for a float (1e999) are read as null: they are not JSON, and must not be printed as JSON either.
    """
    try:
        value = json.loads(data, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def fragments(data: bytes) -> Iterator[bytes]:
    """Cuts UTF-8 text into parts of at most `FRAGMENT_BYTES`, never within a character."""
    start = 0
    while start < len(data):
        end = start + FRAGMENT_BYTES
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end]
        start = end


def without_lone_surrogates(text: str) -> str:
    """Text that can be encoded: bytes that a terminal or a file gave and that could not be decoded become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_in(frame: Frame, name: str) -> str:
    """A text field; "" if it is missing or not text."""
    value = frame.get(name)
    return value if isinstance(value, str) else ""


def session_id_in(frame: Frame) -> str:
    """The session id; "" if it is missing or invalid. It is printed as part of a command, so it must be nothing but an id."""
    value = text_in(frame, "session_id")
    return value if SESSION_ID.fullmatch(value) else ""


def integer_in(frame: Frame, name: str) -> int | None:
    """A whole number; None if it is missing, absurdly large or something else."""
    value = frame.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER else None


def number_in(frame: Frame, name: str) -> float | None:
    """A number; None if it is missing, absurdly large or something else."""
    value = frame.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER else None


def object_in(frame: Frame, name: str) -> Frame:
    """An object; {} if it is missing or something else."""
    value = frame.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(frame: Frame, name: str) -> list[Frame]:
    """The objects in a list; [] if it is missing or something else."""
    value = frame.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
