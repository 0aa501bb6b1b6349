"""More connections than there is room for: the new ones are closed at once, and the open ones go on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socketserver import StreamRequestHandler

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from bridge_local.gateway.limits import Limits
from bridge_local.gateway.management import ManagementApi
from bridge_local.process import OPEN_FILES, OWN_FILES, within_open_files
from bridge_local.threaded_server import BoundedServer
from local.running_gateway import WAIT, Local, Start


@contextmanager
def silent_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port), WAIT)) for _ in range(count)]


def is_closed(connection: socket.socket) -> bool:
    """Whether the server closes it; waits for that."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def works(local: Local) -> None:
    client = local.open()
    client.send("{}")
    local.function.next("MESSAGE")


def test_connections_beyond_the_bound_are_closed_and_the_open_ones_go_on(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    local = start(connections=3)
    client = local.open()
    with silent_connections(local.port, 12) as silent:
        assert all(is_closed(one) for one in silent[2:])
        with pytest.raises((ConnectionClosed, InvalidHandshake, OSError, EOFError)):
            connect(local.url, proxy=None)
        client.send("{}")
        local.function.next("MESSAGE")
    assert set(caplog.messages) == {"Too many connections are open: new ones are closed."}


@pytest.mark.parametrize("end", ["closed", "cut", "refused"])
def test_a_connection_that_ends_makes_room_for_another(start: Start, end: str) -> None:
    local = start(connections=1)
    for _ in range(3):
        if end == "refused":
            with silent_connections(local.port, 1) as [one]:
                one.sendall(b"GET / HTTP/1.0\r\n\r\n")
                while one.recv(4096):
                    pass
        else:
            client = local.open()
            client.close() if end == "closed" else client.socket.shutdown(socket.SHUT_RDWR)
            local.function.next("DISCONNECT")
    works(local)


def test_a_flood_of_callers_does_not_reach_the_clients(local: Local) -> None:
    limits = Limits(callers=2)
    with ManagementApi(local.connections, limits, 0) as api, silent_connections(int(api.url.rpartition(":")[2]), 8) as silent:
        assert all(is_closed(one) for one in silent[limits.callers :])
        works(local)


def test_a_bounded_server_has_room_again_when_a_connection_ends() -> None:
    class Echo(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(self.rfile.read(1))

    with BoundedServer(("127.0.0.1", 0), Echo, max_connections=1) as server:
        for _ in range(2):
            with silent_connections(server.port, 2) as (first, second):
                server.handle_request()
                server.handle_request()
                assert is_closed(second)
                first.sendall(b"x")
                assert first.recv(1) == b"x"
                assert is_closed(first)
            server.cut_connections(WAIT)


@pytest.mark.parametrize("open_files", [64, 256, 1024, 4096, OPEN_FILES, 2**20])
def test_what_clients_can_use_up_leaves_descriptors_for_the_bridge(open_files: int) -> None:
    limits = within_open_files(Limits(), open_files)
    assert min(limits.connections, limits.concurrency, limits.backlog) >= 1
    if open_files > OWN_FILES:
        assert limits.connections + 2 * limits.concurrency + limits.backlog <= open_files - OWN_FILES


def test_a_usual_limit_of_open_files_restricts_nothing() -> None:
    assert within_open_files(Limits(), OPEN_FILES) == Limits()
