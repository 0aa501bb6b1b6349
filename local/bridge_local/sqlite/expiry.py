"""Deletes expired rows, as DynamoDB does by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bridge.errors import StoreUnavailable

INTERVAL_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Expiring(Protocol):
    def expire(self, now: float) -> None:
        """Deletes expired rows. Raises `StoreUnavailable`."""


@contextmanager
def expiring(store: Expiring, now: Callable[[], float], interval: float = INTERVAL_SECONDS) -> Iterator[None]:
    """Deletes expired rows in the background during the block: first immediately, then every `interval` seconds."""
    stop = threading.Event()

    def run() -> None:
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
