"""All questions under way, and the pages that follow them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TypeVar

from bridge_client.commands.open_questions import OpenQuestion
from bridge_client.failures import Failure, connection_lost
from bridge_client.protocol.conversation import Question
from bridge_client.protocol.frames import Frame, object_in, text_in
from bridge_client.web.bridge import Bridge
from bridge_client.web.pages import Pages
from bridge_client.web.question import RunningQuestion
from bridge_client.web.turns import failed

REMEMBERED = 1000
"""Answers of which it is known what Claude was sent."""
Value = TypeVar("Value")
OPTIONS = ("model", "effort", "system", "scope", "settings", "must")
"""Fields of a `query` that a page may set."""


class Questions:
    def __init__(self, bridge: Bridge, pages: Pages) -> None:
        self._bridge = bridge
        self._pages = pages
        self._asked: dict[str, RunningQuestion] = {}
        self._answers: OrderedDict[str, Frame] = OrderedDict()
        """The last frame of each answer, by its turn."""
        self._answered: OrderedDict[str, None] = OrderedDict()
        """The ids of the requests that ended with an answer."""
        self._tasks: set[asyncio.Task[None]] = set()

    def snapshots(self) -> list[Frame]:
        return [asked.snapshot() for asked in self._asked.values()]

    def done_of(self, turn: str) -> Frame | None:
        """What the bridge said of this turn's answer, if it came through this program."""
        return self._answers.get(turn)

    def ask(self, wanted: Frame) -> None:
        """Asks what a page wants to ask, once, however often it says so; a question that failed is asked again. Raises `Failure`."""
        message, request_id = text_in(wanted, "message"), text_in(wanted, "request_id")
        if not message.strip() or not request_id:
            raise Failure("bad_request", "The question is empty.")
        before = self._asked.get(request_id)
        if request_id in self._answered or (before and before.failure is None):
            return
        options = {name: value for name in OPTIONS if (value := object_in(wanted, "options").get(name)) not in (None, "", {})}
        question = before.again() if before else Question(message, text_in(wanted, "session_id"), request_id, options)
        asked = self._asked[request_id] = RunningQuestion(self._bridge, self._pages.tell, question)
        task = asyncio.create_task(self._run(asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, request_id: str) -> None:
        if asked := self._asked.get(request_id):
            asked.stop()

    def dismiss(self, request_id: str) -> None:
        """Nobody wants the answer to a question that failed."""
        asked = self._asked.get(request_id)
        if asked and asked.failure:
            del self._asked[request_id]
            asked.give_up()
            self._pages.tell({"event": "dismissed", "request_id": request_id})

    def forget_session(self, session_id: str) -> None:
        for asked in [one for one in self._asked.values() if one.session_id == session_id and one.failure]:
            del self._asked[asked.request_id]

    def offer(self, noted: OpenQuestion) -> None:
        """A question whose answer never arrived: a page can fetch it. One that a page has asked meanwhile is under way."""
        if noted.request_id in self._asked or noted.request_id in self._answered:
            return
        question = Question(noted.message, noted.session_id or noted.began, noted.request_id, noted.options)
        asked = RunningQuestion(self._bridge, self._pages.tell, question)
        asked.failure = connection_lost("The answer to this question has not arrived.")
        self._asked[noted.request_id] = asked

    async def _run(self, asked: RunningQuestion) -> None:
        try:
            done = await asked.run()
        except Exception as error:  # noqa: BLE001 (the pages must not wait forever)
            done, asked.failure = None, Failure("internal", f"Unexpected {type(error).__name__}.")
        if done is None:
            if asked.failure is not None:
                event = {"event": "failed", "request_id": asked.request_id, "session_id": asked.session_id}
                self._pages.tell({**event, "error": failed(asked.failure)})
            return
        del self._asked[asked.request_id]
        self._remember(self._answered, asked.request_id, None)
        if turn := text_in(done, "turn"):
            self._remember(self._answers, turn, done)
        self._pages.tell({"event": "changed", "session_id": text_in(done, "session_id")})

    @staticmethod
    def _remember(known: OrderedDict[str, Value], key: str, value: Value) -> None:
        known[key] = value
        while len(known) > REMEMBERED:
            known.popitem(last=False)
