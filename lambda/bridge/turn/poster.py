"""What goes out to the clients of one question, in order, from one thread at a time.

Where a connection takes a post without waiting, it goes out from the thread that has something to say. The first one that may take its
time, and the first that is due later, start a thread for all that follow.

Text is not queued: each recipient has its place in the answer, and each post carries all that lies beyond it. So a slow reader
gets fewer and larger frames, a recipient that comes late gets everything from the beginning, and nothing is ever sent in the wrong order.
"""

from __future__ import annotations

import logging

from bridge.clock import Clock, Timing
from bridge.errors import ConnectionBusy, ConnectionGone
from bridge.text import encode
from bridge.threads import Threads, Worker
from bridge.turn.question import Audience
from bridge.turn.recipients import FOREVER, Broadcast, Recipient, SingleReply, Stream
from bridge.turn.replies import Ending
from bridge.typed import Any, Protocol
from bridge.wire.connections import Connections, busy_wait
from bridge.wire.frames import frame

log = logging.getLogger("bridge")


class Guard(Protocol):
    """Whether this invocation may answer; see `lease.Lease`."""

    is_lost: bool

    def is_held(self) -> bool: ...


class _Silenced(Exception):
    """The lease is lost: somebody else is answering, and nothing more is to be sent from here."""


class _NotAtOnce(Exception):
    """To post this may take its time."""


class _InDoubt(Exception):
    """Somebody else may be answering: text has to wait until that is known."""


class Poster(Worker):
    """Posts to a streamed request's connection, to those that join it, and to an unstreamed one its single reply.

    `single_by` and `give_up_at` are monotonic times: when the single reply is due, and until when connections that take nothing are tried.
    """

    def __init__(
        self,
        connections: Connections,
        audience: Audience,
        *,
        single_by: float,
        give_up_at: float = float("inf"),
        clock: Clock,
        timing: Timing,
        threads: Threads,
    ) -> None:
        super().__init__(threads)
        self._connections = connections
        self._request_id = audience.request_id
        self._give_up_at = give_up_at
        self._clock = clock
        self._timing = timing
        self._broadcast = Broadcast(timing)
        self._changed = self._broadcast.changed
        self._lease: Guard | None = None
        self._streams: dict[str, Stream] = {}
        self._single: list[Recipient] = []
        self._awaits_text = False
        self._is_threaded = False
        self._starts_at = FOREVER
        if audience.single:
            self._single.append(SingleReply(audience, self._broadcast, self._send, clock, single_by))
        else:
            self.join_in(audience.connection_id)
        self._own = self._recipients()[0]

    def start(self) -> None:
        with self._changed:
            self._go_on()

    # For the other threads of the question.

    def guard(self, lease: Guard) -> None:
        """The lease is looked at before every post. Once it is lost nothing is sent; while it is in doubt, nothing of an answer."""
        self._lease = lease

    def join_in(self, connection_id: str) -> None:
        """A connection that wants the stream, from the beginning. One that is known already changes nothing."""
        with self._changed:
            if connection_id not in self._streams:
                stream = Stream(connection_id, self._request_id, self._broadcast, self._send, self._clock, self._timing.status_interval)
                self._streams[connection_id] = stream
                self._go_on()

    def say(self, kind: str, **fields: Any) -> None:
        """A frame for everyone who streams now."""
        data = encode(frame(kind, self._request_id, **fields))
        with self._changed:
            for stream in self._streams.values():
                stream.queue.append(data)
            self._go_on()

    def wait_until_said(self, seconds: float) -> None:
        """Waits until what was said has been posted, but at most this long."""
        with self._changed:
            self._changed.wait_for(lambda: not any(stream.queue and not stream.over for stream in self._streams.values()), seconds)

    def begin(self, answer: str) -> None:
        """Claude is asked (again): what was sent of an earlier answer is void."""
        with self._changed:
            self._broadcast.begin(answer)

    def respond(self) -> None:
        """Claude is at work. Clients that stream get a `status` if there is no text soon."""
        with self._changed:
            self._broadcast.thinking_at = self._clock.monotonic() + self._timing.thinking_seconds
            self._go_on()

    def add(self, text: str) -> None:
        """The next piece of the answer. Not for several threads at once.

        The thread notes that it awaits text and then looks for some: it finds this piece, or is woken here. Otherwise it is at work, or
        knows when the next text is due. So most pieces, of which there are thousands, need no lock.
        """
        pieces = self._broadcast.pieces
        pieces.append(text)
        if self._awaits_text:
            with self._changed:
                self._awaits_text = False
                self._go_on()
        if len(pieces) == 1 and self._is_threaded:
            self._clock.sleep(0)  # That thread has to run for it to go out, and reading on would keep it from that.

    def end(self, ending: Ending | None) -> None:
        """The last frame, after all the text; None: nothing more is sent. Returns when it has been sent or cannot be."""
        with self._changed:
            self._broadcast.ending, self._broadcast.closed = ending, True
            self._give_up_at = min(self._clock.monotonic() + self._timing.drain_seconds, self._give_up_at)
            self._go_on()
        self.join()

    @property
    def streams(self) -> bool:
        """Somebody has been or may have been shown what came."""
        with self._changed:
            return bool(self._streams)

    @property
    def first_text_at(self) -> float | None:
        """When the first text of the answer went out, by the monotonic clock."""
        return self._broadcast.first_text_at

    @property
    def own_is_gone(self) -> bool:
        """Nothing more can be sent to the connection of this request."""
        return self._own.over

    def _go_on(self) -> None:
        """Posts what is due, holding the lock, or starts the thread for it; once that runs, only wakes it."""
        if self._is_threaded:
            self._changed.notify()
            return
        broadcast = self._broadcast
        try:
            while (due := self._next_due(now := self._clock.monotonic())) is not None and due <= now:
                pace = broadcast.first_text_at, broadcast.next_text_at
                self._post_all()
        except _NotAtOnce:
            broadcast.first_text_at, broadcast.next_text_at = pace
            super().start()
        except _Silenced:
            broadcast.ending, broadcast.closed = None, True
        else:
            if due is not None and broadcast.closed:
                super().start()  # `end` waits for it.
            elif due is not None and due < self._starts_at:
                self._starts_at = due
                self.start_in(due - now)

    # The thread.

    def run(self) -> None:
        with self._changed:
            self._is_threaded = True
        try:
            while self._await_work():
                self._post_all()
        except _Silenced:
            return

    def _await_work(self) -> bool:
        """Waits until something may be sent; False when everything has been."""
        with self._changed:
            while (due := self._next_due(now := self._clock.monotonic())) is not None:
                if due <= now:
                    return True
                self._changed.wait(due - now)
            return False

    def _next_due(self, now: float) -> float | None:
        """When the next post is due; None: everything has been sent."""
        if self._broadcast.closed and (self._broadcast.ending is None or self._is_done(now)):
            return None
        self._awaits_text = True  # See `add`.
        self._awaits_text = any(not (one.over or one.is_behind()) for one in self._streams.values())
        due = self._due(now)
        self._awaits_text = self._awaits_text and due > now
        return due

    def _is_done(self, now: float) -> bool:
        """Whether everybody has the last frame, or those who have not are busy and the time is up."""
        given_up = now > self._give_up_at
        return all(one.over or (given_up and one.busy_attempts) for one in self._recipients())

    def _due(self, now: float) -> float:
        """When the next post is due. A wait is never longer than the silence, so that it is always finite."""
        dues = [max(one.due(now), one.retry_at) for one in self._recipients() if not one.over]
        return min([now + self._timing.status_interval, self._broadcast.thinking_at, *dues])

    def _post_all(self) -> None:
        with self._changed:
            recipients, now = self._recipients(), self._clock.monotonic()
            self._say_thinking(now)
            text_is_due = self._broadcast.text_is_due(now)
            if text_is_due and any(one.is_behind() for one in recipients):
                self._broadcast.text_sent(now)
        for one in sorted(recipients, key=lambda one: one.last_sent_at):
            if not one.over and one.retry_at <= now:
                self._post_to(one, text_is_due)

    def _say_thinking(self, now: float) -> None:
        if now < self._broadcast.thinking_at:
            return
        self._broadcast.thinking_at = FOREVER
        if not self._broadcast.pieces:
            for stream in self._streams.values():
                stream.queue.append(encode(frame("status", self._request_id, state="thinking")))

    def _post_to(self, one: Recipient, text_is_due: bool) -> None:
        try:
            self._post_what_may_be(one, text_is_due)
            one.busy_attempts = 0
        except ConnectionGone:
            one.over = True
        except ConnectionBusy:
            one.busy_attempts += 1
            one.retry_at = self._clock.monotonic() + busy_wait(one.busy_attempts)
        except (_Silenced, _NotAtOnce):
            raise
        except Exception:
            log.exception("a post failed in an unexpected way; this connection is given up")
            one.over = True

    def _post_what_may_be(self, one: Recipient, text_is_due: bool) -> None:
        try:
            one.post(text_is_due=text_is_due)
        except _InDoubt:
            one.post_in_doubt()
            if not one.over:
                raise ConnectionBusy from None  # The rest may be posted later.

    def _send(self, connection_id: str, data: bytes, *, harmless: bool) -> None:
        if self._lease is not None:
            if self._lease.is_lost:
                raise _Silenced
            if not harmless and not self._lease.is_held():
                raise _InDoubt
        if self._is_threaded:
            self._connections.post(connection_id, data)
        elif not self._connections.try_post(connection_id, data):
            raise _NotAtOnce

    def _recipients(self) -> list[Recipient]:
        return [*self._streams.values(), *self._single]
