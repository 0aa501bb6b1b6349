"""The local bridge under a flood of connections that say nothing."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from system.programs import RUN, running

FLOOD = 10_000


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Enough of them for this process to flood another one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FLOOD + 500:
        pytest.skip(f"needs {FLOOD + 500} open files, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FLOOD + 500, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def answered(client: ClientConnection, number: int) -> bool:
    client.send(json.dumps({"action": "query", "session_id": "s", "request_id": f"r{number}", "message": "Hello.", "stream": True}))
    while True:
        frame = json.loads(client.recv(60))
        if frame["type"] in ("done", "error"):
            return bool(frame["type"] == "done")


@pytest.mark.slow
@pytest.mark.usefixtures("descriptors")
def test_silent_connections_neither_fill_the_log_nor_stop_those_that_are_open(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stderr, running(RUN, tmp_path, (), {}, stderr) as bridge, ExitStack() as stack:
        client = stack.enter_context(connect(bridge.url, proxy=None))
        assert answered(client, 0)
        port = int(bridge.url.rpartition(":")[2])
        for number in range(FLOOD):
            with contextlib.suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            if number % 1000 == 999:
                assert answered(client, number)
        lines = log.read_text().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["Too many connections are open: new ones are closed."]
