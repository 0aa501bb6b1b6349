"""A gateway with tokens: who may connect, and that owners do not meet."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.settings import Settings
from bridge_local import main
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.gateway import Gateway
from bridge_local.gateway.limits import Limits
from bridge_local.gateway.tokens import Tokens, UnusableTokens, read_file
from bridge_local.settings import LocalSettings

NOW = 1_700_000_000.0
WAIT = 10.0


def entry(owner: str, token: str, expires: float | None = None) -> dict[str, Any]:
    return {"owner": owner, "sha256": hashlib.sha256(token.encode()).hexdigest(), "expires": expires}


ADA, BEN = entry("ada", "ada-token"), entry("ben", "ben-token")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    path.write_text(json.dumps([ADA, BEN, entry("eve", "old-token", NOW - 1)]))
    return path


def connecting(*values: str, query: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """A `$connect` event with these `Authorization` headers."""
    event: dict[str, Any] = {"multiValueHeaders": {"Authorization": list(values)}} if values else {"multiValueHeaders": {}}
    return event | ({"multiValueQueryStringParameters": query} if query else {})


EVENTS: list[tuple[str, dict[str, Any], Any]] = [
    ("a good one", connecting("Bearer ada-token"), {"principalId": "ada"}),
    ("another owner's", connecting("bearer  ben-token "), {"principalId": "ben"}),
    ("in the query", connecting(query={"token": ["ada-token"]}), {"principalId": "ada"}),
    ("none", connecting(), HTTPStatus.UNAUTHORIZED),
    ("an empty one", connecting("Bearer "), HTTPStatus.UNAUTHORIZED),
    ("another scheme", connecting("Basic ada-token"), HTTPStatus.UNAUTHORIZED),
    ("a wrong one", connecting("Bearer ada-tokem"), HTTPStatus.FORBIDDEN),
    ("an expired one", connecting("Bearer old-token"), HTTPStatus.FORBIDDEN),
    ("two", connecting("Bearer ada-token", "Bearer ben-token"), HTTPStatus.FORBIDDEN),
    ("another in the query", connecting("Bearer ada-token", query={"token": ["ben-token"]}), HTTPStatus.FORBIDDEN),
]


@pytest.mark.parametrize(("event", "answer"), [case[1:] for case in EVENTS], ids=[case[0] for case in EVENTS])
def test_who_may_connect(file: Path, event: dict[str, Any], answer: Any) -> None:
    assert Tokens(file, lambda: NOW)(event) == answer


def test_the_file_that_make_token_writes_is_read(file: Path) -> None:
    listed = read_file(file)
    file.write_text(json.dumps({"client_tokens": json.loads(file.read_text())}))
    assert read_file(file) == listed
    assert len(listed) == 3


BAD_FILES = [
    ("not JSON", "nope"),
    ("not UTF-8", b"\xff\xfe\xfd"),
    ("nothing", ""),
    ("a number", "7"),
    ("an object without tokens", '{"tokens": []}'),
    ("deep", "[" * 100_000),
]


@pytest.mark.parametrize("text", [case[1] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_bad_file_is_one_line_and_nobody_is_let_in(file: Path, caplog: pytest.LogCaptureFixture, text: str | bytes) -> None:
    tokens = Tokens(file, lambda: NOW)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UnusableTokens) as caught:
        Tokens(file)
    said = str(caught.value)
    assert (said.startswith(f"The tokens in {file} cannot be used: "), said.count("\n"), "ada" in said) == (True, 0, False)
    for _ in range(3):
        assert tokens(connecting("Bearer ada-token")) is HTTPStatus.FORBIDDEN
    assert caplog.messages == [f"{said} Nobody is admitted until it is fixed."]
    file.write_text(json.dumps([ADA]))
    assert tokens(connecting("Bearer ada-token")) == {"principalId": "ada"}


@pytest.mark.parametrize(
    "bad", [{"sha256": "ada-token"}, {"owner": "default"}, {"expires": NOW * 1000}, {"expire": NOW}], ids=lambda bad: next(iter(bad))
)
def test_a_bad_entry_costs_that_entry_alone_and_is_logged(file: Path, caplog: pytest.LogCaptureFixture, bad: dict[str, Any]) -> None:
    file.write_text(json.dumps([{**ADA, **bad}, BEN]))
    tokens = Tokens(file, lambda: NOW)
    assert tokens(connecting("Bearer ada-token")) is HTTPStatus.FORBIDDEN
    assert tokens(connecting("Bearer ben-token")) == {"principalId": "ben"}
    assert [message.partition(" admits nobody: ")[0] for message in caplog.messages] == [f"{file}: Token 1"]


def test_a_file_that_is_gone_lets_nobody_in(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens(file, lambda: NOW)
    file.unlink()
    for _ in range(2):
        assert tokens(connecting("Bearer ada-token")) is HTTPStatus.FORBIDDEN
    assert caplog.messages == [f"The tokens in {file} cannot be read: No such file or directory. Nobody is admitted until it is fixed."]


def test_a_token_is_revoked_without_a_restart(file: Path) -> None:
    tokens = Tokens(file, lambda: NOW)
    assert tokens(connecting("Bearer ada-token")) == {"principalId": "ada"}
    file.with_suffix(".new").write_text(json.dumps([BEN]))
    file.with_suffix(".new").replace(file)
    assert tokens(connecting("Bearer ada-token")) is HTTPStatus.FORBIDDEN
    assert tokens(connecting("Bearer ben-token")) == {"principalId": "ben"}


def test_a_file_of_the_same_size_is_recognised_as_changed_by_its_time(file: Path) -> None:
    file.write_text(json.dumps([ADA]))
    tokens = Tokens(file, lambda: NOW)
    file.write_text(json.dumps([{**BEN, "owner": "ada"}]))
    os.utime(file, (NOW, NOW))
    assert tokens(connecting("Bearer ada-token")) is HTTPStatus.FORBIDDEN


# Through the real gateway, over the real bridge


@pytest.fixture
def logging_again() -> Iterator[None]:
    """The end of the composition is the end of the log."""
    yield
    logging.disable(logging.NOTSET)


Dial = Callable[[str], ClientConnection]


def with_bridge(home: Path, file: Path, act: Callable[[Dial], None]) -> None:
    """Runs `act` beside a bridge with tokens; it is handed what connects with a token."""
    settings = LocalSettings(home, Settings(), offline=True, limits=Limits(close=0.2))

    def beside(port: int) -> None:
        def dial(token: str) -> ClientConnection:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return connect(f"ws://127.0.0.1:{port}", proxy=None, close_timeout=0.2, additional_headers=headers)

        act(dial)

    async def serve() -> None:
        connections = Connections(settings.limits)
        with main.compose(settings, connections, local=False) as handle:
            async with Gateway(handle, connections, settings.limits, authorize=Tokens(file)).listen("127.0.0.1", 0) as port:
                await asyncio.to_thread(beside, port)

    asyncio.run(serve())


def reported(client: ClientConnection, **request: Any) -> dict[str, Any]:
    """The last frame for a request."""
    client.send(json.dumps({"stream": True, **request}))
    while True:
        frame: dict[str, Any] = json.loads(client.recv(timeout=WAIT))
        if frame["type"] not in ("accepted", "status", "delta"):
            return frame


@pytest.mark.usefixtures("logging_again")
def test_the_sessions_of_two_owners_do_not_meet(file: Path, tmp_path: Path) -> None:
    def act(dial: Dial) -> None:
        with dial("ada-token") as ada, dial("ben-token") as ben:
            asked = {"action": "query", "session_id": "s", "request_id": "r"}
            assert reported(ada, **asked, message="My name is Ada.")["duplicate"] is False
            assert reported(ben, action="history", session_id="s")["code"] == "no_such_session"
            assert reported(ben, action="delete", session_id="s")["code"] == "no_such_session"
            assert reported(ben, action="sessions")["sessions"] == []
            replayed = reported(ben, **asked, message="My name is Ada.")
            assert (replayed["duplicate"], replayed["context"]["live"]["turns"]) == (False, 0)
            assert reported(ben, action="delete", session_id="s")["type"] == "deleted"
            [session] = reported(ada, action="sessions")["sessions"]
            assert (session["session_id"], session["turns"]) == ("s", 1)
            [turn] = reported(ada, action="history", session_id="s")["turns"]
            assert turn["context"][0]["content"] == "My name is Ada."

    with_bridge(tmp_path, file, act)


@pytest.mark.usefixtures("logging_again")
def test_without_a_good_token_nobody_connects(file: Path, tmp_path: Path) -> None:
    def refused_with(dial: Dial, token: str) -> int:
        with pytest.raises(InvalidStatus) as caught:
            dial(token)
        return caught.value.response.status_code

    def act(dial: Dial) -> None:
        assert [refused_with(dial, token) for token in ("", "wrong", "old-token")] == [401, 403, 403]
        file.write_text("[]")
        assert refused_with(dial, "ada-token") == 403

    with_bridge(tmp_path, file, act)
