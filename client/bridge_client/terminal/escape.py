"""Makes remote text harmless for a terminal: what would move its cursor, change its colours or its reading order is made visible. Pure."""

from __future__ import annotations

import codecs

BIDI_OVERRIDES = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Explicit embeddings, overrides and isolates (Unicode Standard Annex 9): they show text in another order than it has."""

_TABLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\u2421",
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **{code: f"\\u{code:04x}" for code in BIDI_OVERRIDES},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


PLAINER = "bridge_client.plainer"
"""An error handler of codecs: punctuation that an encoding does not have becomes its ASCII, anything else an escape."""
_ASCII: dict[int, str] = {
    **{
        ord(mark): plain
        for marks, plain in (("·–—─━╸╺", "-"), ("•", "*"), ("▌", ">"), ("‘’", "'"), ("“”", '"'), ("│", "|"))
        for mark in marks
    },
    **dict.fromkeys(range(0x2801, 0x2900), "*"),
    ord("…"): "...",
}
"""Punctuation, and what rich draws lines, bars and spinners with."""


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].translate(_ASCII).encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error(PLAINER, _plainer)


def visible(text: str) -> str:
    """Text of several lines: control characters other than new line and tab become symbols. Works on any piece of a stream."""
    return text.translate(_TABLE)


def encodable(text: str, encoding: str) -> str:
    """The text with escapes for what a terminal of this encoding cannot show: they are wider, so this comes before wrapping."""
    return text if encoding.startswith("utf") else text.encode(encoding, PLAINER).decode(encoding)


def one_line(text: str) -> str:
    """Text for one line: runs of white space become one space, and control characters symbols."""
    return visible(" ".join(text.split()))
