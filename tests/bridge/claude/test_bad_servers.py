"""Servers and proxies that are wrong, slow or dishonest, over real sockets: the error, how often they are asked, and how soon."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from aws.scripted_server import Exchange, HangUp, Step, answer, scripted
from aws.tls import proxy, server_context, speaking
from bridge.claude.answer import Answer
from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.messages_api import MessagesApi, Timeouts
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import Code
from bridge.network.http_pool import default_tls
from bridge.network.proxy import Proxy
from fakes.bridge_bench import Bench
from fakes.claude_scripts import MESSAGE, recorded, said_events

REQUEST = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
KEY = "the-key"


QUICK = Timeouts(silence=10.0, ending=0.3, error=0.3, check=0.3)
PATIENT = Timeouts(silence=10.0, ending=10.0, error=10.0)


def api(url: str, via: Proxy | None = None, timeouts: Timeouts = QUICK) -> MessagesApi:
    return MessagesApi(AnthropicApi(url, FixedKey(KEY)), Clock(), proxy=via, timeouts=timeouts)


def ask(url: str, via: Proxy | None = None, interrupt: Interrupt | None = None, timeouts: Timeouts = QUICK) -> Answer:
    taken = Answer("asked", 10_000)
    with closing(api(url, via, timeouts)) as claude:
        for event in claude.stream(REQUEST, interrupt or Interrupt()):
            taken.take(event)
    return taken


def failed(url: str, via: Proxy | None = None) -> Failure:
    with pytest.raises(Failure) as caught:
        ask(url, via)
    assert KEY not in caught.value.error.message
    return caught.value


def raw(head: str, *parts: bytes | Callable[[], object], hang_up: bool = False) -> Step:
    """Sends a head and parts, waiting where a part is a function; then keeps the connection open, or not."""

    def play(exchange: Exchange) -> None:
        exchange.send(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        for part in parts:
            if isinstance(part, bytes):
                exchange.send(part)
            else:
                part()
        if hang_up:
            raise HangUp

    return play


# A success that is no stream


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain", ""])
@pytest.mark.parametrize("body", [json.dumps(MESSAGE).encode(), recorded("hello")], ids=["a message", "a stream"])
def test_an_answer_is_known_by_its_content(body: bytes, kind: str, compress: Callable[[bytes], bytes]) -> None:
    encoding = {} if compress is bytes else {"Content_Encoding": "gzip"}
    with scripted(answer(200, compress(body), Content_Type=kind, **encoding)) as server:
        assert ask(server.url).text in ("Hello there.", "Hello! How can I help you?")


def test_a_page_that_never_ends_is_reported_at_once() -> None:
    with scripted(raw("HTTP/1.1 200 OK\ncontent-length: 60000", b"<html><title>Sign", b" in</title>")) as server:
        began = time.monotonic()
        failure = failed(server.url)
        assert time.monotonic() - began < 2.0
    assert "a web page, not with Claude's answer: Sign in." in failure.error.message


def test_an_announced_end_is_not_waited_for_long() -> None:
    events = b"".join(said_events("Hello.")[:-1])
    with scripted(raw("HTTP/1.1 200 OK\ncontent-length: 60000", events)) as server:
        began = time.monotonic()
        assert ask(server.url).complete
        assert time.monotonic() - began < 2.0


def test_a_stream_whose_length_is_wrong_is_an_answer_if_its_end_was_announced() -> None:
    with scripted(raw("HTTP/1.1 200 OK\ncontent-length: 60000", b"".join(said_events("Hello.")[:-1]), hang_up=True)) as server:
        assert ask(server.url).text == "Hello."


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "in one piece"])
def test_a_server_that_never_announces_the_end_is_paid_once(*, stream: bool) -> None:
    body = b"".join(said_events("Hello.")[:4])
    with scripted(otherwise=answer(200, body)) as server, closing(api(server.url)) as claude:
        bench = Bench()
        bench.app = bench.another(claude=claude)
        bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": stream})
        assert len(server.requests) == 1
        assert bench.contents() == []


# Errors that stall


def dripping(over: threading.Event) -> Step:
    """An error whose body comes a byte at a time."""

    def play(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 500 Oops\r\ncontent-length: 60000\r\n\r\n")
        while not over.wait(0.03):
            exchange.send(b"x")

    return play


STALLED = raw("HTTP/1.1 500 Oops\ncontent-length: 60000", b'{"error": ')


@pytest.mark.parametrize("kind", ["stalled", "dripping"])
def test_an_error_that_stalls_is_given_up_soon_with_its_status(kind: str) -> None:
    over = threading.Event()
    with scripted(dripping(over) if kind == "dripping" else STALLED) as server:
        began = time.monotonic()
        failure = failed(server.url)
        assert time.monotonic() - began < 2.0
        over.set()
    assert (failure.status, failure.error.code, failure.transient) == (500, Code.CLAUDE_UNAVAILABLE, True)


@pytest.mark.parametrize("kind", ["stalled", "dripping"])
def test_an_interrupt_cuts_an_error_that_stalls(kind: str) -> None:
    over, asked, interrupt = threading.Event(), threading.Event(), Interrupt()

    def play(exchange: Exchange) -> None:
        asked.set()
        (dripping(over) if kind == "dripping" else STALLED)(exchange)

    with scripted(play) as server:
        thread = threading.Thread(target=lambda: ask(server.url, None, interrupt, PATIENT))
        thread.start()
        assert asked.wait(10)
        began = time.monotonic()
        interrupt.set(Reason.CANCELLED)
        thread.join(10)
        assert time.monotonic() - began < 1.0
        over.set()


@pytest.mark.parametrize(
    "head", ["HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n{", "HTTP/1.1 404 No\r\ncontent-length: 9\r\n\r\n", "HTTP/1"]
)
def test_a_check_ends_in_time_however_slowly_its_answer_comes(head: str) -> None:
    over = threading.Event()

    def drip(exchange: Exchange) -> None:
        exchange.send(head.encode())
        while not over.wait(0.03):
            exchange.send(b" ")

    with scripted(otherwise=drip) as server, closing(api(server.url)) as claude:
        began = time.monotonic()
        with suppress(Failure):
            assert claude.knows("claude-x") is False
        assert time.monotonic() - began < 2.0
        over.set()


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect(status: int) -> None:
    with scripted() as elsewhere, scripted(otherwise=answer(status, b"", Location=f"{elsewhere.url}/v1/messages")) as server:
        failure = failed(server.url)
        assert (len(server.requests), len(elsewhere.requests)) == (1, 0)
        assert f"redirects to {elsewhere.url} ({status})" in failure.error.message
        with closing(api(server.url)) as claude, pytest.raises(Failure, match="redirects to"):
            claude.knows("claude-x")
        assert elsewhere.requests == []
    assert (failure.error.setting, failure.transient) == ("ANTHROPIC_BASE_URL", False)


# The wrong protocol


def test_https_to_a_plain_server_says_so() -> None:
    with speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        failure = failed(url.replace("http:", "https:"))
    assert "does not speak TLS" in failure.error.message
    assert (failure.error.setting, failure.transient) == ("ANTHROPIC_BASE_URL", False)


@pytest.mark.parametrize("says", [b"\x15\x03\x01\x00\x02\x02\x46", b"SSH-2.0-OpenSSH\r\n"], ids=["TLS", "SSH"])
def test_http_to_another_server_says_so(says: bytes) -> None:
    with speaking(says) as url:
        failure = failed(url)
    assert "does not speak HTTP. If it is meant to be https, say so in ANTHROPIC_BASE_URL." in failure.error.message
    assert not failure.transient


# Proxies


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return server_context(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("407 Proxy Authentication Required", "claude_misconfigured", "It wants a user name and a password in HTTPS_PROXY"),
        ("403 Forbidden", "claude_misconfigured", "It does not let connections to api.example:443 through. Check HTTPS_PROXY."),
        ("502 Bad Gateway", "claude_unavailable", "It could not reach api.example:443. Check HTTPS_PROXY."),
    ],
)
def test_a_proxy_that_refuses_is_named_and_asked_once(status: str, code: str, said: str) -> None:
    with proxy(f"HTTP/1.1 {status}\r\n\r\n".encode()) as between:
        via = Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY")
        with closing(api("https://api.example", via)) as claude:
            bench = Bench()
            bench.app = bench.another(claude=claude)
            last = bench.ask("Hi")
        assert len(between.heads) == 1
    assert (last["code"], last["setting"]) == (code, "HTTPS_PROXY")
    assert f"The proxy {via.address} (HTTPS_PROXY) answered {status}." in last["message"]
    assert said in last["message"]


@pytest.mark.slow
def test_a_proxy_that_hangs_up_is_named_and_asked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[None] = []
    with proxy(b"") as between:
        via = Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY")
        with closing(api("https://api.example", via)) as claude:
            open_one = claude.open
            monkeypatch.setattr(claude, "open", lambda: ahead.append(open_one()))
            bench = Bench()
            bench.app = bench.another(claude=claude)
            last = bench.ask("Hi")
        # A reader that comes after the request opens none ahead of it.
        assert len(between.heads) == 2 + len(ahead)
    assert (last["code"], last["retryable"]) == ("claude_unavailable", True)
    assert f"The proxy {via.address} (HTTPS_PROXY) ended the connection without an answer." in last["message"]


def test_a_proxy_that_is_not_there_is_named_and_not_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        via = Proxy("http", "127.0.0.1", closed.getsockname()[1], "https_proxy")
    failure = failed("https://api.example", via)
    assert failure.error.message == f"The proxy {via.address} (https_proxy) cannot be reached: nothing listens there. Check https_proxy."
    assert (failure.error.code, failure.transient) == (Code.CLAUDE_MISCONFIGURED, False)


def test_a_check_names_the_proxy_too() -> None:
    with proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n") as between:
        via = Proxy("http", "127.0.0.1", between.port, "HTTPS_PROXY")
        with closing(api("https://api.example", via)) as claude, pytest.raises(Failure, match="403 Forbidden"):
            claude.knows("claude-x")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_comes_through_a_proxy(certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[1]))
    default_tls.cache_clear()
    with (
        scripted(otherwise=answer(200, recorded("hello")), tls=certified[0]) as server,
        proxy(tls=certified[0] if scheme == "https" else None) as between,
    ):
        assert ask(server.url, Proxy(scheme, "127.0.0.1", between.port, "HTTPS_PROXY")).complete
    default_tls.cache_clear()
    [head] = between.heads
    assert KEY not in head
