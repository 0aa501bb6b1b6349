"""Asks Claude for one question, and has the client follow the answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from bridge.claude.asking import Asking, Listener
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.port import Claude
from bridge.claude.retry import Failure
from bridge.clock import Chance
from bridge.store.records import Usage
from bridge.threads import Threads, Worker
from bridge.turn.poster import Poster
from bridge.typed import Any, NamedTuple

log = logging.getLogger("bridge")


class Reply(NamedTuple):
    """What Claude answered: the text, the id it was streamed under, what the API said about it, and what it cost, as `Turn` has it."""

    text: str
    answer: str
    model: str
    stop_reason: str
    usage: Usage
    cost: int | None
    is_estimate: bool


class Reader(Worker):
    """Asks in a thread of its own, which opens the connection while the conversation is loaded; or, where one is open, in the caller's."""

    def __init__(
        self, claude: Claude, poster: Poster, interrupt: Interrupt, chance: Chance, threads: Threads, *, time_left: Callable[[], float]
    ) -> None:
        super().__init__(threads)
        self._claude = claude
        self._poster = poster
        self._interrupt = interrupt
        self._chance = chance
        self._time_left = time_left
        self._ready = threading.Event()
        self._may_ask: Callable[[], bool] = lambda: True
        self._request: Mapping[str, Any] | None = None
        self._bill = Bill(0)
        self._reply: Reply | None = None
        self._error: BaseException | None = None
        self.retries = 0

    def start(self) -> None:
        if not self._claude.is_open():
            super().start()

    def ask(self, request: Mapping[str, Any], may_ask: Callable[[], bool], bill: Bill) -> Reply:
        """The whole answer, or what there was of it when the interrupt was set. Raises `Failure` and `BridgeError`.

        `may_ask` is called before every attempt: False once the lease of the request is over, since somebody else may be asking by then.
        Every attempt is noted on the `bill`, also one that failed.
        """
        self._may_ask = may_ask
        self._bill = bill
        self._request = request
        if self._ended is None:
            self.run()
        else:
            self.dismiss()
        if self._error is not None:
            raise self._error
        assert self._reply is not None  # noqa: S101 - run() sets one of the two
        return self._reply

    def dismiss(self) -> None:
        """Joins the thread, which has nothing (more) to do."""
        self._ready.set()
        self.join()

    def run(self) -> None:
        try:
            if self._request is None:
                self._claude.open()
                self._ready.wait()
            if self._request is not None:
                self._reply = self._ask(self._request)
        except BaseException as error:  # noqa: BLE001 - raised again by ask(), in the thread that waits for it
            self._error = error

    def _ask(self, request: Mapping[str, Any]) -> Reply:
        client = _Client(self._poster, self._interrupt, self._chance, self._may_ask)
        asking = Asking(self._claude, self._interrupt, self._bill, client, self._time_left, self._chance.jitter)
        try:
            answer = asking.ask(request)
        finally:
            self.retries = client.retries
        bill = self._bill
        return Reply(answer.text, client.answer_id, answer.model, answer.stop_reason, answer.usage, bill.cost, bill.is_estimate)


class _Client(Listener):
    """The client, who sees the answer grow. Each attempt is streamed under an id of its own."""

    def __init__(self, poster: Poster, interrupt: Interrupt, chance: Chance, may_ask: Callable[[], bool]) -> None:
        self._poster = poster
        self._interrupt = interrupt
        self._chance = chance
        self._may_ask = may_ask
        self._has_text = False
        self.answer_id = ""
        self.retries = 0

    def begin(self) -> None:
        self._has_text = False
        self.answer_id = self._chance.token()
        self._poster.begin(self.answer_id)
        if not self._may_ask():  # The process stood still, and the lease's renewer has not noticed yet.
            self._interrupt.set(Reason.LEASE_LOST)

    def respond(self) -> None:
        self._poster.respond()

    def add(self, text: str) -> None:
        self._has_text = True
        self._poster.add(text)

    def may_repeat(self) -> bool:
        is_shown = self._has_text and self._poster.streams
        return not is_shown

    def repeat(self, failure: Failure, attempt: int, seconds: float) -> None:
        self.retries = attempt
        reason = failure.error.code.wire
        log.warning("asking Claude again", extra={"attempt": attempt, "reason": reason, "kind": failure.kind, "status": failure.status})
        self._poster.say("status", state="retrying", attempt=attempt, wait_seconds=round(seconds, 1), reason=reason)
