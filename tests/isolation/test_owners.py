"""An owner's sessions do not exist for another one: whatever anybody does, everybody else sees what they would see alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from hypothesis import given, settings

from bridge.store.port import Store
from bridge_local.sqlite.store import SqliteStore
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore
from fakes.recording_connections import shown
from fakes.scripted_claude import says
from isolation.scripts import canaries_of, long_script, scripts
from isolation.worlds import Step, World, assert_nobody_notices_anybody

FACTOR = int(os.environ.get("FUZZ") or "1")
"""How much more is tried by hand."""
OWNERS = ("ada", "ada-b", "default")
CANARIES = canaries_of(OWNERS)
IN_A_FILE = ("ada", "ADA", "default")

pytestmark = pytest.mark.timeout(120 * FACTOR)


@contextmanager
def sqlite() -> Iterator[Store]:
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "sessions.db")) as store:
        yield store


@pytest.mark.slow
@settings(max_examples=30 * FACTOR, deadline=None)
@given(scripts(OWNERS, meetings=10))
def test_nobody_notices_anybody(script: list[Step]) -> None:
    assert_nobody_notices_anybody(script, OWNERS, CANARIES, lambda: nullcontext(MemoryStore()))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_nobody_notices_anybody_in_a_long_talk(seed: int) -> None:
    script = long_script(OWNERS, 30, seed)
    assert_nobody_notices_anybody(script, OWNERS, CANARIES, lambda: nullcontext(MemoryStore()))


@pytest.mark.slow
def test_a_long_talk_is_long_enough() -> None:
    """It comes to summaries, and to passages that are recalled."""
    seen = World(MemoryStore()).play(long_script(OWNERS, 30, 0), ["ada"])["ada"]
    assert all(any(f"<{quoted}>" in sent for sent in seen.sent) for quoted in ("summary", "earlier"))


@pytest.mark.slow
@settings(max_examples=10 * FACTOR, deadline=None)
@given(scripts(IN_A_FILE, meetings=6))
def test_nobody_notices_anybody_in_a_file(script: list[Step]) -> None:
    assert_nobody_notices_anybody(script, IN_A_FILE, canaries_of(IN_A_FILE), sqlite)


def test_who_joins_an_answer_hears_the_own_one_alone() -> None:
    """Two owners ask the same at once, and each once more from another connection, which the bridge notes on the request's row."""
    bench, gates = Bench(), {owner: Event() for owner in ("ada", "default")}
    bench.claude.scripts = [[*says("")[:1], gate, *says(f"for {owner}")[1:]] for owner, gate in gates.items()]
    query, threads = {"action": "query", "message": "Hi", "session_id": "s", "request_id": "r", "stream": True}, []
    for connection, reported in (("ada 1", "status"), ("default 1", "status"), ("default 2", "accepted"), ("ada 2", "accepted")):
        threads.append(Thread(target=bench.send, args=(query, connection, connection.partition(" ")[0])))
        threads[-1].start()
        bench.connections.wait_for(connection, reported)
    gates["ada"].wait(3 * bench.timing.poll_interval)  # Both have looked who has joined.
    for owner in reversed(gates):
        gates[owner].set()
        bench.connections.wait_for(f"{owner} 2", "done")
    for thread in threads:
        thread.join(10)
    for owner in gates:
        frames = [bench.connections.frames(f"{owner} {number}") for number in (1, 2)]
        assert [shown(reported)[1] for reported in frames] == [f"for {owner}"] * 2
        assert {frame["text"] for reported in frames for frame in reported if frame["type"] == "delta"} == {f"for {owner}"}
