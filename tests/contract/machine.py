"""Any sequence of calls has the same results on a store as on the model of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from bridge.store.claim_row import Claim
from bridge.store.port import Expiries, Store
from bridge.store.records import HEAD, Head, Message, Progress, Turn, Usage
from bridge.store.session_settings import SessionSettings
from bridge.store.tally import Hold
from fakes.memory_store import MemoryStore

SESSIONS = st.sampled_from(["a", "b/c"])
IDS = st.sampled_from(["1", "2", "3", "4"])
BOUNDS = st.sampled_from(["", "1", "2", "3", "4", HEAD, "~~"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
TIMES = st.integers(1, 4)
TTLS = st.none() | TIMES
OWNERS = st.sampled_from(["ada", "bob"])
LIMITS = st.integers(1, 4)
COUNTS = st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
CONTEXTS = st.builds(lambda question, answer: (Message("user", question), Message("assistant", answer)), TEXTS, TEXTS)
COUNTERS = st.sampled_from([0, 0, 1, 2])
HOURS = st.sampled_from([None, 0, 0.5, 24])
SETTINGS = st.builds(SessionSettings, TEXTS, TEXTS, keep_hours=HOURS, counter=st.integers(1, 2), rest=st.just({})) | st.just(
    SessionSettings()
)
TURNS = st.builds(Turn, IDS, CONTEXTS, TIMES, TEXTS, TEXTS, TEXTS, st.booleans(), COUNTS, TTLS, TEXTS, TTLS, st.booleans(), COUNTERS)
HEADS = st.builds(
    Head,
    *(IDS, TIMES, TTLS, st.booleans(), st.just(""), TEXTS, st.integers(0, 9), TTLS, TEXTS, st.just("") | IDS, COUNTS, st.just("") | IDS),
    *(SETTINGS, st.none() | BOUNDS, COUNTERS, COUNTERS, COUNTERS, TEXTS, st.sampled_from(["", "t1"]), COUNTERS, st.just({})),
)
PROGRESS = st.builds(
    Progress,
    OWNERS,
    TEXTS,
    TIMES,
    TTLS,
    TTLS,
    COUNTS,
    settings=COUNTERS,
    cost=COUNTERS,
    unpriced_turns=st.integers(0, 1),
    turn=st.sampled_from(["", "t1", "t2"]),
    turns=st.integers(1, 3),
    imported=st.integers(0, 1),
)
EXPIRIES = st.none() | st.builds(Expiries, TTLS, TTLS)
INVOCATIONS = st.sampled_from(["i", "j", "k"])
LEASES = st.sampled_from([1.25, 2.5])
STATES = st.sampled_from(["running", "failed"])
WAITS = st.none() | st.sampled_from([0.5, 30.0])
ROWS = (IDS, SESSIONS, IDS, IDS, INVOCATIONS, LEASES, TIMES, STATES, TEXTS, TEXTS, WAITS, TEXTS, st.booleans())
CLAIMS = st.builds(Claim, *ROWS)
HOLDS = st.builds(Hold, IDS, INVOCATIONS, st.integers(0, 5), TIMES)


class StoreMachine(RuleBasedStateMachine):
    """Its names are new each time, so that all runs may use one store."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.model = MemoryStore()
        self.name = uuid4().hex

    def same(self, method: str, *values: Any, **named: Any) -> None:
        assert getattr(self.store, method)(*values, **named) == getattr(self.model, method)(*values, **named)

    def head(self, head: Head, owner: str) -> Head:
        return Head.of({**head.item(""), "owner": owner and f"{self.name}{owner}"})

    def claim(self, claim: Claim) -> Claim:
        return Claim.of({**claim.item(), "hash": f"{self.name}{claim.hash}"})

    @rule(session=SESSIONS, limit=LIMITS)
    def load(self, session: str, limit: int) -> None:
        self.same("load", self.name + session, limit)

    @rule(session=SESSIONS, after=BOUNDS, before=BOUNDS, limit=LIMITS, max_bytes=st.sampled_from([1, 500, 1_000, 5_000]))
    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int) -> None:
        self.same("page", self.name + session, after, before, limit, max_bytes)

    @rule(session=SESSIONS, turn=IDS)
    def turn(self, session: str, turn: str) -> None:
        self.same("turn", self.name + session, turn)

    @rule(session=SESSIONS, turn=TURNS)
    def add_turn(self, session: str, turn: Turn) -> None:
        self.same("add_turn", self.name + session, turn)

    @rule(session=SESSIONS, turn=IDS)
    def remove_turn(self, session: str, turn: str) -> None:
        self.same("remove_turn", self.name + session, turn)

    @rule(session=SESSIONS, through=BOUNDS.filter(bool), limit=LIMITS)
    def remove_turns(self, session: str, through: str, limit: int) -> None:
        self.same("remove_turns", self.name + session, through, limit)

    @rule(session=SESSIONS, head=HEADS, owner=OWNERS | st.just(""), seen=st.none() | HEADS)
    def begin(self, session: str, head: Head, owner: str, seen: Head | None) -> None:
        self.same("begin", self.name + session, self.head(head, owner), seen)

    @rule(session=SESSIONS, born=IDS, progress=PROGRESS)
    def advance(self, session: str, born: str, progress: Progress) -> None:
        mine = Progress(f"{self.name}{progress.owner}", *(getattr(progress, name) for name in Progress._fields[1:]))
        self.same("advance", self.name + session, born, mine)

    @rule(session=SESSIONS, born=IDS, seen=BOUNDS, summary=TEXTS, through=IDS)
    def summarise(self, session: str, born: str, seen: str, summary: str, through: str) -> None:
        self.same("summarise", self.name + session, born, seen, summary, through)

    @rule(session=SESSIONS, after=BOUNDS, limit=LIMITS)
    def lifetimes(self, session: str, after: str, limit: int) -> None:
        self.same("lifetimes", self.name + session, after, limit)

    @rule(session=SESSIONS, born=IDS, seen=COUNTERS, settings=SETTINGS, updated=TIMES, expiries=EXPIRIES)
    def configure(self, session: str, born: str, seen: int, settings: SessionSettings, updated: int, expiries: Expiries | None) -> None:
        # A write whose answer was lost is recognised by its counter.
        self.same("configure", self.name + session, born, seen, settings._replace(counter=seen + 1), updated, expiries)

    @rule(session=SESSIONS, born=IDS, counter=COUNTERS, through=st.none() | BOUNDS, turns_ttl=TTLS)
    def note_expiries(self, session: str, born: str, counter: int, through: str | None, turns_ttl: int | None) -> None:
        self.same("note_expiries", self.name + session, born, counter, through, turns_ttl)

    @rule(session=SESSIONS, turns=st.lists(IDS | st.just(HEAD), max_size=3), ttl=TTLS, by=COUNTERS)
    def prolong(self, session: str, turns: list[str], ttl: int | None, by: int) -> None:
        self.same("prolong", self.name + session, turns, ttl, by)

    @rule(session=SESSIONS, turns=st.lists(IDS | st.just(HEAD), max_size=3), ttl=TTLS, by=COUNTERS)
    def set_ttl(self, session: str, turns: list[str], ttl: int | None, by: int) -> None:
        self.same("set_ttl", self.name + session, turns, ttl, by)

    @rule(session=SESSIONS, born=IDS, seen=TTLS, turns_ttl=TTLS)
    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> None:
        self.same("bound_turns", self.name + session, born, seen, turns_ttl)

    @rule(owner=OWNERS, limit=LIMITS, updated=st.none() | TIMES, session=SESSIONS, now=TIMES)
    def sessions(self, owner: str, limit: int, updated: int | None, session: str, now: int) -> None:
        position = None if updated is None else (updated, self.name + session)
        self.same("sessions", f"{self.name}{owner}", limit, position, now)

    @rule(owner=OWNERS, since=TIMES, limit=LIMITS)
    def changes(self, owner: str, since: int, limit: int) -> None:
        listed = [
            sorted(((line.head.last_updated, line.head) for line in store.changes(f"{self.name}{owner}", since, 100)), key=repr)
            for store in (self.store, self.model)
        ]
        assert listed[0] == listed[1]
        assert len(self.store.changes(f"{self.name}{owner}", since, limit)) == min(limit, len(listed[0]))

    @rule(sessions=st.sets(SESSIONS))
    def heads(self, sessions: set[str]) -> None:
        self.same("heads", [self.name + session for session in sessions])

    @rule(claim=CLAIMS, now=TIMES)
    def put_claim(self, claim: Claim, now: int) -> None:
        self.same("claim", self.claim(claim), now)

    @rule(claim=CLAIMS, seen=CLAIMS)
    def take_over(self, claim: Claim, seen: Claim) -> None:
        self.same("take_over", self.claim(claim), seen)

    @rule(number=IDS, consistent=st.booleans())
    def look(self, number: str, consistent: bool) -> None:
        self.same("look", f"{self.name}{number}", consistent=consistent)

    @rule(number=IDS, invocation=INVOCATIONS, lease=LEASES)
    def renew(self, number: str, invocation: str, lease: float) -> None:
        self.same("renew", f"{self.name}{number}", invocation, lease)

    @rule(number=IDS, connection=st.sampled_from(["c=", "d="]))
    def follow(self, number: str, connection: str) -> None:
        self.same("follow", f"{self.name}{number}", connection)

    @rule(number=IDS)
    def cancel(self, number: str) -> None:
        self.same("cancel", f"{self.name}{number}")

    @rule(claim=CLAIMS)
    def fail(self, claim: Claim) -> None:
        self.same("fail", Claim.of({**self.claim(claim).item(), "state": "failed"}))

    @rule(hold=HOLDS, limit=st.integers(1, 12))
    def hold(self, hold: Hold, limit: int) -> None:
        self.same("hold", self.of_row(hold), limit)

    @rule(hold=HOLDS, used=st.integers(0, 9))
    def settle(self, hold: Hold, used: int) -> None:
        self.same("settle", self.of_row(hold), used)

    def of_row(self, hold: Hold) -> Hold:
        return hold._replace(row=f"budget/{self.name}/{hold.row}")


def compare(store: Store, examples: int) -> None:
    """Runs the same random calls on `store` and on the model. The same ones every time, so that a failure can be repeated."""

    class Comparison(StoreMachine):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(
        Comparison,
        settings=settings(max_examples=examples, stateful_step_count=40, deadline=None, derandomize=True, database=None),
    )
