"""What a question looks for, worked out once: its words, their terms, and the text that may name dates. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from bridge.memory.passages import pieces
from bridge.memory.terms import lone, terms_of, words

MOST_READ = 16_000
"""Of a longer message its beginning and end are read, half as many characters each: what is asked stands before or after what is pasted."""
MOST_LONE = 4
"""So many of the characters that stand alone are looked for: for each one all terms of a conversation are looked through."""


class Sought(NamedTuple):
    """`text` is what was read of the message, `terms` how often each stands there, `lone` the characters that may be words of their own."""

    text: str
    words: frozenset[str]
    terms: Mapping[str, int]
    lone: tuple[str, ...]

    @classmethod
    def of(cls, message: str) -> Sought:
        """Reads piece by piece: to normalise a text takes the square of its accents, and no other thread gets on meanwhile."""
        text = message if len(message) <= MOST_READ else message[: MOST_READ // 2] + "\n" + message[-MOST_READ // 2 :]
        said = [word for start, end in pieces(text) for word in words(text[start:end])]
        return cls(text, frozenset(said), Counter(terms_of(said)), tuple(dict.fromkeys(lone(said)))[:MOST_LONE])
