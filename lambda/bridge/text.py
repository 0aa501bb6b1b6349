"""Cleaning and cutting text. Lengths are code points unless a name says bytes."""

from __future__ import annotations

import json
from collections.abc import Callable

from bridge.typed import Any

_CONTROL = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord(character) for character in "\t\n\r"})
"""All of C0 but tab, line feed and carriage return; DEL; C1. A table: to compile patterns takes a part of every start."""

# Made once: `json.dumps` makes an encoder for every call that wants none of its defaults.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_scan: Callable[[str, int], tuple[dict[str, Any], int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def without_surrogates(text: str) -> str:
    """Joins surrogate pairs and replaces lone surrogates by U+FFFD: the Messages API refuses a body that holds one."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean(text: str) -> str:
    """`text` without control characters (tab and line ends stay) and without lone surrogates."""
    return without_surrogates(text).translate(_CONTROL)


def one_line(text: str, limit: int) -> str:
    """The first `limit` characters of `text` with all white space folded; a longer text ends in an ellipsis."""
    folded = " ".join(text[: limit * 4].split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, without `\\u` escapes but for control characters."""
    return _encode(value).encode("utf-8", "replace")


def json_object(data: str | bytes) -> dict[str, Any] | None:
    """The JSON object in `data`; None for everything else, JSON that is nested too deeply included."""
    try:
        if isinstance(data, str) and data.startswith("{"):
            value, end = _scan(data, 0)  # Without a search for blanks on both sides, which takes longer than reading a short object.
            if end == len(data):
                return value
        value = json.loads(data)
    except (ValueError, RecursionError, StopIteration):
        return None
    return value if isinstance(value, dict) else None


def prefix_within(text: str, limit: int) -> str:
    """The longest prefix of `text` whose JSON string takes at most `limit` bytes: at least one character, so that cutting always ends."""
    return text[: longest(1, min(len(text), limit), lambda length: len(encode(text[:length])) <= limit)]


def longest(least: int, most: int, fits: Callable[[int], bool]) -> int:
    """The largest length from `least` to `most` that fits, found by halving; `least` is taken to fit, and so is all that is shorter."""
    if fits(most):
        return most
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least
