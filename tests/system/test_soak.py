"""A short soak; the gate runs one of a minute besides (`make soak`)."""

from __future__ import annotations

import pytest

from system.soak import soak

SECONDS = 15.0


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 180)
def test_nothing_is_lost() -> None:
    counts, trouble = soak(SECONDS, seed=1)
    assert not trouble, trouble
    assert all(counts.get(name, 0) > 0 for name in ("answered", "kills", "clock jumps", "cuts", "failed", "deleted")), counts
