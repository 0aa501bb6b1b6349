"""Connections stay open, and a dead one costs a reconnect and nothing else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.client import BadStatusLine
from pathlib import Path

import pytest

from aws.doubles import Time
from aws.scripted_server import Exchange, ScriptedServer, answer, refused, scripted, silent, then_closed
from aws.tls import server_context
from bridge.network.http_pool import IDLE_SECONDS, KEEP, Pool, default_tls

OK = answer(200, b"fine")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return server_context(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted(otherwise=OK) as made:
        yield made


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pool(server: ScriptedServer, time: Time) -> Iterator[Pool]:
    made = Pool(server.url, clock=lambda: time.now)
    yield made
    made.close()


def ask(pool: Pool) -> bytes:
    connection, response = pool.send("GET", "/", b"", {})
    content = response.read()
    pool.release(connection)
    return content


def test_a_connection_is_used_again(pool: Pool, server: ScriptedServer) -> None:
    assert [ask(pool) for _ in range(3)] == [b"fine"] * 3
    assert server.connections == 1


@pytest.mark.parametrize(("idle", "connections"), [(IDLE_SECONDS, 1), (IDLE_SECONDS + 0.1, 2), (60.0, 2), (-5.0, 2)])
def test_a_connection_idle_for_long_is_replaced(pool: Pool, server: ScriptedServer, time: Time, idle: float, connections: int) -> None:
    assert not pool.has_idle()
    ask(pool)
    time.now += idle
    assert pool.has_idle() is (connections == 1)
    ask(pool)
    assert server.connections == connections


def test_a_connection_the_server_has_closed_is_replaced(pool: Pool, server: ScriptedServer) -> None:
    server.script.append(then_closed(OK))
    ask(pool)
    server.hung_up.wait()
    ask(pool)
    assert (server.connections, len(server.requests)) == (2, 2)


def test_an_answer_to_no_question_ends_a_connection(pool: Pool, server: ScriptedServer) -> None:
    said = threading.Event()

    def talkative(exchange: Exchange) -> None:
        OK(exchange)
        exchange.server.ended.wait(0.02)
        exchange.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        said.set()

    server.script.append(talkative)
    ask(pool)
    said.wait()
    assert ask(pool) == b"fine"
    assert server.connections == 2


def test_a_connection_reset_while_idle_is_replaced(pool: Pool, server: ScriptedServer) -> None:
    reset = threading.Event()

    def resetting(exchange: Exchange) -> None:
        OK(exchange)
        exchange.server.ended.wait(0.02)
        exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        exchange.socket.close()
        reset.set()
        raise OSError

    server.script.append(resetting)
    ask(pool)
    reset.wait()
    assert ask(pool) == b"fine"


def test_an_idle_connection_that_fails_before_the_answer_is_replaced_at_once(pool: Pool, server: ScriptedServer) -> None:
    reported: list[bool] = []
    server.script.extend([OK, refused])
    ask(pool)
    connection, response = pool.send("GET", "/", b"", {}, lambda connection: reported.append(connection.reused))
    assert response.read() == b"fine"
    assert (connection.repeated, reported, len(server.requests)) == (True, [True, False], 3)
    pool.release(connection)
    connection, response = pool.send("GET", "/", b"", {})
    assert (connection.repeated, response.read()) == (False, b"fine")
    pool.release(connection)


def test_it_is_repeated_once_only(pool: Pool, server: ScriptedServer) -> None:
    server.script.extend([OK, refused, refused])
    ask(pool)
    with pytest.raises(ConnectionError):
        ask(pool)
    assert len(server.requests) == 3


def test_a_new_connection_that_fails_is_an_error(pool: Pool, server: ScriptedServer) -> None:
    server.script.append(refused)
    with pytest.raises(ConnectionError):
        ask(pool)
    assert len(server.requests) == 1


def test_what_is_no_http_is_an_error(pool: Pool, server: ScriptedServer) -> None:
    ask(pool)
    server.script.append(lambda exchange: exchange.send(b"SSH-2.0\r\n"))
    with pytest.raises(BadStatusLine):
        ask(pool)


def test_a_time_out_is_not_repeated(server: ScriptedServer) -> None:
    pool = Pool(server.url, read_timeout=0.2)
    ask(pool)
    server.script.append(silent)
    with pytest.raises(TimeoutError):
        ask(pool)
    assert len(server.requests) == 2


def test_a_failure_closes_what_is_idle_too(pool: Pool, server: ScriptedServer) -> None:
    first, second = pool.open(), pool.open()
    pool.release(first)
    pool.discard(second)
    third = pool.acquire()
    assert not third.reused
    pool.discard(third)


def test_an_answer_left_unread_ends_its_connection(pool: Pool, server: ScriptedServer) -> None:
    connection, _ = pool.send("GET", "/", b"", {})
    pool.release(connection)
    assert ask(pool) == b"fine"
    assert server.connections == 2


def test_a_server_that_closes_is_believed(pool: Pool, server: ScriptedServer) -> None:
    server.script.append(answer(200, b"last", Connection="close"))
    assert [ask(pool), ask(pool)] == [b"last", b"fine"]
    assert server.connections == 2


def test_few_idle_connections_stay_open(pool: Pool) -> None:
    connections = [pool.open() for _ in range(KEEP + 2)]
    for connection in connections:
        pool.release(connection)
    again = [pool.acquire() for _ in range(KEEP + 1)]
    assert [connection.reused for connection in again] == [True] * KEEP + [False]
    for connection in again:
        connection.close()


def test_threads_have_connections_of_their_own(pool: Pool, server: ScriptedServer) -> None:
    together = threading.Barrier(4)

    def meet(exchange: Exchange) -> None:
        together.wait(5)
        OK(exchange)

    server.otherwise = meet
    threads = [threading.Thread(target=ask, args=(pool,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 4


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_a_cut_wakes_whoever_reads(certified: tuple[ssl.SSLContext, Path], encrypted: bool) -> None:
    asked = threading.Event()

    def reported(exchange: Exchange) -> None:
        asked.set()
        silent(exchange)

    with scripted(reported, tls=certified[0] if encrypted else None) as server:
        pool = Pool(server.url, tls=lambda: ssl.create_default_context(cafile=certified[1]))
        connection = pool.open()

        def cut_when_asked() -> None:
            asked.wait()
            connection.cut()

        cutter = threading.Thread(target=cut_when_asked)
        cutter.start()
        with pytest.raises(OSError, match=r"closed|EOF"):
            connection.exchange("GET", "/", b"", {})
        cutter.join()
        connection.cut()
        pool.discard(connection)
        connection.cut()


def test_a_connection_is_watched_and_not_delayed(pool: Pool) -> None:
    connection = pool.open()
    sock = connection.http.sock
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.gettimeout() == 60.0
    pool.discard(connection)


def test_a_connection_made_ahead_is_used_under_tls_too(certified: tuple[ssl.SSLContext, Path]) -> None:
    """With TLS 1.3 the server has sent its session tickets by then: they do not count as an unexpected answer."""
    with scripted(otherwise=OK, tls=certified[0]) as server:
        pool = Pool(server.url, tls=lambda: ssl.create_default_context(cafile=certified[1]))
        pool.release(pool.open())
        assert [ask(pool), ask(pool)] == [b"fine"] * 2
        assert server.connections == 1
        pool.close()


def test_a_certificate_file_is_honoured(certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[1]))
    with scripted(otherwise=OK, tls=certified[0]) as server:
        pool = Pool(server.url, tls=default_tls.__wrapped__)
        assert ask(pool) == b"fine"
        pool.close()


def test_an_unknown_certificate_is_refused(certified: tuple[ssl.SSLContext, Path]) -> None:
    with scripted(otherwise=OK, tls=certified[0]) as server, pytest.raises(ssl.SSLCertVerificationError):
        ask(Pool(server.url))


def test_there_is_one_tls_context() -> None:
    assert default_tls() is default_tls()
