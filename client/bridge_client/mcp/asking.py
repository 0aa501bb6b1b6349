"""`ask`: a question to Claude, whose progress is reported while the answer is written, and which can be cancelled at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.quoting import moment
from bridge_client.protocol.conversation import Accepted, Event, Finished, Question, Text, Void, Waiting, with_estimate
from bridge_client.protocol.delivery import Delivery, Reconnecting
from bridge_client.protocol.frames import Frame, number_in, session_id_in, text_in
from bridge_client.terminal.escape import one_line
from bridge_client.terminal.wording import REASONS, dollars, early_end

Report = Callable[[float, str], Awaitable[None]]
"""Is given a number that rises and what is happening."""

REPORT_SECONDS = 0.25
"""Between two reports, at least."""
TAIL = 120
"""Characters of the end of the text that a report shows."""
LONGEST = 80_000
"""Characters of an answer; all of it is in the session's history."""


class Questions:
    """The questions under way. A cancelled one is stopped at the bridge, which keeps what there is of the answer."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._stopping: set[asyncio.Task[Finished]] = set()

    async def ask(self, arguments: Mapping[str, object], report: Report) -> str:
        """The answer, and how to go on. Raises `Failure`."""
        options: Frame = {name: value for name, value in arguments.items() if name not in ("message", "session_id")}
        if options:
            await self._bridge.require("options", "options of a question")
        await self._bridge.start()
        question = Question(str(arguments["message"]), str(arguments.get("session_id", "")), self._bridge.client.new_id(), options)
        progress = _Progress()
        delivery = self._bridge.delivery(question, progress.show)
        asking = asyncio.create_task(delivery.run())
        reporting = asyncio.create_task(progress.report_to(report))
        try:
            finished = await asyncio.shield(asking)
        except asyncio.CancelledError:
            self._stop(asking, delivery, question)
            raise
        finally:
            reporting.cancel()
        return _answer(finished)

    async def settle(self, seconds: float) -> None:
        """Waits until the cancelled questions have been stopped, at most this long."""
        if self._stopping:
            await asyncio.wait(self._stopping, timeout=seconds)

    def _stop(self, asking: asyncio.Task[Finished], delivery: Delivery, question: Question) -> None:
        self._stopping.add(asking)
        asking.add_done_callback(self._stopped)
        if delivery.stop(question.cancel()):
            asyncio.get_running_loop().call_later(self._bridge.client.retry_policy.stopping, asking.cancel)
        else:
            asking.cancel()

    def _stopped(self, asking: asyncio.Task[Finished]) -> None:
        self._stopping.discard(asking)
        if not asking.cancelled():
            asking.exception()  # Nobody waits for it any more.


class _Progress:
    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._message = "waiting for Claude"
        self._end = ""
        self._characters = 0
        self._reported = -1.0

    def show(self, event: Event | Reconnecting) -> None:
        match event:
            case Accepted():
                self._message = "Claude is thinking"
            case Text(text):
                self._characters += len(text)
                self._end = one_line(f"{self._end}{text}"[-TAIL:])
                self._message = self._end
            case Void():
                self._end = ""
                self._message = "Claude begins again"
            case Waiting(reason, _):
                self._message = REASONS.get(reason, "") or self._end or "Claude is thinking"
            case Reconnecting():
                self._message = "the connection was lost, asking again"
        self._changed.set()

    async def report_to(self, report: Report) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            # It has to rise, also where no text has come: a client takes it for a sign of life.
            self._reported = max(self._reported + 1, float(self._characters))
            await report(self._reported, self._message)
            await asyncio.sleep(REPORT_SECONDS)


def _answer(finished: Finished) -> str:
    done, text = with_estimate(finished), finished.text
    session_id = session_id_in(done)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n\n(The answer goes on: `history` with this session has all of it.)"
    expiry = f"kept until {moment(done.get('expires_at'))}" if number_in(done, "expires_at") else "kept until it is deleted"
    parts = (f"session_id: {session_id}", one_line(text_in(done, "model")), dollars(done.get("cost_usd") or None), expiry)
    ended = early_end(done)
    return "\n\n".join(part for part in (text, ended, f"({', '.join(part for part in parts if part)})") if part)
