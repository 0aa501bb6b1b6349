"""What the bridge works with: the services of a process, and the context of one message."""

from __future__ import annotations

from collections.abc import Callable

from bridge.claude import port
from bridge.clock import Chance, Clock, Timing
from bridge.memory.reading import KnownConversations
from bridge.settings import Settings
from bridge.store.port import Store
from bridge.threads import Threads
from bridge.typed import NamedTuple, Protocol
from bridge.wire.connections import Connections


class Claude(port.Claude, Protocol):
    """What is asked of Claude: answers, and whether a model is there."""

    def knows(self, model: str) -> bool:
        """Whether there is this model; False: that cannot be checked. See `messages_api.MessagesApi.knows`."""


class Services(NamedTuple):
    """What every message is handled with, made once per process."""

    settings: Settings
    store: Store
    connections: Connections
    claude: Claude
    conversations: KnownConversations
    clock: Clock
    chance: Chance
    timing: Timing
    threads: Threads
    stand_in: bool = False
    """Whether a stand-in answers instead of Claude; then `pong` and `done` say so."""


class Caller(NamedTuple):
    """Who sent the message and where the reply goes. `event_id` is API Gateway's id of the message; `sent_at` when it took it."""

    owner: str
    connection_id: str
    event_id: str
    sent_at: float | None


class RequestContext(NamedTuple):
    """What one message is handled with.

    `request_id` is the client's own, which its replies carry, or "". `time_left` gives the seconds until the invocation is ended from
    outside. What is appended to `after_reply` is done once the reply has been posted.
    """

    services: Services
    caller: Caller
    request_id: str
    time_left: Callable[[], float]
    after_reply: list[Callable[[], object]]

    @property
    def now(self) -> float:
        return self.services.clock.now()
