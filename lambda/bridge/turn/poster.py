"""What goes out to the clients of one question, in order, from one thread.

Text is not queued but kept: each listener has its place in the answer, and each post carries all that lies beyond it. So a slow reader
gets fewer and larger frames, a listener that comes late gets everything from the beginning, and nothing is ever sent in the wrong order.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from bridge.clock import Clock, Timing
from bridge.errors import BridgeError, Code, ConnectionBusy, ConnectionGone
from bridge.text import encode
from bridge.wire.connections import Connections
from bridge.wire.frames import Frame, deltas, frame, single_error

_BUSY_SECONDS = 0.1
_LONGEST_BUSY_SECONDS = 2.0

log = logging.getLogger("bridge")


class Audience(NamedTuple):
    """Who asked: the connection, whether it gets one `single` message or a stream, and the `request_id` of frames and of that message."""

    connection_id: str
    single: bool
    request_id: str
    single_id: str
    session_id: str


class Ending(NamedTuple):
    """The last frame of a request, for those who stream, and the one message for who does not."""

    frame: Frame
    single: bytes


class _Silenced(Exception):
    """The lease is over: somebody else may be answering, and nothing more is to be sent from here."""


class _Listener:
    """A connection and its place in the answer: `offset` code points are sent, `backlog` is taken up to `piece` and not sent yet."""

    def __init__(self, connection_id: str, heard: float) -> None:
        self.connection_id = connection_id
        self.heard = heard
        self.queue: deque[bytes] = deque()
        self.answer = ""
        self.piece = 0
        self.backlog = ""
        self.offset = 0
        self.retry_at = 0.0
        self.busy = 0
        self.over = False


class Poster(threading.Thread):
    """Posts to a streamed request's connection, to those that join it, and to an unstreamed one its single reply.

    `single_by` and `give_up_at` are monotonic times: when the single reply is due, and until when connections that take nothing are tried.
    `may_send` is asked before every post: False once the lease of the request is over, and then nothing is sent any more.
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
    ) -> None:
        super().__init__(name="poster")
        self._connections = connections
        self._to = audience
        self._single_by = single_by
        self._give_up_at = give_up_at
        self._clock = clock
        self._timing = timing
        self._changed = threading.Condition()
        self._may_send: Callable[[], bool] = lambda: True
        self._listeners: dict[str, _Listener] = {}
        self._single_open = audience.single
        self._single_retry_at = 0.0
        self._answer = ""
        self._pieces: list[str] = []
        self._first_text: float | None = None
        self._next_text = 0.0
        self._ending: Ending | None = None
        self._ended_at = 0.0
        self._closed = False
        if not audience.single:
            self.join_in(audience.connection_id)

    # For the other threads of the question.

    def guard(self, may_send: Callable[[], bool]) -> None:
        self._may_send = may_send

    def join_in(self, connection_id: str) -> None:
        """A connection that wants the stream, from the beginning. One that is known already changes nothing."""
        with self._changed:
            if connection_id not in self._listeners:
                self._listeners[connection_id] = _Listener(connection_id, self._clock.monotonic())
                self._changed.notify()

    def say(self, kind: str, **fields: Any) -> None:
        """A frame for everyone who streams now."""
        data = encode(frame(kind, self._to.request_id, **fields))
        with self._changed:
            for listener in self._listeners.values():
                listener.queue.append(data)
            self._changed.notify()

    def wait_until_said(self, seconds: float) -> None:
        """Waits, so long at most, until what was said has been posted."""
        with self._changed:
            self._changed.wait_for(lambda: not any(one.queue and not one.over for one in self._listeners.values()), seconds)

    def begin(self, answer: str) -> None:
        """Claude is asked (again): what was sent of an earlier answer is void."""
        with self._changed:
            self._answer, self._pieces, self._first_text = answer, [], None

    def add(self, text: str) -> None:
        with self._changed:
            self._pieces.append(text)
            self._changed.notify()

    def end(self, ending: Ending | None) -> None:
        """The last frame, after all the text; None: nothing more is sent. Returns when it has been sent or cannot be."""
        with self._changed:
            self._ending, self._closed = ending, True
            self._ended_at = self._clock.monotonic()
            self._changed.notify()
        if self.ident is not None:
            self.join()

    @property
    def streams(self) -> bool:
        """Somebody has been or may have been shown what came."""
        with self._changed:
            return bool(self._listeners)

    @property
    def first_text_at(self) -> float | None:
        """When the first text of the answer went out, by the monotonic clock."""
        return self._first_text

    @property
    def own_is_gone(self) -> bool:
        """The connection of this request can be told nothing any more."""
        with self._changed:
            return not self._single_open if self._to.single else self._listeners[self._to.connection_id].over

    # The thread.

    def run(self) -> None:
        try:
            while self._await_work():
                self._post_all()
        except _Silenced:
            return

    def _await_work(self) -> bool:
        """Waits until something may be sent; False when everything has been."""
        with self._changed:
            while True:
                now = self._clock.monotonic()
                if self._closed and (self._ending is None or self._all_told(now)):
                    return False
                due = self._due(now)
                if due <= now:
                    return True
                self._changed.wait(due - now)

    def _all_told(self, now: float) -> bool:
        if now > min(self._ended_at + self._timing.stubborn, self._give_up_at):
            return not self._single_open_untried() and all(listener.over or listener.busy for listener in self._listeners.values())
        return not self._single_open and all(listener.over for listener in self._listeners.values())

    def _single_open_untried(self) -> bool:
        return self._single_open and self._single_retry_at == 0.0

    def _due(self, now: float) -> float:
        """When the next post is due. A wait is never longer than the silence, so that it is always finite."""
        due = now + self._timing.silence
        if self._single_open:
            due = max(self._single_retry_at, now if self._closed else min(due, self._single_by))
        for listener in self._listeners.values():
            if not listener.over:
                due = min(due, max(self._due_for(listener, now), listener.retry_at))
        return due

    def _due_for(self, listener: _Listener, now: float) -> float:
        if listener.queue or self._closed:
            return now
        if self._behind(listener):
            return self._next_text
        return listener.heard + self._timing.silence

    def _behind(self, listener: _Listener) -> bool:
        if listener.answer != self._answer:
            return bool(self._pieces)
        return bool(listener.backlog) or listener.piece < len(self._pieces)

    def _post_all(self) -> None:
        with self._changed:
            listeners = list(self._listeners.values())
            now = self._clock.monotonic()
            text_is_due = self._closed or now >= self._next_text
            if text_is_due and any(self._behind(listener) for listener in listeners):
                self._set_pace(now)
        for listener in listeners:
            if not listener.over and listener.retry_at <= now:
                self._tell(listener, text_is_due)
        if self._single_open and self._single_retry_at <= now:
            self._answer_single()

    def _set_pace(self, now: float) -> None:
        if self._first_text is None:
            self._first_text = now
        brisk = now - self._first_text < self._timing.brisk
        self._next_text = now + (self._timing.pace if brisk else self._timing.calm_pace)

    def _tell(self, listener: _Listener, text_is_due: bool) -> None:
        try:
            self._post_queue(listener)
            if text_is_due:
                self._post_text(listener)
            self._post_ending(listener)
            if self._clock.monotonic() - listener.heard >= self._timing.silence:
                self._post(listener, encode(frame("status", self._to.request_id, state="thinking")))
            listener.busy = 0
        except ConnectionGone:
            listener.over = True
        except ConnectionBusy:
            listener.busy += 1
            listener.retry_at = self._clock.monotonic() + min(_BUSY_SECONDS * 2.0**listener.busy, _LONGEST_BUSY_SECONDS)
        except _Silenced:
            raise
        except Exception:
            log.exception("a post failed in an unexpected way; this connection is given up")
            listener.over = True

    def _post_queue(self, listener: _Listener) -> None:
        while listener.queue:
            self._post(listener, listener.queue[0])
            with self._changed:
                listener.queue.popleft()
                self._changed.notify_all()

    def _post_text(self, listener: _Listener) -> None:
        with self._changed:
            if listener.answer != self._answer:
                listener.answer, listener.piece, listener.backlog, listener.offset = self._answer, 0, "", 0
            listener.backlog += "".join(self._pieces[listener.piece :])
            listener.piece = len(self._pieces)
        for length, data in deltas(self._to.request_id, listener.answer, listener.offset, listener.backlog):
            self._post(listener, data)
            listener.offset += length
            listener.backlog = listener.backlog[length:]

    def _post_ending(self, listener: _Listener) -> None:
        if self._closed and self._ending is not None and not self._behind(listener):
            self._post(listener, encode(self._ending.frame))
            listener.over = True

    def _post(self, listener: _Listener, data: bytes) -> None:
        if not self._may_send():
            raise _Silenced
        self._connections.post(listener.connection_id, data)
        listener.heard = self._clock.monotonic()

    def _answer_single(self) -> None:
        if self._closed and self._ending is not None:
            data = self._ending.single
        elif self._clock.monotonic() >= self._single_by:
            data = single_error(BridgeError(Code.STILL_RUNNING), self._to.session_id, self._to.single_id)
        else:
            return
        if not self._may_send():
            raise _Silenced
        try:
            self._connections.post(self._to.connection_id, data)
        except ConnectionBusy:
            self._single_retry_at = self._clock.monotonic() + _BUSY_SECONDS
            return
        except ConnectionGone:
            pass  # One message was promised, not that it is read: the answer is in the history and a repeat finds it.
        except Exception:
            log.exception("a post failed in an unexpected way; this connection is given up")
        self._single_open = False
