"""The function as Lambda runs it, at the most verbose level: what it prints has no message, no answer, no key and no credential."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from aws.doubles import CREDENTIALS, REGION, create_tables, table_names
from aws.moto_server import moto_server
from aws.scripted_server import Exchange, ScriptedServer, answer, cut, passed, scripted
from bridge_local.stand_in.exchange import Request as Asked
from bridge_local.stand_in.exchange import failure
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.environments import Code, Environment
from system.programs import ROOT

QUESTION, ANSWER, KEY = "question-canary", "answer-canary", "sk-key-canary"


@pytest.fixture(scope="module")
def moto() -> Iterator[tuple[str, int]]:
    with moto_server() as address:
        yield address


def echoing(exchange: Exchange) -> None:
    """Refuses, and quotes all that it was sent."""
    said = json.dumps({"__type": "x#ValidationException", "message": exchange.request.body.decode()}).encode()
    answer(400, said)(exchange)


def claude(request: Asked) -> Any:
    """Answers questions at length, until one is to fail; then, and of summaries, it says what it was sent, and with which key."""
    sent = json.dumps(request.body, ensure_ascii=False)
    if request.body["model"] == "claude-haiku-5-5" or "fail" in request.body["messages"][-1]["content"]:
        said = f"{request.headers['x-api-key']} {sent}"
        kind, status = ("authentication_error", 401) if "fail with 401" in sent else ("invalid_request_error", 400)
        return failure(status, said if "fail oddly" in sent else kind, said)
    return scripts.said(f"{ANSWER} {'y' * 300}")


def query(number: int, message: str) -> dict[str, Any]:
    return {"action": "query", "message": message, "session_id": "s", "request_id": f"r{number}", "stream": number % 2 == 0}


def variables(moto: tuple[str, int], **own: str) -> dict[str, str]:
    """The function's environment; its tables and its key are made here."""
    moto_url, names = f"http://{moto[0]}:{moto[1]}", table_names(uuid.uuid4().hex)
    keys: dict[str, Any] = {"aws_access_key_id": CREDENTIALS.access_key, "aws_secret_access_key": CREDENTIALS.secret_key}
    with closing(boto3.client("dynamodb", region_name=REGION, endpoint_url=moto_url, **keys)) as client:
        create_tables(client, *names)
    with closing(boto3.client("ssm", region_name=REGION, endpoint_url=moto_url, **keys)) as client:
        client.put_parameter(Name="/logs/key", Type="SecureString", Value=KEY, Overwrite=True)
    return {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "ANTHROPIC_API_KEY_PARAMETER": "/logs/key",
        "CONTEXT_TABLE": names[0],
        "HASH_TABLE": names[1],
        "CONTEXT_LIMIT": "800",
        "API_ID": "abc123",
        "LOG_LEVEL": "DEBUG",
        **own,
    }


class Function(NamedTuple):
    """The function in an environment of its own, between tables and connections that answer as a test says."""

    environment: Environment
    dynamo: ScriptedServer
    posts: ScriptedServer
    log: Path

    def send(self, body: Any, owner: str = "ada") -> None:
        context = {"eventType": "MESSAGE", "connectionId": "Ab-c_dE=", "requestId": "e1", "authorizer": {"principalId": owner}}
        event = {"requestContext": context, "body": body if isinstance(body, str) else json.dumps(body)}
        assert self.environment.invoke(event, 60.0) == {"statusCode": 200}


@pytest.fixture
def function(moto: tuple[str, int], tmp_path: Path) -> Iterator[Function]:
    with StandIn(claude) as api, scripted(behind=moto) as dynamo, scripted(otherwise=answer(200)) as posts:
        urls = {"DYNAMODB": dynamo.url, "APIGATEWAYMANAGEMENTAPI": posts.url}
        own = {f"AWS_ENDPOINT_URL_{service}": url for service, url in urls.items()}
        code = Code(sys.executable, ROOT / "lambda", "bridge.handler.handler", variables(moto, ANTHROPIC_BASE_URL=api.url, **own))
        with closing(Environment(code, tmp_path / "log")) as environment:
            yield Function(environment, dynamo, posts, tmp_path / "log")


@pytest.mark.slow
def test_what_the_function_prints_is_silent(function: Function) -> None:
    for number in range(6):
        function.send(query(number, f"{QUESTION} {number}"))
    for number, message in enumerate(("fail", "fail with 401", "fail oddly"), 10):
        function.send(query(number, f"{QUESTION} {message}"))
    function.dynamo.otherwise = echoing
    function.send(query(20, QUESTION))
    function.send({"action": "search", "words": QUESTION})
    function.dynamo.otherwise = passed
    function.dynamo.script.extend([cut, cut, passed, echoing, echoing, echoing])
    function.send(query(21, QUESTION))
    function.dynamo.script.clear()
    function.posts.otherwise = lambda exchange: answer(403, {"message": exchange.request.body.decode()})(exchange)
    for body in ({"action": "history", "session_id": "s", "limit": 1}, query(22, QUESTION), QUESTION, {"action": QUESTION}):
        function.send(body)
    function.send({"action": "query", "message": QUESTION}, owner=f"{QUESTION}/")
    said = function.log.read_text()
    for line in ('"InputTokens"', "Claude answered with an error", "there is no new summary", "API Gateway refuses posts"):
        assert line in said
    assert not [canary for canary in (QUESTION, ANSWER, KEY, CREDENTIALS.secret_key, CREDENTIALS.access_key) if canary in said]
    assert all(uuid.UUID(json.loads(line)["requestId"]) for line in said.splitlines())
