"""The same owner's actions in two worlds: one that is shared with other owners, and one that nobody else lives in.

Time, chance and Claude are functions of the script alone, so that in both worlds an owner must get the same, byte by byte, and Claude
must be sent the same. To make meetings likely all owners get the same random bytes (equal turn ids, equal `born`) and use the same ids.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from bridge.app import App
from bridge.claude.interrupt import Interrupt
from bridge.claude.retry import Failure
from bridge.clock import Chance, Clock, Timing
from bridge.errors import BridgeError, Code
from bridge.settings import Settings
from bridge.store.claim_row import Claim
from bridge.store.claims import request_hash
from bridge.store.lives import CLOCK_SKEW_SECONDS
from bridge.store.port import Store
from bridge.turn_ids import turn_id
from fakes.memory_store import MemoryStore
from fakes.recording_connections import RecordingConnections
from fakes.scripted_claude import says

BEGINNING = 1_800_000_000.0
SETTINGS = Settings(anthropic_api_key="test", context_limit=800, system_prompt="Be brief.", max_tokens=1, daily_token_budget=400)
# The output of an answer that is broken off is estimated by the real time it took, at most `max_tokens`: with 1 it is always the same.
WAIT = 20.0
TIME_LEFT = 10.0
LEASE_OVER = SETTINGS.lease_seconds + CLOCK_SKEW_SECONDS + 1
TIMING = Timing(
    poll_interval=0.01,
    status_interval=60.0,
    text_interval=0.005,
    slow_text_interval=0.01,
    fast_seconds=0.02,
    single_reply_seconds=60.0,
    reserve_seconds=0.0,
    drain_seconds=0.3,
)

_MEASURED = re.compile(rb'"(store|model)_milliseconds":[0-9.]+')

Body = Mapping[str, Any]


class Step(NamedTuple):
    """What one owner does. `later`: seconds after the step before, whoever took that; `process`: 0 or 1, or 2 for one that knows nothing.

    `held`: a query whose answer is made while the next steps are taken, until its owner asks again.
    """

    owner: str
    body: Body
    later: int = 0
    process: int = 0
    held: bool = False


class Seen(NamedTuple):
    """Everything that one owner was sent, by connection, all that Claude was sent for it, and what the store keeps of it, if that tells."""

    reported: dict[str, list[bytes]]
    sent: list[str]
    known: list[tuple[str, Any]]

    @property
    def text(self) -> str:
        return "\n".join([line.decode() for lines in self.reported.values() for line in lines] + self.sent)


class _Held(NamedTuple):
    thread: threading.Thread
    wake: threading.Event
    body: Body


class World:
    """One bridge, in two processes on one store, whose owners act one after the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connections = RecordingConnections()
        self._now = BEGINNING
        self._actor = ""
        self._drawn: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()
        self._holds = threading.Event()
        self._asked = threading.Event()
        self._wake = threading.Event()
        self._held: dict[str, _Held] = {}
        self._sent: dict[str, list[str]] = {}
        self._processes = [self._process(), self._process()]

    def play(self, script: Sequence[Step], owners: Iterable[str]) -> dict[str, Seen]:
        """What those owners see who take part; the others' steps only take time."""
        taking_part, before = tuple(owners), script[0]
        for step in script:
            # A request whose session was deleted can be asked again when its lease is over: nobody is to wait for that.
            self._now += step.later + (LEASE_OVER if before.body["action"] == "delete" else 0)
            before = step
            if step.owner in taking_part:
                self._take(step)
        for owner in taking_part:
            self._release(owner)
        return {owner: self._seen(owner) for owner in taking_part}

    def _take(self, step: Step) -> None:
        if step.body["action"] in ("query", "remember"):
            self._release(step.owner)
            self._questions[step.owner] += 1
        self._actor = step.owner
        body = self._filled_in(step)
        if step.held:
            self._hold(step, body)
        else:
            self._send(step, body, f"{step.owner} 1")
            self._await_cancelled()

    def _send(self, step: Step, body: Body, connection_id: str) -> None:
        context = {"eventType": "MESSAGE", "connectionId": connection_id, "requestId": "e", "authorizer": {"principalId": step.owner}}
        event = {"requestContext": context, "body": json.dumps(body)}
        process = self._process() if step.process == 2 else self._processes[step.process]
        assert process.handle(event, lambda: TIME_LEFT) == {"statusCode": 200}

    def _hold(self, step: Step, body: Body) -> None:
        """Begins a question; returns when Claude is asked it, or when it has ended without that."""
        self._wake = wake = threading.Event()
        self._asked.clear()
        self._holds.set()

        def ask() -> None:
            self._send(step, body, f"{step.owner} 2")
            self._asked.set()

        thread = threading.Thread(target=ask)
        self._held[step.owner] = _Held(thread, wake, body)
        thread.start()
        assert self._asked.wait(WAIT)
        self._holds.clear()

    def _release(self, owner: str) -> None:
        held = self._held.pop(owner, None)
        if held is not None:
            self._actor = owner
            held.wake.set()
            _join(held.thread)

    def _await_cancelled(self) -> None:
        """A question that somebody has cancelled ends by itself, soon; the steps that follow find it ended."""
        for owner, held in self._held.items():
            ids = held.body.get("session_id", ""), held.body.get("request_id", "")
            row = self._store.look(request_hash(owner, *ids, "", "")) if all(ids) else None
            if row is not None and row.cancel:
                _join(held.thread)

    def _filled_in(self, step: Step) -> Body:
        """What a client takes from earlier replies: the cursor and the turn it received last, here by the names of `last` and `now`."""
        body = dict(step.body)
        frames = [frame for number in "12" for frame in self._connections.frames(f"{step.owner} {number}")]
        reported = {
            "cursor": [frame["cursor"] for frame in frames if frame.get("cursor")],
            "before": [frame["turn"] for frame in frames if "turn" in frame],
        }
        forged = {"cursor": f"{int(self._now)}.{step.body.get('of', 's')}", "before": turn_id(round(self._now * 1000), bytes(10))}
        for name in ("cursor", "before"):
            if body.get(name) == "now":
                body[name] = forged[name]
            elif body.get(name) == "last":
                body[name] = (reported[name] or [None])[-1]
        return body

    def _seen(self, owner: str) -> Seen:
        reported = {number: [_MEASURED.sub(b"", line) for line in self._connections.raw(f"{owner} {number}")] for number in "12"}
        known = self._store.rows(owner) if isinstance(self._store, MemoryStore) else []
        # When a lease was renewed is a matter of real time.
        known = [(key, row._replace(lease_until=0.0) if isinstance(row, Claim) else row) for key, row in known]
        return Seen(reported, self._sent.get(owner, []), known)

    def _process(self) -> App:
        return App(
            settings=SETTINGS,
            store=self._store,
            connections=self._connections,
            claude=self,
            clock=Clock(now=lambda: self._now, sleep=lambda _: None),
            chance=Chance(self._token, self._bytes, lambda: 1.0),
            timing=TIMING,
        )

    def _token(self) -> str:
        """Never the same for two owners: real ones are not."""
        self._drawn[self._actor] += 1
        return hashlib.sha256(f"{self._actor} {self._drawn[self._actor]}".encode()).hexdigest()[:16]

    def _bytes(self, length: int) -> bytes:
        """The same for the same question of all owners, the first, the second ...: the worst that chance can do."""
        return hashlib.sha256(str(self._questions[self._actor]).encode()).digest()[:length]

    # Claude, whose answers tell what it was sent.

    def open(self) -> None:
        """There is nothing to open."""

    def is_open(self) -> bool:
        return False

    def knows(self, model: str) -> bool:
        return True

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        sent, asked = json.dumps(request, ensure_ascii=False), str(request["messages"][-1]["content"])
        self._sent.setdefault(self._actor, []).append(sent)
        if self._holds.is_set():
            wake = self._wake
            interrupt.attach(wake.set)
            self._asked.set()
            assert wake.wait(WAIT)
            if interrupt.reason is not None:
                return
        if asked.endswith("fail"):
            raise Failure(BridgeError(Code.CLAUDE_REJECTED, f"Claude did not accept the request: {asked[-100:]}"), transient=False)
        yield from says(f"{hashlib.sha256(sent.encode()).hexdigest()[:8]} is my answer to: {asked[-200:]}")  # type: ignore[misc]


def _join(thread: threading.Thread) -> None:
    thread.join(WAIT)
    assert not thread.is_alive()


OpenStore = Callable[[], AbstractContextManager[Store]]
"""An empty store, each time."""


def assert_nobody_notices_anybody(
    script: Sequence[Step], owners: Sequence[str], canaries: Mapping[str, str], open_store: OpenStore
) -> None:
    """What each owner sees in the world of all is what it sees alone; `canaries` are the words that only their owner ever said."""
    with open_store() as store:
        together = World(store).play(script, owners)
    for owner in owners:
        with open_store() as store:
            alone = World(store).play(script, [owner])[owner]
        assert together[owner] == alone
        for other in owners:
            assert other == owner or canaries[other] not in together[owner].text
