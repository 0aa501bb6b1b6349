"""What reading a long answer costs, beside a loop that only parses it."""

from __future__ import annotations

import pytest

from parts.deltas import bare, reading
from parts.processes import claude

TIMES = 2.3


@pytest.mark.alone
def test_an_answer_of_5000_deltas_costs_little_more_than_a_bare_loop() -> None:
    with claude() as model:
        pairs = [(bare(model.url), reading(model.url)) for _ in range(8)]
    of_bare, of_reading = map(min, zip(*pairs, strict=True))
    assert of_reading < TIMES * of_bare
