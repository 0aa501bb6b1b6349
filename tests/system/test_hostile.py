"""A bridge among strangers; `make fuzz` sends it more."""

from __future__ import annotations

import pytest

from fuzz.examples import FACTOR
from system.hostile import attack

MESSAGES = 3_000 if FACTOR == 1 else 10_000
SLACK, FLAT = 12 * 1024, 4 * 1024
"""What the process may have more at the end, in KB: than after a tenth, when not all of its heap was used yet, and than at half time."""


@pytest.mark.slow
def test_malformed_messages_do_nothing() -> None:
    answered, (first, half, end), trouble = attack(MESSAGES, seed=FACTOR)
    assert not trouble, trouble[:10]
    assert answered == MESSAGES
    assert end - first < SLACK
    assert end - half < FLAT
