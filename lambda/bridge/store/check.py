"""The row with which a store proves that it can be written to and read. Pure.

{"hash": "check", "ttl": 1795564800}
"""

from __future__ import annotations

from bridge.store.records import Item
from bridge.typed import NamedTuple

ROW = "check"
"""The hash of a request is an MD5: none is called this."""

SECONDS = 60
_DAY = 24 * 3600


class LastCheck(NamedTuple):
    """When this process last wrote the row, in seconds since the epoch."""

    at: float = float("-inf")

    def is_recent(self, now: float) -> bool:
        """Whether there is no need to write it again; a clock may have been set back."""
        return 0 <= now - self.at < SECONDS


def item(now: float) -> Item:
    return {"hash": ROW, "ttl": int(now) + _DAY}
