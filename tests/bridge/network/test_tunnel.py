"""The way through a proxy, and what is said of one that does not let us through."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aws.scripted_server import answer, scripted, silent
from aws.tls import OPENED, proxy, server_context, speaking
from bridge.network.http_pool import Pool
from bridge.network.proxy import Proxy, ProxyFailed

OK = answer(200, b"fine")
REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n<html>Who are you?</html>"


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return server_context(tmp_path_factory.mktemp("tls"))


@contextmanager
def pool_through(via: Proxy, url: str, certificate: Path, timeout: float = 5.0) -> Iterator[Pool]:
    pool = Pool(url, proxy=via, tls=lambda: ssl.create_default_context(cafile=certificate), connect_timeout=timeout)
    with closing(pool):
        yield pool


def ask(pool: Pool) -> bytes:
    connection, response = pool.send("GET", "/", b"", {})
    content = response.read()
    pool.release(connection)
    return content


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_go_through_one_tunnel_encrypted_up_to_the_server(certified: tuple[ssl.SSLContext, Path], scheme: str) -> None:
    with scripted(otherwise=OK, tls=certified[0]) as server, proxy(tls=certified[0] if scheme == "https" else None) as between:
        via = Proxy(scheme, "127.0.0.1", between.port, "HTTPS_PROXY", "user@", "pass")
        with pool_through(via, server.url, certified[1]) as pool:
            pool.release(pool.open())
            assert [ask(pool), ask(pool), ask(pool)] == [b"fine"] * 3
        [head] = between.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{server.server_address[1]} HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "Proxy-Authorization: Basic dXNlckA6cGFzcw==\r\n" in head


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_large_answer_and_a_server_that_closes(certified: tuple[ssl.SSLContext, Path], scheme: str) -> None:
    large = b"x" * 300_000
    with (
        scripted(answer(200, large), answer(200, b"last", Connection="close"), otherwise=OK, tls=certified[0]) as server,
        proxy(tls=certified[0] if scheme == "https" else None) as between,
        pool_through(Proxy(scheme, "127.0.0.1", between.port, "HTTPS_PROXY"), server.url, certified[1]) as pool,
    ):
        assert [ask(pool), ask(pool), ask(pool)] == [large, b"last", b"fine"]
        assert "Proxy-Authorization" not in between.heads[0]
        assert len(between.heads) == 2


def test_a_cut_wakes_the_reader_behind_a_proxy_that_speaks_tls(certified: tuple[ssl.SSLContext, Path]) -> None:
    asked = threading.Event()

    def quiet(exchange: object) -> None:
        asked.set()
        silent(exchange)  # type: ignore[arg-type]

    with (
        scripted(quiet, tls=certified[0]) as server,
        proxy(tls=certified[0]) as between,
        pool_through(Proxy("https", "127.0.0.1", between.port, "HTTPS_PROXY"), server.url, certified[1]) as pool,
    ):
        connection = pool.open()

        def cut_when_asked() -> None:
            asked.wait()
            connection.cut()

        cutter = threading.Thread(target=cut_when_asked)
        cutter.start()
        with pytest.raises(OSError, match=r"closed|EOF"):
            connection.exchange("GET", "/", b"", {})
        cutter.join()
        pool.discard(connection)


def test_nothing_reaches_an_https_proxy_in_the_clear() -> None:
    """Not even the CONNECT: a plain server sees the beginning of TLS, and no password."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def receive() -> None:
            client, _ = listening.accept()
            with client:
                received.append(client.recv(65536))

        thread = threading.Thread(target=receive)
        thread.start()
        via = Proxy("https", "127.0.0.1", listening.getsockname()[1], "HTTPS_PROXY", "user", "secret")
        with pytest.raises(ProxyFailed):
            Pool("https://127.0.0.1:1", proxy=via).open()
        thread.join()
    assert received[0][:2] == b"\x16\x03"
    assert b"CONNECT" not in received[0]


def failure(via: Proxy, certificate: Path | None = None, timeout: float = 5.0) -> ProxyFailed:
    """How asking for a tunnel to port 1 fails."""
    tls = ssl.create_default_context(cafile=certificate)
    with pytest.raises(ProxyFailed) as caught:
        Pool("https://127.0.0.1:1", proxy=via, tls=lambda: tls, connect_timeout=timeout).open()
    said = str(caught.value)
    assert said.startswith(f"The proxy {via.address} (HTTPS_PROXY) ")
    assert said.isprintable()
    assert "secret" not in said
    return caught.value


ANSWERS = [
    ("407", (REFUSED,), "answered 407 Proxy Authentication Required. Check the user name and password in HTTPS_PROXY", True, False),
    ("403", (b"HTTP/1.0 403 Forbidden by policy\r\n\r\n",), "answered 403 Forbidden by policy. It does not let", True, False),
    ("403 without a reason", (b"HTTP/1.1 403\r\n\r\n",), "answered 403 Forbidden. It does not let", True, False),
    ("502", (b"HTTP/1.1 502 Bad Gateway\r\n\r\n",), "answered 502 Bad Gateway. It could not reach 127.0.0.1:1.", True, True),
    ("302", (b"HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n",), "answered 302 Found.", True, False),
    ("a page", (b"<html>Hello</html>\r\n\r\n",), "does not answer as a proxy does: <html>Hello</html>", True, False),
    ("a page with 200", (b"HTTP/1.1 200 OK\r\n\r\n<title>Sign in",), "answered with something of its own", True, False),
    ("another protocol", (b"SSH-2.0-OpenSSH\r\n",), "does not answer as a proxy does: SSH-2.0-OpenSSH", True, False),
    ("no status", (b"HTTP/1.1 two hundred\r\n\r\n",), "does not answer as a proxy does", True, False),
    ("nothing", (b"",), "ended the connection without an answer", False, True),
    ("a tunnel to nowhere", (OPENED, b""), "opened a tunnel to 127.0.0.1 that broke off", False, True),
    ("a tunnel to a page", (OPENED, b"<html>"), "opened a tunnel that does not lead to 127.0.0.1", True, False),
    ("an endless head", (b"HTTP/1.1 200 x\r\n" + b"a: b\r\n" * 20_000,), "answered with something of its own", True, False),
    ("an echo", (b"HTTP/1.1 400 no Basic dXNlcjpzZWNyZXQ= nor secret\x1b[31m\r\n\r\n",), "answered 400 no Basic ... nor ...", True, False),
    ("a head without end", (b"HTTP/1.1 403 x\r\n" + b"a: b\r\n" * 20_000,), "answered 403 x", True, False),
]


@pytest.mark.parametrize(("answers", "said", "final", "retryable"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_proxy_that_does_not_open_a_tunnel_is_named_with_what_it_said(
    answers: tuple[bytes, ...], said: str, *, final: bool, retryable: bool
) -> None:
    with proxy(*answers) as between:
        error = failure(Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY", "user", "secret"))
    assert said in str(error)
    assert (error.final, error.retryable, error.setting) == (final, retryable, "HTTPS_PROXY")


def test_a_proxy_that_wants_a_password_says_where_to_write_it() -> None:
    with proxy(REFUSED) as between:
        error = failure(Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY"))
    assert f"HTTPS_PROXY: http://USER:PASSWORD@127.0.0.1:{between.port}" in str(error)


def test_a_proxy_that_answers_a_byte_at_a_time_is_given_up() -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):
                while not over.wait(0.02):
                    client.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        error = failure(Proxy("http", "127.0.0.1", listening.getsockname()[1], "HTTPS_PROXY"), timeout=0.2)
        over.set()
        thread.join()
    assert "did not answer in time" in str(error)


def test_a_closed_port_and_an_unknown_host_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "nothing listens there. Check HTTPS_PROXY." in str(failure(Proxy("http", "127.0.0.1", port, "HTTPS_PROXY")))


def test_an_https_proxy_that_speaks_no_tls_or_cannot_be_verified_is_named(certified: tuple[ssl.SSLContext, Path]) -> None:
    with proxy(tls=certified[0]) as between:
        unverified = failure(Proxy("https", "127.0.0.1", between.port, "HTTPS_PROXY", "user", "secret"))
    assert "has a certificate that could not be verified. Check SSL_CERT_FILE." in str(unverified)
    assert (unverified.final, unverified.setting) == (True, "SSL_CERT_FILE")
    with speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        plain = failure(Proxy("https", "127.0.0.1", int(url.rpartition(":")[2]), "HTTPS_PROXY", "user", "secret"))
    assert "does not speak TLS. If it is a plain one, write http:// into HTTPS_PROXY." in str(plain)
    assert plain.final
    with speaking(b"") as url:
        silent = failure(Proxy("https", "127.0.0.1", int(url.rpartition(":")[2]), "HTTPS_PROXY", "user", "secret"))
    assert "ended the connection while TLS began" in str(silent)
    assert silent.retryable


@pytest.mark.parametrize(
    ("error", "said", "final"),
    [(socket.gaierror(), "there is no host of that name", True), (TimeoutError(), "cannot be reached.", False)],
)
def test_a_proxy_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch, error: OSError, said: str, *, final: bool) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    raised = failure(Proxy("http", "proxy.example", 3128, "HTTPS_PROXY"))
    assert said in str(raised)
    assert raised.final is final


def test_the_certificate_of_the_server_behind_is_verified_too(certified: tuple[ssl.SSLContext, Path]) -> None:
    with scripted(otherwise=OK, tls=certified[0]) as server, proxy() as between, pytest.raises(ssl.SSLCertVerificationError):
        Pool(server.url, proxy=Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY")).open()
    assert server.requests == []
