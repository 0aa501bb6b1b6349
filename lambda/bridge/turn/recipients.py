"""Who is sent the answer to one question: connections that follow it as a stream, and one that waits for a single message.

Each has its own place in what there is to send. `due` says when it wants to be sent something, `post` sends it, `over` says that there is
nothing more to send. The poster calls them from its one thread, and waits between attempts where a connection is busy.
"""

from __future__ import annotations

import threading
from collections import deque

from bridge.clock import Clock, Timing
from bridge.errors import BridgeError, Code
from bridge.text import encode
from bridge.turn.question import Audience
from bridge.turn.replies import Ending
from bridge.typed import Protocol
from bridge.wire.frames import deltas, frame, single_error

FOREVER = float("inf")


class Send(Protocol):
    """Sends one message to a connection. Raises `ConnectionGone` and `ConnectionBusy`, and what the poster itself raises and catches.

    `harmless`: it is not part of an answer, and may be sent even while another invocation may be answering.
    """

    def __call__(self, connection_id: str, data: bytes, *, harmless: bool) -> None: ...


class Broadcast:
    """What there is to send to everybody: the text of the answer so far, and the last frame. Guarded by `changed`.

    It also sets the pace: text goes out at once while an answer is new, and in fewer, larger frames afterwards.
    """

    def __init__(self, timing: Timing) -> None:
        self.changed = threading.Condition()
        self.answer = ""
        self.pieces: list[str] = []
        self.ending: Ending | None = None
        self.closed = False
        self.first_text_at: float | None = None
        self.next_text_at = 0.0
        self.thinking_at = FOREVER
        """When to say that Claude is thinking, by the monotonic clock, unless there is text by then."""
        self._timing = timing

    def begin(self, answer: str) -> None:
        """The text is that of another answer from here on."""
        self.answer, self.pieces, self.first_text_at, self.thinking_at = answer, [], None, FOREVER

    def text_is_due(self, now: float) -> bool:
        return self.closed or now >= self.next_text_at

    def text_sent(self, now: float) -> None:
        """Sets when the next text may go out."""
        if self.first_text_at is None:
            self.first_text_at = now
        is_fast = now - self.first_text_at < self._timing.fast_seconds
        self.next_text_at = now + (self._timing.text_interval if is_fast else self._timing.slow_text_interval)


class Recipient:
    """One connection. `retry_at` and `busy_attempts` are the poster's: how it waits for a connection that is busy."""

    def __init__(self) -> None:
        self.over = False
        self.last_sent_at = 0.0
        """When it was last sent something, by the monotonic clock: who has waited longest comes first."""
        self.retry_at = 0.0
        self.busy_attempts = 0

    def due(self, now: float) -> float:
        """When it wants to be sent something, by the monotonic clock."""
        raise NotImplementedError

    def is_behind(self) -> bool:
        """Whether there is text that it has not been sent."""
        return False

    def post(self, *, text_is_due: bool) -> None:
        """Sends what is due, or a part of it. Raises what `Send` raises, after which it goes on from where it was."""
        raise NotImplementedError

    def post_in_doubt(self) -> None:
        """Sends what is due and harmless. Raises what `Send` raises."""
        raise NotImplementedError


class Stream(Recipient):
    """A connection that follows the answer: `offset` code points of it are sent, `backlog` is taken up to `piece` and not sent yet."""

    def __init__(self, connection_id: str, request_id: str, broadcast: Broadcast, send: Send, clock: Clock, status_interval: float) -> None:
        super().__init__()
        self.queue: deque[bytes] = deque()
        self._connection_id = connection_id
        self._request_id = request_id
        self._broadcast = broadcast
        self._send = send
        self._clock = clock
        self._status_interval = status_interval
        self.last_sent_at = clock.monotonic()
        self._answer = ""
        self._piece = 0
        self._backlog = ""
        self._offset = 0

    def due(self, now: float) -> float:
        if self.queue or self._broadcast.closed:
            return now
        return self._broadcast.next_text_at if self.is_behind() else self.last_sent_at + self._status_interval

    def is_behind(self) -> bool:
        if self._answer != self._broadcast.answer:
            return bool(self._broadcast.pieces)
        return bool(self._backlog) or self._piece < len(self._broadcast.pieces)

    def post(self, *, text_is_due: bool) -> None:
        # A part at a time: where posts are slow, others do not wait for all of it.
        if self.queue:
            self._post_queue()
        elif text_is_due and self.is_behind():
            self._post_text()
        else:
            self._post_ending()
            self._break_silence()

    def post_in_doubt(self) -> None:
        ending = self._broadcast.ending
        if ending is not None and ending.is_error:
            self._post_queue(harmless=True)  # What is said of a question is no part of its answer.
            self._post(encode(ending.frame), harmless=True)
            self.over = True
        else:
            self._break_silence()

    def _break_silence(self) -> None:
        if self._clock.monotonic() - self.last_sent_at >= self._status_interval:
            self._post(encode(frame("status", self._request_id, state="thinking")), harmless=True)

    def _post_queue(self, *, harmless: bool = False) -> None:
        while self.queue:
            self._post(self.queue[0], harmless=harmless)
            with self._broadcast.changed:
                self.queue.popleft()
                self._broadcast.changed.notify_all()

    def _post_text(self) -> None:
        with self._broadcast.changed:
            if self._answer != self._broadcast.answer:
                self._answer, self._piece, self._backlog, self._offset = self._broadcast.answer, 0, "", 0
            self._backlog += "".join(self._broadcast.pieces[self._piece :])
            self._piece = len(self._broadcast.pieces)
        for length, data in deltas(self._request_id, self._answer, self._offset, self._backlog):
            self._post(data)
            self._offset += length
            self._backlog = self._backlog[length:]

    def _post_ending(self) -> None:
        # `closed` is looked at first: what was said before the end is in the queue by then, and goes out before it.
        if self._broadcast.closed and self._broadcast.ending is not None and not self.queue and not self.is_behind():
            self._post(encode(self._broadcast.ending.frame))
            self.over = True

    def _post(self, data: bytes, *, harmless: bool = False) -> None:
        self._send(self._connection_id, data, harmless=harmless)
        self.last_sent_at = self._clock.monotonic()


class SingleReply(Recipient):
    """A connection that gets one message: the answer, or at the monotonic time `due_by` that it is not ready yet."""

    def __init__(self, audience: Audience, broadcast: Broadcast, send: Send, clock: Clock, due_by: float) -> None:
        super().__init__()
        self._audience = audience
        self._broadcast = broadcast
        self._send = send
        self._clock = clock
        self._due_by = due_by

    def due(self, now: float) -> float:
        return now if self._broadcast.closed else self._due_by

    def post(self, *, text_is_due: bool) -> None:  # noqa: ARG002 - nothing goes out before the whole answer is there
        # A connection that is gone: one message was promised, not that it is read. The answer is in the history, and a repeat finds it.
        ending = self._broadcast.ending
        if ending is not None:
            self._send(self._audience.connection_id, ending.single, harmless=ending.is_error)
            self.over = True
        else:
            self.post_in_doubt()

    def post_in_doubt(self) -> None:
        if self._clock.monotonic() >= self._due_by:
            error = single_error(BridgeError(Code.STILL_RUNNING), self._audience.session_id, self._audience.single_id)
            self._send(self._audience.connection_id, error, harmless=True)
            self.over = True
