"""What every command works with: a bridge, and a terminal."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bridge_client.commands.known_sessions import KnownSession, KnownSessions
from bridge_client.commands.open_questions import OpenQuestion, OpenQuestions
from bridge_client.failures import Failure, cancelled
from bridge_client.protocol.connection import open_connection
from bridge_client.protocol.conversation import Accepted, Event, Exchange, Finished, Lookup, Question, with_estimate
from bridge_client.protocol.delivery import Connection, Delivery, Reconnecting, Show
from bridge_client.protocol.frames import Frame, session_id_in, text_in
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.terminal.hints import Hints
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.terminal.screen import Screen
from bridge_client.terminal.wording import advice

OUTSTANDING = frozenset({"connection_lost", "still_running"})
"""Failures after which the bridge may have the answer, or still be making it."""


ENDS = ("", ".", "?", "!", ")")
"""What a sentence ends with."""


class PingResult(NamedTuple):
    seconds: float
    """That the handshake took."""
    pong: Frame
    """With the bridge's checks."""
    date: str
    """The gateway's clock; "" if it did not say."""


@dataclass(frozen=True)
class Client:
    """Every request raises `Failure`.

    `endpoint` returns the bridge's URL whenever a connection is needed, `jitter` a number in [0, 1), `new_id` a request id.
    """

    notes: Notes
    output: Output
    hints: Hints
    endpoint: Callable[[], str] = str
    jitter: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    url: str = ""
    """The bridge's URL; "" for a local bridge."""
    token: str = field(default="", repr=False)
    """The token for that bridge; "" if it needs none."""
    stand_in: Callable[[], bool] = bool
    """Whether a stand-in answers, as far as that is known."""
    log: str = ""
    """The log of a local bridge."""
    key_origin: Callable[[], str] = str
    """Where the key of a local bridge comes from: "environment", "key_command", "stored"; "" if it has none."""
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    open_questions: OpenQuestions | None = None
    """Where a question is noted until it is answered."""
    known_sessions: KnownSessions | None = None
    """Where the last answer of each session is noted."""
    directory: str = ""
    """Where the person is: -c continues the last session of it."""

    @property
    def place(self) -> str:
        """Which bridge this is, once it is known: its URL, or which of the two on this machine."""
        return self.url or ("stand-in" if self.stand_in() else "local")

    def note_answer(self, done: Frame) -> bool:
        """Remembers the session as the last one of this directory. False if that is not possible."""
        session_id = session_id_in(done)
        if self.known_sessions is None or not session_id:
            return False
        return self.known_sessions.note(KnownSession(self.place, session_id, self.directory, done))

    def forget_session(self, session_id: str) -> None:
        """It is gone."""
        if self.known_sessions is not None:
            self.known_sessions.forget(self.place, session_id)
        if self.open_questions is not None:
            self.open_questions.forget_session(self.url, session_id)

    def request(self, frame: Frame, reply: str) -> Frame:
        """Sends `frame` and returns the reply of type `reply`."""
        self.endpoint()
        lookup = Lookup(frame, reply, self.new_id())
        try:
            return asyncio.run(self._delivery(lookup, self._show_wait).run()).frame
        finally:
            self.notes.end_wait()

    def require(self, feature: str, what: str) -> None:
        """Raises `Failure` if the bridge is too old for this: it would ignore what it does not know."""
        if self.url:  # One on this machine is of this version.
            check_feature(self.request({"action": "ping"}, "pong"), feature, what)

    def ping(self) -> PingResult:
        """How the bridge is. One attempt only, to show how things are."""
        self.endpoint()
        seconds, date = 0.0, ""

        @asynccontextmanager
        async def connect() -> AsyncIterator[Connection]:
            nonlocal seconds, date
            began = time.monotonic()
            async with self.connect() as connection:
                seconds, date = time.monotonic() - began, connection.date
                yield connection

        lookup = Lookup({"action": "ping", "check": True}, "pong", self.new_id())
        once = replace(self.retry_policy, losses=0, errors=0)
        pong = asyncio.run(Delivery(lookup, connect, self._show_wait, retry_policy=once, jitter=self.jitter).run()).frame
        return PingResult(seconds, pong, date)

    def ask(self, question: Question, screen: Screen) -> Finished:
        """Asks, shows the answer as it arrives, and returns it. Ctrl-C stops the answer, twice leaves it (`cancelled`)."""
        # A local bridge is started here, where Ctrl-C still ends everything.
        self.endpoint()
        self.note(question)
        try:
            finished = asyncio.run(self._ask(question, screen))
        except Failure as failure:
            if failure.code not in OUTSTANDING:
                self.forget(question)
            screen.give_up()
            failure.session_id = failure.session_id or screen.session_id
            failure.request_id = question.frame["request_id"]
            raise
        finally:
            self.notes.end_wait()
        self.forget(question)
        return finished._replace(frame=with_estimate(finished))

    def report(self, failure: Failure, *, as_json: bool = False, lines: bool = False) -> int:
        """Says what failed and what to do; returns the exit code."""
        if as_json or lines:
            # Where nothing can be written, the line below is all there is.
            with suppress(Failure):
                self.output.write_json({"type": "error", **failure.fields()} if lines else failure.fields())
        message, advice = failure.message.strip(), self.advice(failure)
        # A command at the end of a sentence stands in a line of its own, to be copied.
        for line in (message, advice) if message[-1:] not in ENDS else (f"{message} {advice}",):
            if line.strip():
                self.notes.say(line, style="" if failure.code == "cancelled" else "red", urgent=True)
        return failure.exit_code

    def advice(self, failure: Failure) -> str:
        """What a person can do about a failure, if its own sentence does not say it."""
        return advice(failure, self.hints, url=self.url, log=self.log, key_origin=self.key_origin())

    async def _ask(self, question: Question, screen: Screen) -> Finished:
        def show(event: Event | Reconnecting) -> None:
            if isinstance(event, Accepted) and "session_id" not in question.frame:
                self.note(question, event.session_id)
            screen.show(event)

        delivery = self._delivery(question, show)
        asking = asyncio.create_task(delivery.run())

        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            if delivery.stop(question.cancel()):
                screen.stopping()
                loop.call_later(self.retry_policy.stopping, asking.cancel)
            else:
                asking.cancel()

        loop.add_signal_handler(signal.SIGINT, interrupt)
        try:
            return await asking
        except asyncio.CancelledError as error:
            raise cancelled() from error
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def note(self, question: Question, began: str = "") -> None:
        """Notes that the question is under way; `began`: in this session, which the bridge has begun for it."""
        frame = question.frame
        if self.open_questions is not None:
            asked = (frame["message"], session_id_in(frame), frame["request_id"], self.url, self.stand_in())
            self.open_questions.note(OpenQuestion(*asked, began, question.options))

    def forget(self, question: Question) -> None:
        """It is answered, or never will be."""
        if self.open_questions is not None:
            self.open_questions.forget(question.frame["request_id"])

    def _delivery(self, exchange: Exchange, show: Show) -> Delivery:
        return Delivery(exchange, self.connect, show, retry_policy=self.retry_policy, jitter=self.jitter)

    def connect(self) -> AbstractAsyncContextManager[Connection]:
        """A connection to the bridge, which is started where it has to be. Raises `Failure`, `Unreachable`."""
        with _interruptible():
            url = self.endpoint()
        return open_connection(url, self.retry_policy.connect, self.token)

    def _show_wait(self, event: Event | Reconnecting) -> None:
        if isinstance(event, Reconnecting):
            self.notes.wait(f"{event.failure.message} Asking again")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends this block at once (`cancelled`): the event loop would notice it only after a local bridge has started.

    Only the main thread hears of it, and only there can this be set (https://docs.python.org/3/library/signal.html#signals-and-threads).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt as error:
        raise cancelled() from error
    finally:
        signal.signal(signal.SIGINT, handler)


def check_feature(pong: Frame, feature: str, what: str) -> None:
    """Raises `Failure` if a bridge that answered `ping` with this is too old for `feature`."""
    features = pong.get("features")
    if not isinstance(features, list) or feature not in features:
        version = text_in(pong, "version") or "older than 0.2"
        raise Failure("bad_configuration", f"This bridge is {version} and does not know {what}. To update it: make deploy")


def is_stand_in(client: Client, frame: Frame) -> bool:
    """Whether a stand-in answered: a bridge on this machine tells when it starts, another one in its frames."""
    return client.stand_in() or frame.get("stand_in") is True


def with_model(client: Client, done: Frame) -> Frame:
    """The frame, with the model as a person reads it."""
    return {**done, "model": "stand-in", "provider": ""} if is_stand_in(client, done) else done
