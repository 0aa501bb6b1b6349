"""What a turn costs does not grow with the conversation. `benchmarks/growth.py` shows it at 5,000 turns; here they are fewer."""

from __future__ import annotations

import pytest

from growth import MEASURED, measured


@pytest.mark.slow
def test_requests_and_bytes_of_a_turn_do_not_grow() -> None:
    first, last = measured(MEASURED + 20), measured(500)
    for column in ("requests", "bytes written and asked"):
        assert float(str(last[column])) <= 1.1 * float(str(first[column]))
