"""What a person meets first: ask, be answered, come back, be remembered."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.recording_connections import shown
from system.programs import ask, bridge, talk

KITE = "My name is Ada and I am building a kite."


def session_of(stderr: str) -> str:
    match = re.search(r"chat-[0-9a-f]{12}", stderr)
    assert match, stderr
    return match[0]


@pytest.mark.slow
def test_a_second_process_is_remembered(tmp_path: Path) -> None:
    first = ask(tmp_path, KITE)
    assert (first.returncode, KITE in first.stdout) == (0, True)
    second = ask(tmp_path, "What am I building?", session_of(first.stderr))
    assert second.returncode == 0
    assert "2 earlier messages" in second.stdout
    assert "My name is Ada" in second.stdout


@pytest.mark.slow
def test_kill_9_right_after_done_loses_nothing(tmp_path: Path) -> None:
    query = {"action": "query", "message": KITE, "session_id": "s1", "stream": True}
    with bridge(tmp_path) as first, connect(first.url, compression=None) as connection:
        connection.send(json.dumps(query))
        while json.loads(connection.recv(30))["type"] != "done":
            pass
        first.kill()
    with bridge(tmp_path) as second:
        frames = talk(second.url, query | {"message": "What am I building?"})
    assert "2 earlier messages" in shown(frames)[1]


@pytest.mark.slow
def test_the_original_bridges_client_works_unchanged(tmp_path: Path) -> None:
    with bridge(tmp_path) as running, connect(running.url) as connection:
        for length in (2, 4):
            connection.send(json.dumps({"action": "query", "message": "Hello Claude!", "session_id": "test-connection"}))
            result = json.loads(connection.recv(timeout=30))
            assert result.get("statusCode") == 200
            body = json.loads(result["body"])
            assert body["response"]
            assert (body["session_id"], body["context_length"]) == ("test-connection", length)


@pytest.mark.slow
def test_one_request_sent_20_times_at_once_is_answered_once(tmp_path: Path) -> None:
    gate = threading.Event()
    script = scripts.played(*scripts.events_of("hello")[:4], scripts.until(gate, 30), *scripts.events_of("hello")[4:])
    answers: list[str] = []
    accepted = threading.Semaphore(0)

    def send(url: str, number: int) -> None:
        streamed = number % 2 == 0
        with connect(url, compression=None) as connection:
            connection.send(json.dumps({"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": streamed}))
            frames: list[dict[str, Any]] = []
            if not streamed:
                accepted.release()
            while not frames or (frames[-1].get("type") != "done" and "statusCode" not in frames[-1]):
                frames.append(json.loads(connection.recv(30)))
                assert frames[-1].get("type") != "error", frames[-1]
                if frames[-1].get("type") == "accepted":
                    accepted.release()
            answers.append(shown(frames)[1] if streamed else json.loads(frames[-1]["body"])["response"])

    with StandIn(scripts.always(script)) as claude, bridge(tmp_path, ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="test") as running:
        threads = [threading.Thread(target=send, args=(running.url, number)) for number in range(20)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert accepted.acquire(timeout=30)
        gate.set()
        for thread in threads:
            thread.join(30)
        assert claude.count == 1
        [history] = talk(running.url, {"action": "history", "session_id": "s1"})
    assert answers == ["Hello! How can I help you?"] * 20
    assert len(history["turns"]) == 1


@pytest.mark.slow
def test_200_connections_ask_5_questions_each(tmp_path: Path) -> None:
    """Everybody is answered in order, and somebody who comes meanwhile does not wait for the others."""
    done: list[int] = []

    def ask_five(url: str, number: int) -> None:
        queries = [
            {"action": "query", "message": f"question {n} of {number}", "session_id": f"s{number}", "stream": True} for n in range(5)
        ]
        frames = talk(url, *queries)
        assert [frame["type"] for frame in frames if frame["type"] in ("done", "error")] == ["done"] * 5
        done.append(number)

    with bridge(tmp_path) as running:
        threads = [threading.Thread(target=ask_five, args=(running.url, number)) for number in range(200)]
        for thread in threads:
            thread.start()
        with connect(running.url, compression=None) as connection:
            connection.send(json.dumps({"action": "query", "message": "And I?", "stream": True}))
            while json.loads(connection.recv(60))["type"] != "delta":
                pass
            assert len(done) < 200
        for thread in threads:
            thread.join(100)
        assert sorted(done) == list(range(200))
        histories = talk(running.url, *({"action": "history", "session_id": f"s{number}"} for number in range(200)))
        for number, history in enumerate(histories):
            assert [turn["context"][0]["content"] for turn in history["turns"]] == [f"question {n} of {number}" for n in range(5)]
        assert running.peak_memory() < 300


@pytest.mark.slow
def test_a_key_means_the_real_sessions_and_none_of_the_stand_ins(tmp_path: Path) -> None:
    ask(tmp_path, KITE, "--new", "s1")
    with StandIn(scripts.always(scripts.said("Hello."))) as claude:
        answered = ask(tmp_path, "Hi", "--new", "s1", ANTHROPIC_BASE_URL=claude.url, ANTHROPIC_API_KEY="test")
        assert answered.stdout == "Hello.\n"
        assert [len(request.body["messages"]) for request in claude.requests] == [1]
    assert "stand-in" not in answered.stderr
