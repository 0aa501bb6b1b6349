"""What is done for a session once its answer has been told, while nobody waits.

Whatever fails is logged and leaves everything as it was: it is done after a later question.
"""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

from bridge.claude.budget import Budget
from bridge.claude.port import Claude
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.memory.reading import KnownConversation
from bridge.settings import Settings
from bridge.store.records import Head, Turn, Usage
from bridge.upkeep import compaction, lifetimes

log = logging.getLogger("bridge")


class Store(compaction.Store, lifetimes.Store, Protocol):
    """What the upkeep asks of the store; see `store.Store`."""


class Stored(NamedTuple):
    """An answer that was stored as `turn`: the head after it, and what is known of the conversation, this turn included."""

    turn: Turn
    head: Head
    kept: KnownConversation


class Upkeep(NamedTuple):
    """The means of the upkeep, which must have ended at the monotonic time `until`."""

    store: Store
    claude: Claude
    settings: Settings
    budget: Budget
    clock: Clock
    until: float

    def compact(self, stored: Stored) -> Usage:
        """Returns the tokens that it took."""
        means = (self.store, self.claude, self.settings, self.budget)
        try:
            return compaction.compact(*means, stored.kept, stored.head, stored.turn, seconds=self._time_left(), clock=self.clock)
        except (BridgeError, Failure) as error:
            # Not what the error says: Claude's own words, which may quote what it was asked.
            told = error.error if isinstance(error, Failure) else error
            # The client of the Messages API does not know that the model of a summary has a setting of its own.
            setting = "SUMMARY_MODEL" if told.setting == "CLAUDE_MODEL" else told.setting
            log.warning("there is no new summary", extra={"reason": told.code.wire, "setting": setting})
        except Exception:
            log.exception("a compaction ended in an unexpected error")
        return Usage()

    def renew(self, stored: Stored) -> int:
        """Returns how many turns were prolonged."""
        now, period = self.clock.now(), self.settings.session_ttl
        try:
            return lifetimes.renew(
                *(self.store, stored.kept, stored.head, period, now), mark=stored.turn.id, may_go_on=lambda: self._time_left() > 0
            )
        except BridgeError:
            log.warning("the turns' time could not be prolonged")
        except Exception:
            log.exception("a renewal ended in an unexpected error")
        return 0

    def _time_left(self) -> float:
        return self.until - self.clock.monotonic()
