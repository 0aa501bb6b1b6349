"""A web page elsewhere must not reach a bridge on this machine: what a browser sends for it, and what it never would, to every door."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from bridge_local.gateway.access import is_own_request
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.limits import Limits
from bridge_local.gateway.management import ManagementApi
from bridge_local.gateway.tokens import Tokens
from local.running_gateway import WAIT, Local, Start

TOKEN = "ccb_" + "x" * 43
HANDSHAKE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyEhIQ==\r\n"

PAGES_ELSEWHERE = [
    "http://evil.example",
    "https://evil.example:8765",
    "HTTP://EVIL.EXAMPLE",
    "null",
    "NULL",
    "",
    "file://",
    "file:///home/ada/page.html",
    "about:blank",
    "data:text/html,x",
    "http://localhost.evil.example",
    "http://localhost.evil.example:80",
    "http://localhost-evil.example",
    "http://evillocalhost",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1.nip.io",
    "http://evil.example@localhost",
    "http://localhost@evil.example",
    "http://localhost:80@evil.example",
    "http://localhost#@evil.example",
    "http://localhost?.evil.example",
    "http://localhost/.evil.example",
    "http://localhost\\.evil.example",
    "http://localhost%2eevil.example",
    "http://localhost%00.evil.example",
    "http://localhost:80:evil.example",
    "http://localhost:evil",
    "http://localhost http://evil.example",
    "http://evil.example http://localhost",
    "http://localhost,http://evil.example",
    "http://localhost.",
    "http://127.0.0.1.",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::1",
    "http://::1",
    "http://[::1]evil.example",
    "http://[::1%25evil.example]",
    "http://[fe80::1]",
    "http://[::ffff:192.0.2.1]",
    "http://192.168.1.7",
    "http://\u217cocalhost",
    "//localhost",
    "localhost",
    "http:localhost",
    "http:/localhost",
    "chrome-extension://abcdefghijklmnop",
]
PAGES_HERE = [
    "http://localhost",
    "https://localhost:3000",
    "http://LOCALHOST:1",
    "http://127.0.0.1:5173",
    "http://127.8.9.10",
    "http://[::1]:80",
]
REBOUND = ["evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1.nip.io:{port}", "127.0.0.1.:{port}"]
REBOUND += ["localhost.:{port}", "0.0.0.0:{port}", "[::]:{port}", "192.168.1.7:{port}", "evil.example@localhost", "localhost@evil.example"]
REBOUND += ["localhost/evil.example", "localhost:{port}:1", "localhost evil.example", "", " ", "2130706433:{port}", "machine:{port}"]
"""Names and addresses by which a page's own name may have led here, which the browser then says in `Host`."""


def status_of(port: int, head: str) -> int:
    """What a request, written byte by byte as it is, is answered with."""
    with socket.create_connection(("127.0.0.1", port), WAIT) as raw:
        raw.sendall(head.encode("utf-8"))
        return int(raw.recv(4096).split(b" ", 2)[1])


def dial(port: int, *headers: str, path: str = "/") -> int:
    own = "".join(f"{header}\r\n" for header in headers)
    return status_of(port, f"GET {path} HTTP/1.1\r\n{own}{HANDSHAKE}\r\n")


@pytest.fixture(params=["without tokens", "with tokens"])
def local(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> Local:
    if request.param == "without tokens":
        return start()
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps([{"owner": "ada", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]))
    return start(authorize=Tokens(file), admits=is_own_request)


def good(local: Local) -> tuple[str, str]:
    """What every handshake of this test has that is right: only the page is not."""
    return f"Host: 127.0.0.1:{local.port}", f"Authorization: Bearer {TOKEN}"


@pytest.mark.parametrize("origin", PAGES_ELSEWHERE)
def test_a_page_from_elsewhere_gets_no_connection(local: Local, origin: str) -> None:
    assert dial(local.port, *good(local), f"Origin: {origin}") == HTTPStatus.FORBIDDEN
    assert local.function.count("CONNECT") == 0


@pytest.mark.parametrize("origin", PAGES_HERE)
def test_a_page_of_this_machine_gets_one(local: Local, origin: str) -> None:
    assert dial(local.port, *good(local), f"Origin: {origin}") == HTTPStatus.SWITCHING_PROTOCOLS


def test_one_page_from_elsewhere_among_several_origins_is_enough(local: Local) -> None:
    for origins in (["http://localhost", "http://evil.example"], ["http://evil.example", "http://localhost"], ["http://localhost", "null"]):
        assert dial(local.port, *good(local), *(f"Origin: {origin}" for origin in origins)) == HTTPStatus.FORBIDDEN
    assert dial(local.port, *good(local), "oRIGIN: http://evil.example") == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("host", REBOUND)
def test_a_rebound_name_gets_no_connection(start: Start, host: str) -> None:
    local = start()
    host = host.format(port=local.port)
    assert dial(local.port, f"Host: {host}") == HTTPStatus.FORBIDDEN
    assert dial(local.port, f"Host: {host}", f"Origin: http://{host}") == HTTPStatus.FORBIDDEN
    assert dial(local.port, f"Host: {host}", path="http://localhost/") == HTTPStatus.FORBIDDEN
    assert local.function.count("CONNECT") == 0


def test_the_host_is_said_once(local: Local) -> None:
    assert dial(local.port) == HTTPStatus.FORBIDDEN
    assert dial(local.port, "Host: localhost", "Host: localhost") == HTTPStatus.FORBIDDEN
    assert dial(local.port, "Host: localhost", "Host: evil.example") == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("headers", [[], ["Authorization: Bearer x"], ["Cookie: token=x"]], ids=["none", "a wrong one", "a cookie"])
def test_where_there_are_tokens_a_rebound_page_has_none(start: Start, tmp_path: Path, headers: list[str]) -> None:
    """A browser sends no token by itself, so that the page's own name does no harm."""
    (tmp_path / "tokens.json").write_text(json.dumps([{"owner": "ada", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]))
    local = start(authorize=Tokens(tmp_path / "tokens.json"), admits=is_own_request)
    page = ["Host: evil.example", "Origin: http://evil.example"]
    assert dial(local.port, *page, *headers) in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    assert local.function.count("CONNECT") == 0


@pytest.fixture
def management() -> Iterator[int]:
    """The port of @connections."""
    with ManagementApi(Connections(Limits()), Limits(), 0) as api:
        yield int(api.url.rpartition(":")[2])


PATH = "/local/@connections/AAAAAAAAAAAAAAA%3D"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_page_cannot_post_to_connections(management: int, method: str) -> None:
    def ask(*headers: str) -> int:
        own = "".join(f"{header}\r\n" for header in headers)
        return status_of(management, f"{method} {PATH} HTTP/1.1\r\n{own}Content-Length: 0\r\n\r\n")

    assert ask("Host: localhost") == HTTPStatus.GONE
    for origin in [*PAGES_ELSEWHERE, *PAGES_HERE]:
        assert ask("Host: localhost", f"Origin: {origin}") == HTTPStatus.FORBIDDEN, origin
    for host in REBOUND:
        assert ask(f"Host: {host.format(port=management)}") == HTTPStatus.FORBIDDEN, host
    assert ask() == HTTPStatus.FORBIDDEN
    assert ask("Host: localhost", "Host: evil.example") == HTTPStatus.FORBIDDEN


def test_no_page_may_ask_whether_it_may(management: int) -> None:
    """A browser asks so before it sends a request that is not simple."""
    asked = "Host: localhost\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: DELETE\r\n"
    assert status_of(management, f"OPTIONS {PATH} HTTP/1.1\r\n{asked}\r\n") == HTTPStatus.NOT_IMPLEMENTED
