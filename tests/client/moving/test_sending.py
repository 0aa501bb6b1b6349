"""Many requests on one connection; conversations in pieces; and what is noted of a run."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.client import Client
from bridge_client.commands.moving.conversation import Conversation
from bridge_client.commands.moving.runs import RunFile, Runs
from bridge_client.commands.moving.sending import AT_A_TIME, Report, Sender, batches
from bridge_client.commands.moving.wire import Wire
from bridge_client.failures import Failure
from bridge_client.protocol.connection import Lost
from bridge_client.protocol.frames import Frame
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.terminal.hints import Hints
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
Answer = Callable[[Frame], Frame | Exception | None]


class FakeBridge:
    """`answers`: for each connection in turn, what becomes of a frame; the last one goes for all that follow."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.opened = 0
        self.received: list[Frame] = []

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[FakeConnection]:
        answer = self.answers[min(self.opened, len(self.answers) - 1)]
        self.opened += 1
        yield FakeConnection(self, answer)

    def client(self) -> Client:
        notes, output = Notes(io.StringIO()), Output(io.StringIO())
        retry_policy = RetryPolicy(silence=0.2, first_wait=0.001, max_wait=0.001)
        client = Client(notes, output, Hints("ask-claude"), retry_policy=retry_policy)
        fake = replace(client)
        object.__setattr__(fake, "connect", self.connect)
        return fake


class FakeConnection:
    date = ""

    def __init__(self, bridge: FakeBridge, answer: Answer) -> None:
        self._bridge, self._answer = bridge, answer
        self._frames: asyncio.Queue[Frame | Exception] = asyncio.Queue()

    async def send(self, data: bytes) -> None:
        frame = json.loads(data)
        self._bridge.received.append(frame)
        answer = self._answer(frame)
        if answer is not None:
            await self._frames.put(answer)

    async def send_frame(self, frame: Frame) -> None:
        await self.send(json.dumps(frame).encode())

    async def receive(self) -> Frame:
        answer = await self._frames.get()
        if isinstance(answer, Exception):
            raise answer
        return answer


def imported(frame: Frame) -> Frame:
    return {"type": "imported", "request_id": frame["request_id"], "added": len(frame["turns"]), "present": 0}


def requests(bridge: FakeBridge, number: int = 6) -> list[Frame]:
    async def run() -> list[Frame]:
        async with Wire(bridge.client(), lambda _: None) as wire:
            frames = [{"action": "import", "session_id": f"s{place}", "turns": [{}] * place} for place in range(number)]
            return await asyncio.gather(*(wire.request(frame, "imported") for frame in frames))

    return asyncio.run(asyncio.wait_for(run(), 10))


def test_all_share_one_connection_and_each_gets_its_own_answer() -> None:
    bridge = FakeBridge(imported)
    assert [reply["added"] for reply in requests(bridge)] == list(range(6))
    assert bridge.opened == 1


@pytest.mark.parametrize(
    "first",
    [
        lambda frame: imported(frame) if frame["session_id"] == "s0" else Lost("cut"),
        lambda frame: None,
        lambda frame: {"message": "Too Many Requests", "connectionId": "c", "requestId": "r"},
    ],
)
def test_what_a_connection_does_not_answer_is_sent_again_on_a_new_one(first: Answer) -> None:
    bridge = FakeBridge(first, imported)
    assert [reply["added"] for reply in requests(bridge)] == list(range(6))
    assert 2 <= bridge.opened <= 6


def test_an_error_is_the_failure_of_its_request_alone() -> None:
    def answer(frame: Frame) -> Frame:
        refused = {"type": "error", "request_id": frame["request_id"], "code": "bad_request", "message": "no", "retryable": False}
        return refused if frame["session_id"] == "s1" else imported(frame)

    bridge = FakeBridge(answer)

    async def run() -> list[Any]:
        async with Wire(bridge.client(), lambda _: None) as wire:
            frames = [{"action": "import", "session_id": f"s{place}", "turns": []} for place in range(3)]
            return await asyncio.gather(*(wire.request(frame, "imported") for frame in frames), return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert isinstance(second, Failure)
    assert first["added"] == third["added"] == 0
    assert bridge.opened == 1


class Sending:
    """A sender with a fake bridge behind it that knows which turns are there."""

    def __init__(self, known: set[str] = frozenset(), taken: set[str] = frozenset(), bad: str = "") -> None:  # type: ignore[assignment]
        self.there: dict[str, set[str]] = {}
        self.taken, self.bad = taken, bad
        self.report, self.notes = Report(), list[tuple[Any, ...]]()
        self.at_once = self.most_at_once = 0
        self.sender = Sender(self.request, self, set(known), self.report, lambda _: None)

    async def request(self, frame: Frame, reply: str) -> Frame:
        assert reply == "imported"
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        if frame["session_id"] in self.taken:
            raise Failure("session_exists", "taken")
        if self.bad and any(turn["source"] == self.bad for turn in frame["turns"]):
            raise Failure("bad_request", "In `turns`, number 7: `said_at` must lie between 1990 and now.")
        sources = self.there.setdefault(frame["session_id"], set())
        new = {turn["source"] for turn in frame["turns"]} - sources
        sources |= new
        return {"added": len(new), "present": len(frame["turns"]) - len(new)}

    def begins(self, session_id: str) -> None:
        self.notes.append(("begins", session_id))

    def refused(self, session_id: str) -> None:
        self.notes.append(("refused", session_id))

    def added(self, session_id: str, turns: int, total: int) -> None:
        self.notes.append(("added", session_id, turns, total))

    def send(self, *conversations: Conversation) -> None:
        asyncio.run(self.sender.send_all((conversation, 1) for conversation in conversations))


def conversation(session_id: str = "s", turns: int = 250) -> Conversation:
    return Conversation(session_id, [{"source": f"{session_id}/{number}", "said_at": number, "context": []} for number in range(turns)])


def test_a_conversation_goes_in_order_and_several_at_the_same_time() -> None:
    sending = Sending()
    sending.send(*(conversation(f"s{number}") for number in range(9)))
    assert sending.report.added == 9 * 250
    assert sending.most_at_once == AT_A_TIME
    assert sorted(sending.notes)[:9] == [("added", f"s{number}", 250, 250) for number in range(9)]


def test_a_turn_that_the_bridge_refuses_does_not_cost_the_others() -> None:
    sending = Sending(bad="s/77")
    sending.send(conversation())
    assert sending.report.added == 249
    assert sending.report.skipped == {"`said_at` must lie between 1990 and now": 1}


def test_another_id_is_taken_where_an_earlier_session_had_it_and_kept_later() -> None:
    sending = Sending(taken={"s", "s-2"})
    sending.send(conversation())
    assert sending.report.renamed == {"s": "s-3"}
    assert sending.notes == [
        ("begins", "s"),
        ("refused", "s"),
        ("begins", "s-2"),
        ("refused", "s-2"),
        ("begins", "s-3"),
        ("added", "s-3", 250, 250),
    ]
    later = Sending(known={"s-3"})
    later.there = sending.there
    later.send(conversation())
    assert (later.report.added, later.report.present) == (0, 250)


def test_a_failure_ends_it_and_says_what_was_done() -> None:
    sending = Sending()

    async def failing(frame: Frame, reply: str) -> Frame:
        if frame["session_id"] == "s20":
            raise Failure("budget_exceeded", "Today's imports are used up.")
        return await Sending.request(sending, frame, reply)

    sending.sender = Sender(failing, sending, set(), sending.report, lambda _: None)
    with pytest.raises(Failure, match="used up"):
        sending.send(*(conversation(f"s{number}", 5) for number in range(50)))
    assert 50 <= sending.report.added <= 120


def test_groups_fit_into_messages_and_parts_put_together_are_the_turn() -> None:
    turns = [
        {"source": str(number), "context": [{"role": "user", "content": "凧" * size}]}
        for number, size in enumerate([10, 30_000, 100_000, 5])
    ]
    skipped: Counter[str] = Counter()
    groups = list(batches(turns, skipped))
    assert all(len(json.dumps(group, ensure_ascii=False).encode()) < 128 * 1024 for group in groups)
    parts = [turn for group in groups for turn in group if "part" in turn]
    assert [part["part"] for part in parts] == list(range(1, parts[0]["parts"] + 1))
    assert "".join(part["context"][0]["content"] for part in parts) == "凧" * 100_000
    assert [turn["source"] for group in groups for turn in group if "part" not in turn] == ["0", "1", "3"]
    assert not skipped


def journal(runs: Runs, place: str = "local") -> RunFile:
    return runs.start(place, NOW)


def test_a_run_notes_what_it_began_and_the_last_one_is_found(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "state" / "imports")
    assert list(runs.all()) == []
    first = journal(runs)
    first.begins("a")
    first.begins("b")
    first.refused("b")
    first.added("a", 3, 3)
    first.end()
    second = journal(runs)
    second.added("a", 1, 4)
    second.end()
    assert (first.name, second.name) == ("20261127-120000", "20261127-120000-2")
    assert [(run.began, run.added) for run in runs.all()] == [(["a"], {"a": 3}), ([], {"a": 4})]
    assert runs.run("last").name == second.name
    (path,) = [path for path in (tmp_path / "state" / "imports").iterdir() if path.stem == first.name]
    assert path.stat().st_mode & 0o777 == 0o600
    runs.forget(runs.run(first.name))
    with pytest.raises(Failure, match=r"The last ones: 20261127-120000-2\."):
        runs.run(first.name)


def test_a_run_that_was_killed_is_gone_on_with_and_one_that_lives_is_not(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    killed = journal(runs)
    killed.begins("a")
    path = tmp_path / f"{killed.name}.jsonl"
    assert journal(runs).name != killed.name  # This process lives.
    path.write_text(path.read_text().replace(str(os.getpid()), str(2**22 + 1)) + '{"session_id": "b", "added": 3')
    assert journal(runs, "wss://example.com").name != killed.name
    again = journal(runs)
    assert again.name == killed.name
    again.added("a", 2, 9)
    assert runs.run(killed.name).process == os.getpid()
    again.end()
    run = runs.run(killed.name)
    assert (run.began, run.added, run.process) == (["a"], {"a": 9}, 0)
    assert journal(runs).name != killed.name
