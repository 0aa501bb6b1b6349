"""`web` within this process: what it offers when it starts, what it says when it cannot, and pages that do not keep up."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from bridge_client.commands.client import Client
from bridge_client.commands.open_questions import OpenQuestion, OpenQuestions
from bridge_client.failures import Failure
from bridge_client.terminal.hints import Hints
from bridge_client.terminal.notes import Notes
from bridge_client.terminal.output import Output
from bridge_client.web.command import web
from bridge_client.web.pages import MAX_WAITING, Page
from web.running_page import NOW, WAIT, Frame

SESSION = "chat-1a2b3c4d5e6f"
NOBODY = "ws://127.0.0.1:9"


class Spoken(io.StringIO):
    """Standard output that a test waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.said = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        self.said.set()
        return count


def client_of(folder: Path, output: Spoken, endpoint: Callable[[], str] = lambda: NOBODY) -> Client:
    notes = Notes(io.StringIO())
    return Client(notes, Output(output), Hints("ask-claude"), endpoint=endpoint, open_questions=OpenQuestions(folder))


def events_of(link: str, first: str, *, then: Callable[[], object], until: str) -> Frame:
    """Opens the page by its link; `then` is called after the event `first`, and the event `until` is returned."""
    host = link.removeprefix("http://").partition("/")[0]
    http = HTTPConnection(host, timeout=WAIT)
    http.request("GET", link.partition(host)[2])
    answer = http.getresponse()
    cookie, secret = str(answer.headers["Set-Cookie"]).partition(";")[0], answer.read().decode().partition('content="')[2].partition('"')[0]
    http.close()
    with connect(f"ws://{host}/socket", origin=Origin(f"http://{host}"), additional_headers={"Cookie": cookie}, proxy=None) as page:
        page.send(json.dumps({"secret": secret}))
        while True:
            frame: Frame = json.loads(page.recv(WAIT))
            if frame["event"] == first:
                then()
            if frame["event"] == until:
                return frame


def run(client: Client, output: Spoken, look: Callable[[str], None] = lambda _link: None) -> int:
    """Runs the program until `look` has looked at it; returns its exit code."""
    failed: list[BaseException] = []

    def watch() -> None:
        assert output.said.wait(WAIT)
        try:
            look(output.getvalue().strip())
        except BaseException as error:
            failed.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=watch)
    thread.start()
    code = web(client, lambda: NOW, 0, opens=False)
    thread.join(WAIT)
    assert failed == []
    return code


def test_answers_that_never_arrived_are_offered(tmp_path: Path) -> None:
    """The page hears of them at once, or when the bridge is there."""
    noted = OpenQuestions(tmp_path)
    noted.note(OpenQuestion("Mine?", SESSION, "r1", ""))
    noted.note(OpenQuestion("Elsewhere?", SESSION, "r2", "wss://bridge.example"))
    noted.note(OpenQuestion("Of the stand-in?", SESSION, "r3", "", stand_in=True))
    output, may_start = Spoken(), threading.Event()
    offered: list[Frame] = []

    def endpoint() -> str:
        assert may_start.wait(WAIT)
        return NOBODY

    def look(link: str) -> None:
        offered.extend(events_of(link, "hello", then=may_start.set, until="bridge")["questions"])

    assert run(client_of(tmp_path, output, endpoint), output, look) == 0
    assert [question["message"] for question in offered] == ["Mine?"]


def test_a_bridge_that_does_not_start_is_said_here_and_there(tmp_path: Path) -> None:
    output, may_start = Spoken(), threading.Event()
    events: list[Frame] = []

    def endpoint() -> str:
        assert may_start.wait(WAIT)
        raise Failure("local_bridge", "The local bridge did not start.")

    client = client_of(tmp_path, output, endpoint)
    stderr = io.StringIO()
    client = replace(client, notes=Notes(stderr))
    assert run(client, output, lambda link: events.append(events_of(link, "hello", then=may_start.set, until="trouble")["error"])) == 0
    assert events[0]["message"] == "The local bridge did not start."
    assert "The local bridge did not start." in stderr.getvalue()


def test_a_page_that_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    class Socket:
        closed = 0

        async def send(self, message: str, /) -> None:
            raise AssertionError(message)

        async def close(self, code: int = 1000, reason: str = "") -> None:
            self.closed = code

    async def fill(socket: Socket) -> None:
        page = Page(socket)
        for _ in range(MAX_WAITING + 2):
            page.tell({"event": "text"})
        await asyncio.sleep(0)

    slow = Socket()
    asyncio.run(fill(slow))
    assert slow.closed == 1013


def test_a_port_that_is_taken_cannot_be_used(tmp_path: Path) -> None:
    output = Spoken()
    taken = socket.socket()
    try:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Failure, match="cannot be used"):
            web(client_of(tmp_path, output), lambda: NOW, taken.getsockname()[1], opens=False)
    finally:
        taken.close()
