"""Stopping an answer that is being made."""

from __future__ import annotations

import logging

from bridge.services import RequestContext
from bridge.store.claims import request_hash
from bridge.typed import NamedTuple
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import Fields, required

log = logging.getLogger("bridge")

_WAITS = (0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts to find the request: after a cold start, claiming it may take this long."""


class Cancel(NamedTuple):
    session_id: str
    request_id: str


def read_cancel(fields: Fields) -> Cancel:
    return Cancel(required(fields, "session_id"), required(fields, "request_id"))


def cancel(context: RequestContext, request: Cancel) -> Frame:
    """Asks the invocation that answers this request to stop. Nothing running under that id is not an error.

    A request that was sent just before may be claimed a little later: it is looked for a few times more, after the reply.
    """
    # The message matters only where there is no request id.
    key = request_hash(context.caller.owner, request.session_id, request.request_id, "", "")
    if not context.services.store.cancel(key):
        context.after_reply.append(lambda: _try_again(context, key))
    return frame("cancelled", request.request_id, session_id=request.session_id)


def _try_again(context: RequestContext, key: str) -> None:
    for wait in _WAITS:
        context.services.clock.sleep(wait)
        try:
            if context.services.store.cancel(key):
                return
        except Exception:
            log.exception("a cancel could not be tried again")  # The client has its reply.
            return
