"""Deleting a session: nobody finds it from now on, and its text is erased."""

from __future__ import annotations

import logging

from bridge.commit.importing import parts_of
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.services import RequestContext, Services
from bridge.store import lives
from bridge.store.port import Session
from bridge.store.records import HEAD, Head, session_key
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import Fields, required

REPLY_SECONDS = 5.0
"""Erasing that takes longer goes on after the reply."""
TURNS = 100
"""This many are removed between two looks at the clock."""
_HEAD_AND_NEWEST = 2
_ATTEMPTS = 8
"""Of burying a session, while turns are stored in it meanwhile."""

log = logging.getLogger("bridge")


class Delete(NamedTuple):
    session_id: str


def read_delete(fields: Fields) -> Delete:
    return Delete(required(fields, "session_id"))


def delete(context: RequestContext, request: Delete) -> Frame:
    """Puts a tombstone in the head's place, then erases the turns. `erased` says whether nothing is left; a repeat says it again.

    A session that has expired is erased, too, as far as anything is left of it. Raises `no_such_session`.
    """
    services = context.services
    key = session_key(context.caller.owner, request.session_id)
    born = _bury(services, key, context.now).born
    services.conversations.forget(key)
    erased = _erase(services, key, born, REPLY_SECONDS)
    if not erased:
        context.after_reply.append(lambda: _erase(services, key, born, context.time_left()))
    return frame("deleted", context.request_id, session_id=request.session_id, erased=erased)


def _bury(services: Services, key: str, now: float) -> Head:
    """The tombstone: there already, or put in the place of what is left of the session."""
    session = services.store.load(key, limit=_HEAD_AND_NEWEST)
    head = session.head
    for _ in range(_ATTEMPTS):
        if head is not None and head.deleted and (head.ttl or 0) > now:
            return head
        if not session.turns and (head is None or head.deleted):
            raise BridgeError(Code.NO_SUCH_SESSION)
        head = services.store.begin(key, lives.tombstone(Session(head, session.turns), now), head)
    raise StoreUnavailable


def _erase(services: Services, key: str, born: str, seconds: float) -> bool:
    """Whether nothing of the turns up to `born` is left after at most this long, about."""
    until = services.clock.monotonic() + seconds
    try:
        for partition, through in ((key, born), (parts_of(key), HEAD)):
            while services.store.remove_turns(partition, through, TURNS) == TURNS:
                if services.clock.monotonic() > until:
                    return False
        return services.store.scrub()
    except StoreUnavailable:
        log.warning("a deleted session could not be erased yet")
        return False
