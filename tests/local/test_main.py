"""`local/run.py` as a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

RUN = Path(__file__).parents[2] / "local" / "run.py"
WAIT = 10.0

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts the program, with a home of its own and the stand-in."""
    started: list[subprocess.Popen[str]] = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "GATEWAY_", "COV_"))}
    environment |= {"CLAUDE_BRIDGE_HOME": str(tmp_path / "home"), "CLAUDE_BRIDGE_STAND_IN": "1"}

    def start(*arguments: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, str(RUN), *arguments], text=True, env=environment, **pipes)  # type: ignore[call-overload]
        started.append(process)
        return process  # type: ignore[no-any-return]

    yield start
    for process in started:
        with process:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout else ""


def url_of(process: subprocess.Popen[str]) -> str:
    return first_line(process).split()[-1]


def client_of(url: str) -> ClientConnection:
    return connect(url, proxy=None, close_timeout=1)


def answer(client: ClientConnection, message: str) -> str:
    client.send(json.dumps({"action": "query", "session_id": "s", "message": message}))
    return str(json.loads(json.loads(client.recv(timeout=WAIT))["body"])["response"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_at_once_also_in_the_middle_of_an_answer(run: Run, number: signal.Signals) -> None:
    process = run("--port", "0")
    with client_of(url_of(process)) as client:
        client.send(json.dumps({"action": "query", "message": "Tell me a long story.", "stream": True}))
        client.recv(timeout=WAIT)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(WAIT) == 0
        assert time.monotonic() - began < 2
        assert closed_with(client) == 1001
    assert process.communicate()[1] == ""


def closed_with(client: ClientConnection) -> int | None:
    while True:
        try:
            client.recv(timeout=WAIT)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@pytest.mark.slow
def test_answer_and_port_survive_kill_9(run: Run) -> None:
    process = run("--port", "0")
    url = url_of(process)
    with client_of(url) as client:
        answer(client, "My name is Ada.")
        process.kill()  # It closes first, so that its side of the connection stays in TIME_WAIT.
        process.wait(WAIT)
    again = run("--port", url.rpartition(":")[2])
    assert url_of(again) == url
    with client_of(url) as client:
        assert "Ada" in answer(client, "What is my name?")


@pytest.mark.slow
def test_two_bridges_share_one_home(run: Run) -> None:
    urls = [url_of(process) for process in (run("--port", "0"), run("--port", "0"))]
    with client_of(urls[0]) as first, client_of(urls[1]) as second:
        answer(first, "My name is Ada.")
        assert "Ada" in answer(second, "What is my name?")


@pytest.mark.slow
def test_with_tokens_nobody_is_default(run: Run, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"ada-token").hexdigest()
    (tmp_path / "tokens.json").write_text(json.dumps([{"owner": "ada", "sha256": digest, "expires": None}]))
    url = url_of(run("--port", "0", "--tokens", str(tmp_path / "tokens.json")))
    with pytest.raises(InvalidStatus, match="401"):
        client_of(url)
    with connect(f"{url}?token=ada-token", proxy=None, close_timeout=1) as client:
        assert "Ada" in answer(client, "My name is Ada.")


@pytest.mark.slow
def test_port_in_use_is_one_line_and_exit_code_2(run: Run) -> None:
    port = url_of(run("--port", "0")).rpartition(":")[2]
    second = run("--port", port)
    output, errors = second.communicate(timeout=WAIT)
    assert (second.returncode, output) == (2, "")
    assert errors == f"Port {port} is in use. Choose another one: make run PORT={int(port) + 1}\n"


@pytest.mark.slow
def test_child_speaks_json_ignores_ctrl_c_and_ends_with_its_parent(run: Run) -> None:
    process = run("--child", "--port", "0")
    hello = json.loads(first_line(process))
    assert hello["stand_in"] is True
    process.send_signal(signal.SIGINT)
    with client_of(hello["url"]) as client:
        assert "Ada" in answer(client, "My name is Ada.")
        began = time.monotonic()
        if process.stdin:
            process.stdin.close()
        assert process.wait(WAIT) == 0
        assert time.monotonic() - began < 2


def test_child_ends_when_its_parent_is_killed(run: Run, tmp_path: Path) -> None:
    parent = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, {str(RUN)!r}, "--child", "--port", "0"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
time.sleep(60)
"""
    environment = {**os.environ, "CLAUDE_BRIDGE_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment) as process:
        first_line(process)
        url = json.loads(first_line(process))["url"]
        with client_of(url) as client:
            process.kill()
            assert closed_with(client) == 1001


def test_missing_packages_are_named_with_the_command_that_installs_them(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-S", "-E", str(RUN)], capture_output=True, text=True, env={"HOME": str(tmp_path)}, check=False)
    assert ran.returncode == 2
    assert "-m pip install click websockets" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
