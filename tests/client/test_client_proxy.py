"""A proxy on the way to a bridge: named when it fails, in one line, without a library's traces and without its password."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest

from aws.tls import proxy
from bridge_client.failures import Failure
from bridge_client.protocol.connection import Unreachable, open_connection

URL = "wss://bridge.example/prod"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "wss_proxy", "socks_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def failure(monkeypatch: pytest.MonkeyPatch, value: str, *, variable: str = "https_proxy") -> Exception:
    """How a connection fails through the proxy that a variable names."""
    monkeypatch.setenv(variable, value)

    async def connect() -> None:
        async with open_connection(URL, 5.0, "the-token"):
            pass

    with pytest.raises((Failure, Unreachable)) as caught:
        asyncio.run(connect())
    said = getattr(caught.value, "message", str(caught.value))
    assert said.isprintable()
    assert "secret" not in said
    return caught.value


ANSWERS = [
    ("drops", b"", "did not answer as a proxy does", Unreachable),
    ("half a head", b"HTTP/1.1 200 OK\r\n", "did not answer as a proxy does", Unreachable),
    ("a page", b"<html>Hello</html>\r\n\r\n", "did not answer as a proxy does", Unreachable),
    ("a page with 200", b"HTTP/1.1 200 OK\r\n\r\n<html>Sign in</html>", "through the proxy", Unreachable),
    ("502", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "answered 502 Bad Gateway", Unreachable),
    ("407", b"HTTP/1.1 407 No\r\n\r\n<html>secret</html>", "answered 407 Proxy Authentication Required", Failure),
    ("403", b"HTTP/1.1 403 No\r\nx: y\r\n\r\n", "answered 403 Forbidden", Failure),
    ("499", b"HTTP/1.1 499 No\r\n\r\n", "answered 499", Failure),
]


@pytest.mark.parametrize(("answer", "said", "kind"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_proxy_that_opens_no_tunnel_is_named_and_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, answer: bytes, said: str, kind: type[Exception]
) -> None:
    with proxy(answer) as between:
        error = failure(monkeypatch, f"http://user:secret@127.0.0.1:{between.port}")
        assert f"127.0.0.1:{between.port}" in str(error)
    gc.collect()
    assert said in str(error)
    assert isinstance(error, kind)
    assert caplog.records == []


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert str(failure(monkeypatch, f"127.0.0.1:{port}")) == f"connection refused (through the proxy 127.0.0.1:{port})"


@pytest.mark.parametrize(
    "value", ["http://[bad", "http://127.0.0.1:port", "ftp://user:secret@p", "http://p/path?secret", "http://secret@p"]
)
def test_a_proxy_that_cannot_be_used_is_a_bad_configuration(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    error = failure(monkeypatch, value)
    assert isinstance(error, Failure)
    assert error.code == "bad_configuration"
    assert "HTTPS_PROXY=http://proxy.example.com:3128" in error.message


@pytest.mark.parametrize("scheme", ["socks5h", "socks5", "socks4a", "socks4"])
def test_a_socks_proxy_is_refused_by_its_scheme(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    error = failure(monkeypatch, f"{scheme}://user:secret@127.0.0.1:1080")
    assert isinstance(error, Failure)
    assert f"A {scheme}:// proxy needs the package python-socks" in error.message


def test_a_trace_of_our_own_is_still_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def fail_in_a_callback() -> None:
        with pytest.raises(Unreachable):
            async with open_connection("ws://127.0.0.1:1", 1.0):
                pass
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)

    asyncio.run(fail_in_a_callback())
    assert "ZeroDivisionError" in caplog.text
