"""What a person sets for one session: its title, how it is answered, and how long it is kept."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.commit.expiries import rewrite_expiries
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.services import RequestContext
from bridge.settings import Settings
from bridge.store import lives
from bridge.store.port import Expiries
from bridge.store.records import Head, session_key
from bridge.store.session_settings import SessionSettings
from bridge.wire.frames import Frame, frame
from bridge.wire.requests import Fields, required
from bridge.wire.session_fields import NAMES, must_be_allowed, names, read_settings, shown_settings

_ATTEMPTS = 8
_HEAD_AND_NEWEST = 2
_RESERVE_SECONDS = 5.0
"""Left of the invocation for the reply, and for noting how far it has come."""


class Configure(NamedTuple):
    """`changes` by name; those of `reset` become the bridge's again."""

    session_id: str
    changes: dict[str, Any]
    reset: list[str]


def read_configure(fields: Fields) -> Configure:
    return Configure(required(fields, "session_id"), read_settings(fields), names(fields, "reset", NAMES))


def configure(context: RequestContext, request: Configure) -> Frame:
    """Changes the settings, and rewrites until when each turn is kept before it answers, where there is time. Raises `no_such_session`."""
    services, key = context.services, session_key(context.caller.owner, request.session_id)
    must_be_allowed(request.changes, services.settings)
    changes = {**{name: None if name == "keep_hours" else "" for name in request.reset}, **request.changes}
    head = _changed(context, key, changes) if changes else _living(context, key)
    complete = finish_rewriting(context, key, head)
    shown = {"session_id": request.session_id, **settings_of(head, services.settings), "expires_at": head.ttl, "complete": complete}
    return frame("configured", context.request_id, **shown)


def settings_of(head: Head, bridge: Settings) -> dict[str, Any]:
    """The settings as they are shown: null where the bridge's own hold; `keep_hours` is what holds."""
    settings = head.settings
    own = {name: getattr(settings, name) for name in NAMES}
    return shown_settings({**own, "title": head.shown_title, "keep_hours": keep_hours(head, bridge)})


def keep_hours(head: Head, bridge: Settings) -> float:
    if head.settings.keep_hours is not None:
        return head.settings.keep_hours
    return 0 if head.ttl is None else bridge.session_ttl_hours


def finish_rewriting(context: RequestContext, key: str, head: Head) -> bool:
    """Rewrites the expiries that a change has left; what there is no time for follows after the reply. Says whether nothing is left."""
    if head.expiries_through is None:
        return True
    services, clock = context.services, context.services.clock
    until = clock.monotonic() + min(services.timing.single_reply_seconds, context.time_left() - _RESERVE_SECONDS)
    default = services.settings.session_ttl
    if rewrite_expiries(services.store, key, head, default, context.now, lambda: clock.monotonic() < until):
        return True
    finish_rewriting_later(context, key, head)
    return False


def finish_rewriting_later(context: RequestContext, key: str, head: Head) -> None:
    """The same after the reply, with all the time that the invocation has left."""
    if head.expiries_through is not None:
        context.after_reply.append(lambda: _finish_rewriting_now(context, key))


def _finish_rewriting_now(context: RequestContext, key: str) -> None:
    store, default = context.services.store, context.services.settings.session_ttl
    head = store.load(key, limit=1).head
    if head is not None and head.is_live(context.now):
        rewrite_expiries(store, key, head, default, context.now, lambda: context.time_left() > _RESERVE_SECONDS)


def _living(context: RequestContext, key: str) -> Head:
    """The head, of a session in which there is a turn."""
    session = context.services.store.load(key, limit=_HEAD_AND_NEWEST)
    if session.head is None or not lives.living(session, context.now):
        raise BridgeError(Code.NO_SUCH_SESSION)
    return session.head


def _changed(context: RequestContext, key: str, changes: dict[str, Any]) -> Head:
    store, now = context.services.store, context.now
    for _ in range(_ATTEMPTS):
        head = _living(context, key)
        settings = head.settings.changed(changes)
        expiries = _expiries(head, settings, context.services.settings.session_ttl, now) if "keep_hours" in changes else None
        configured = store.configure(key, head.born, head.settings.counter, settings, int(now), expiries)
        if configured is None or configured.deleted or configured.born != head.born:
            raise BridgeError(Code.NO_SUCH_SESSION)
        if configured.settings == settings:
            return configured
    raise StoreUnavailable


def _expiries(head: Head, settings: SessionSettings, default: int | None, now: float) -> Expiries:
    """From now, so that no change ends a session at once. No turn is rewritten yet: both old and new times bound them."""
    period = settings.period(default)
    moment = max(now, head.last_updated)
    bounds = [ttl for ttl in (head.turns_ttl, lives.turn_expiry(moment, period)) if ttl is not None]
    return Expiries(lives.expiry(moment, period), min(bounds, default=None))
