"""AWS that answers nonsense: DynamoDB, SSM and API Gateway, and what strangers send to the function; the message gets its one reply."""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aws.doubles import CREDENTIALS, REGION, Time
from aws.scripted_server import ScriptedServer, Step, answer, scripted
from bridge.app import App
from bridge.aws.parameters import KeyParameter, ssm
from bridge.aws.service import AwsSettings
from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.handler import compose
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fuzz.examples import FACTOR, examples
from fuzz.malformed import messages
from fuzz.strategies import bodies, objects
from system.hostile import is_refusal

MALFORMED = 3_000 if FACTOR == 1 else 10_000

ITEM = (
    "session_id",
    "turn",
    "born",
    "ttl",
    "context",
    "usage",
    "owner",
    "title",
    "last_updated",
    "lease_until",
    "invocation",
    "state",
    "hash",
)
NOTED = ("S", "N", "M", "L", "BOOL", "NULL", "B", *ITEM)
result = st.one_of(
    bodies("Item", "Items", "Attributes", "LastEvaluatedKey", "UnprocessedItems", "__type", "message", *NOTED),
    st.builds(
        lambda name, item: json.dumps({name: [item] if name == "Items" else item}).encode(),
        st.sampled_from(["Item", "Items", "Attributes", "LastEvaluatedKey"]),
        st.dictionaries(st.sampled_from(ITEM), objects(*NOTED) | st.text(max_size=5).map(lambda text: {"S": text}), max_size=6),
    ),
)
refusals = st.builds(
    lambda status, name, item: answer(status, {"__type": name, "message": name, "Item": item}),
    st.sampled_from([400, 413]),
    st.sampled_from(["ConditionalCheckFailedException", "ValidationException", "", "\x1b[2J", "#:"]),
    st.none() | st.dictionaries(st.sampled_from(ITEM), objects(*NOTED), max_size=4),
)
answers = result.map(lambda body: answer(200, body)) | refusals
REQUESTS: tuple[dict[str, Any], ...] = (
    {"action": "query", "message": "Hi", "session_id": "s1", "stream": True},
    {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1"},
    {"action": "history", "session_id": "s1"},
    {"action": "sessions"},
    {"action": "search", "words": "x"},
    {"action": "cancel", "session_id": "s1", "request_id": "r1"},
    {"action": "delete", "session_id": "s1"},
    {"action": "ping", "check": True},
)


class Function:
    """The function, between tables that say what a test has them say, and connections that take everything."""

    def __init__(self, dynamo: ScriptedServer, posts: ScriptedServer, claude: StandIn, parts: ExitStack) -> None:
        self.dynamo, self._posts, self.claude = dynamo, posts, claude
        self._app: App = compose(
            {
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
                "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
                "AWS_ENDPOINT_URL": dynamo.url,
                "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": posts.url,
                "ANTHROPIC_API_KEY": "k",
                "ANTHROPIC_BASE_URL": claude.url,
                "API_ID": "abc123",
                "LEASE_SECONDS": "3",
            },
            lambda line: None,
            parts,
        )

    def send(self, body: str) -> list[dict[str, Any]]:
        """Handles one message of Ada's; the frames that it posted."""
        before = len(self._posts.requests)
        context = {"eventType": "MESSAGE", "connectionId": "Ab-c_dE=", "requestId": "e1", "authorizer": {"principalId": "ada"}}
        assert self._app.handle({"requestContext": context, "body": body}, lambda: 0.3) == {"statusCode": 200}
        return [json.loads(request.body) for request in self._posts.requests[before:]]


@pytest.fixture
def function() -> Iterator[Function]:
    with (
        scripted() as dynamo,
        scripted(otherwise=answer(200)) as posts,
        StandIn(scripts.always(scripts.said("Hello."))) as claude,
        ExitStack() as parts,
    ):
        yield Function(dynamo, posts, claude, parts)


@pytest.mark.slow
def test_malformed_messages_cost_one_post_each(function: Function) -> None:
    for body in islice(messages(FACTOR), MALFORMED):
        [reply] = function.send(body)
        assert is_refusal(reply), (body[:200], reply)
    assert function.dynamo.requests == []
    assert function.claude.count == 0


@pytest.mark.slow
@examples(20)
@given(st.lists(answers, min_size=1, max_size=4), st.sampled_from(REQUESTS))
@example([answer(200, b"[" * 20_000)], REQUESTS[0])
@example([answer(200, b'{"Items": 7}')], REQUESTS[3])
@example([answer(200, b'{"Items": [{"turn": {"S": "~head"}, "born": {"S": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}}]}')], REQUESTS[6])
def test_any_answers_of_the_tables_end_in_one_reply(function: Function, script: list[Step], request_: dict[str, Any]) -> None:
    function.dynamo.script = deque(script)
    function.dynamo.otherwise = answer(200)
    check(function.send(json.dumps(request_)))


@pytest.mark.slow
@examples(25)
@given(bodies("Parameter", "Value", "message") | st.text().map(lambda value: json.dumps({"Parameter": {"Value": value}}).encode()))
@example(b"[" * 20_000)
def test_any_answer_of_the_parameter_store_is_a_key_or_says_what_to_set(body: bytes) -> None:
    with scripted(otherwise=answer(200, body)) as server:
        settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": server.url})
        with closing(ssm(settings, **Time().how)) as service, contextlib.suppress(BridgeError):
            assert KeyParameter(service, "/key", Clock()).key().strip()


def check(frames: list[dict[str, Any]]) -> None:
    *others, last = frames
    assert all(frame["type"] in ("accepted", "status", "delta", "deleted") for frame in others)
    assert "statusCode" in last or last["type"] in ("done", "error", "history", "sessions", "search", "cancelled", "deleted", "pong")
