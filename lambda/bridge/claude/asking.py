"""Asking Claude until there is an answer: reading it, and trying again where that may help.

ask ── 529 ── wait ── ask ── text, cut      streamed: the text is shown already, so the failure is reported
                                            not streamed, or a summary: ── wait ── ask ── answer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

from bridge.claude.answer import Answer
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.port import MAX_ANSWER_BYTES, Claude
from bridge.claude.retry import MAX_RETRIES, Failure, next_wait
from bridge.typed import Any, NamedTuple


class Listener:
    """Follows an answer while it is being read. This one ignores it; override what you want to hear."""

    def begin(self) -> None:
        """Claude is about to be asked (again): the text of an earlier attempt is void."""

    def respond(self) -> None:
        """The first event of an attempt has come: Claude is at work."""

    def add(self, text: str) -> None:
        """The next piece of the answer."""

    def may_repeat(self) -> bool:
        """Whether the attempt that failed may be repeated."""
        return True

    def repeat(self, failure: Failure, attempt: int, seconds: float) -> None:
        """The next attempt begins in `seconds`; `attempt` counts from 1."""


class Asking(NamedTuple):
    """What one request is asked with. `time_left` is in seconds, `jitter` gives a number from 0 to 1."""

    claude: Claude
    interrupt: Interrupt
    bill: Bill
    listener: Listener
    time_left: Callable[[], float]
    jitter: Callable[[], float]
    max_retries: int = MAX_RETRIES

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """The whole answer, or what there is of it when the interrupt is set. Raises `Failure` and `BridgeError`."""
        retries = 0
        while True:
            answer = Answer(str(request["model"]), MAX_ANSWER_BYTES)
            self.listener.begin()
            try:
                self._attempt(request, answer)
                return answer
            except Failure as failure:
                wait = self._wait(failure, retries) if self.listener.may_repeat() else None
                if wait is None:
                    raise
                retries += 1
                self.listener.repeat(failure, retries, wait)
                if self.interrupt.wait(wait):
                    return answer

    def _wait(self, failure: Failure, retries: int) -> float | None:
        """Seconds until the next attempt; None: there is none."""
        return next_wait(failure, retries, self.time_left(), self.jitter()) if retries < self.max_retries else None

    def _attempt(self, request: Mapping[str, Any], answer: Answer) -> None:
        began = self.time_left()
        try:
            self._read(request, answer)
        finally:
            self.bill.add(answer, began - self.time_left(), request, interrupted=self.interrupt.reason is not None)

    def _read(self, request: Mapping[str, Any], answer: Answer) -> None:
        """Reads one stream into `answer`, to its end or until the interrupt is set. Raises `Failure`."""
        with closing(self.claude.stream(request, self.interrupt)) as events:
            for number, event in enumerate(events):
                if number == 0:
                    self.listener.respond()
                text = answer.take(event)
                if text:
                    self.listener.add(text)
                if answer.full:
                    self.interrupt.set(Reason.TOO_LONG)
                if self.interrupt.reason is not None:
                    return
        # Not left at message_stop: only a stream that was read to its end gives its connection back.
        if not answer.complete and self.interrupt.reason is None:
            raise Failure.lost("no message_stop")
