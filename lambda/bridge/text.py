"""Cleaning and cutting text. Lengths are code points unless a name says bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

# All of C0 but tab, line feed and carriage return; DEL; C1.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
INVISIBLE = (
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What cannot be seen, as ranges for a pattern: Default_Ignorable_Code_Point, other format characters, and the empty Braille cell."""

_SPACE = re.compile(r"\s+")


def without_surrogates(text: str) -> str:
    """Joins surrogate pairs and replaces lone surrogates by U+FFFD: the Messages API refuses a body that holds one."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean(text: str) -> str:
    """`text` without control characters (tab and line ends stay) and without lone surrogates."""
    return _CONTROL.sub("", without_surrogates(text))


def one_line(text: str, limit: int) -> str:
    """The first `limit` characters of `text` with all white space folded; a longer text ends in an ellipsis."""
    folded = _SPACE.sub(" ", text[: limit * 4]).strip()
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, without `\\u` escapes but for control characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_object(data: str | bytes) -> dict[str, Any] | None:
    """The JSON object in `data`; None for everything else, JSON that is nested too deeply included."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
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
