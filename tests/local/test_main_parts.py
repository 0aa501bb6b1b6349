"""Small parts of the local program: its log, the deletion of what has expired, its limit of open files."""

from __future__ import annotations

import resource
import threading

import pytest

from bridge.errors import StoreUnavailable
from bridge_local.process import OPEN_FILES, raise_open_file_limit
from bridge_local.sqlite.expiry import expiring

WAIT = 10.0


class ExpiringStore:
    """Counts its expiries; the first one fails."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.thrice = threading.Event()

    def inspect(self, now: float) -> None:
        raise StoreUnavailable  # It is logged where it is noticed, and expiry goes on.

    def expire(self, now: float) -> None:
        self.times.append(now)
        if len(self.times) == 3:
            self.thrice.set()
        if len(self.times) == 1:
            raise StoreUnavailable


def test_expired_rows_are_deleted_at_once_and_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    store = ExpiringStore()
    with expiring(store, lambda: 1_800_000_000.0, interval=0.01):
        assert store.thrice.wait(WAIT)
    count = len(store.times)
    assert set(store.times) == {1_800_000_000.0}
    assert "could not be deleted" in caplog.text
    assert len(store.times) == count


def test_end_does_not_wait_for_the_next_expiry() -> None:
    store = ExpiringStore()
    with expiring(store, lambda: 0.0):
        pass
    assert len(store.times) <= 1


@pytest.mark.parametrize(("soft", "expected"), [(256, OPEN_FILES), (OPEN_FILES + 1, OPEN_FILES + 1)], ids=["macOS", "high enough"])
def test_open_files_are_raised_to_what_is_wanted_and_allowed(soft: int, expected: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = before[1] if before[1] != resource.RLIM_INFINITY else 2 * OPEN_FILES
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), before[1]))
        raise_open_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(expected, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
