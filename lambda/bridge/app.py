"""One event of API Gateway in, the right action out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bridge.actions import ping, sessions
from bridge.actions import search as searching
from bridge.claude import port
from bridge.clock import Chance, Clock, Timing
from bridge.errors import BridgeError, Code, ConnectionBusy, ConnectionGone
from bridge.memory.reading import KnownConversations
from bridge.settings import Settings
from bridge.store.port import Store
from bridge.store.records import session_key
from bridge.text import encode
from bridge.turn.answering import Answering, Means
from bridge.turn.metrics import Report, no_report
from bridge.turn.poster import Connections
from bridge.turn.question import Caller, Question
from bridge.wire.events import Event, read_event
from bridge.wire.requests import (
    Cancel,
    Delete,
    Frame,
    History,
    Ping,
    Query,
    Reading,
    Request,
    Search,
    Sessions,
    error_frame,
    frame,
    read,
    single_error,
)

log = logging.getLogger("bridge")

_OK = {"statusCode": 200}
_BUSY_WAITS = (0.1, 0.2, 0.4, 0.8)


class Claude(port.Claude, ping.Claude, Protocol):
    """What is asked of Claude: answers, and whether the model is there."""


class App:
    """Composed once per process; many events may be handled at once, each in a thread of its own."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        connections: Connections,
        claude: Claude,
        clock: Clock | None = None,
        chance: Chance | None = None,
        timing: Timing | None = None,
        report: Report = no_report,
        local: bool = True,
    ) -> None:
        """`local`: behind a gateway on loopback, where the owner `default` exists, which needs no token."""
        self._store = store
        self._connections = connections
        self._claude = claude
        self._settings = settings
        self._clock = clock or Clock()
        self._means = Means(
            settings, store, connections, claude, self._clock, chance or Chance(), timing or Timing(), KnownConversations(), report
        )
        self._local = local

    def handle(self, event: Mapping[str, Any], time_left: Callable[[], float]) -> dict[str, Any]:
        """Handles one event to its end and never raises. `time_left` gives the seconds until the invocation is ended from outside.

        What is returned matters for `$connect` alone; replies are posted to the connection.
        """
        read = read_event(event)
        if read.kind == "MESSAGE":
            self._message(read, time_left)
        return dict(_OK)

    def _message(self, event: Event, time_left: Callable[[], float]) -> None:
        reading, request = read(event.body)
        try:
            if not event.owner or (event.owner == "default" and not self._local):
                raise BridgeError(Code.NOT_ALLOWED)
            if isinstance(request, BridgeError):
                raise request
            self._act(event, reading, request, time_left)
        except BridgeError as error:
            self._tell_error(event, reading, error)
        except Exception:
            request_id = reading.request_id or event.request_id
            log.exception("a message ended in an unexpected error", extra={"request_id": request_id})
            self._tell_error(event, Reading(request_id, reading.session_id, reading.single), BridgeError(Code.INTERNAL))

    def _act(self, event: Event, reading: Reading, request: Request, time_left: Callable[[], float]) -> None:
        def tell(frame: Frame) -> None:
            self._post(event, encode(frame))

        owner, request_id, now = event.owner, reading.request_id, self._clock.now()
        match request:
            case Query():
                self._check_length(request)
                caller = Caller(owner, event.connection_id, event.request_id, event.sent_at)
                token, invocation = self._means.chance.token(), self._means.chance.token()
                Answering(self._means, Question.of(request, caller, token, invocation), time_left).run()
            case Cancel():
                sessions.cancel(self._store, owner, request, tell, self._clock.sleep)
            case History():
                self._post(event, sessions.history(self._store, owner, request, request_id, now))
            case Sessions():
                tell(sessions.listing(self._store, owner, request, request_id, now))
            case Search():
                self._post(event, searching.search(self._store, self._means.pasts, self._settings, owner, request, request_id, now))
            case Delete():
                sessions.delete(self._store, owner, request, request_id, now, tell)
                self._means.pasts.forget(session_key(owner, request.session_id))
            case Ping(check):
                found = ping.check(self._store, self._claude, self._settings.claude_model, self._clock.monotonic) if check else {}
                tell(frame("pong", request_id, **found))

    def _check_length(self, query: Query) -> None:
        limit = self._settings.max_message_chars
        if len(query.message) > limit:
            raise BridgeError(Code.MESSAGE_TOO_LONG, f"The message has {len(query.message):,} characters; the limit is {limit:,}.")

    def _tell_error(self, event: Event, reading: Reading, error: BridgeError) -> None:
        if reading.single:
            self._post(event, single_error(error, reading.session_id, reading.request_id or event.request_id))
        else:
            self._post(event, encode(error_frame(error, reading.request_id, reading.session_id)))

    def _post(self, event: Event, data: bytes) -> None:
        for wait in (*_BUSY_WAITS, None):
            try:
                return self._connections.post(event.connection_id, data)
            except ConnectionBusy:
                if wait is None:
                    break
                self._clock.sleep(wait)
            except ConnectionGone:
                break
            except Exception:
                log.exception("a post failed in an unexpected way")
                return None
        log.info("a reply could not be delivered")
        return None
