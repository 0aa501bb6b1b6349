"""The function as it runs in AWS: its own entry point, signed calls, tables on moto, posts to @connections."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import bridge
from aws.doubles import CREDENTIALS, REGION
from aws.scripted_server import ScriptedServer, answer, scripted
from aws.signatures import is_signed
from bridge.app import App
from bridge.handler import compose
from bridge.settings import BadSetting
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.recording_connections import shown

CONTEXT_TABLE, HASH_TABLE = "sessions-handler", "hashes-handler"


class Deployed:
    """The app behind the handler, the lines it prints, and what it posts."""

    def __init__(self, environment: dict[str, str], posts: ScriptedServer, parts: ExitStack) -> None:
        self.lines: list[str] = []
        self.environment = environment
        self._app: App = compose(environment, self.lines.append, parts)
        self._posts, self._parts = posts, parts

    def another(self, **environment: str) -> Deployed:
        """The same function with other variables."""
        return Deployed(self.environment | environment, self._posts, self._parts)

    def send(self, body: dict[str, Any], owner: str = "ada") -> list[dict[str, Any]]:
        """Handles one message; the frames that it posted."""
        before = len(self._posts.requests)
        context = {"eventType": "MESSAGE", "connectionId": "Ab-c_dE=", "requestId": "e1", "authorizer": {"principalId": owner}}
        assert self._app.handle({"requestContext": context, "body": json.dumps(body)}, lambda: 60.0) == {"statusCode": 200}
        posted = self._posts.requests[before:]
        assert {request.path for request in posted} == {"/live/@connections/Ab-c_dE%3D"}
        return [json.loads(request.body) for request in posted]


@pytest.fixture
def claude() -> Iterator[StandIn]:
    with StandIn(scripts.always(scripts.said("Hello Ada."))) as server:
        yield server
    assert not server.refusals


@pytest.fixture
def deployed(moto_url: str, boto: Callable[[str], Any], tables: tuple[str, str], claude: StandIn) -> Iterator[Deployed]:
    boto("ssm").put_parameter(Name="/test/key", Type="SecureString", Value="the-key", Overwrite=True)
    with scripted(otherwise=answer(200)) as posts, ExitStack() as parts:
        yield Deployed(
            {
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
                "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
                "AWS_ENDPOINT_URL": moto_url,
                "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": posts.url,
                "AWS_LAMBDA_FUNCTION_NAME": "the-bridge",
                "ANTHROPIC_API_KEY_PARAMETER": "/test/key",
                "ANTHROPIC_BASE_URL": claude.url,
                "CONTEXT_TABLE": tables[0],
                "HASH_TABLE": tables[1],
                "API_ID": "abc123",
                "STAGE": "live",
            },
            posts,
            parts,
        )


QUERY = {"action": "query", "message": "I am Ada.", "session_id": "s1", "stream": True, "request_id": "r1"}


def test_a_question_is_answered_and_remembered(deployed: Deployed, claude: StandIn, boto: Callable[[str], Any]) -> None:
    frames = deployed.send(QUERY)
    assert shown(frames)[1] == "Hello Ada."
    assert frames[-1]["type"] == "done"
    assert claude.requests[0].headers["x-api-key"] == "the-key"
    items = boto("dynamodb").query(
        TableName=deployed.environment["CONTEXT_TABLE"],
        KeyConditionExpression="session_id = :s",
        ExpressionAttributeValues={":s": {"S": "ada/s1"}},
    )["Items"]
    assert [item["turn"]["S"] for item in items] == [frames[-1]["turn"], "~head"]
    assert items[0]["context"]["L"][0]["M"]["content"]["S"] == "I am Ada."
    deployed.send(QUERY | {"message": "Who am I?", "request_id": "r2"})
    assert len(claude.requests[1].body["messages"]) == 3


def test_a_repeat_is_replayed_and_a_session_deleted(deployed: Deployed, claude: StandIn) -> None:
    deployed.send(QUERY)
    assert deployed.send(QUERY)[-1]["duplicate"] is True
    assert claude.count == 1
    [listing] = deployed.send({"action": "sessions"})
    assert [line["session_id"] for line in listing["sessions"]] == ["s1"]
    assert deployed.send({"action": "delete", "session_id": "s1"})[0]["type"] == "deleted"
    assert deployed.send({"action": "history", "session_id": "s1"})[0]["code"] == "no_such_session"


def test_of_a_deleted_session_the_tables_hold_no_text(deployed: Deployed, boto: Callable[[str], Any]) -> None:
    canary = secrets.token_hex(8)
    for number in range(3):
        deployed.send(QUERY | {"message": f"{canary} {number}", "request_id": f"r{number}"})
    tables = [deployed.environment[name] for name in ("CONTEXT_TABLE", "HASH_TABLE")]
    assert canary in str([boto("dynamodb").scan(TableName=name)["Items"] for name in tables])
    assert deployed.send({"action": "delete", "session_id": "s1"})[0]["erased"] is True
    assert canary not in str([boto("dynamodb").scan(TableName=name)["Items"] for name in tables])
    assert canary not in "".join(deployed.lines)


def test_each_question_leaves_one_line_of_metrics(deployed: Deployed) -> None:
    deployed.send(QUERY)
    [line] = map(json.loads, deployed.lines)
    assert line["Function"] == "the-bridge"
    assert line["InputTokens"] == 10
    assert "Ada" not in deployed.lines[0]


def test_the_owner_without_a_token_does_not_exist_here(deployed: Deployed, claude: StandIn) -> None:
    assert deployed.send(QUERY, owner="default")[0]["code"] == "not_allowed"
    assert claude.count == 0


def test_a_key_that_was_replaced_is_read_again(deployed: Deployed, boto: Callable[[str], Any]) -> None:
    good = ["the-key"]

    def respond(request: Any) -> Any:
        return scripts.said("Hello.") if request.headers["x-api-key"] == good[0] else scripts.ERRORS["bad_key"]

    with StandIn(respond) as picky:
        function = deployed.another(ANTHROPIC_BASE_URL=picky.url)
        assert function.send(QUERY)[-1]["type"] == "done"
        good[0] = "the-new-key"
        boto("ssm").put_parameter(Name="/test/key", Type="SecureString", Value="the-new-key", Overwrite=True)
        assert function.send(QUERY | {"request_id": "r2"})[-1]["type"] == "done"
        assert picky.count == 3


@pytest.mark.parametrize("provider", ["bedrock", "anthropic-aws"])
def test_through_aws_claude_is_asked_with_the_role_and_without_a_key(deployed: Deployed, provider: str) -> None:
    with scripted(otherwise=answer(200, scripts.recorded("hello"))) as claude:
        environment = {"CLAUDE_PROVIDER": provider, "CLAUDE_WORKSPACE_ID": "wrkspc_1", "ANTHROPIC_API_KEY_PARAMETER": "/no/such/key"}
        function = deployed.another(ANTHROPIC_BASE_URL=claude.url, **environment)
        assert function.send(QUERY)[-1]["type"] == "done"
        [request] = claude.requests
    assert is_signed("POST", claude.url + request.path, request.headers, request.body, CREDENTIALS)
    assert "x-api-key" not in request.headers


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTPS_PROXY", "socks5h://ada:secret@p:1080", "HTTPS_PROXY names a socks5h:// proxy"),
        ("https_proxy", "http://[bad", "https_proxy must be the URL of a proxy"),
        ("ANTHROPIC_BASE_URL", "https://host/v1?key=secret", "ANTHROPIC_BASE_URL goes on after its path"),
        ("CLAUDE_PROVIDER", "anthropic-aws", "CLAUDE_WORKSPACE_ID must be the id of a workspace"),
    ],
)
def test_a_provider_that_cannot_be_used_is_reported_at_start_in_one_line(deployed: Deployed, name: str, value: str, said: str) -> None:
    with pytest.raises(BadSetting) as caught:
        deployed.another(**{"ANTHROPIC_BASE_URL": "https://api.anthropic.com", name: value})
    assert str(caught.value).startswith(said)
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


def test_an_api_that_is_not_named_is_said(deployed: Deployed) -> None:
    with pytest.raises(BadSetting, match="API_ID"):
        deployed.another(API_ID="")


def test_the_entry_point_builds_the_app_once_and_logs_json() -> None:
    program = """
import json, sys
from bridge.handler import handler
class Context:
    aws_request_id = "lambda-1"
    def get_remaining_time_in_millis(self): return 60000
for _ in range(2):
    assert handler({"requestContext": {"eventType": "CONNECT", "connectionId": "c"}}, Context()) == {"statusCode": 200}
from bridge import handler as module
assert module._app() is module._app()
import logging
logging.getLogger("bridge").info("ready", extra={"n": 1})
"""
    environment = {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_LAMBDA_FUNCTION_NAME": "the-bridge",
        "API_ID": "abc123",
        "PYTHONPATH": str(Path(bridge.__file__).parent.parent),
    }
    done = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    line = json.loads(done.stdout)
    assert (line["n"], line["requestId"]) == (1, "lambda-1")
