"""What every command works with: a bridge to talk to, and a terminal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from bridge_client.commands import Commands
from bridge_client.connection import open_connection
from bridge_client.conversation import Event, Exchange, Finished, Lookup, Question
from bridge_client.delivery import Connection, Delivery, Reconnecting, Show
from bridge_client.failures import Failure, cancelled
from bridge_client.frames import Frame
from bridge_client.notes import Notes
from bridge_client.output import Output
from bridge_client.retry import Patience
from bridge_client.screen import Screen
from bridge_client.wording import advice


@dataclass(frozen=True)
class Client:
    """Every request raises `Failure`.

    `endpoint` gives the bridge's URL each time there is to be a connection, `jitter` a number in [0, 1), `new_id` a request id.
    """

    notes: Notes
    output: Output
    commands: Commands
    endpoint: Callable[[], str]
    jitter: Callable[[], float]
    new_id: Callable[[], str]
    url: str = ""
    """The bridge's URL, where it is not our own bridge."""
    log: str = ""
    """The log of our own bridge."""
    patience: Patience = field(default_factory=Patience)

    def request(self, frame: Frame, reply: str) -> Frame:
        """Sends `frame` and returns the reply of type `reply`."""
        self.endpoint()
        lookup = Lookup(frame, reply, self.new_id())
        try:
            return asyncio.run(self._delivery(lookup, self._show_wait).run()).frame
        finally:
            self.notes.end_wait()

    def ask(self, question: Question, screen: Screen) -> Finished:
        """Asks, shows how the answer comes, and returns it. Ctrl-C stops the answer, twice leaves it (`cancelled`)."""
        # A bridge of our own is started here, where Ctrl-C still ends everything.
        self.endpoint()
        try:
            return asyncio.run(self._ask(question, screen))
        except Failure as failure:
            screen.give_up()
            failure.session_id = failure.session_id or question.session_id
            failure.request_id = question.frame["request_id"]
            raise
        finally:
            self.notes.end_wait()

    def report(self, failure: Failure, *, as_json: bool = False) -> int:
        """Says what has failed and what to do; returns the exit code."""
        if as_json:
            self.output.write_json(failure.fields())
        line = " ".join(part for part in (failure.message, advice(failure, self.commands, url=self.url, log=self.log)) if part)
        self.notes.say(line, style="" if failure.code == "cancelled" else "red")
        return failure.exit_code

    async def _ask(self, question: Question, screen: Screen) -> Finished:
        delivery = self._delivery(question, screen.show)
        asking = asyncio.create_task(delivery.run())

        def interrupt() -> None:
            if delivery.stop(question.cancel()):
                screen.stopping()
            else:
                asking.cancel()

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, interrupt)
        try:
            return await asking
        except asyncio.CancelledError as error:
            raise cancelled() from error
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _delivery(self, exchange: Exchange, show: Show) -> Delivery:
        def connect() -> AbstractAsyncContextManager[Connection]:
            return open_connection(self.endpoint(), self.patience.connect)

        return Delivery(exchange, connect, show, patience=self.patience, jitter=self.jitter)

    def _show_wait(self, event: Event | Reconnecting) -> None:
        if isinstance(event, Reconnecting):
            self.notes.wait(f"{event.failure.message} Asking again")
