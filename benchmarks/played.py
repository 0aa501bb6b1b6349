"""Dialogues played through the bridge itself: its store, claims, reading, window and compaction, with a stand-in for Claude alone."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from bridge.app import App
from bridge.claude.interrupt import Interrupt
from bridge.claude.retry import Failure
from bridge.clock import Clock, Timing
from bridge.errors import BridgeError, Code
from bridge.memory.summary import room
from bridge.settings import Settings
from bridge.store.port import Store
from bridge.store.records import Head, Turn
from bridge.turn.metrics import Report, no_report
from bridge.turn_ids import milliseconds_of, turn_id
from bridge_local.sqlite.store import SqliteStore

SESSION = "dialogue"
READ_KB = 100_000
"""All of a conversation is read at once: what is measured is a process that knows it."""
_MINUTE = 60.0


class Script:
    """Claude: answers with `answer`, or with nothing but a refusal to be asked; sums up in as many characters as there may be."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.answer: str | None = None
        self.summary = "~" * room(settings.context_limit)
        self.asked: Mapping[str, Any] = {}

    def open(self) -> None:
        """Nothing to open."""

    def knows(self, model: str) -> bool:  # noqa: ARG002
        """Whatever the model."""
        return True

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:  # noqa: ARG002
        sums_up = request["model"] == self._settings.summary_model
        if not sums_up:
            self.asked = request
        text = self.summary if sums_up else self.answer
        if text is None:
            raise Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False)
        yield {"type": "message_start", "message": {"model": request["model"], "usage": {"input_tokens": 1, "output_tokens": 1}}}
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}}
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
        yield {"type": "message_stop"}


class NoConnections:
    def post(self, connection_id: str, data: bytes) -> None:  # noqa: ARG002
        """Takes everything; an error other than the expected one ends the benchmark."""
        frame = json.loads(data)
        if frame.get("type") == "error" and frame["code"] != Code.CLAUDE_REJECTED.wire:
            raise SystemExit(f"A question was not answered: {frame}")


class Conversation:
    """One session in a bridge of its own, at the times of a dialogue.

    `seen` is given the store and returns what the bridge uses in its place; `report` is the bridge's.
    """

    def __init__(self, budget: int, *, seen: Callable[[Store], Store] = lambda store: store, report: Report = no_report) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._now = 0.0
        self._numbers = itertools.count()
        real = Clock()
        settings = Settings(anthropic_api_key="none", context_limit=budget, session_ttl_hours=0, recall_read_kb=READ_KB)
        self._script = Script(settings)
        self.store: Store = (file := SqliteStore(Path(self._folder.name) / "sessions.db"))
        self._close: Callable[[], None] = file.close
        self._app = App(
            settings=settings,
            store=seen(self.store),
            report=report,
            connections=NoConnections(),
            claude=self._script,
            clock=Clock(lambda: self._now, real.monotonic, real.sleep),
            timing=Timing(pace=0.0, calm_pace=0.0),
        )

    def close(self) -> None:
        self._close()
        self._folder.cleanup()

    def play(self, turns: Iterable[Turn]) -> None:
        """Asks each question at its time, and has it answered as it was."""
        for turn in turns:
            self._now = max(self._now + 0.001, milliseconds_of(turn.id) / 1000)
            self._script.answer = turn.text
            self._ask(turn.context[0].content)
        self._script.answer = None
        self._now += _MINUTE

    def fill(self, turns: list[Turn]) -> None:
        """Puts the turns into the store at once, as the bridge would have left them: the summary covers all but the last."""
        first, last = milliseconds_of(turns[0].id), milliseconds_of(turns[-1].id)
        head = Head(turn_id(first - 1), last // 1000, owner="default", turns=len(turns))
        self.store.begin(SESSION, head._replace(summary=self._script.summary, summarised_through=turns[-2].id), None)
        for turn in turns:
            self.store.add_turn(SESSION, turn)
        self._now = last / 1000 + _MINUTE

    def sent_with(self, question: str) -> list[str]:
        """The texts that Claude is sent with a question, itself left out. It is not answered, and so not kept."""
        self._ask(question)
        texts = [str(message["content"]) for message in self._script.asked["messages"]]
        return [*texts[:-1], texts[-1].removesuffix(question)]

    def _ask(self, question: str) -> None:
        query = {"action": "query", "message": question, "session_id": SESSION, "request_id": f"r{next(self._numbers)}", "stream": True}
        context = {"eventType": "MESSAGE", "connectionId": "c=", "requestId": "r=", "authorizer": {"principalId": "default"}}
        self._app.handle({"requestContext": context, "body": json.dumps(query), "isBase64Encoded": False}, lambda: 600.0)
