"""Asks Claude and reads the answer, trying again where that may help and nothing has been shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from bridge.claude.answer import Answer, MalformedEvent
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.port import MAX_ANSWER_BYTES, Claude
from bridge.claude.retry import Failure, next_wait
from bridge.clock import Chance
from bridge.store.records import Usage
from bridge.turn.poster import Poster

log = logging.getLogger("bridge")


class Told(NamedTuple):
    """What Claude said: the text, the id it was streamed under, and what the API said of it."""

    text: str
    answer: str
    model: str
    stop_reason: str
    usage: Usage


class Reader(threading.Thread):
    """One thread: opens the connection while the conversation is loaded, waits for the request, reads the answer."""

    def __init__(self, claude: Claude, poster: Poster, interrupt: Interrupt, chance: Chance, *, time_left: Callable[[], float]) -> None:
        super().__init__(name="reader")
        self._claude = claude
        self._poster = poster
        self._interrupt = interrupt
        self._chance = chance
        self._time_left = time_left
        self._ready = threading.Event()
        self._may_ask: Callable[[], bool] = lambda: True
        self._request: Mapping[str, Any] | None = None
        self._bill = Bill(0, 0)
        self._told: Told | None = None
        self._error: BaseException | None = None
        self.retries = 0

    def ask(self, request: Mapping[str, Any], may_ask: Callable[[], bool], bill: Bill) -> Told:
        """The whole answer, or what there was of it when the interrupt was set. Raises `Failure` and `BridgeError`.

        `may_ask` is asked before every call: False once the lease of the request is over, since somebody else may be asking by then.
        Every call is noted on the `bill`, also one that failed.
        """
        self._may_ask = may_ask
        self._bill = bill
        self._request = request
        self.dismiss()
        if self._error is not None:
            raise self._error
        assert self._told is not None  # noqa: S101 - run() sets one of the two
        return self._told

    def dismiss(self) -> None:
        """Joins the thread, which has nothing (more) to do."""
        self._ready.set()
        if self.ident is not None:
            self.join()

    def run(self) -> None:
        try:
            self._claude.open()
            self._ready.wait()
            if self._request is not None:
                self._told = self._try(self._request)
        except BaseException as error:  # noqa: BLE001 - raised again by ask(), in the thread that waits for it
            self._error = error

    def _try(self, request: Mapping[str, Any]) -> Told:
        while True:
            answer_id = self._chance.token()
            answer = Answer(str(request["model"]), MAX_ANSWER_BYTES)
            self._poster.begin(answer_id)
            if not self._may_ask():  # The process stood still, and the keeper has not noticed yet.
                self._interrupt.set(Reason.LEASE_LOST)
            try:
                self._read(request, answer)
            except Failure as failure:
                shown = bool(answer.text) and self._poster.streams
                wait = None if shown else next_wait(failure, self.retries, self._time_left(), self._chance.jitter())
                if wait is None:
                    raise
                self.retries += 1
                self._wait(failure, self.retries, wait)
            if answer.complete or self._interrupt.reason is not None:
                return Told(answer.text, answer_id, answer.model, answer.stop_reason, answer.usage)

    def _read(self, request: Mapping[str, Any], answer: Answer) -> None:
        """Reads one stream into `answer`, to its end or until the interrupt is set. Raises `Failure`."""
        began = self._time_left()
        try:
            self._take(request, answer)
        finally:
            self._bill.add(answer, began - self._time_left(), interrupted=self._interrupt.reason is not None)

    def _take(self, request: Mapping[str, Any], answer: Answer) -> None:
        with closing(self._claude.stream(request, self._interrupt)) as events:
            for number, event in enumerate(events):
                if number == 0:
                    self._poster.say("status", state="thinking")
                try:
                    text = answer.take(event)
                except MalformedEvent as error:
                    raise Failure.lost("malformed event") from error
                if text:
                    self._poster.add(text)
                if answer.full:
                    self._interrupt.set(Reason.TOO_LONG)
                if self._interrupt.reason is not None:
                    return
        # Not left at message_stop: only a stream that was read to its end gives its connection back.
        if not answer.complete and self._interrupt.reason is None:
            raise Failure.lost("no message_stop")

    def _wait(self, failure: Failure, attempt: int, seconds: float) -> None:
        reason = failure.error.code.wire
        log.warning("asking Claude again", extra={"attempt": attempt, "reason": reason, "kind": failure.kind, "status": failure.status})
        self._poster.say("status", state="retrying", attempt=attempt, wait_seconds=round(seconds, 1), reason=reason)
        self._interrupt.wait(seconds)
