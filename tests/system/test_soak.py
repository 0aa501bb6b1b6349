"""A short soak: `make soak` runs longer ones."""

from __future__ import annotations

import pytest

from system.soak import soak

SECONDS = 45.0


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 180)
def test_nothing_is_lost() -> None:
    counts, trouble = soak(SECONDS, seed=1)
    assert not trouble, trouble
    happened = {"answered", "kills", "clock jumps", "of 25 hours", "cuts", "failed", "deleted", "replaced files", "silent connections"}
    assert not {name for name in happened if not counts.get(name)}, counts
