"""Deletes expired rows, as DynamoDB does by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from bridge.errors import StoreUnavailable

INTERVAL_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Expiring(Protocol):
    def inspect(self, now: float) -> None:
        """Looks for damage, and whether anything can be written. Raises `StoreUnavailable`."""

    def expire(self, now: float) -> None:
        """Deletes expired rows. Raises `StoreUnavailable`."""


@contextmanager
def expiring(store: Expiring, now: Callable[[], float], interval: float = INTERVAL_SECONDS) -> Iterator[None]:
    """In the background, during the block: inspects the store once, then deletes expired rows, immediately and every `interval` seconds."""
    stop = threading.Event()

    def run() -> None:
        with suppress(StoreUnavailable):  # It is in the log.
            store.inspect(now())
        while not stop.is_set():
            try:
                store.expire(now())
            except StoreUnavailable:
                logger.warning("Expired rows could not be deleted; the next attempt is in %g s.", interval)
            stop.wait(interval)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1.0)
