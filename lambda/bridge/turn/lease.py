"""Keeps the lease of a running request, and sees what others have written on its row."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bridge.claude.interrupt import Interrupt, Reason
from bridge.clock import Clock
from bridge.errors import StoreUnavailable
from bridge.services import Services
from bridge.store.records import Claim

log = logging.getLogger("bridge")


class LeaseLost(Exception):
    """Nothing more is asked, stored or sent from here: another invocation may be answering the request."""

    def __init__(self) -> None:
        super().__init__("the lease is over")


class Lease:
    """Until when a claim holds, by this process's own monotonic clock, counted from before the write that made it."""

    def __init__(self, seconds: float, claimed_at: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = claimed_at + seconds

    def extend(self, renewed_at: float) -> None:
        self._until = renewed_at + self.seconds

    def is_held(self) -> bool:
        return self._clock.monotonic() < self._until

    def end(self) -> None:
        self._until = 0.0


class Keeper(threading.Thread):
    """Renews the lease every third of its length.

    Each `Timing.look` it also passes on what has happened meanwhile: a connection that joins to `join_in`; a cancel, the end of the time at
    the monotonic `deadline`, and the loss of the lease to the interrupt.
    """

    def __init__(
        self, services: Services, claim: Claim, lease: Lease, interrupt: Interrupt, *, join_in: Callable[[str], None], deadline: float
    ) -> None:
        super().__init__(name="keeper")
        self._store = services.store
        self._clock = services.clock
        self._look_seconds = services.timing.look
        self._claim = claim
        self._lease = lease
        self._interrupt = interrupt
        self._join_in = join_in
        self._deadline = deadline
        self._done = threading.Event()
        self._renew_at = self._clock.monotonic() + lease.seconds / 3

    def run(self) -> None:
        while not self._done.wait(self._look_seconds):
            if self._clock.monotonic() >= self._deadline:
                self._interrupt.set(Reason.OUT_OF_TIME)
            try:
                self._look()
            except StoreUnavailable:
                log.warning("the lease could not be renewed or read; trying again")
            except Exception:  # Without the keeper there would be no cancel, no end of the time and no lease.
                log.exception("the lease could not be renewed or read; trying again")
            if not self._lease.is_held():
                self._interrupt.set(Reason.LEASE_LOST)
                return

    def stop(self) -> None:
        """Ends and joins the thread; the lease then holds for what is left of it."""
        self._done.set()
        if self.ident is not None:
            self.join()

    def _look(self) -> None:
        now = self._clock.monotonic()
        if now < self._renew_at:
            row = self._store.look(self._claim.hash, consistent=False)
        else:
            row = self._store.renew(self._claim.hash, self._claim.invocation, self._clock.now() + self._lease.seconds)
            if row is None:
                self._lease.end()
                return
            self._lease.extend(now)
            self._renew_at = now + self._lease.seconds / 3
        if row is None or row.invocation != self._claim.invocation:
            return  # A read may be older than our claim; only the renewal decides whose the row is.
        if row.cancel:
            self._interrupt.set(Reason.CANCELLED)
        if row.connection_id not in ("", self._claim.connection_id):
            self._join_in(row.connection_id)
