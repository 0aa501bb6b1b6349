"""A world for the claim protocol: invocations of the real bridge over one store, with everything that can go wrong at each of their steps.

A step is a call of the store, of Claude or of a connection. What goes wrong at one is a `Fault`; which, is decided by a plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from enum import Enum, auto
from random import Random
from typing import Any

from bridge.app import App
from bridge.claude.interrupt import Interrupt
from bridge.claude.retry import Failure
from bridge.clock import Chance, Clock
from bridge.errors import BridgeError, Code, ConnectionBusy, StoreUnavailable
from bridge.settings import Settings
from bridge.store.claim_row import Claim
from bridge.store.claims import message_hash
from bridge.store.records import Turn
from bridge.threads import Threads
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import says
from fakes.virtual_threads import FOREVER, Killed, Process, Scheduler, VirtualEvent

LEASE = 15.0


class Fault(Enum):
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    UNAVAILABLE = auto()
    """Not done, and said so."""
    LOST = auto()
    """Done, and the answer was lost."""
    LATE = auto()
    """Said to have failed, and done later."""
    CRASH_LATE = auto()
    """The process ends with the call on its way, which is done later."""
    TWICE = auto()
    """The answer was lost, and the store's client has repeated the call by itself."""
    STALL_BEFORE = auto()
    STALL_AFTER = auto()
    """The whole process stands still for longer than a lease."""


HARMLESS = frozenset({Fault.TWICE})
"""What leaves an invocation able to do all it should."""

Plan = Callable[[int, str], Fault | None]
"""From the number of a step and its name to what goes wrong at it."""


def nothing(step: int, name: str) -> Fault | None:
    return None


class Invocation(Process):
    """One invocation of the function, in a process of its own. `ahead` is how far its wall clock is; the plan is asked at each step."""

    def __init__(self, name: str, plan: Plan = nothing, *, ahead: float = 0.0) -> None:
        super().__init__(name)
        self.plan = plan
        self.ahead = ahead
        self.lease_until = FOREVER
        """Until when it may believe to hold the request."""
        self.has_request = False
        """It has claimed the request, or taken it over."""
        self.saw_row = 0.0
        """When it last read the row of a request that was not its own. What is stored later, by who had it before, its own commit meets."""
        self.steps: list[str] = []
        self.faults: list[Fault] = []

    @property
    def sound(self) -> bool:
        """Nothing went wrong in it."""
        return not self.dead and not set(self.faults) - HARMLESS


class World:
    def __init__(self, seed: int, session_ttl_hours: float) -> None:
        self.chance = Random(seed)
        self.scheduler = Scheduler(self.chance, now=1_800_000_000.0)
        self.store = MemoryStore()
        self.trouble = self.scheduler.trouble
        self.frames: dict[str, list[dict[str, Any]]] = {}
        self.said: dict[str, bool] = {}
        """Every text that Claude began to say, and whether all of it was said."""
        self.failing = 0.0
        """How often Claude fails."""
        self.latencies: tuple[float, ...] = (0.0, 0.003, 0.01, 0.05)
        """How long a step may take, in seconds."""
        self.pauses: tuple[float, ...] = (0.0, 0.02, 0.3, 4.0, 9.0)
        """How long Claude may take from one event to the next, in seconds."""
        self.buried: list[set[str]] = []
        """For each deletion the messages (their MD5) that were being asked, or had been answered, when it came."""
        self.asking: list[tuple[float, Invocation]] = []
        """When Claude said something, and to whom."""
        self.jumped = 0.0
        """By how much all wall clocks are ahead at the moment: they are set, or the machine was asleep."""
        self.jumps = False
        """They jump: an invocation whose request another one takes over meanwhile ends in silence."""
        self._session_ttl_hours = session_ttl_hours
        self._leases: dict[tuple[str, str], float] = {}
        self._committed: dict[str, float] = {}
        self._calls = 0

    def ask(self, invocation: Invocation, query: Mapping[str, Any], at: float = 0.0, seconds: float = 600.0) -> None:
        """Has `invocation` handle `query`, for the connection of its name, `at` seconds from now."""
        app = self._app(invocation)
        ends = self.scheduler.now + at + seconds
        event = {
            "requestContext": {
                "eventType": "MESSAGE",
                "connectionId": invocation.name,
                "requestId": "event-id",
                "authorizer": {"principalId": "default"},
            },
            "body": json.dumps(query),
        }

        def act() -> None:
            app.handle(event, lambda: ends - self.scheduler.now)
            if invocation.sound and self.scheduler.now > ends:
                self.trouble.append(f"{invocation.name} outlasts its time by {self.scheduler.now - ends:.1f} s")

        self.scheduler.spawn(invocation, act, self.scheduler.now + at)

    def jump(self, at: float, ahead: float) -> None:
        """Sets all wall clocks, `at` seconds from now, to `ahead` seconds before the true time."""
        self.jumps = True
        self.scheduler.spawn(Process("clock"), lambda: setattr(self, "jumped", ahead), self.scheduler.now + at)

    def heard(self, name: str) -> list[dict[str, Any]]:
        return self.frames.get(name, [])

    def _app(self, invocation: Invocation) -> App:
        scheduler, chance = self.scheduler, Random(self.chance.random())
        clock = Clock(lambda: scheduler.now + self.jumped + invocation.ahead, lambda: scheduler.now + 1000.0, scheduler.pause)
        return App(
            settings=Settings(anthropic_api_key="test", lease_seconds=LEASE, session_ttl_hours=self._session_ttl_hours),
            store=_Store(self, invocation),
            connections=_Connections(self, invocation),
            claude=_Claude(self, invocation),
            clock=clock,
            threads=Threads(0, lambda: scheduler.now),
            chance=Chance(lambda: f"{chance.getrandbits(64):016x}", chance.randbytes, chance.random),
        )

    # What the fakes report.

    def step(self, invocation: Invocation, name: str) -> Fault | None:
        """A step begins: others may go first. Returns what goes wrong at it, unless that is the end of the process already."""
        fault = invocation.plan(len(invocation.steps), name)
        invocation.steps.append(name if fault is None else f"{name}: {fault.name}")
        if fault is not None:
            invocation.faults.append(fault)
        if fault is Fault.CRASH_BEFORE:
            self.kill(invocation)
        if fault is Fault.STALL_BEFORE:
            self.stall(invocation)
        self.scheduler.pause(self.chance.choice(self.latencies))
        return fault

    def kill(self, invocation: Invocation) -> None:
        invocation.dead = True
        raise Killed

    def stall(self, invocation: Invocation) -> None:
        invocation.frozen_until = self.scheduler.now + self.chance.choice((6.0, 16.0, 17.5, 25.0, 40.0))
        self.scheduler.pause()

    def leased(self, claim: Claim, invocation: Invocation, since: float) -> None:
        self._leases[claim.message, invocation.name] = since + LEASE

    def released(self, claim: Claim, invocation: Invocation) -> None:
        self._leases.pop((claim.message, invocation.name), None)

    def claims(self, claim: Claim) -> None:
        """What is asked when nothing is known of it (any more) is a new question; a deletion has to stay known."""
        actual = self.store._claims.get(claim.hash)
        for messages in self.buried if actual is None or actual.code != Code.SESSION_DELETED.wire else ():
            messages.discard(claim.message)

    def commits(self, turn: Turn) -> None:
        self._committed[turn.context[0].content] = self.scheduler.now

    def holds(self, invocation: Invocation, doing: str) -> None:
        """Checks that who does this may still believe to hold the request."""
        if self.scheduler.now > invocation.lease_until:
            self.trouble.append(f"{invocation.name} {doing} {self.scheduler.now - invocation.lease_until:.2f} s after its lease")

    def called(self, invocation: Invocation, message: str) -> str:
        """Claude is asked; returns what it will say."""
        for (message_md5, holder), until in self._leases.items():
            # Whoever is awake goes by the wall clock: after a jump the lease is over for it, and in doubt for its holder.
            same = message_md5 == message_hash(message) and holder != invocation.name
            if same and until > self.scheduler.now and not self.jumps:
                self.trouble.append(
                    f"{invocation.name} asks Claude while the lease of {holder} runs for {until - self.scheduler.now:.2f} s"
                )
        if self._committed.get(message, FOREVER) < invocation.saw_row and not self.buried:
            self.trouble.append(f"{invocation.name} asks Claude what has been answered")
        self._calls += 1
        return f"answer {self._calls} to {message}, at some length é😀"


class _Store:
    """The store as one invocation meets it."""

    def __init__(self, world: World, invocation: Invocation) -> None:
        self._world = world
        self._invocation = invocation

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, lambda: self._do(name, began, *args, **kwargs))

        began = self._world.scheduler.now
        return call

    def _do(self, name: str, began: float, *args: Any, **kwargs: Any) -> Any:
        world, invocation = self._world, self._invocation
        if name == "claim":
            world.claims(args[0])
        result = getattr(world.store, name)(*args, **kwargs)
        if name == "add_turn" and result is None:
            world.commits(args[1])
        if not invocation.has_request and (name == "look" or (name == "claim" and result is not None)):
            invocation.saw_row = world.scheduler.now
        if name in ("claim", "take_over") and result is None:
            invocation.has_request = True
            world.leased(args[0], invocation, began)
        elif name == "renew" and result is not None:
            world.leased(result, invocation, began)
        elif name == "fail" and result:
            world.released(args[0], invocation)
        elif name == "begin" and args[1].deleted and result.deleted:
            world.buried.append({claim.message for claim in world.store._claims.values() if not claim.failed})
        return result

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        world, invocation, began = self._world, self._invocation, self._world.scheduler.now
        if name == "add_turn":
            world.holds(invocation, "stores")
        fault = world.step(invocation, name)
        if fault is Fault.UNAVAILABLE:
            raise StoreUnavailable
        if fault in (Fault.LATE, Fault.CRASH_LATE):
            world.scheduler.spawn(Process("network"), do, world.scheduler.now + world.chance.choice((0.5, 5.0, 18.0, 30.0)))
            if fault is Fault.CRASH_LATE:
                world.kill(invocation)
            raise StoreUnavailable
        result = do()
        if fault is Fault.CRASH_AFTER:
            world.kill(invocation)
        if fault is Fault.STALL_AFTER:
            world.stall(invocation)
        if fault is Fault.LOST:
            raise StoreUnavailable
        if fault is Fault.TWICE:
            result = do()
        if (name in ("claim", "take_over") and result is None) or (name == "renew" and result is not None):
            invocation.lease_until = began + LEASE
        world.scheduler.pause(0.0)
        return result


class _Connections:
    """Of every other invocation they take what is posted without a step of their own, as those of the local gateway do."""

    def __init__(self, world: World, invocation: Invocation) -> None:
        self._world = world
        self._invocation = invocation
        self._is_quick = world.chance.random() < 0.5

    def try_post(self, connection_id: str, data: bytes) -> bool:
        if not self._is_quick:
            return False
        self._answers(data)
        self._take(connection_id, data)
        return True

    def post(self, connection_id: str, data: bytes) -> None:
        self._answers(data)
        fault = self._world.step(self._invocation, "post")
        if fault in (Fault.UNAVAILABLE, Fault.LATE):
            raise ConnectionBusy
        self._take(connection_id, data)
        if fault in (Fault.CRASH_AFTER, Fault.CRASH_LATE):
            self._world.kill(self._invocation)
        if fault is Fault.STALL_AFTER:
            self._world.stall(self._invocation)
        if fault is Fault.LOST:
            raise ConnectionBusy

    def _answers(self, data: bytes) -> None:
        if b'"delta"' in data or b'"done"' in data:
            self._world.holds(self._invocation, "answers")

    def _take(self, connection_id: str, data: bytes) -> None:
        self._world.frames.setdefault(connection_id, []).append(json.loads(data) | {"at": self._world.scheduler.now})


class _Claude:
    """Says a text of its own each time; now and then it fails before it has begun, or in the middle."""

    def __init__(self, world: World, invocation: Invocation) -> None:
        self._world = world
        self._invocation = invocation

    def open(self) -> None:
        self._world.step(self._invocation, "open")

    def is_open(self) -> bool:
        return self._world.chance.random() < 0.5

    def knows(self, model: str) -> bool:
        return True

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        world, cut = self._world, VirtualEvent(self._world.scheduler)
        interrupt.attach(cut.set)
        if cut.is_set():
            return
        text = world.called(self._invocation, request["messages"][-1]["content"])
        world.said[text] = False
        fails_at = world.chance.randrange(7) if world.chance.random() < world.failing else 99
        for number, event in enumerate(says(text[:6], text[6:])):
            fault = world.step(self._invocation, "event")
            if fault in (Fault.CRASH_AFTER, Fault.CRASH_LATE):
                world.kill(self._invocation)
            if fault in (Fault.UNAVAILABLE, Fault.LOST, Fault.LATE):
                raise Failure.lost("cut")
            if number == fails_at:
                raise self._failure()
            if cut.wait(world.chance.choice(world.pauses)):
                return
            assert isinstance(event, Mapping)
            world.asking.append((world.scheduler.now, self._invocation))
            world.said[text] |= event.get("type") == "message_delta"
            yield event

    def _failure(self) -> Failure:
        code = self._world.chance.choice((Code.CLAUDE_OVERLOADED, Code.CLAUDE_REJECTED, Code.RATE_LIMITED))
        return Failure(BridgeError(code), transient=code is not Code.CLAUDE_REJECTED)
