"""Asking until there is an answer: attempts, and who hears of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from bridge.claude.answer import Answer
from bridge.claude.asking import Asking, Listener
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from fakes.scripted_claude import ScriptedClaude, Step, says

REQUEST = {"model": "m", "max_tokens": 100, "messages": []}


def passing(seconds: float = 0.001) -> Failure:
    return Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=seconds)


class Heard(Listener):
    """Notes what it hears; repeats unless text was heard and `shown`."""

    def __init__(self, *, shown: bool = False) -> None:
        self.notes: list[str] = []
        self.shown = shown

    def begin(self) -> None:
        self.notes.append("begin")

    def respond(self) -> None:
        self.notes.append("respond")

    def add(self, text: str) -> None:
        self.notes.append(text)

    def may_repeat(self) -> bool:
        return not self.shown

    def repeat(self, failure: Failure, attempt: int, seconds: float) -> None:
        self.notes.append(f"repeat {attempt} in {seconds}")


def ask(*scripts: Sequence[Step], listener: Listener | None = None, interrupt: Interrupt | None = None, retries: int = 4) -> Answer:
    asking = Asking(
        ScriptedClaude(*scripts), interrupt or Interrupt(), Bill(100), listener or Listener(), lambda: 60.0, lambda: 1.0, retries
    )
    return asking.ask(REQUEST)


def test_a_listener_hears_every_attempt() -> None:
    heard = Heard()
    answer = ask([*says("Half")[:3], passing()], says("All ", "of it."), listener=heard)
    assert answer.text == "All of it."
    assert heard.notes == ["begin", "respond", "Half", "repeat 1 in 0.001", "begin", "respond", "All ", "of it."]


def test_who_does_not_listen_gets_the_answer_all_the_same() -> None:
    assert ask([passing()], says("Hello.")).text == "Hello."


@pytest.mark.parametrize(
    ("failure", "listener", "retries", "asked"),
    [
        (passing(), Heard(shown=True), 4, 1),
        (passing(), Heard(), 0, 1),
        (passing(), Heard(), 2, 3),
        (Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False), Heard(), 4, 1),
        (passing(61.0), Heard(), 4, 1),
    ],
    ids=["shown", "no retries", "too many", "final", "too long a wait"],
)
def test_a_failure_that_is_not_repeated_is_raised(failure: Failure, listener: Heard, retries: int, asked: int) -> None:
    with pytest.raises(Failure) as caught:
        ask([failure], listener=listener, retries=retries)
    assert caught.value is failure
    assert listener.notes.count("begin") == asked


def test_an_interrupt_ends_the_wait_for_the_next_attempt() -> None:
    interrupt = Interrupt()
    heard = Heard()
    heard.repeat = lambda *_: interrupt.set(Reason.CANCELLED)  # type: ignore[method-assign]
    answer = ask([*says("Half")[:3], passing(30.0)], listener=heard, interrupt=interrupt)
    assert (answer.text, answer.complete) == ("Half", False)


def test_an_answer_that_grows_too_long_is_cut_off() -> None:
    interrupt, never = Interrupt(), threading.Event()
    answer = ask([*says("x" * 300_000)[:3], never], interrupt=interrupt)
    assert (interrupt.reason, answer.full, len(answer.text)) == (Reason.TOO_LONG, True, 256 * 1024)
