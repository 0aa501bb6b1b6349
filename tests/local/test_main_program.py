"""The local program starts, says where it is, and stops on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from websockets.sync.client import connect

from bridge.settings import Settings
from bridge_local import main
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Gateway
from bridge_local.gateway.invocations import Handle
from bridge_local.gateway.limits import Limits
from bridge_local.program import CannotStartError, Options, run
from bridge_local.settings import LocalSettings
from bridge_local.stand_in.server import StandIn


@contextmanager
def nothing_behind_it(settings: LocalSettings, connections: Connections) -> Iterator[Handle]:
    yield lambda event, time_left: {"statusCode": 200}


@contextmanager
def asked_to_stop(settings: LocalSettings, connections: Connections) -> Iterator[Handle]:
    """By a SIGTERM that comes as soon as everything listens."""
    asyncio.get_running_loop().call_later(0.02, os.kill, os.getpid(), signal.SIGTERM)
    yield lambda event, time_left: {"statusCode": 200}


def settings_for(home: Path, *, offline: bool = True) -> LocalSettings:
    return LocalSettings(home, Settings(), offline, Limits(close=0.2))


def taken_port(busy: socket.socket) -> int:
    busy.bind(("127.0.0.1", 0))
    busy.listen()
    port: int = busy.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "ws://127.0.0.1:"), ("localhost", "ws://127.0.0.1:"), ("::1", "ws://[::1]:")],
)
def test_the_program_says_where_the_bridge_is(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, url: str) -> None:
    asyncio.run(run(Options(host, port=0), settings_for(tmp_path), asked_to_stop))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Claude Context Bridge listens on {url}")
    assert lines[1] == "A stand-in answers instead of Claude."
    assert lines[2] == f"Sessions are stored in {tmp_path}/sessions-offline.db"
    assert lines[3].startswith("Programs can post to connections at http://127.0.0.1:")


def test_nothing_is_said_of_a_stand_in_when_claude_can_be_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(run(Options(port=0), settings_for(tmp_path, offline=False), asked_to_stop))
    output = capsys.readouterr().out
    assert "stand-in" not in output
    assert f"Sessions are stored in {tmp_path}/sessions.db" in output


@pytest.fixture
def ended_stdin() -> Iterator[None]:
    """A stdin with some text, which nobody asked for, and then its end. Ctrl-C is as before afterwards."""
    known, handler = os.dup(0), signal.getsignal(signal.SIGINT)
    reading, writing = os.pipe()
    os.write(writing, b"noise\n")
    os.close(writing)
    os.dup2(reading, 0)
    os.close(reading)
    yield
    os.dup2(known, 0)
    os.close(known)
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("ended_stdin")
def test_a_client_reads_one_line_of_json_and_the_end_of_stdin_is_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(run(Options(port=0, child=True), settings_for(tmp_path), nothing_behind_it))
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    (line,) = capsys.readouterr().out.splitlines()
    hello = json.loads(line)
    assert hello.pop("url").startswith("ws://127.0.0.1:")
    assert hello.pop("connections").startswith("http://127.0.0.1:")
    assert hello == {"stand_in": True}


@pytest.mark.usefixtures("ended_stdin")
def test_a_child_finishes_what_it_is_doing(tmp_path: Path) -> None:
    finished = threading.Event()

    def work(event: Mapping[str, Any], time_left: Callable[[], float]) -> Mapping[str, Any]:
        if event["requestContext"]["eventType"] == "MESSAGE":
            asked.set()
            gate.wait(10)
            finished.set()
        return {"statusCode": 200}

    @contextmanager
    def at_work(settings: LocalSettings, connections: Connections) -> Iterator[Handle]:
        yield work
        assert finished.is_set()

    asked, gate = threading.Event(), threading.Event()
    stdin = os.pipe()
    os.dup2(stdin[0], 0)
    os.close(stdin[0])
    hello = tmp_path / "hello"

    def client() -> None:
        while not (hello.exists() and hello.read_text().endswith("\n")):
            asked.wait(0.01)
        with connect(json.loads(hello.read_text())["url"], proxy=None) as websocket:
            websocket.send("{}")
            asked.wait(10)
        os.close(stdin[1])
        gate.set()

    thread = threading.Thread(target=client)
    thread.start()
    with hello.open("w") as output, contextlib.redirect_stdout(output):
        asyncio.run(run(Options(port=0, child=True), settings_for(tmp_path), at_work))
    thread.join()
    assert finished.is_set()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "bridge.example"])
def test_other_hosts_are_refused_while_there_are_no_tokens(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotStartError, match=r"listens on this machine only: use --host 127\.0\.0\.1"):
        asyncio.run(run(Options(host, port=0), settings_for(tmp_path), nothing_behind_it))


def tokens_in(folder: Path) -> Path:
    path = folder / "tokens.json"
    path.write_text(json.dumps({"client_tokens": [{"owner": "ada", "sha256": "0" * 64, "expires": None}]}))
    return path


def test_with_tokens_another_host_may_be_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tokens_in(tmp_path)
    asyncio.run(run(Options("0.0.0.0", port=0, tokens=path), settings_for(tmp_path), asked_to_stop))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Claude Context Bridge listens on ws://0.0.0.0:")
    assert lines[1] == f"Only clients with a token from {path} can connect."
    assert "put a TLS proxy (wss://) in front of the bridge" in lines[2]


def test_a_host_that_is_not_ours_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        CannotStartError, match=r"^192\.0\.2\.1 is not an address of this machine\. Choose another one: --host 127\.0\.0\.1$"
    ):
        asyncio.run(run(Options("192.0.2.1", port=0, tokens=tokens_in(tmp_path)), settings_for(tmp_path), nothing_behind_it))


def test_port_in_use_names_the_port_and_another_one(tmp_path: Path) -> None:
    with socket.socket() as busy:
        port = taken_port(busy)
        with pytest.raises(CannotStartError, match=rf"^Port {port} is in use\. Choose another one: make run PORT={port + 1}$"):
            asyncio.run(run(Options(port=port), settings_for(tmp_path), nothing_behind_it))
        with pytest.raises(CannotStartError, match=rf"^Port {port} is in use\. Choose another one: --connections-port {port + 1}$"):
            asyncio.run(run(Options(port=0, connections_port=port), settings_for(tmp_path), nothing_behind_it))


# The command line


def test_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_IDLE_SECONDS", "soon")
    result = CliRunner().invoke(main.command, ["--port", "0"])
    assert result.exit_code == 2
    assert result.stderr == "GATEWAY_IDLE_SECONDS must be a number of seconds from 0.001 to 1,000,000, not 'soon'.\n"


@pytest.mark.parametrize("text", [None, "nope", "{}"], ids=["no file", "not JSON", "no list"])
def test_bad_tokens_are_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "tokens.json"
    if text is not None:
        path.write_text(text)
    result = CliRunner().invoke(main.command, ["--port", "0", "--tokens", str(path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"The tokens in {path} cannot be ")
    assert len(result.stderr.splitlines()) == 1


def test_home_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", str(tmp_path / "file"))
    result = CliRunner().invoke(main.command, ["--port", "0"])
    assert result.exit_code == 2
    assert "Set CLAUDE_BRIDGE_HOME" in result.stderr or "set CLAUDE_BRIDGE_HOME" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_process_ends_with_the_commands_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def end(code: int) -> NoReturn:
        ended.append(code)
        raise SystemExit(code)

    for arguments, code in ((["--help"], 0), (["--port", "70000"], 2)):
        monkeypatch.setattr("sys.argv", ["run.py", *arguments])
        with pytest.raises(SystemExit):
            main.main(end)
        assert ended.pop() == code


# The composition


@pytest.fixture
def logging_again() -> Iterator[None]:
    """The end of the composition is the end of the log."""
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("logging_again")
@pytest.mark.parametrize("offline", [True, False], ids=["stand-in", "a server named by ANTHROPIC_BASE_URL"])
def test_question_is_answered_and_remembered(tmp_path: Path, offline: bool) -> None:
    with StandIn() as server:
        bridge = Settings() if offline else Settings(anthropic_base_url=server.url, anthropic_api_key="a key")
        settings = LocalSettings(tmp_path, bridge, offline, Limits(close=0.2))
        replies = asyncio.run(ask_twice(settings))
        assert server.count == (0 if offline else 2)
    assert "Ada" in json.loads(replies[1]["body"])["response"]
    assert settings.sessions.exists()


async def ask_twice(settings: LocalSettings) -> list[dict[str, str]]:
    connections = Connections(settings.limits)
    with main.compose(settings, connections) as handle:
        async with Gateway(handle, connections, settings.limits).listen("127.0.0.1", 0) as port:
            return await asyncio.to_thread(two_questions, port)


def two_questions(port: int) -> list[dict[str, str]]:
    with connect(f"ws://127.0.0.1:{port}", proxy=None, close_timeout=0.2) as client:
        replies = []
        for message in ("My name is Ada.", "What is my name?"):
            client.send(json.dumps({"action": "query", "session_id": "s", "message": message}))
            replies.append(json.loads(client.recv(timeout=10)))
    return replies
