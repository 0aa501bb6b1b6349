"""A run of the real programs in which everything goes wrong: what they write has no message, no answer, no token and no key.

The person's own terminal aside, which shows question and answer, and never a token or a key.
"""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import IO, Any

import pytest
from websockets.sync.client import connect

from bridge_local.stand_in.exchange import Cut, Reply, Request, failure
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import RUN, Bridge, ask, asking, running, talk

TOKEN, WRONG, KEY = "token-canary-0123456789", "wrong-canary-0123456789", "sk-key-canary"
QUESTION, ANSWER = "question-canary", "answer-canary"
SECRETS = (TOKEN, WRONG, KEY)


class Claude:
    """Answers at length; what it does instead is in the question. Where it refuses it quotes all that it was sent, and the key."""

    def __init__(self) -> None:
        self.hangs, self.may_go_on = Event(), Event()

    def __call__(self, request: Request) -> Reply:
        said = f"{request.headers['x-api-key']} {json.dumps(request.body, ensure_ascii=False)}"
        if request.method == "GET" or request.body["model"] == "claude-haiku-5-5":
            return failure(400, "invalid_request_error", said)
        asked = request.body["messages"][-1]["content"]
        replies = {
            "refuse": failure(400, "invalid_request_error", said),
            "throttle": failure(429, "rate_limit_error", said, headers={"x-should-retry": "false"}),
            "deny": failure(401, "authentication_error", said),
            "page": scripts.html(502, {"x-should-retry": "false", "x-echo": KEY}),
            "cut": scripts.cut_after(b"".join(scripts.said_events(ANSWER)[:3]), Cut.INSIDE_CHUNK),
            "nonsense": scripts.played(*scripts.said_events(ANSWER)[:3], f"data: {QUESTION} {KEY}\n\n".encode()),
            "hang": scripts.played(*scripts.said_events(ANSWER)[:3], self.hangs.set, scripts.until(self.may_go_on, 30)),
        }
        return next((reply for word, reply in replies.items() if word in asked), scripts.said(f"{ANSWER} {'y' * 300}"))


def query(message: str, **fields: Any) -> dict[str, Any]:
    return {"action": "query", "message": f"{QUESTION} {message}", "session_id": "s1", "stream": True, **fields}


def start(home: Path, extra: Mapping[str, str], log: IO[bytes]) -> Any:
    tokens = home / "tokens.json"
    tokens.write_text(json.dumps([{"owner": "ada", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]))
    return running(RUN, home, ["--tokens", str(tokens)], extra, log)


def rest_of_output(bridge: Bridge) -> str:
    """What the bridge has printed after its first line, once it has ended."""
    bridge.process.send_signal(signal.SIGTERM)
    assert bridge.process.stdout is not None
    return bridge.process.stdout.read()


def refused_in_every_way(url: str) -> None:
    port = int(url.rpartition(":")[2])
    for head in (
        f"GET /?token={WRONG} HTTP/1.1\r\nHost: localhost\r\n",
        f"GET /?token={TOKEN} HTTP/1.0\r\nHost: localhost\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\x01\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example/{QUESTION}\r\nAuthorization: Bearer {TOKEN}\r\n",
        f"{TOKEN} {QUESTION}\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            raw.sendall(f"{head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n".encode())
            raw.recv(4096)


def spoil(home: Path) -> None:
    """The store holds rows it did not write: text that is not JSON, and JSON that is too deep."""
    with closing(sqlite3.connect(home / ".local/share/claude-bridge/sessions.db")) as file, file:
        file.execute("UPDATE sessions SET item = ? WHERE session_id = 'ada/s1' AND turn = '~head'", (f"{QUESTION} {ANSWER}",))
        file.execute("UPDATE sessions SET item = ? WHERE session_id = 'ada/s2'", ("[" * 100_000 + QUESTION,))


def break_store(home: Path) -> None:
    with closing(sqlite3.connect(home / ".local/share/claude-bridge/sessions.db")) as file, file:
        for table in ("sessions", "hashes"):
            file.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")


def through_the_client(home: Path, reach: Mapping[str, str]) -> str:
    """What a person's terminal shows, who has a good token, and then a wrong one."""
    shown: list[str] = []
    for arguments in ([f"{QUESTION} first", "--new", "s1"], ["sessions"], ["search", QUESTION], ["ping"], [f"{QUESTION} refuse", "--json"]):
        done = ask(home, *arguments, **reach)
        shown += [done.stdout, done.stderr]
    turned_away = ask(home, QUESTION, **{**reach, "CLAUDE_BRIDGE_TOKEN": WRONG})
    assert turned_away.returncode == 4
    return "".join([*shown, turned_away.stdout, turned_away.stderr])


def over_the_wire(url: str) -> None:
    questions = [query(word) for word in ("one", "two", "three", "refuse", "throttle", "deny", "page", "nonsense")]
    talk(url, *questions, query("other", session_id="s2"), token=TOKEN)
    with connect(url, compression=None, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as connection:
        for odd in (QUESTION, json.dumps({"action": QUESTION}), json.dumps({"action": "query", "message": [QUESTION]})):
            connection.send(odd)
            connection.recv(10)
        connection.send(json.dumps(query("cut")))


def killed_in_the_middle(bridge: Bridge, claude: Claude, home: Path, reach: Mapping[str, str]) -> str:
    """What the person's terminal shows whose bridge is killed while it answers. No process list shows a secret."""
    waiting = asking(home, f"{QUESTION} hang", "s1", **reach)
    assert claude.hangs.wait(20)
    listed = "".join(Path(f"/proc/{process.pid}/cmdline").read_text() for process in (waiting, bridge.process))
    assert not [secret for secret in SECRETS if secret in listed]
    bridge.kill()
    for _ in range(2):
        waiting.send_signal(signal.SIGINT)
    shown = "".join(waiting.communicate(timeout=30))
    claude.may_go_on.set()
    return shown


@pytest.mark.slow
def test_a_run_in_which_everything_goes_wrong(tmp_path: Path) -> None:
    claude, log = Claude(), tmp_path / "log"
    with StandIn(claude) as api, log.open("wb") as errors:
        extra = {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": KEY, "CONTEXT_LIMIT": "800", "LOG_LEVEL": "DEBUG"}
        with start(tmp_path, extra, errors) as bridge:
            reach = {"CLAUDE_BRIDGE_URL": bridge.url, "CLAUDE_BRIDGE_TOKEN": TOKEN, "CLAUDE_BRIDGE_DEBUG": "1"}
            terminal, asked = through_the_client(tmp_path, reach), api.count
            refused_in_every_way(bridge.url)
            assert api.count == asked
            over_the_wire(bridge.url)
            terminal += killed_in_the_middle(bridge, claude, tmp_path, reach)
        with start(tmp_path, extra, errors) as bridge:
            spoil(tmp_path)
            requests = [query("again", session_id=name) for name in ("s1", "s2")]
            healed = talk(bridge.url, *requests, {"action": "history", "session_id": "s2"}, token=TOKEN)
            break_store(tmp_path)
            frames = talk(bridge.url, *requests, {"action": "history", "session_id": "s2"}, token=TOKEN)
            printed = rest_of_output(bridge)
        terminal += ask(tmp_path, f"{QUESTION} by a bridge of its own", **extra).stderr
    said = log.read_text() + (tmp_path / ".local/share/claude-bridge/bridge.log").read_text() + printed
    assert "Claude answered with an error" in said
    assert "there is no new summary" in said
    assert "error" not in {frame["type"] for frame in healed}
    assert {frame["type"] for frame in frames} == {"error"}
    assert not [canary for canary in (*SECRETS, QUESTION, ANSWER) if canary in said]
    assert not [secret for secret in SECRETS if secret in terminal]
