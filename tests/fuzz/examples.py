"""How much is tried: a little in every run of the tests, as much as is wanted by hand (`FUZZ=20 make fuzz`)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = max(1, int(os.environ.get("FUZZ") or "1"))
"""How many times as much as in every run."""


def examples(count: int) -> settings:
    """This many examples in every run."""
    return settings(max_examples=count * FACTOR, deadline=None, suppress_health_check=list(HealthCheck))
