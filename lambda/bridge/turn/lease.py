"""Keeps the lease of a running request, and looks for what others have written on its row."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from bridge.claude.interrupt import Interrupt, Reason
from bridge.clock import Clock, Timing
from bridge.errors import StoreUnavailable
from bridge.store.records import Claim
from bridge.turn.poster import Poster

log = logging.getLogger("bridge")


class Claims(Protocol):
    """What the keeper asks of the store; see `store.Store`."""

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None: ...

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None: ...


class Lease:
    """Until when a claim holds, by this process's own monotonic clock, counted from before the write that made it."""

    def __init__(self, seconds: float, asked_at: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = asked_at + seconds

    def extend(self, asked_at: float) -> None:
        self._until = asked_at + self.seconds

    def is_held(self) -> bool:
        return self._clock.monotonic() < self._until

    def end(self) -> None:
        self._until = 0.0


class Keeper(threading.Thread):
    """Renews the lease every third of its length, and each `Timing.look` tells the poster of a connection that joins and the interrupt
    of a cancel, of the end of the time, or of a lease that is lost.
    """

    def __init__(
        self,
        claims: Claims,
        claim: Claim,
        lease: Lease,
        poster: Poster,
        interrupt: Interrupt,
        *,
        deadline: float,
        clock: Clock,
        timing: Timing,
    ) -> None:
        super().__init__(name="keeper")
        self._claims = claims
        self._claim = claim
        self._lease = lease
        self._poster = poster
        self._interrupt = interrupt
        self._deadline = deadline
        self._clock = clock
        self._timing = timing
        self._done = threading.Event()
        self._renew_at = clock.monotonic() + lease.seconds / 3

    def run(self) -> None:
        while not self._done.wait(self._timing.look):
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
            row = self._claims.look(self._claim.hash, consistent=False)
        else:
            row = self._claims.renew(self._claim.hash, self._claim.invocation, self._clock.now() + self._lease.seconds)
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
            self._poster.join_in(row.connection_id)
