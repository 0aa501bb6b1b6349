"""`ask-claude web` as a program: the link it prints, its ports, its end."""

from __future__ import annotations

import asyncio
import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from bridge_client.failures import Failure
from bridge_client.web import command
from client.bench import Bench
from system.programs import ROOT, environment

WAIT = 30


@contextmanager
def web(home: Path, *arguments: str, **extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and the link that it prints."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "client" / "ask.py"), "web", *arguments],
        env=environment(home, **extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate(timeout=WAIT)


def status_of(link: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(link).netloc, timeout=WAIT)
    try:
        connection.request("GET", link.partition(urlsplit(link).netloc)[2])
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_the_link_opens_the_page_once_and_the_program_ends_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with web(tmp_path, "--no-open", "--port", "0") as (process, link):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", link)
        assert [status_of(link), status_of(link)] == [200, 403]
        process.send_signal(number)
        _, said = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert "It works once, within a minute" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with web(tmp_path, "--no-open", "--port", str(port)) as (process, link):
            _, said = process.communicate(timeout=WAIT)
    assert (link, process.returncode) == ("", 2)
    assert f"Port {port} cannot be used" in said


def opened_by(home: Path, *arguments: str) -> tuple[str, str]:
    """The link, and what the person's browser was started with, once the pages know where the bridge is."""
    marks, browser = home / "opened", home / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > '{marks}.new' && mv '{marks}.new' '{marks}'\n")
    browser.chmod(0o700)
    with web(home, "--port", "0", *arguments, BROWSER=str(browser)) as (_, link):
        end = time.monotonic() + (WAIT if not arguments else 0.3)
        while not marks.exists() and time.monotonic() < end:
            time.sleep(0.02)
    return link, marks.read_text().strip() if marks.exists() else ""


@pytest.mark.slow
def test_the_browser_is_opened_unless_it_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    link, opened = opened_by(tmp_path / "a")
    assert opened == link
    assert opened_by(tmp_path / "b", "--no-open")[1] == ""


def test_enter_gives_another_link_and_the_end_of_the_input_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, with a terminal for standard input."""
    main, terminal = os.openpty()
    bench, links = Bench("ws://127.0.0.1:9"), iter(("http://first", "http://second"))
    guard: Any = SimpleNamespace(link=lambda: next(links))

    async def work() -> None:
        command._give_links(bench.client(), guard)
        for end in ("\n", "\n", "\x04"):
            os.write(main, end.encode())
            await asyncio.sleep(0.05)

    with os.fdopen(terminal, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        asyncio.run(work())
    os.close(main)
    assert bench.shown == "http://first\nhttp://second\n"


def test_a_port_that_is_taken_is_an_error_only_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Any = None

    async def work(port: int | None) -> object:
        async with command._anywhere(desk, port) as guard:
            return guard

    @asynccontextmanager
    async def serving(_desk: object, port: int) -> AsyncIterator[object]:
        if port:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        yield "somewhere"

    monkeypatch.setattr(command, "serving", serving)
    assert asyncio.run(work(None)) == "somewhere"
    with pytest.raises(Failure) as caught:
        asyncio.run(work(8_123))
    assert caught.value.message == "Port 8123 cannot be used: Address already in use."
