"""The page as a person has it: the real program, its own bridge, a Claude that is scripted, and Chromium."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, sync_playwright

from bridge_local.stand_in.exchange import Reply
from bridge_local.stand_in.exchange import Request as Asked
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, bridge, environment, talk

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The name of a page elsewhere that leads to this machine.
    "--host-resolver-rules=MAP rebound.example 127.0.0.1, MAP elsewhere.example 127.0.0.1",
)
WAIT_SECONDS = 20
USUAL = "A kite is a *light* frame with cloth."


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(ARGUMENTS))
        yield running
        running.close()


class World:
    """`answers` has what Claude says to a question with these words in it; to any other it says `USUAL`."""

    def __init__(self, browser: Browser, home: Path) -> None:
        self.home = home
        self.answers: dict[str, Callable[[], Reply]] = {}
        self.asked: list[str] = []
        """The newest message of each request that Claude got."""
        self.requested: list[str] = []
        """Every address that any page has asked for."""
        self.said: list[str] = []
        """What pages wrote to their console, and errors in them."""
        self._browser = browser
        self._stack = ExitStack()
        self._origins: set[str] = set()
        self._context: BrowserContext | None = None
        self._program: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._claude = self._stack.enter_context(StandIn(self._answer, keep=500))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._context:
            self._context.close()
        self.stop()
        self._stack.close()

    @property
    def key(self) -> Mapping[str, str]:
        return {"ANTHROPIC_BASE_URL": self._claude.url, "ANTHROPIC_API_KEY": "scripted"}

    def store(self, *requests: Mapping[str, Any]) -> None:
        """Sends requests to a bridge with the same file, before the page is there."""
        with bridge(self.home, **self.key) as running:
            for request in requests:
                *_, last = talk(running.url, request, last=("imported", "done", "error", "configured"))
                assert last["type"] != "error", last

    def start(self, *arguments: str, **extra: str) -> str:
        """Starts the program; returns the link that it prints."""
        self._program = subprocess.Popen(
            [sys.executable, str(ROOT / "client" / "ask.py"), "web", "--no-open", "--port", "0", *arguments],
            env=environment(self.home, **self.key, **extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._program.stdout is not None
        link = self._program.stdout.readline().strip()
        self._origins.add(link.partition("/?")[0])
        return link

    def stop(self) -> None:
        if self._program is not None:
            self._program.send_signal(signal.SIGINT)
            assert self._program.wait(WAIT_SECONDS) == 0
            assert self._program.stdout is not None
            self._program.stdout.close()
            self._program = None

    def kill(self) -> None:
        """`kill -9` of the program."""
        assert self._program is not None
        assert self._program.stdout is not None
        self._program.kill()
        self._program.wait(WAIT_SECONDS)
        self._program.stdout.close()
        self._program = None

    def kill_bridge(self) -> None:
        """`kill -9` of the bridge that the program has started."""
        assert self._program is not None
        (child,) = Path(f"/proc/{self._program.pid}/task/{self._program.pid}/children").read_text().split() or self._children()
        os.kill(int(child), signal.SIGKILL)

    def _children(self) -> list[str]:
        """Of the program's threads, too."""
        assert self._program is not None
        return [child for path in Path(f"/proc/{self._program.pid}/task").iterdir() for child in (path / "children").read_text().split()]

    def open(self, program: Mapping[str, str] | None = None, **options: Any) -> Page:
        """Starts the program with these variables, and opens its link in a browser of its own."""
        link = self.start(**(program or {}))
        self._context = self._browser.new_context(**{"viewport": {"width": 1100, "height": 750}, "accept_downloads": True, **options})
        self._context.set_default_timeout(WAIT_SECONDS * 1000)
        self._context.on("request", self._note)
        self._context.on("console", lambda message: self.said.append(message.text))
        self._context.on("weberror", lambda error: self.said.append(str(error.error)))
        page = self._context.new_page()
        page.goto(link)
        page.locator("#conversation .welcome").wait_for()
        return page

    def tab(self, address: str) -> Page:
        """Another tab of the same browser."""
        assert self._context is not None
        page = self._context.new_page()
        page.goto(address)
        return page

    def check_requests(self) -> None:
        """No request left this origin, and nothing was refused by the policy or failed in a script."""
        ours = tuple(f"{kind}{origin}/" for origin in self._origins for kind in ("", "blob:"))
        elsewhere = [address for address in self.requested if not address.startswith(ours)]
        assert elsewhere == []
        assert [words for words in self.said if "Content Security Policy" in words or "Error" in words] == []

    def _note(self, request: Request) -> None:
        self.requested.append(request.url)

    def _answer(self, request: Asked) -> Reply:
        question = str(request.body["messages"][-1]["content"])
        self.asked.append(question)
        return next((reply() for words, reply in self.answers.items() if words in question), scripts.said(USUAL))


def ask(page: Page, message: str) -> None:
    page.locator("#message").fill(message)
    page.locator("#message").press("Enter")


def turns(page: Page) -> Locator:
    return page.locator("article[data-turn]")


def imported(session_id: str, said: Sequence[tuple[str, str]], *, ago: float, title: str = "") -> Iterator[dict[str, Any]]:
    """Requests that store these questions and answers, a second apart, the last one that many seconds ago."""
    began = time.time() - ago - len(said)
    rows = [
        {
            "said_at": began + number,
            "source": f"{session_id}-{number}",
            "context": [{"role": "user", "content": q}, {"role": "assistant", "content": a}],
        }
        for number, (q, a) in enumerate(said)
    ]
    for start in range(0, len(rows), 100):
        settings = {"settings": {"title": title}} if title else {}
        yield {"action": "import", "session_id": session_id, "turns": rows[start : start + 100], "request_id": f"i{start}", **settings}


def session_of(page: Page) -> str:
    match = re.search(r"#([\w-]+)", page.url)
    assert match
    return match[1]
