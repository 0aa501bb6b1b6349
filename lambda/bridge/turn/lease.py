"""Keeps the lease of a running request, and sees what others have written on its row.

    claim ── held ── renew ── held ── (the store does not answer; the clock jumps) ── in doubt ── renew: still ours ── held
                                                                                              └ renew: somebody else's ── lost

While it is in doubt nothing is asked, stored or sent that another invocation may be asking, storing or sending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bridge.claude.interrupt import Interrupt, Reason
from bridge.clock import Clock
from bridge.errors import StoreUnavailable
from bridge.services import Services
from bridge.store.claim_row import Claim
from bridge.threads import Worker

_SET_BACK = 0.5
"""In seconds: a clock that was set back by more than this has made a lease that ends too late."""

log = logging.getLogger("bridge")


class LeaseLost(Exception):
    """Nothing more is asked, stored or sent from here: another invocation may be answering the request."""

    def __init__(self) -> None:
        super().__init__("the lease is over")


class Lease:
    """Until when a claim holds: by this process's own monotonic clock, counted from before the write that made it, and by the wall clock,
    which others go by and which jumps: when it is set, and when a machine was asleep.
    """

    def __init__(self, seconds: float, claimed_at: float, lease_until: float, clock: Clock) -> None:
        """`lease_until` is what stands in the row."""
        self.seconds = seconds
        self._clock = clock
        self._until = claimed_at + seconds
        self._lease_until = lease_until
        self.is_lost = False
        """Somebody else has the request. This is for good; a lease that is neither lost nor held is in doubt."""

    def extend(self, renewed_at: float, lease_until: float) -> None:
        self._until, self._lease_until = renewed_at + self.seconds, lease_until

    def is_held(self) -> bool:
        left = self._lease_until - self._clock.now()
        return not self.is_lost and self._clock.monotonic() < self._until and 0 < left < self.seconds + _SET_BACK

    def confirm(self, time_left: Callable[[], float], pause: float) -> bool:
        """Waits while the lease is in doubt. False: it is lost, or there is no time left."""
        while not self.is_held():
            if self.is_lost or time_left() <= 0:
                return False
            self._clock.sleep(pause)
        return True


class LeaseRenewer(Worker):
    """Renews the lease every third of its length.

    Each `Timing.poll_interval` it also passes on what has happened: a connection that joins to `join_in`; a cancel, the end of the
    time at the monotonic `deadline`, and the loss of the lease to the interrupt.
    """

    def __init__(
        self, services: Services, claim: Claim, lease: Lease, interrupt: Interrupt, *, join_in: Callable[[str], None], deadline: float
    ) -> None:
        super().__init__(services.threads)
        self._store = services.store
        self._clock = services.clock
        self._poll_interval = services.timing.poll_interval
        self._claim = claim
        self._lease = lease
        self._interrupt = interrupt
        self._join_in = join_in
        self._deadline = deadline
        self._done = threading.Event()
        self._renew_at = self._clock.monotonic() + lease.seconds / 3

    def start(self) -> None:
        """There is nothing to do before the first interval is over: most answers need no thread for this."""
        self.start_in(self._poll_interval)

    def run(self) -> None:
        while not self._done.is_set():
            if self._clock.monotonic() >= self._deadline:
                self._interrupt.set(Reason.OUT_OF_TIME)
            try:
                self._look()
            except StoreUnavailable:
                log.info("the lease could not be renewed or read; trying again")
            except Exception:  # Without this thread there would be no cancel, no end of the time and no lease.
                log.exception("the lease could not be renewed or read; trying again")
            if self._lease.is_lost:
                self._interrupt.set(Reason.LEASE_LOST)
                return
            self._done.wait(self._poll_interval)

    def stop(self) -> None:
        """Ends and joins the thread; the lease then holds for what is left of it."""
        self._done.set()
        self.join()

    def _look(self) -> None:
        now = self._clock.monotonic()
        if now < self._renew_at and self._lease.is_held():
            row = self._store.look(self._claim.hash, consistent=False)
        else:
            lease_until = self._clock.now() + self._lease.seconds
            row = self._store.renew(self._claim.hash, self._claim.invocation, lease_until)
            if row is None:
                self._lease.is_lost = True
                return
            self._lease.extend(now, lease_until)
            self._renew_at = now + self._lease.seconds / 3
        if row is None or row.invocation != self._claim.invocation:
            return  # A read may be older than our claim; only the renewal decides whose the row is.
        if row.cancel:
            self._interrupt.set(Reason.CANCELLED)
        if row.connection_id not in ("", self._claim.connection_id):
            self._join_in(row.connection_id)
