"""A short soak (`make soak` takes longer ones): 60 s where CI=true, else 20."""

from __future__ import annotations

import os

import pytest

from system.soak import soak

SECONDS = 60.0 if os.environ.get("CI") == "true" else 20.0


@pytest.mark.timeout(SECONDS + 180)
def test_nothing_is_lost() -> None:
    counts, trouble = soak(SECONDS, seed=1)
    assert not trouble, trouble
    assert all(counts.get(name, 0) > 0 for name in ("answered", "kills", "clock jumps", "cuts", "failed", "deleted")), counts
