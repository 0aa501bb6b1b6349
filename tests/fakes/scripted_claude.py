"""A Claude port whose answers are scripts: lists of events, failures to raise, and gates at which the stream waits for the test."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from bridge.claude.interrupt import Interrupt
from bridge.settings import Settings

Step = Mapping[str, Any] | BaseException | threading.Event


def says(*pieces: str, stop_reason: str = "end_turn", model: str = "claude-test", output_tokens: int = 5) -> list[Step]:
    """The events of an answer that comes in these pieces."""
    return [
        {"type": "message_start", "message": {"model": model, "usage": {"input_tokens": 10, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": output_tokens}},
        {"type": "message_stop"},
    ]


class ScriptedClaude:
    """Plays `scripts` in turn, the last one again and again. `requests` are those it was asked with.

    What the summary's model is asked has scripts of its own, `summaries`, and goes to `summary_requests`.
    """

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts) or [says("Hello!")]
        self.requests: list[Mapping[str, Any]] = []
        self.summaries: list[Sequence[Step]] = [says("We spoke.")]
        self.summary_requests: list[Mapping[str, Any]] = []
        self.opened = 0
        """How often it was opened. After the first two times it is open."""
        self.known: bool | BaseException = True
        self._lock = threading.Lock()
        self._asked = threading.Condition(self._lock)

    def open(self) -> None:
        with self._lock:
            self.opened += 1

    def is_open(self) -> bool:
        return self.opened > 1

    def knows(self, model: str) -> bool:
        """As `known` says; an exception is raised."""
        if isinstance(self.known, BaseException):
            raise self.known
        return self.known

    def wait_for_summaries(self, count: int, seconds: float = 10.0) -> None:
        """Until this many summaries have been asked for."""
        with self._asked:
            assert self._asked.wait_for(lambda: len(self.summary_requests) >= count, seconds)

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        with self._lock:
            sums_up = request["model"] == Settings().summary_model
            scripts, requests = (self.summaries, self.summary_requests) if sums_up else (self.scripts, self.requests)
            script = scripts[min(len(requests), len(scripts) - 1)]
            requests.append(request)
            self._asked.notify_all()
        cut = threading.Event()
        interrupt.attach(cut.set)
        for step in script:
            if isinstance(step, threading.Event):
                while not step.wait(0.005):
                    if cut.is_set():
                        return
            elif isinstance(step, BaseException):
                raise step
            else:
                yield step
            if cut.is_set():
                return
