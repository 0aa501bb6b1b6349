"""What is done for a session after its answer has been sent, while nobody waits.

Whatever fails is logged and leaves everything as it was: it is done after a later question.
"""

from __future__ import annotations

import logging

from bridge.claude.budget import Budget
from bridge.claude.retry import Failure
from bridge.commit.expiries import rewrite_expiries
from bridge.errors import BridgeError
from bridge.memory.reading import KnownConversation
from bridge.services import Services
from bridge.store.records import Head, Turn, Usage
from bridge.typed import NamedTuple
from bridge.upkeep import lifetimes

log = logging.getLogger("bridge")


class Stored(NamedTuple):
    """An answer that was stored as `turn`: the head after it, what is known of the conversation, and what was read."""

    turn: Turn
    head: Head
    conversation: KnownConversation
    turns: tuple[Turn, ...] = ()


class Upkeep(NamedTuple):
    """`until` is the monotonic time by which it must have ended; what a summary takes counts in the `budget`."""

    services: Services
    budget: Budget
    until: float

    def compact(self, stored: Stored) -> Usage:
        """Brings the summary up to date. Returns the tokens that it took."""
        turn, head, conversation, _ = stored
        with conversation.turns() as turns:
            if turns.fit(self.services.settings.context_limit) and turn.id > head.summarised_through:
                return Usage()  # Nothing has left the live part.
        # Not before a conversation outgrows its window: see `KnownConversation.index`.
        from bridge.upkeep import compaction

        try:
            return compaction.compact(self.services, self.budget, conversation, head, turn, seconds=self._time_left())
        except (BridgeError, Failure) as error:
            # Not what the error says: Claude's own words, which may quote what it was asked.
            cause = error.error if isinstance(error, Failure) else error
            # The client of the Messages API does not know that the model of a summary has a setting of its own.
            setting = "SUMMARY_MODEL" if cause.setting == "CLAUDE_MODEL" else cause.setting
            log.warning("there is no new summary", extra={"reason": cause.code.wire, "setting": setting})
        except Exception:
            log.exception("a compaction ended in an unexpected error")
        return Usage()

    def extend_turns(self, stored: Stored) -> int:
        """Extends the lifetimes of the session's turns, if they are short. Returns how many turns were written."""
        turn, head, conversation, turns = stored
        services = self.services
        default = services.settings.session_ttl
        period = head.period(default)
        try:
            if head.expiries_through is not None:
                rewrite_expiries(services.store, conversation.session, head, default, services.clock.now(), lambda: self._time_left() > 0)
                return 0
            if head.settings.counter and period is None:  # One was counted, and its process ended before it was kept forever.
                services.store.prolong(conversation.session, [one.id for one in turns if one.ttl is not None], None, head.settings.counter)
            return lifetimes.extend_turns(
                *(services.store, conversation, head, period, services.clock.now()),
                mark=turn.id,
                may_go_on=lambda: self._time_left() > 0,
            )
        except BridgeError:
            log.warning("the turns' lifetimes could not be extended")
        except Exception:
            log.exception("a renewal ended in an unexpected error")
        return 0

    def _time_left(self) -> float:
        return self.until - self.services.clock.monotonic()
