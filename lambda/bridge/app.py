"""One event of API Gateway in, the right action out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from bridge.clock import Chance, Clock, Timing
from bridge.errors import BridgeError, Code, ConnectionBusy, ConnectionGone
from bridge.memory.reading import KnownConversations
from bridge.services import Caller, Claude, RequestContext, Services
from bridge.settings import Settings
from bridge.store.port import Store
from bridge.text import encode
from bridge.threads import Threads
from bridge.turn.answering import answer
from bridge.turn.metrics import Measures, Report, no_report
from bridge.turn.question import read_query
from bridge.typed import TYPE_CHECKING, Any, NamedTuple
from bridge.wire.connections import Connections, busy_wait
from bridge.wire.events import Event, read_event
from bridge.wire.frames import Frame, error_frame, single_error
from bridge.wire.requests import Fields, ReplyAddress, read

log = logging.getLogger("bridge")

_OK = {"statusCode": 200}
_POST_ATTEMPTS = 5

if TYPE_CHECKING:
    from typing import TypeVar

    R = TypeVar("R")


class Action(NamedTuple):
    """How a request is read from its fields, and what is done with it: it returns the reply.

    A question is answered from threads of its own, and returns what was measured.
    """

    read: Callable[[Fields], Any]
    act: Callable[[RequestContext, Any], Frame | bytes | Measures]


def _action(read: Callable[[Fields], R], act: Callable[[RequestContext, R], Frame | bytes | Measures]) -> Action:
    return Action(read, act)


def _query() -> Action:
    return _action(read_query, answer)


# The others are imported when the first request for them arrives: a fresh process is there for a question, mostly.


def _cancel() -> Action:
    from bridge.actions.cancel import cancel, read_cancel

    return _action(read_cancel, cancel)


def _history() -> Action:
    from bridge.actions.history import history, read_history

    return _action(read_history, history)


def _sessions() -> Action:
    from bridge.actions.sessions import read_sessions, sessions

    return _action(read_sessions, sessions)


def _search() -> Action:
    from bridge.actions.search import read_search, search

    return _action(read_search, search)


def _configure() -> Action:
    from bridge.actions.configure import configure, read_configure

    return _action(read_configure, configure)


def _remember() -> Action:
    from bridge.actions.remember import read_remember, remember

    return _action(read_remember, remember)


def _import() -> Action:
    from bridge.actions.importing import import_turns, read_import

    return _action(read_import, import_turns)


def _recall() -> Action:
    from bridge.actions.recall import read_recall, recall

    return _action(read_recall, recall)


def _delete() -> Action:
    from bridge.actions.delete import delete, read_delete

    return _action(read_delete, delete)


def _ping() -> Action:
    from bridge.actions.ping import ping, read_ping

    return _action(read_ping, ping)


ACTIONS: dict[str, Callable[[], Action]] = {
    "query": _query,
    "cancel": _cancel,
    "history": _history,
    "sessions": _sessions,
    "search": _search,
    "configure": _configure,
    "remember": _remember,
    "import": _import,
    "recall": _recall,
    "delete": _delete,
    "ping": _ping,
}


def action_of(fields: Fields) -> Action:
    """Raises `unknown_action`."""
    name = fields.get("action")
    if isinstance(name, str) and name in ACTIONS:
        return ACTIONS[name]()
    *others, last = ACTIONS
    raise BridgeError(Code.UNKNOWN_ACTION, f"There is no such action. Known: {', '.join(others)} and {last}.")


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
        threads: Threads | None = None,
        report: Report = no_report,
        local: bool = True,
        stand_in: bool = False,
    ) -> None:
        """`local`: behind a gateway on loopback, where the owner `default` exists, which needs no token. `stand_in`: not Claude answers."""
        known, clock, chance, timing = KnownConversations(), clock or Clock(), chance or Chance(), timing or Timing()
        self._services = Services(settings, store, connections, claude, known, clock, chance, timing, threads or Threads(), stand_in)
        self._report = report
        self._local = local

    def handle(self, event: Mapping[str, Any], time_left: Callable[[], float]) -> dict[str, Any]:
        """Handles one event to its end and never raises. `time_left` gives the seconds until the invocation is ended from outside.

        The value returned matters for `$connect` alone; replies are posted to the connection.
        """
        read = read_event(event)
        if read.kind == "MESSAGE":
            self._handle_message(read, time_left)
        return dict(_OK)

    def _handle_message(self, event: Event, time_left: Callable[[], float]) -> None:
        reply_to, fields = read(event.body)
        try:
            if not event.owner or (event.owner == "default" and not self._local):
                raise BridgeError(Code.NOT_ALLOWED)
            if isinstance(fields, BridgeError):
                raise fields
            caller = Caller(event.owner, event.connection_id, event.request_id, event.sent_at)
            self._act(RequestContext(self._services, caller, reply_to.request_id, time_left, []), fields)
        except BridgeError as error:
            self._post_error(event, reply_to, error)
        except Exception:
            request_id = reply_to.request_id or event.request_id
            log.exception("a message ended in an unexpected error", extra={"request_id": request_id})
            self._post_error(event, ReplyAddress(request_id, reply_to.session_id, reply_to.single), BridgeError(Code.INTERNAL))

    def _act(self, context: RequestContext, fields: Fields) -> None:
        action = action_of(fields)
        reply = action.act(context, action.read(fields))
        if isinstance(reply, Measures):
            self._report(reply)
        else:
            self._post(context.caller.connection_id, reply if isinstance(reply, bytes) else encode(reply))
        for finish in context.after_reply:
            finish()

    def _post_error(self, event: Event, reply_to: ReplyAddress, error: BridgeError) -> None:
        if reply_to.single:
            self._post(event.connection_id, single_error(error, reply_to.session_id, reply_to.request_id or event.request_id))
        else:
            self._post(event.connection_id, encode(error_frame(error, reply_to.request_id, reply_to.session_id)))

    def _post(self, connection_id: str, data: bytes) -> None:
        for attempt in range(1, _POST_ATTEMPTS + 1):
            try:
                return self._services.connections.post(connection_id, data)
            except ConnectionBusy:
                if attempt < _POST_ATTEMPTS:
                    self._services.clock.sleep(busy_wait(attempt))
            except ConnectionGone:
                break
            except Exception:
                log.exception("a post failed in an unexpected way")
                return None
        log.info("a reply could not be delivered")
        return None
