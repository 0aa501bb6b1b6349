"""`ask-claude mcp` as agents run it: a process that is talked to in JSON lines, ended and killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.raw_client import HANDSHAKE, STATELESS, WAIT, server
from agents.talking import least
from client.scripted_bridge import SESSION, Expect, ScriptedBridge, accepted, delta, done

pytestmark = pytest.mark.slow
every_era = pytest.mark.parametrize("era", [HANDSHAKE, STATELESS])
STAND_IN = "--stand-in"


@every_era
def test_a_conversation_with_a_client_written_by_hand(tmp_path: Path, era: str) -> None:
    with server(tmp_path, era, STAND_IN) as client:
        assert "instructions" in client.begin()
        names = [tool["name"] for tool in client.request("tools/list")["tools"]]
        assert names == ["recall", "search", "remember", "ask", "sessions", "history", "forget"]
        said, is_error = client.call("ask", message="What is a kite?", session_id="kites")
        assert not is_error
        assert "session_id: kites" in said
        assert "2 earlier messages" in client.call("ask", message="How long?", session_id="kites")[0]
        assert client.request("resources/list")["resources"][0]["uri"] == "bridge://session/kites"
        assert "> How long?" in client.request("resources/read", uri="bridge://session/kites")["contents"][0]["text"]
        assert [prompt["name"] for prompt in client.request("prompts/list")["prompts"]] == ["continue"]
        assert client.process.stdin
        client.process.stdin.close()
        assert client.process.wait(WAIT) == 0


@every_era
def test_nonsense_is_answered_and_the_next_request_works(tmp_path: Path, era: str) -> None:
    with server(tmp_path, era, STAND_IN) as client:
        client.begin()
        for line in ("", "nonsense", "{", "[]", "1", '"text"', '{"jsonrpc":"2.0"}', "\x00\x01"):
            client.write(line)
        for method, params in (("no/method", {}), ("resources/read", {"uri": "bridge://session/none"}), ("prompts/get", {"name": "none"})):
            with pytest.raises(RuntimeError) as caught:
                client.request(method, **params)
            assert caught.value.args[0]["code"] < 0
        for arguments in ({}, {"message": 5}, {"message": "x" * 150_000}, {"message": "Hi", "nonsense": {"deep": [[[]]]}}):
            said, is_error = client.call("ask", **arguments)
            assert is_error
            assert len(said) < 500
        assert not client.call("sessions")[1]


@every_era
def test_a_question_is_cancelled_in_the_middle_and_the_next_is_answered(tmp_path: Path, era: str) -> None:
    first = [accepted(), delta("A kite"), Expect("cancel"), done(stop_reason="cancelled", truncated=True)]
    second = [accepted(new=False), delta("Two metres."), done()]
    with ScriptedBridge([first, second]).running() as bridge, server(tmp_path, era, "--url", bridge.url) as client:
        client.begin()
        number = client.start("tools/call", progress="p1", name="ask", arguments={"message": "What is a kite?"})
        while True:
            progress = client.next()
            assert progress["method"] == "notifications/progress"
            assert progress["params"]["progressToken"] == "p1"
            if "A kite" in progress["params"]["message"]:
                break
        client.send({"method": "notifications/cancelled", "params": {"requestId": number, "reason": "user"}})
        said, _ = client.call("ask", message="How long?", session_id=SESSION)
        assert said.startswith("Two metres.")
        assert [frame["action"] for frame in bridge.received] == ["query", "cancel", "query"]


def test_what_was_said_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    for number in range(2):
        with server(tmp_path, STATELESS, STAND_IN) as client:
            client.call("ask", message=f"Question {number}", session_id="kites")
            client.start("tools/call", name="remember", arguments={"text": f"Fact {number}", "session_id": f"facts-{number}"})
            client.process.kill()
    with server(tmp_path, STATELESS, STAND_IN) as client:
        history, _ = client.call("history", session_id="kites")
        assert [history.count(f"> Question {number}\n") for number in range(2)] == [1, 1]
        for number in range(2):
            facts, is_error = client.call("history", session_id=f"facts-{number}")
            assert is_error or facts.count(f"> Fact {number}") == 1


def test_a_local_bridge_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with server(tmp_path, STATELESS, STAND_IN) as client:
        client.call("ask", message="What is a kite?", session_id="kites")
        children = Path(f"/proc/{client.process.pid}/task/{client.process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not list the children of a process")
        for child in children.read_text().split():
            os.kill(int(child), signal.SIGKILL)
        history, is_error = client.call("history", session_id="kites")
        assert not is_error, history
        assert "> What is a kite?" in history


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, "closed"], ids=str)
def test_a_turn_that_was_held_is_stored_at_the_end(tmp_path: Path, end: int | str) -> None:
    """Claude Code ends a server by SIGINT and 100 ms later SIGTERM, right after the last `Stop`."""
    with server(tmp_path, STATELESS, STAND_IN, "--hooks") as client:
        client.call("recall_for_prompt", prompt="Build the kite.", session_id="u1", prompt_id="p1", cwd="/home/ada/kites")
        assert client.call("store_turn", session_id="u1", prompt_id="p1", last_assistant_message="It flies.") == ("{}", False)
        if end == "closed":
            assert client.process.stdin
            client.process.stdin.close()
        else:
            client.process.send_signal(int(end))
        assert client.process.wait(WAIT) == 0
    with server(tmp_path, STATELESS, STAND_IN) as client:
        history, _ = client.call("history", session_id="claude-code-u1")
        assert history.count("> It flies.") == 1


def test_a_turn_that_was_held_when_the_process_was_killed_is_stored_by_the_next(tmp_path: Path) -> None:
    with server(tmp_path, STATELESS, STAND_IN, "--hooks") as client:
        client.call("recall_for_prompt", prompt="Build the kite.", session_id="u1", prompt_id="p1", cwd="/home/ada/kites")
        client.call("store_turn", session_id="u1", prompt_id="p1", last_assistant_message="It flies.")
        client.process.kill()
    with server(tmp_path, STATELESS, STAND_IN, "--hooks") as client:
        wait_for(lambda: "> It flies." in client.call("history", session_id="claude-code-u1")[0])


def test_a_bridge_that_never_answers_keeps_nobody_from_connecting(tmp_path: Path) -> None:
    def waited() -> float:
        with (
            ScriptedBridge([[] for _ in range(9)]).running() as bridge,
            server(tmp_path, STATELESS, "--hooks", "--url", bridge.url) as client,
        ):
            client.begin()
            began = time.monotonic()
            client.request("tools/list")
            text, _ = client.call("recall_for_prompt", prompt="Where is the kite?", session_id="u1", prompt_id="p1")
            seconds = time.monotonic() - began
        assert list(json.loads(text)) == ["systemMessage"]
        return seconds

    assert least(1.0, waited) < 1.0


def test_no_bridge_is_left_behind(tmp_path: Path) -> None:
    with server(tmp_path, STATELESS, STAND_IN) as client:
        client.call("ask", message="What is a kite?")
        children = Path(f"/proc/{client.process.pid}/task/{client.process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        client.process.kill()
        client.process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def wait_for(true: Callable[[], bool], seconds: float = WAIT) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
