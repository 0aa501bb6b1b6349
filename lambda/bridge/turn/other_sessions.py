"""What was said in the owner's other sessions, for a question that asks for it."""

from __future__ import annotations

from bridge.memory.across import listing
from bridge.memory.reading import KnownConversation
from bridge.memory.request import Quoted, Share, Window, joined
from bridge.services import Services
from bridge.settings import Settings
from bridge.typed import NamedTuple

MIN_SHARE, MAX_SHARE = 5, 2
"""Other sessions may take what the session leaves of the limit: at least a fifth of it, at most half."""


class OtherSessions(NamedTuple):
    """`session` is the key of the session that is asked in; `settings` are those of the question."""

    services: Services
    settings: Settings
    owner: str
    session: str
    message: str
    utc_offset: int

    def own_limit(self) -> int:
        """How many characters the session itself may take."""
        return self.settings.context_limit - self.settings.context_limit // MIN_SHARE

    def added_to(self, window: Window, conversation: KnownConversation) -> Window:
        """The window of the `conversation`, with passages of other sessions, each of which is still there. Raises `StoreUnavailable`."""
        from bridge.memory.across import finding  # With recall and its tables.

        services, now = self.services, self.services.clock.now()
        searched, complete = listing.read(
            *(services.store, self.owner, services.conversations),
            *(self.settings.recall_read_kb * 1024, now, lambda other: other.session != self.session),
        )
        limit, used = self.settings.context_limit, sum(share.characters for share in window.shares)
        room = max(limit // MIN_SHARE, min(limit - used, limit // MAX_SHARE)) - finding.frame_cost()
        matches, all_indexed = finding.search(searched, self.message, now=now, utc_offset=self.utc_offset, asked_in=conversation)
        chosen = finding.within(matches, room)
        heads = listing.still_there(services.store, [(one.session, one.born) for one in chosen], now)
        chosen = [one for one in chosen if one.session in heads]
        quoted = finding.quoted(chosen, {session: head.shown_title for session, head in heads.items()})
        turns = len({(one.session, one.excerpt.turn) for one in chosen})
        passages = [Quoted(one.session, one.excerpt.turn, one.excerpt.role, one.excerpt.start, one.excerpt.end) for one in chosen]
        return window._replace(
            quoted=joined(window.quoted, quoted),
            recalled=Share(window.recalled.characters + len(quoted), (window.recalled.turns or 0) + turns),
            complete=window.complete and complete and all_indexed,
            passages=(*window.passages, *passages),
        )
