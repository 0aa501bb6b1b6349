"""One question on its way: what every page that shows it is sent, and what a page that comes later has to be sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from bridge_client.commands.client import OUTSTANDING, with_model
from bridge_client.failures import Failure, cancelled
from bridge_client.protocol.conversation import Accepted, Event, Finished, Question, Text, Void, Waiting, with_estimate
from bridge_client.protocol.delivery import Reconnecting
from bridge_client.protocol.frames import Frame, session_id_in
from bridge_client.terminal.wording import waiting
from bridge_client.web.bridge import Bridge
from bridge_client.web.markdown import StreamedMarkdown
from bridge_client.web.turns import answered, failed

SHARE = 8
"""Text is shown again after this many times what showing it took, so that a long answer leaves time for everything else."""
MIN_SECONDS = 0.03
BYTES_A_SECOND = 1_000_000.0

Tell = Callable[[Frame], None]


class RunningQuestion:
    def __init__(self, bridge: Bridge, tell: Tell, question: Question) -> None:
        """`tell` sends an event to every page."""
        self.request_id = str(question.frame["request_id"])
        self.message = str(question.frame["message"])
        self.failure: Failure | None = None
        self._bridge = bridge
        self._tell = tell
        self.question = question
        self._delivery = bridge.delivery(question, self._show)
        self._task: asyncio.Task[Finished] | None = None
        self._began = time.time()
        self._status = ""
        self._written = StreamedMarkdown()
        self._new = ""
        """Text that no page has been sent yet."""
        self._later: asyncio.TimerHandle | None = None

    @property
    def session_id(self) -> str:
        return self.question.session_id

    def snapshot(self) -> Frame:
        """All that a page has to know of it."""
        return {
            "request_id": self.request_id,
            "session_id": self.session_id,
            "message": self.message,
            "said_at": self._began,
            "status": self._status,
            "html": self._written.html,
            "error": failed(self.failure) if self.failure else None,
        }

    async def run(self) -> Frame | None:
        """Asks; returns `done`, or None after a failure, which `failure` then is."""
        client = self._bridge.client
        self.failure = None
        self._tell({"event": "asked", **self.snapshot()})
        client.note(self.question)
        self._task = asyncio.create_task(self._delivery.run())
        try:
            finished = await self._finished(self._task)
        except Failure as failure:
            self.failure = failure
            if failure.code not in OUTSTANDING:
                client.forget(self.question)
            return None
        finally:
            if self._later:
                self._later.cancel()
        done = with_model(client, with_estimate(finished))
        client.note_answer(done)
        client.forget(self.question)
        turn = answered(done, self.message, finished.text, time.time())
        self._tell({"event": "done", "request_id": self.request_id, "session_id": session_id_in(done), "turn": turn})
        return done

    async def _finished(self, task: asyncio.Task[Finished]) -> Finished:
        try:
            return await task
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise  # It is the program that ends.
            raise cancelled() from error

    def again(self) -> Question:
        """The same request, to be sent again."""
        return Question(self.message, self.session_id, self.request_id, self.question.options)

    def give_up(self) -> None:
        """Nobody wants the answer any more."""
        self._bridge.client.forget(self.question)

    def stop(self) -> None:
        """Stops the answer; what has arrived is stored."""
        if self._task is None or self._task.done():
            return
        if self._delivery.stop(self.question.cancel()):
            asyncio.get_running_loop().call_later(self._bridge.client.retry_policy.stopping, self._task.cancel)
        else:
            self._task.cancel()

    def _show(self, event: Event | Reconnecting) -> None:
        match event:
            case Accepted(session_id):
                self._bridge.client.note(self.question, session_id)
                self._say({"event": "began", "session_id": session_id})
            case Waiting(reason, seconds):
                self._say_status(waiting(reason, seconds))
            case Reconnecting(failure, _):
                self._say_status(f"{failure.message} Asking again")
            case Void():
                self._written, self._new = StreamedMarkdown(), ""
                self._say({"event": "text", "start": 0, "html": []})
            case Text(text):
                self._new += text
                if self._later is None:
                    self._render()
            case _:
                pass

    def _say_status(self, words: str) -> None:
        self._status = words
        self._say({"event": "status", "status": words})

    def _render(self) -> None:
        """Shows what is new, the first words at once."""
        self._later = None
        if not self._new:
            return
        began = time.monotonic()
        text, self._new, self._status = self._new, "", ""
        piece = self._written.add(text)
        self._say({"event": "text", "start": piece.start, "html": piece.html})
        spent = SHARE * (time.monotonic() - began) + sum(map(len, piece.html)) / BYTES_A_SECOND
        with suppress(RuntimeError):
            self._later = asyncio.get_running_loop().call_later(max(MIN_SECONDS, spent), self._render)

    def _say(self, event: Frame) -> None:
        self._tell({**event, "request_id": self.request_id})
