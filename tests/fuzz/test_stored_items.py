"""Rows that are not as the bridge writes them: of another version, written by hand, or damaged on the disk.

Whatever one row holds, each request gets its one last frame, nobody sees what is another's, and the sessions beside it go on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.store.claims import request_hash
from bridge_local.sqlite.store import SqliteStore
from fakes.bridge_bench import Bench
from fuzz.examples import examples

FIELDS = (
    *(
        "session_id",
        "turn",
        "context",
        "last_updated",
        "answer",
        "model",
        "stop_reason",
        "truncated",
        "usage",
        "ttl",
        "born",
        "deleted",
        "owner",
    ),
    *("title", "turns", "turns_ttl", "summary", "summarised_through", "after", "hash", "message", "state", "lease_until", "invocation"),
    *("connection_id", "code", "retry_after", "setting", "cancel"),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["~head", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0" * 26, "ada", "ada/s1", "\ud800", "\x00", "running", "failed", 10**400, 1e18, -1]
    ),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3), max_leaves=6
)
DEEP = "[" * 100_000
damages = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3),
    st.sampled_from(["", "no JSON", "[]", "7", "{}", DEEP, f'{{"context": {DEEP}', "9" * 5000, "\ufeff{}", "{", '{"born": 1e999}', "null"]),
)
ROWS = ("turn", "head", "claim")
SECRET = "Ada's own secret"


class Damaged:
    """A bridge whose file somebody else has written to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sessions.db"
        self.store = SqliteStore(self.path, busy_seconds=0.05)
        self.bench = Bench(store=self.store)
        self._number = 0

    def fill(self) -> None:
        """Two sessions of mine, one of Ada's, all of them new."""
        self.execute("DELETE FROM sessions")
        self.execute("DELETE FROM hashes")
        self.bench.ask("What is a kite?", "s1", request_id="r1")
        self.bench.ask("And a bird?", "s2", request_id="r2")
        self.bench.send({"action": "query", "message": SECRET, "session_id": "s1", "stream": True}, "ada", owner="ada")
        self.bench.ahead += 60.0  # No lease is to be waited for.

    def damage(self, row: str, damage: Any) -> None:
        """Replaces a row by text, or some of its attributes."""
        table, where = {
            "turn": ("sessions", "session_id = 's1' AND turn <> '~head'"),
            "head": ("sessions", "session_id = 's1' AND turn = '~head'"),
            "claim": ("hashes", f"hash = '{request_hash('default', 's1', 'r1', '', '')}'"),
        }[row]
        if isinstance(damage, dict):
            [(text,)] = self.execute(f"SELECT item FROM {table} WHERE {where}")
            damage = json.dumps(json.loads(text) | damage)
        self.execute(f"UPDATE {table} SET item = ? WHERE {where}", damage)

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    def ask(self, owner: str = "default", **request: Any) -> dict[str, Any]:
        """The last frame of what is answered; only the last one is a last one."""
        self._number += 1
        self.bench.send(request, f"n{self._number}", owner)
        *others, last = self.bench.connections.frames(f"n{self._number}")
        assert all(frame["type"] in ("accepted", "status", "delta") for frame in others)
        return dict(last)


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Damaged]:
    result = Damaged(tmp_path)
    yield result
    result.store.close()


REQUESTS: tuple[dict[str, Any], ...] = (
    {"action": "history", "session_id": "s1"},
    {"action": "sessions"},
    {"action": "search", "words": "kite bird secret"},
    {"action": "search", "words": "kite", "session_id": "s1"},
    {"action": "query", "session_id": "s1", "request_id": "r1", "message": "What is a kite?", "stream": True},
    {"action": "query", "session_id": "s1", "message": "Why?", "stream": True},
    {"action": "cancel", "session_id": "s1", "request_id": "r1"},
    {"action": "history", "session_id": "s1"},
    {"action": "delete", "session_id": "s1"},
)
LAST = {"history": "history", "sessions": "sessions", "search": "search", "query": "done", "cancel": "cancelled", "delete": "deleted"}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_a_damaged_row_harms_nobody(damaged: Damaged, row: str) -> None:
    @examples(25)
    @given(damages)
    @example({"born": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "ttl": None})
    @example({"lease_until": 10**400, "last_updated": 10**400, "retry_after": float("inf")})
    def try_it(damage: Any) -> None:
        damaged.fill()
        damaged.damage(row, damage)
        for request in REQUESTS:
            reply = damaged.ask(**request)
            assert SECRET not in json.dumps(reply)
            assert reply["type"] in (LAST[request["action"]], "error")
        assert damaged.ask(action="query", session_id="s2", message="Well?", stream=True)["type"] == "done"
        listed = damaged.ask(action="sessions")
        assert "s2" in [line["session_id"] for line in listed["sessions"]]
        assert "s2" in [hit["session_id"] for hit in damaged.ask(action="search", words="bird")["hits"]]

    try_it()
