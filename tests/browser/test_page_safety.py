"""Whatever is said is shown and does nothing; whoever else asks for the page gets nothing."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import expect

from browser.world import World, ask, turns
from fakes import claude_scripts as scripts

HOSTILE = """<script>document.title = "pwned"</script> <img src="http://elsewhere.example/x.png" onerror="document.title = 'pwned'">

[bad](javascript:document.title='pwned') [data](data:text/html,x) [good](https://example.org/) ![pixel](http://elsewhere.example/pixel.png)

<svg onload="document.title='pwned'"><style>body { display: none }</style>

שלום עולם, this is right to left.

| left | right |
|:-----|------:|
| one  | <b>two</b> |
"""
CODE = "```python\n" + "\n".join(f"print('line {number:05}', '<script>')" for number in range(6500)) + "\n```\n"


def test_hostile_text_is_shown_and_does_nothing(world: World) -> None:
    world.answers["everything"] = lambda: scripts.said(HOSTILE)
    page = world.open()
    ask(page, f"Show me everything {HOSTILE}")
    answer = turns(page).locator(".answer")
    expect(answer).to_contain_text("<script>")
    page.reload()
    expect(answer).to_contain_text("<script>")
    expect(page).not_to_have_title("pwned")
    assert page.locator(".answer :is(script, img, svg, style, iframe), .user :is(script, img, svg)").count() == 0
    assert [link.get_attribute("href") for link in answer.locator("a").all()] == [
        "https://example.org/",
        "http://elsewhere.example/pixel.png",
    ]
    assert {link.get_attribute("rel") for link in answer.locator("a").all()} == {"noopener noreferrer"}
    expect(answer.locator("td.right")).to_have_css("text-align", "right")
    expect(answer.get_by_text("שלום")).to_have_css("direction", "rtl")


def test_200_kb_of_code_are_shown_and_copied(world: World) -> None:
    world.answers["long"] = lambda: scripts.in_parts(b"".join(scripts.said_events(CODE)), 4096)
    page = world.open(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "Something long")
    expect(turns(page).locator("code")).to_contain_text("line 06499")
    assert len(CODE) > 200_000
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.locator("#message").press("Control+v")
    assert page.locator("#message").input_value() == CODE.removeprefix("```python\n").removesuffix("\n```\n")


def test_what_is_too_long_to_send_is_not_lost(world: World) -> None:
    page = world.open()
    message = "long " * 30_000
    ask(page, message)
    expect(page.locator(".failed .error")).to_contain_text("too long")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator(".failed")).to_have_count(0)
    assert page.locator("#message").input_value() == message
    ask(page, "short")
    expect(turns(page)).to_have_count(1)


@contextmanager
def page_elsewhere(folder: Path, script: str) -> Iterator[str]:
    """A page of another origin; its address."""
    (folder / "index.html").write_text("<!doctype html><title>elsewhere</title><p id=result>none</p><script src=attack.js></script>")
    (folder / "attack.js").write_text(script)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ATTACK = """
const target = location.hash.slice(1);
const tries = [
  fetch(`http://${target}/`, { credentials: "include" }).then((r) => r.text()).then(() => "fetched", () => "-"),
  fetch(`http://${target}/app.js`, { mode: "no-cors", credentials: "include" }).then(() => "loaded", () => "-"),
  new Promise((done) => {
    const script = document.createElement("script");
    Object.assign(script, { src: `http://${target}/enter.js`, onload: () => done("ran"), onerror: () => done("-") });
    document.head.append(script);
  }),
  new Promise((done) => { const w = new WebSocket(`ws://${target}/socket`); w.onopen = () => done("open"); w.onerror = () => done("-"); }),
];
Promise.all(tries).then((results) => { document.getElementById("result").textContent = results.join(" "); });
"""


def test_a_page_from_another_origin_gets_nothing(world: World, tmp_path: Path) -> None:
    """Also one on another port of this machine, which the browser sends the cookie to."""
    page = world.open()
    target = page.url.removeprefix("http://").partition("/")[0]
    with page_elsewhere(tmp_path, ATTACK) as elsewhere:
        for name in (elsewhere, elsewhere.replace("127.0.0.1", "elsewhere.example")):
            other = world.tab(f"http://{name}/#{target}")
            expect(other.locator("#result")).to_have_text("- - - -")
            other.close()
    # Those requests were the test's own.
    world.requested = [address for address in world.requested if target in address]
    world.said.clear()


def test_a_name_that_was_rebound_gets_nothing(world: World) -> None:
    page = world.open()
    target = page.url.removeprefix("http://").partition("/")[0]
    other = world.tab(f"http://{target.replace('127.0.0.1', 'rebound.example')}/")
    expect(other.locator("body")).to_contain_text("Open the link that")
    world.requested = [address for address in world.requested if target in address]
    world.said.clear()


def test_another_browser_gets_nothing(world: World, tmp_path: Path) -> None:
    page = world.open()
    address = page.url
    assert page.context.browser is not None
    other = page.context.browser.new_context()
    try:
        stranger = other.new_page()
        response = stranger.goto(address)
        assert response is not None
        assert response.status == 403
        expect(stranger.locator("body")).to_contain_text("Open the link that")
    finally:
        other.close()


def test_an_address_that_names_no_session_says_so(world: World) -> None:
    page = world.open()
    for name in ("%", "a%20b", "<img src=x onerror=alert(1)>", "unknown/../.."):
        page.goto(f"{page.url.partition('#')[0]}#{name}")
        expect(page.locator(".problem .error")).to_be_visible()
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".welcome")).to_be_visible()
    ask(page, "Hello")
    expect(turns(page)).to_have_count(1)
