"""The local bridge at the most verbose level there is: no token, no message and no key in its log."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bridge.logs import log_to
from bridge.settings import Settings
from bridge_local import main
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Gateway
from bridge_local.gateway.limits import Limits
from bridge_local.gateway.management import ManagementApi
from bridge_local.gateway.tokens import Tokens
from bridge_local.process import log_loop_errors
from bridge_local.settings import LocalSettings
from bridge_local.stand_in.exchange import failure
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts

TOKEN, WRONG, KEY, QUESTION, ANSWER = "token-canary", "wrong-canary", "sk-key-canary", "question-canary", "answer-canary"
WAIT = 10.0


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the whole process logs, from DEBUG on, but for this test's own client.

    The end of the composition is the end of the log, until the test is over.
    """
    root, client = logging.getLogger(), logging.getLogger("websockets.client")
    client.setLevel(logging.WARNING)
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_to(stream, "DEBUG")
    yield stream
    root.handlers[:], root.level = handlers, level
    client.setLevel(logging.NOTSET)
    logging.disable(logging.NOTSET)


def beside_a_bridge(home: Path, claude: StandIn, act: Callable[[int, str], None]) -> None:
    """Runs `act` beside a bridge with tokens; it is handed the ports of the gateway and the address of @connections."""
    settings = LocalSettings(home, Settings(anthropic_base_url=claude.url, anthropic_api_key=KEY), offline=False, limits=Limits(close=0.2))
    file = home / "tokens.json"
    file.write_text(json.dumps([{"owner": "ada", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]))

    async def serve() -> None:
        connections = Connections(settings.limits)
        with (
            main.compose(settings, connections, local=False) as handle,
            ManagementApi(connections, settings.limits, 0) as management,
        ):
            async with Gateway(handle, connections, settings.limits, authorize=Tokens(file)).listen("127.0.0.1", 0) as port:
                await asyncio.to_thread(act, port, management.url)

    asyncio.run(serve())


def test_the_most_verbose_log_is_silent(lines: io.StringIO, tmp_path: Path) -> None:
    claude = StandIn(scripts.in_turn(scripts.said(ANSWER), failure(400, "invalid_request_error", f"{QUESTION} {KEY}")))
    raw_requests = [
        f"GET /?token={TOKEN} HTTP/1.0\r\nHost: localhost\r\n\r\n",
        f"GET /?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\nUpgrade: {TOKEN}\r\nConnection: {TOKEN}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\x00\r\n\r\n",
        f"{TOKEN}\r\n\r\n",
        f"GET /?token={TOKEN}{'x' * 10_000} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}{'x' * 10_000}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {TOKEN}\r\nContent-Length: {TOKEN}\r\n\r\n",
    ]

    def act(port: int, management_url: str) -> None:
        for request in raw_requests:
            with socket.create_connection(("127.0.0.1", port), WAIT) as raw:
                raw.sendall(request.encode())
                raw.recv(4096)
        for query, headers in (("", {"Authorization": f"Bearer {WRONG}"}), (f"?token={WRONG}", {})):
            with pytest.raises(InvalidStatus):
                connect(f"ws://127.0.0.1:{port}/{query}", proxy=None, additional_headers=headers)
        with connect(f"ws://127.0.0.1:{port}/?token={TOKEN}", proxy=None, close_timeout=0.2) as client:
            for number in range(2):
                client.send(json.dumps({"action": "query", "message": QUESTION, "request_id": f"r{number}", "stream": True}))
                while json.loads(client.recv(WAIT))["type"] not in ("done", "error"):
                    pass
            client.send(QUESTION)
            client.recv(WAIT)
            client.send(QUESTION.encode())  # A binary frame, which closes the connection.
        post_to(management_url, "/@connections/AAAAAAAAAAAAAAA%3D", ANSWER)

    with claude:
        beside_a_bridge(tmp_path, claude, act)
    said = lines.getvalue()
    assert "Claude answered with an error" in said
    assert "asyncio" in said  # It is as verbose as it gets.
    assert not [canary for canary in (TOKEN, WRONG, KEY, QUESTION, ANSWER) if canary in said]


def post_to(url: str, path: str, body: str) -> None:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=WAIT)) as connection:
        connection.request("POST", path, body)
        connection.getresponse().read()


def test_the_function_that_fails_and_says_why(lines: io.StringIO, start: Any) -> None:
    def fail(event: Any, time_left: Any) -> Any:
        raise ValueError(event["body"])

    local = start()
    local.function.acts["MESSAGE"] = fail
    client = local.open()
    client.send(QUESTION)
    assert json.loads(client.recv(WAIT))["message"] == "Internal server error"
    assert "builtins.ValueError" in lines.getvalue()
    assert QUESTION not in lines.getvalue()


def test_the_authorizer_that_fails_and_says_why(lines: io.StringIO, start: Any) -> None:
    def fail(event: Any) -> Any:
        raise ValueError(event["headers"])

    with pytest.raises(InvalidStatus):
        start(authorize=fail).open(additional_headers={"Authorization": f"Bearer {TOKEN}"})
    assert "builtins.ValueError" in lines.getvalue()
    assert TOKEN not in lines.getvalue()


def test_the_event_loop_that_fails_and_says_why(lines: io.StringIO) -> None:
    def fail(said: str) -> None:
        raise ValueError(said)

    async def run() -> None:
        log_loop_errors()
        asyncio.get_running_loop().call_soon(fail, QUESTION)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert "builtins.ValueError" in lines.getvalue()
    assert QUESTION not in lines.getvalue()
