"""The real programs under what breaks in real life: killed processes, cut connections, answers that take their time, deletions.

`FULL_FAULTS=1` takes the times a person would meet instead of shortened ones (about five minutes).
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import pytest
from websockets.sync.client import connect

from bridge_local.stand_in.exchange import Reply, Request, Respond, Step, event, stream
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.recording_connections import shown
from system.clients import Asked, answers
from system.cutting_proxy import CuttingProxy
from system.programs import ask, asking, bridge, talk

FULL = os.environ.get("FULL_FAULTS") == "1"
KILLS = 10
WRITERS = 50


def pause(seconds: float) -> Any:
    return lambda: time.sleep(seconds)


def echoed(question: str) -> str:
    return f"The answer to {question}: grüße 😀"


def answering(*seconds: float) -> Respond:
    """A Claude whose answers name the question, and take this long: one time for the first question, another for the second."""

    def respond(request: Request) -> Reply:
        question = request.body["messages"][-1]["content"]
        text, takes = echoed(question), seconds[crc32(question.encode()) % len(seconds)]
        before, after = scripts.said_events(text)[:2], scripts.said_events(text)[3:]
        pieces = [scripts.delta(piece) for piece in (text[:5], text[5:10], text[10:])]
        steps: list[Step] = [*before]
        for piece in pieces:
            steps += [pause(takes / 3), piece]
        return scripts.played(*steps, *after)

    return respond


def key(claude: StandIn) -> dict[str, str]:
    """The environment of a bridge that has this Claude, and a lease that is over soon."""
    return {"ANTHROPIC_BASE_URL": claude.url, "ANTHROPIC_API_KEY": "test", "LEASE_SECONDS": "3"}


def history(url: str, session_id: str) -> list[tuple[str, str]]:
    [reply] = talk(url, {"action": "history", "session_id": session_id, "limit": 100})
    return [(turn["context"][0]["content"], turn["context"][1]["content"]) for turn in reply.get("turns", [])]


def query(message: str = "Hi", **fields: Any) -> dict[str, Any]:
    return {"action": "query", "message": message, "session_id": "s1", "request_id": "r1", "stream": True, **fields}


class Restarted:
    """A bridge that is killed and started again on its port, `KILLS` times, and then lives on until the block is left."""

    def __init__(self, home: Path, extra: Mapping[str, str], lives: float) -> None:
        self._home = home
        self._extra = extra
        self._lives = lives
        self._over = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.url = ""
        self.kills = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._first.wait(20)
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        port = "0"
        while not self._over.is_set():
            with bridge(self._home, "--port", port, **self._extra) as running:
                self.url, port = running.url, running.url.rpartition(":")[2]
                self._first.set()
                if not self._over.wait(self._lives if self.kills < KILLS else 120):
                    running.kill()
                    self.kills += 1


@pytest.mark.slow
def test_50_writers_to_one_session_while_the_bridge_is_killed_ten_times(tmp_path: Path) -> None:
    """Some are answered within one of its lives, others only after its last death."""
    with StandIn(answering(0.2, 2.5), keep=10) as claude, Restarted(tmp_path, key(claude), lives=0.9) as restarted:
        asked = [Asked(f"question {number}", "s1", f"r{number}", lambda: restarted.url) for number in range(WRITERS)]
        got = answers(asked)
        assert restarted.kills == KILLS
        result = history(restarted.url, "s1")
    expected = [(one.message, echoed(one.message)) for one in asked]
    assert [one.printed for one in got] == [answer for _, answer in expected]
    assert sorted(result) == sorted(expected)


@pytest.mark.slow
def test_one_request_100_times_through_10_processes_asks_claude_once(tmp_path: Path) -> None:
    with StandIn(answering(3.0)) as claude:
        with ExitStack() as running:
            urls = [running.enter_context(bridge(tmp_path, **key(claude))).url for _ in range(10)]
            got = answers([Asked("Hi", "s1", "r1", partial(urls.__getitem__, number % 10)) for number in range(100)])
            result = history(urls[0], "s1")
        assert claude.count == 1
    assert [one.printed for one in got] == [echoed("Hi")] * 100
    assert result == [("Hi", echoed("Hi"))]


@pytest.mark.slow
def test_a_connection_that_is_cut_every_two_seconds_brings_the_whole_answer_once(tmp_path: Path) -> None:
    seconds = 60 if FULL else 7
    text = "".join(f"{number:05} wörd 😀\n" for number in range(seconds * 20))
    pieces: list[Step] = []
    for number in range(0, len(text), 13):
        pieces += [scripts.delta(text[number : number + 13]), pause(0.05)]
    events = scripts.said_events("")
    reply = scripts.played(*events[:2], *pieces, *events[3:])
    with StandIn(lambda request: reply) as claude, bridge(tmp_path, **key(claude)) as running:
        with CuttingProxy(running.url, 2.0).running() as proxy:
            client = asking(tmp_path, "--stream", "Go on", "--new", "s1", CLAUDE_BRIDGE_URL=proxy.url)
            stdout, stderr = client.communicate(timeout=100)
        assert client.returncode == 0, stderr
        assert proxy.cuts >= seconds // 3
        assert claude.count == 1
        assert history(running.url, "s1") == [("Go on", text)]
    assert stdout == text


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[StandIn, threading.Event]]:
    """A Claude that says something, sends pings until the event is set, and says the rest."""
    gate = threading.Event()

    def pings() -> Iterator[Step]:
        yield from scripts.said_events("Hello, ")[:3]
        while not gate.wait(0.05):
            yield event({"type": "ping"})
        yield scripts.delta("world.")
        yield from scripts.said_events("")[3:]

    with StandIn(lambda request: stream(pings())) as claude:
        yield claude, gate
        gate.set()


@pytest.mark.slow
def test_an_answer_outlasts_the_gateways_patience(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, gate = slow
    retry_policy = {} if FULL else {"GATEWAY_INTEGRATION_SECONDS": "0.3"}
    with bridge(tmp_path, **key(claude), **retry_policy) as running, connect(running.url, compression=None) as connection:
        connection.send(json.dumps(query()))
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1].get("type") != "done":
            frames.append(json.loads(connection.recv(60)))
            if frames[-1].get("message") == "Endpoint request timed out":
                gate.set()
        assert [frame["message"] for frame in frames if "message" in frame] == ["Endpoint request timed out"]
        assert shown(frames)[1] == "Hello, world."
        assert ask(tmp_path, "Hi", "--new", "s2", CLAUDE_BRIDGE_URL=running.url).stdout == "Hello, world.\n"


@pytest.mark.slow
def test_cancel_through_another_process_stops_the_answer_within_two_seconds(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, _ = slow
    with bridge(tmp_path, **key(claude)) as one, bridge(tmp_path, **key(claude)) as other, connect(one.url, compression=None) as connection:
        connection.send(json.dumps(query()))
        while json.loads(connection.recv(30))["type"] != "delta":
            pass
        began = time.monotonic()
        talk(other.url, {"action": "cancel", "session_id": "s1", "request_id": "r1"}, last=("cancelled",))
        while (last := json.loads(connection.recv(30)))["type"] != "done":
            pass
        assert time.monotonic() - began < 2.5
        assert (last["stop_reason"], last["truncated"]) == ("cancelled", True)
        assert history(other.url, "s1") == [("Hi", "Hello, ")]


@pytest.mark.slow
def test_an_answer_that_would_outlast_the_function_is_stored_truncated(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, _ = slow
    with bridge(tmp_path, **key(claude), GATEWAY_FUNCTION_SECONDS="21") as running:
        frames = talk(running.url, query())
        assert (frames[-1]["stop_reason"], frames[-1]["truncated"]) == ("out_of_time", True)
        assert history(running.url, "s1") == [("Hi", "Hello, ")]


@pytest.mark.slow
def test_deleted_while_it_runs_stays_deleted_after_a_kill_too(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, gate = slow
    with bridge(tmp_path, **key(claude)) as first, connect(first.url, compression=None) as connection:
        connection.send(json.dumps(query()))
        while json.loads(connection.recv(30))["type"] != "delta":
            pass
        talk(first.url, {"action": "delete", "session_id": "s1"}, last=("deleted",))
        first.kill()
    gate.set()
    with bridge(tmp_path, **key(claude)) as second:
        assert talk(second.url, query())[-1]["code"] == "session_deleted"
        assert talk(second.url, {"action": "history", "session_id": "s1"})[-1]["code"] == "no_such_session"
        assert talk(second.url, query("Anew", request_id="r2"))[-1]["type"] == "done"
        assert talk(second.url, query())[-1]["code"] == "session_deleted"
        assert history(second.url, "s1") == [("Anew", "Hello, world.")]
        assert len(claude.requests[-1].body["messages"]) == 1


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_answer_is_stored_when_another_program_lets_go_of_the_file(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    """It has the lock for longer than a lease, and for longer than SQLite waits. Claude is not asked again, and the client hears of it."""
    claude, gate = slow
    extra = {"ANTHROPIC_BASE_URL": claude.url, "ANTHROPIC_API_KEY": "test", "CLAUDE_BRIDGE_HOME": str(tmp_path)}
    with bridge(tmp_path, **extra) as running, connect(running.url, compression=None) as connection:
        connection.send(json.dumps(query()))
        while json.loads(connection.recv(30))["type"] != "delta":
            pass
        with closing(sqlite3.connect(tmp_path / "sessions.db", isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            gate.set()
            until = time.monotonic() + 20
            heard = []
            while (left := until - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    heard.append(json.loads(connection.recv(left))["type"])
            assert set(heard) <= {"delta", "status"}
            assert "status" in heard
            other.execute("ROLLBACK")
        while (last := json.loads(connection.recv(30)))["type"] not in ("done", "error"):
            pass
        assert last["type"] == "done", last
        assert history(running.url, "s1") == [("Hi", "Hello, world.")]
        assert claude.count == 1


@pytest.mark.slow
def test_an_expired_session_used_again_remembers_nothing(tmp_path: Path) -> None:
    with StandIn(answering(0.0)) as claude, bridge(tmp_path, **key(claude), SESSION_TTL_HOURS=str(1 / 3600)) as running:
        talk(running.url, query("My name is Ada."))
        while history(running.url, "s1"):
            time.sleep(0.05)
        frames = talk(running.url, query("Who am I?", request_id="r2"))
        assert (frames[0]["type"], frames[0]["new"]) == ("accepted", True)
        assert [message["content"] for message in claude.requests[-1].body["messages"]] == ["Who am I?"]


@pytest.mark.slow
def test_the_answer_of_a_client_that_was_killed_is_there_when_it_comes_back(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, gate = slow
    with bridge(tmp_path, **key(claude)) as running:
        client = asking(tmp_path, "Hi", CLAUDE_BRIDGE_URL=running.url)
        assert claude.wait_for(1, 30)
        client.kill()
        client.communicate(timeout=10)
        gate.set()
        resumed = ask(tmp_path, "resume", CLAUDE_BRIDGE_URL=running.url)
        assert (resumed.returncode, resumed.stdout) == (0, "Hello, world.\n")
        assert claude.count == 1
        assert ask(tmp_path, "resume").returncode == 3


@pytest.mark.slow
def test_a_bridge_of_ones_own_that_died_with_its_client_is_asked_again(tmp_path: Path, slow: tuple[StandIn, threading.Event]) -> None:
    claude, gate = slow
    client = asking(tmp_path, "Hi", **key(claude))
    assert claude.wait_for(1, 30)
    client.kill()
    client.communicate(timeout=10)
    gate.set()
    assert ask(tmp_path, "resume", **key(claude)).stdout == "Hello, world.\n"


@pytest.mark.slow
def test_the_limits_of_a_connection_are_invisible_in_a_chat(tmp_path: Path) -> None:
    """It lasts longer than a connection may live, and waits longer than one may be idle."""
    limits = {"GATEWAY_IDLE_SECONDS": "1.0", "GATEWAY_LIFETIME_SECONDS": "1.5"}
    with StandIn(answering(0.5)) as claude, bridge(tmp_path, **key(claude), **limits) as running:
        chat = asking(tmp_path, "chat", "--lines", "--new", "s1", CLAUDE_BRIDGE_URL=running.url)
        assert chat.stdin is not None
        for number in range(4):
            chat.stdin.write(f"question {number}\n")
            chat.stdin.flush()
            assert claude.wait_for(number + 1, 30)
            while len(history(running.url, "s1")) <= number:
                time.sleep(0.05)
        stdout, stderr = chat.communicate(timeout=20)
    assert (chat.returncode, stdout.splitlines()) == (0, [echoed(f"question {number}") for number in range(4)])
    assert "lost" not in stderr
