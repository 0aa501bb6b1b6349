"""Who may see the page: the browser that opened the link, and in it no page but ours."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from bridge_client.web.files import read
from bridge_client.web.guard import LINK_SECONDS, Guard
from web.running_page import WAIT, RunningPage

FILES = ["/", *(path for path in read() if path not in ("/index.html", "/enter.html"))]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def token_of(guard: Guard) -> str:
    return guard.link().partition("?token=")[2]


def test_a_link_works_once() -> None:
    guard = Guard(8770)
    token = token_of(guard)
    assert guard.enter(token)
    assert not guard.enter(token)


def test_a_link_works_for_a_minute() -> None:
    clock = Clock()
    guard = Guard(8770, clock)
    early, late = token_of(guard), token_of(guard)
    clock.now = LINK_SECONDS - 1
    assert guard.enter(early)
    clock.now = LINK_SECONDS
    assert not guard.enter(late)


@pytest.mark.parametrize("token", ["", "0", "\udcff", "ü"])
def test_no_other_token_is_a_link(token: str) -> None:
    guard = Guard(8770)
    guard.link()
    assert not guard.enter(token)


def test_the_link_gives_a_browser_the_cookie_and_the_page_the_secret(page: RunningPage) -> None:
    status, headers, body = page.get(page.guard.link().removeprefix(page.guard.origin))
    assert status == 200
    assert re.fullmatch(rf"ask_claude_{page.port}=[\w-]{{43}}; Path=/; HttpOnly; SameSite=Strict", headers["Set-Cookie"])
    assert page.guard.secret in body
    assert page.guard.secret not in headers["Set-Cookie"]


def test_no_file_holds_the_secret_or_a_token(page: RunningPage) -> None:
    """Whoever listens on another port is sent the cookie, too, and must not learn the secret by it."""
    for path in FILES:
        status, headers, body = page.get(path, **page.cookie)
        assert status == 200
        assert page.guard.secret not in body + str(headers)
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", [*FILES, "/enter.html", "/socket", "/nothing", "/?token=", "/?token=guessed", "//", "/../guard.py", "*"])
def test_another_user_gets_nothing(page: RunningPage, path: str) -> None:
    status, _, body = page.get(path)
    assert status == 403
    assert body.startswith("Open the link that `ask-claude web` prints.")


@pytest.mark.parametrize(
    "cookie", ["", "ask_claude=x", "x", ";;;", "ask_claude_{port}=", "ask_claude_{port}=guessed", "ask_claude_{port}=ü"]
)
def test_another_cookie_gets_nothing(page: RunningPage, cookie: str) -> None:
    assert page.get("/", Cookie=cookie.format(port=page.port))[0] == 403


def test_our_cookie_counts_among_those_of_other_ports(page: RunningPage) -> None:
    assert page.get("/", Cookie=f"ask_claude_1=a; {page.cookie['Cookie']}; b=c")[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.1:{port}.evil.example"]
)
def test_a_name_that_was_rebound_gets_nothing(page: RunningPage, host: str) -> None:
    link = page.guard.link().removeprefix(page.guard.origin)
    named = host.format(port=page.port)
    assert page.get(link, Host=named)[0] == 403
    assert page.get("/", Host=named, **page.cookie)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_page_elsewhere_gets_no_file(page: RunningPage, headers: dict[str, str]) -> None:
    assert page.get("/app.js", **page.cookie, **headers)[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_changed_over_http(page: RunningPage, method: str) -> None:
    assert page.get("/", method, **page.cookie)[0] in (400, 403, 405, 501)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", "https://127.0.0.1:{port}", None])
def test_no_page_elsewhere_opens_the_socket(page: RunningPage, origin: str | None) -> None:
    named = origin.format(port=page.port) if origin else None
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://{page.guard.host}/socket", origin=Origin(named) if named else None, additional_headers=page.cookie, proxy=None)


def test_no_browser_without_the_cookie_opens_the_socket(page: RunningPage) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://{page.guard.host}/socket", origin=Origin(page.guard.origin), proxy=None)


@pytest.mark.parametrize(
    "first", ["{}", "no JSON", '{"secret": ""}', '{"secret": "guessed"}', '{"secret": null}', "[]", '{"secret": "\\ud800"}']
)
def test_who_has_the_cookie_alone_learns_nothing(page: RunningPage, first: str) -> None:
    url = f"ws://{page.guard.host}/socket"
    with connect(url, origin=Origin(page.guard.origin), additional_headers=page.cookie, proxy=None) as socket:
        socket.send(first)
        with contextlib.suppress(ConnectionClosed):
            socket.send(json.dumps({"id": 1, "action": "sessions"}))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(WAIT)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    assert page.bridge.received == []


@pytest.mark.parametrize("path", FILES)
def test_every_file_keeps_to_its_own_origin(page: RunningPage, path: str) -> None:
    _, headers, body = page.get(path, **page.cookie)
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in str(policy)
    assert {policy[name] for name in ("script-src", "style-src", "img-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not re.search(r"(?:src|href|url|from|import)\W{0,3}(?:https?:)?//", body), "nothing comes from elsewhere"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", body), "nothing is written in the HTML that the policy forbids"


def test_the_page_is_small() -> None:
    """About 1,000 lines, so that whoever wants to trust it can read it."""
    assert sum(len(content.splitlines()) for content in read().values()) < 1400


def test_a_link_that_was_used_leads_its_own_browser_to_the_page(page: RunningPage) -> None:
    link = page.guard.link().removeprefix(page.guard.origin)
    page.get(link)
    status, headers, _ = page.get(link, **page.cookie)
    assert (status, headers["Location"]) == (302, "/")
