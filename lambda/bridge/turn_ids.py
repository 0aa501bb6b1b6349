"""Time-ordered ids of turns: 26 characters, sortable as text.

The layout is that of a ULID (https://github.com/ulid/spec): 48 bits of milliseconds, then 80 random bits, in Crockford's base 32.
"""

from __future__ import annotations

import functools
import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
TURN_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""As `int` reads a number in base 32."""


def turn_id(milliseconds: int, random: bytes = bytes(RANDOM_BYTES)) -> str:
    """The id of a turn at `milliseconds` since the epoch; without `random` (10 bytes) the lowest id of that millisecond."""
    number = milliseconds << (8 * RANDOM_BYTES) | int.from_bytes(random, "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


@functools.lru_cache(4096)
def milliseconds_of(identifier: str) -> int:
    """The milliseconds since the epoch that `identifier` was made with; 0 for anything that is not a turn id (in a row written by hand)."""
    return int(identifier[:10].translate(_DIGITS), 32) if TURN_ID.fullmatch(identifier) else 0
