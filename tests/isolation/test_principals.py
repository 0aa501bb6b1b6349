"""Whoever has no owner is refused, whatever the event says, and neither the store nor Claude hears of it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest

from bridge.app import App
from bridge.settings import Settings
from fakes.recording_connections import RecordingConnections


class Untouchable:
    """A store, or a Claude, that nobody may ask anything."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"{name} was asked for")


ACTIONS: list[dict[str, Any]] = [
    {"action": "query", "message": "Hi", "session_id": "s", "request_id": "r", "stream": True},
    {"action": "query", "message": "Hi"},
    {"action": "cancel", "session_id": "s", "request_id": "r"},
    {"action": "history", "session_id": "s"},
    {"action": "sessions"},
    {"action": "search", "words": "kite"},
    {"action": "delete", "session_id": "s"},
    {"action": "ping", "check": True},
    {"action": "nonsense"},
]

NOBODY: list[tuple[str, dict[str, Any]]] = [
    ("no authorizer", {}),
    ("null", {"authorizer": None}),
    ("a text", {"authorizer": "ada"}),
    ("a list", {"authorizer": ["principalId", "ada"]}),
    ("no principal", {"authorizer": {"owner": "ada"}}),
    *(
        (f"principal {principal!r:.20}", {"authorizer": {"principalId": principal}})
        for principal in (
            *("", None, 7, True, ["ada"], {"ada": 1}, "a/b", "/", "ada/s", "../ada", "ada b", " ada", "ada\n", "ada\x00", "ada."),
            *("a" * 65, "adä", "\u0430da", "ада", "１", "a\u200b", "\ud800"),
        )
    ),
    ("the principal elsewhere", {"principalId": "ada", "identity": {"principalId": "ada"}, "authorizer": {"PrincipalId": "ada"}}),
]


def refused(context: dict[str, Any], action: dict[str, Any], *, local: bool) -> dict[str, Any]:
    """The one reply to a message with this context; nothing but the connection was used for it."""
    connections, nothing = RecordingConnections(), Untouchable()
    app = App(settings=Settings(), store=nothing, connections=connections, claude=nothing, local=local)
    common = {"eventType": "MESSAGE", "connectionId": "c", "requestId": "e"}
    assert app.handle({"requestContext": common | context, "body": json.dumps(action)}, lambda: 60.0) == {"statusCode": 200}
    [reply] = connections.frames("c")
    return json.loads(reply["body"]) if "statusCode" in reply else reply


@pytest.mark.parametrize("local", [True, False], ids=["on a laptop", "on AWS"])
@pytest.mark.parametrize("context", [case[1] for case in NOBODY], ids=[case[0] for case in NOBODY])
def test_without_an_owner_nothing_is_done(context: dict[str, Any], local: bool) -> None:
    for action in ACTIONS:
        assert refused(context, action, local=local)["code"] == "not_allowed"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action["action"])
def test_the_owner_without_a_token_is_nobody_where_there_are_tokens(action: dict[str, Any]) -> None:
    assert refused({"authorizer": {"principalId": "default"}}, action, local=False)["code"] == "not_allowed"


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, {"requestContext": []}, {"body": "{}"}, {"requestContext": {}}], ids=str)
def test_an_event_without_a_context_is_no_message(event: dict[str, Any]) -> None:
    nothing = Untouchable()
    app = App(settings=Settings(), store=nothing, connections=nothing, claude=nothing)
    assert app.handle(event | {"body": '{"action": "sessions"}'}, lambda: 60.0) == {"statusCode": 200}


@pytest.mark.parametrize("kind", ["CONNECT", "DISCONNECT"])
def test_opening_and_closing_a_connection_asks_nobody(kind: str) -> None:
    nothing = Untouchable()
    app = App(settings=Settings(), store=nothing, connections=nothing, claude=nothing, local=False)
    event = {"requestContext": {"eventType": kind, "connectionId": "c", "authorizer": {"principalId": "ada"}}}
    assert app.handle(event, lambda: 60.0) == {"statusCode": 200}
