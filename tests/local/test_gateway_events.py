"""The events that the gateway makes are API Gateway's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_local.gateway.events import Peer, Request, Stage, connect_event, disconnect_event, error_frame, message_event, new_id

GOLDEN = Path(__file__).parent.parent / "events"
HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
STAGE = Stage(HOST, "a1b2c3d4e5", "prod")
CONNECTED_AT = 1795356702789
STRANGER = Peer("Qm9vdHN0cmFwMTE=", CONNECTED_AT, "192.0.2.17", "Python/3.13 websockets/17.0")
ADA = Peer(STRANGER.connection_id, CONNECTED_AT, STRANGER.source_ip, STRANGER.user_agent, {"principalId": "ada", "integrationLatency": 12})
HEADERS = [
    ("Host", HOST),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "c2l4dGVlbiBieXRlcyEhIQ=="),
    ("Sec-WebSocket-Version", "13"),
    ("User-Agent", STRANGER.user_agent),
]
CONNECTING = Request("UmVxdWVzdENvbm4=", CONNECTED_AT)
BODY = '{"action": "query", "message": "Hello Claude! é你", "session_id": "chat-0a1b2c3d4e5f", "request_id": "r-1", "stream": true}'


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def test_connect_event_is_the_captured_one() -> None:
    assert connect_event(STAGE, STRANGER, CONNECTING, HEADERS, "") == golden("connect")


def test_query_string_is_in_the_connect_event_twice() -> None:
    event = connect_event(STAGE, ADA, CONNECTING, HEADERS, "lang=en&tag=a&tag=b&empty=")
    assert event == golden("connect-authorized")


def test_header_that_comes_twice_keeps_its_last_value_and_its_case() -> None:
    event = connect_event(STAGE, ADA, CONNECTING, [("X-Tag", "a"), ("X-Tag", "b")], "")
    assert event["headers"]["X-Tag"] == "b"
    assert event["multiValueHeaders"]["X-Tag"] == ["a", "b"]


def test_message_events_are_the_captured_ones() -> None:
    asking = Request("UmVxdWVzdFF1ZXI=", CONNECTED_AT + 1000)
    assert message_event(STAGE, ADA, asking, "TWVzc2FnZU9uZTE=", BODY) == golden("query")
    assert message_event(STAGE, STRANGER, asking, "TWVzc2FnZU9uZTE=", BODY) == golden("query-without-authorizer")
    babbling = Request("UmVxdWVzdERlZmE=", CONNECTED_AT + 2000)
    assert message_event(STAGE, ADA, babbling, "TWVzc2FnZVR3bzI=", "this is not JSON") == golden("default")


def test_disconnect_event_is_the_captured_one() -> None:
    leaving = Request("UmVxdWVzdERpc2M=", CONNECTED_AT + 604000)
    assert disconnect_event(STAGE, ADA, leaving, 1001, "Going away") == golden("disconnect")


def test_peer_without_user_agent_has_none_in_its_identity() -> None:
    event = disconnect_event(STAGE, Peer("x=", 0, "192.0.2.17"), CONNECTING, 1000, "")
    assert event["requestContext"]["identity"] == {"sourceIp": "192.0.2.17"}


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ('{"action": "query"}', "query"),
        ('{"action": "history"}', "$default"),
        ('{"action": ["query"]}', "$default"),
        ('{"action": null}', "$default"),
        ('"query"', "$default"),
        ("", "$default"),
        ("{", "$default"),
        ("[" * 100_000, "$default"),
        ('{"action": "query", "deep": ' + "[" * 60_000 + "]" * 60_000 + "}", "$default"),
        ("9" * 100_000, "$default"),
    ],
    ids=["query", "another action", "list", "null", "string", "empty", "broken", "deep", "deep and whole", "long number"],
)
def test_action_selects_the_route(body: str, route: str) -> None:
    assert Stage().route_of(body) == route


@given(st.text() | st.builds(json.dumps, st.dictionaries(st.sampled_from(["action", "message"]), st.none() | st.booleans() | st.text())))
def test_any_body_has_a_route(body: str) -> None:
    assert Stage().route_of(body) in ("query", "$default")


def test_ids_are_unique_and_have_the_form_of_aws_ids() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(identifier) == 16 and identifier.endswith("=") and not identifier.endswith("==") for identifier in ids)
    assert new_id(lambda count: bytes(count)) == "AAAAAAAAAAAAAAA="


def test_error_frame_has_api_gateways_spaces() -> None:
    expected = '{"message": "Endpoint request timed out", "connectionId":"Llf4ceE2NjMCF7w=", "requestId":"Llf7PFSNNjMFZeA="}'
    assert error_frame("Endpoint request timed out", "Llf4ceE2NjMCF7w=", "Llf7PFSNNjMFZeA=") == expected
