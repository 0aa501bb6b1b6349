"""A Claude that fails in every way the API is known to, as a seed says; and that notices when it is sent what it must not see."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from random import Random

from bridge_local.stand_in.exchange import Cut, Reply, Request, Step, stream
from fakes import claude_scripts as scripts

MARK = re.compile(r"<(\w+)/([\w-]+) (\d+)>")
"""How a question names its owner, its session and itself; its answer repeats it."""

SHARE_OF_FAULTS = 0.25
FAULTS: dict[str, Reply] = {
    "rate limited": scripts.rate_limited({"retry-after-ms": "50"}),
    "overloaded": scripts.overloaded(),
    "overloaded for good": scripts.ERRORS["overloaded_for_good"],
    "api error": scripts.ERRORS["api_error"],
    "gateway": scripts.html(502),
    "rejected": scripts.ERRORS["bad_request"],
    "error event": scripts.play("error_first"),
    "error event later": scripts.play("error_after_text"),
    "malformed": scripts.play("malformed_first"),
    "cut before text": scripts.cut_after(scripts.recorded("cut_before_text"), Cut.RESET),
    "cut after text": scripts.cut_after(scripts.recorded("hello").partition(b"event: message_delta")[0], Cut.INSIDE_CHUNK),
    "no end": scripts.cut_after(scripts.recorded("no_stop").partition(b"event: message_delta")[0], Cut.BETWEEN_CHUNKS),
    "refusal": scripts.play("refusal_after_text"),
    "empty": scripts.play("no_blocks"),
}


def answer_to(mark: str, number: int) -> str:
    """Every call has another text, so that a stored one can be checked to be whole."""
    return f"Answer {number} to {mark}: " + "grüße 😀 " * 20 + f"end of {number}."


class SoakClaude:
    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._lock = threading.Lock()
        self.faults: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.kind = True
        """False: it fails."""

    def __call__(self, request: Request) -> Reply:
        texts = [message["content"] for message in request.body["messages"]]
        owner, session, _ = MARK.findall(texts[-1])[-1]
        strangers = {result[:2] for text in texts for result in MARK.findall(text)} - {(owner, session)}
        with self._lock:
            if strangers:
                self.trouble.append(f"a question of {owner} in {session} was sent with text of {strangers}")
            fault = self._chance.choice(list(FAULTS)) if not self.kind and self._chance.random() < SHARE_OF_FAULTS else ""
            pause = self._chance.choice((0.0, 0.02, 0.1, 0.6))
        if fault:
            self.faults[fault] += 1
            return FAULTS[fault]
        mark = "<{}/{} {}>".format(*MARK.findall(texts[-1])[-1])
        return stream(self._said(answer_to(mark, request.number), pause))

    def _said(self, text: str, pause: float) -> tuple[Step, ...]:
        events = scripts.said_events("")
        third = len(text) // 3
        pieces = [text[:third], text[third : 2 * third], text[2 * third :]]
        steps: list[Step] = [*events[:2]]
        for piece in pieces:
            steps += [lambda: time.sleep(pause), scripts.delta(piece)]
        return (*steps, *events[3:])
