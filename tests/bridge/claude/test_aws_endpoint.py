"""The providers on AWS: addressed, signed and refused as AWS does it."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws.doubles import Time
from aws.scripted_server import Exchange, Request, ScriptedServer, answer, scripted
from aws.signatures import is_signed, scope_of, signed_headers
from bridge.claude.aws_endpoint import AwsEndpoint, CredentialSource, FixedCredentials, aws_endpoint
from bridge.claude.endpoint import Refused
from bridge.claude.endpoint import Request as Outgoing
from bridge.claude.interrupt import Interrupt
from bridge.claude.messages_api import MessagesApi
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import Code
from bridge.network.sigv4 import Credentials
from bridge.settings import BadSetting, Settings
from bridge.text import encode
from fakes.bridge_bench import Bench
from fakes.claude_scripts import recorded
from fuzz.examples import examples

KEY = Credentials("AKIDEXAMPLE", "a secret for tests", "session-token")
REGION = "eu-central-1"
PROVIDERS = ("bedrock", "anthropic-aws")
SDK = json.loads((Path(__file__).parents[2] / "aws" / "sdk_requests.json").read_text())
SERVICES = {"bedrock": "bedrock-mantle", "anthropic-aws": "aws-external-anthropic"}

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


def settings(provider: str, **environment: str) -> Settings:
    return Settings.of({"CLAUDE_PROVIDER": provider, "CLAUDE_WORKSPACE_ID": "wrkspc_1", **environment})


def endpoint_of(provider: str, url: str = "", source: CredentialSource | None = None, region: str = REGION) -> AwsEndpoint:
    named = {"ANTHROPIC_BASE_URL": url} if url else {}
    return aws_endpoint(settings(provider, **named), region, source or FixedCredentials(KEY), Clock())


def signed(url: str, request: Request, key: Credentials = KEY) -> bool:
    return is_signed(request.method, url + request.path, request.headers, request.body, key)


# Addresses and requests


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("bedrock", "https://bedrock-mantle.us-east-1.api.aws/anthropic"),
        ("anthropic-aws", "https://aws-external-anthropic.us-east-1.api.aws"),
    ],
)
def test_the_address_follows_from_the_region_unless_it_is_set(provider: str, url: str) -> None:
    assert endpoint_of(provider, region="us-east-1").url == url
    assert endpoint_of(provider, "https://vpce.example/claude/v1").url == "https://vpce.example/claude"


@every_provider
def test_a_request_is_that_of_the_official_sdk(provider: str) -> None:
    """But for the headers that do not matter: its own, `accept`, which a stream's request may name, and what names them as signed."""
    theirs, prefix = SDK[provider], "/anthropic" if provider == "bedrock" else ""
    with scripted(otherwise=answer(200, recorded("hello"))) as server:
        with closing(MessagesApi(endpoint_of(provider, server.url + prefix), Clock())) as api:
            list(api.stream({name: value for name, value in theirs["body"].items() if name != "stream"}, Interrupt()))
        [ours] = server.requests
    assert (ours.method, ours.path, ours.json) == (theirs["method"], theirs["path"], theirs["body"])
    own = {"host", "content-length", "accept-encoding"}
    assert ours.headers.keys() - own == theirs["headers"].keys()
    unlike = {"accept", "authorization", "x-amz-date"}
    assert {name: ours.headers[name] for name in theirs["headers"].keys() - unlike} == {
        name: value for name, value in theirs["headers"].items() if name not in unlike
    }
    assert scope_of(ours.headers) == scope_of(theirs["headers"]) == (KEY.access_key, REGION, SERVICES[provider])
    assert signed_headers(ours.headers) <= signed_headers(theirs["headers"])


@every_provider
def test_every_attempt_is_signed_again(provider: str) -> None:
    def checks(exchange: Exchange) -> None:
        verified.append(signed(exchange.server.url, exchange.request))
        (answer(529, {"error": {"type": "overloaded_error"}}) if len(verified) < 3 else answer(200, recorded("hello")))(exchange)

    verified: list[bool] = []
    times = Time()
    with scripted(otherwise=checks) as server:
        endpoint = aws_endpoint(settings(provider, ANTHROPIC_BASE_URL=server.url), REGION, FixedCredentials(KEY), times.clock)
        with closing(MessagesApi(endpoint, Clock())) as api:
            for _ in range(2):
                with pytest.raises(Failure, match="overloaded"):
                    list(api.stream({"model": "m"}, Interrupt()))
                times.now += 1
            assert list(api.stream({"model": "m"}, Interrupt()))[-1]["type"] == "message_stop"
        assert verified == [True] * 3
        assert len({request.headers["x-amz-date"] for request in server.requests}) == 3


@every_provider
def test_questions_summaries_and_checks_use_the_same_endpoint(provider: str) -> None:
    with (
        scripted(otherwise=answer(200, recorded("hello"))) as server,
        closing(MessagesApi(endpoint_of(provider, server.url), Clock())) as api,
    ):
        models = settings(provider)
        bench = Bench(context_limit=1_000, claude_provider=provider, claude_model=models.claude_model, summary_model=models.summary_model)
        bench.app = bench.another(claude=api)
        for number in range(6):
            bench.ask(f"What of kite {number}? " + "It flies. " * 30)
        server.otherwise = answer(200, {"id": "m"})
        bench.send({"action": "ping", "check": True}, to="ping")
        asked = {request.json["model"] for request in server.requests if request.method == "POST"}
        assert asked == {models.claude_model, models.summary_model}
        assert all(signed(server.url, request) for request in server.requests)
        assert all(
            request.headers.get("anthropic-workspace-id") == (None if provider == "bedrock" else "wrkspc_1") for request in server.requests
        )
        assert not any("x-api-key" in request.headers for request in server.requests)
    [pong] = bench.connections.frames("ping")
    assert (pong["provider"], pong["model"], "model_error" in pong) == (provider, models.claude_model, False)


texts = st.text(max_size=60)
bodies = st.fixed_dictionaries({"model": texts, "max_tokens": st.integers(1, 10**6), "messages": st.lists(texts, max_size=4)})
keys = st.builds(
    Credentials, st.text("AKIA0189", min_size=4), st.text("abc/+=", min_size=4), st.one_of(st.just(""), st.text("abc/+=", min_size=1))
)


def is_accepted(provider: str, body: Mapping[str, Any], key: Credentials, path: str, region: str) -> bool:
    """Whether AWS would accept the headers that the endpoint makes for a body."""
    endpoint = endpoint_of(provider, source=FixedCredentials(key), region=region)
    content = encode(body)
    headers = endpoint.headers(Outgoing("POST", path, {"content-type": "application/json", "accept": "text/event-stream"}, content))
    origin = endpoint.url.partition("/anthropic")[0]
    return is_signed("POST", origin + path, headers, content, key) and scope_of(headers) == (key.access_key, region, SERVICES[provider])


@pytest.mark.slow
@examples(150)
@given(
    st.sampled_from(PROVIDERS),
    bodies,
    keys,
    st.sampled_from(["/anthropic/v1/messages", "/v1/messages", "/a%20b/v1/models/x%3Ay"]),
    st.sampled_from(["us-east-1", "eu-central-1"]),
)
def test_any_body_is_signed_as_botocore_signs_it(provider: str, body: Mapping[str, Any], key: Credentials, path: str, region: str) -> None:
    assert is_accepted(provider, body, key, path, region)


# Settings


def test_each_provider_has_its_models_and_needs_what_it_needs() -> None:
    assert settings("bedrock").claude_model == "anthropic.claude-sonnet-5-5"
    assert settings("bedrock").summary_model == "anthropic.claude-haiku-5-5"
    assert settings("bedrock", CLAUDE_MODEL="x").claude_model == "x"
    assert settings("anthropic-aws").claude_model == settings("anthropic").claude_model == "claude-sonnet-5-5"
    with pytest.raises(BadSetting, match=r"^CLAUDE_WORKSPACE_ID must be the id of a workspace"):
        Settings.of({"CLAUDE_PROVIDER": "anthropic-aws"})
    with pytest.raises(BadSetting, match=r"^CLAUDE_WORKSPACE_ID must be an id"):
        settings("bedrock", CLAUDE_WORKSPACE_ID="a\r\nb")
    with pytest.raises(BadSetting, match=r"^CLAUDE_PROVIDER must be one of anthropic, bedrock, anthropic-aws"):
        settings("vertex")


# Refusals


def refused(provider: str, status: int, body: Any, error_type: str = "") -> Failure:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"x-amzn-errortype": error_type} if error_type else {}
    return endpoint_of(provider).failure(Refused(status, headers, content, "anthropic.claude-x", 0.0))


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/bridge/x is not authorized to perform: bedrock-mantle:CreateInference on resource: "
    "arn:aws:bedrock-mantle:eu-central-1:123456789012:project/default because no identity-based policy allows it"
)
MARKETPLACE = (
    "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions "
    "(aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe). If you recently fixed this issue, try again after 2 minutes."
)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should "
    "have been\n'POST\n/v1/messages\n\nx-amz-security-token:session-token\n'"
)
REFUSALS = [
    (
        "no permission",
        403,
        {"message": DENIED},
        "AccessDeniedException",
        "The bridge's role needs bedrock-mantle:CreateInference on arn:aws:bedrock-mantle:eu-central-1:ACCOUNT:project/*.",
        "CLAUDE_PROVIDER",
    ),
    (
        "no permission, in the API's form",
        403,
        {"type": "error", "error": {"type": "permission_error", "message": DENIED}},
        "",
        "needs bedrock-mantle:CreateInference",
        "CLAUDE_PROVIDER",
    ),
    (
        "no permission, with __type",
        403,
        {"__type": "com.amazon#AccessDeniedException"},
        "",
        "AWS refused the request: AccessDeniedException. The bridge's role needs",
        "CLAUDE_PROVIDER",
    ),
    (
        "no model access",
        403,
        {"message": "You don't have access to the model with the specified model ID."},
        "AccessDeniedException",
        "Request access to the model in the Amazon Bedrock console of eu-central-1",
        "CLAUDE_MODEL",
    ),
    ("no subscription", 403, {"message": MARKETPLACE}, "AccessDeniedException", "Request access to the model", "CLAUDE_MODEL"),
    (
        "the form",
        404,
        {"message": "Model use case details have not been submitted for this account."},
        "ResourceNotFoundException",
        "Fill in the form",
        "CLAUDE_MODEL",
    ),
    (
        "being set up",
        403,
        {"message": "Agreement is being created"},
        "MPAgreementBeingCreated",
        "Try again in a few minutes.",
        "CLAUDE_MODEL",
    ),
    (
        "no such model there",
        404,
        {"type": "error", "error": {"type": "not_found_error", "message": "model: anthropic.claude-x"}},
        "",
        "There is no model 'anthropic.claude-x' for this account in eu-central-1.",
        "CLAUDE_MODEL",
    ),
    (
        "expired",
        403,
        {"message": "The security token included in the request is expired"},
        "ExpiredTokenException",
        "The AWS credentials have expired.",
        "AWS_SESSION_TOKEN",
    ),
    (
        "unknown key",
        403,
        {"message": "The security token included in the request is invalid."},
        "UnrecognizedClientException",
        "AWS does not know these credentials.",
        "AWS_ACCESS_KEY_ID",
    ),
    ("wrong secret", 403, {"message": MISMATCH}, "InvalidSignatureException", "Check AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"),
    (
        "wrong clock",
        403,
        {"message": "Signature expired: 20261122T140200Z is now earlier than 20261122T145700Z"},
        "InvalidSignatureException",
        "Set the clock",
        "AWS_ACCESS_KEY_ID",
    ),
    (
        "wrong service",
        401,
        {"error": {"message": "Credential should be scoped to correct service: 'bedrock-mantle'."}},
        "",
        "the request was signed for eu-central-1",
        "AWS_REGION",
    ),
]


@pytest.mark.parametrize(
    ("status", "body", "error_type", "said", "setting"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_refusal_of_aws_says_what_to_do(status: int, body: Any, error_type: str, said: str, setting: str) -> None:
    failure = refused("bedrock", status, body, error_type)
    assert said in failure.error.message
    assert failure.error.setting == setting
    assert not failure.transient
    assert failure.error.message.isprintable()
    assert "123456789012" not in failure.error.message
    assert "session-token" not in failure.error.message


@pytest.mark.parametrize(
    ("status", "message", "said", "setting"),
    [
        (
            403,
            "Outbound web identity federation is disabled for your account",
            "aws iam enable-outbound-web-identity-federation",
            "CLAUDE_PROVIDER",
        ),
        (
            404,
            "Workspace wrkspc_1 was not found",
            "Check CLAUDE_WORKSPACE_ID: it must name a workspace of this account in eu-central-1.",
            "CLAUDE_WORKSPACE_ID",
        ),
        (403, "The account has no active subscription", "Subscribe the account to Claude Platform on AWS", "CLAUDE_MODEL"),
        (
            403,
            DENIED.replace("bedrock-mantle", "aws-external-anthropic").replace("project/default", "workspace/wrkspc_1"),
            "The bridge's role needs aws-external-anthropic:CreateInference",
            "CLAUDE_PROVIDER",
        ),
    ],
)
def test_a_refusal_of_the_platform_on_aws_says_what_to_do(status: int, message: str, said: str, setting: str) -> None:
    error = refused("anthropic-aws", status, {"type": "error", "error": {"type": "permission_error", "message": message}}).error
    assert said in error.message
    assert (error.code, error.setting) == (Code.CLAUDE_MISCONFIGURED, setting)


@pytest.mark.parametrize(
    ("status", "error_type"),
    [(429, "ThrottlingException"), (400, "ThrottlingException"), (400, "ServiceQuotaExceededException"), (429, "")],
)
def test_throttling_is_waited_out(status: int, error_type: str) -> None:
    failure = refused("bedrock", status, {"message": "Too many"}, error_type)
    assert (failure.error.code, failure.transient) == (Code.RATE_LIMITED, True)


def test_what_the_api_itself_says_means_what_it_means_everywhere() -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too high for your workspace"}}
    assert refused("bedrock", 400, body).error.message == "Claude did not accept the request: max_tokens: too high for your workspace."
    assert refused("bedrock", 500, b"<h1>Oops</h1>").transient
    assert refused("bedrock", 401, {"error": {"type": "authentication_error", "message": "no"}}).error.setting == "AWS_ACCESS_KEY_ID"
    event = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert endpoint_of("bedrock").event_failure(event, "m").error.code is Code.CLAUDE_OVERLOADED


def test_a_region_without_claude_is_named() -> None:
    error = endpoint_of("bedrock", region="us-west-1").loss(socket.gaierror()).error
    assert "There is no host bedrock-mantle.us-west-1.api.aws." in error.message
    assert error.setting == "AWS_REGION"
    assert endpoint_of("bedrock", "https://vpce.example").loss(socket.gaierror()).error.setting == "ANTHROPIC_BASE_URL"
    assert endpoint_of("bedrock").loss(TimeoutError()).transient


def test_a_role_that_may_not_look_at_models_can_still_answer() -> None:
    denied = {"message": DENIED.replace("CreateInference", "GetModel")}
    with scripted(otherwise=answer(403, denied)) as server, closing(MessagesApi(endpoint_of("bedrock", server.url), Clock())) as api:
        assert api.knows("anthropic.claude-x") is False


class _Renewed:
    """Credentials that have been replaced where they come from."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    def credentials(self) -> Credentials:
        return Credentials(self.keys[0], "secret", "session-token")

    def refresh(self) -> Credentials:
        self.keys = self.keys[1:] or self.keys
        return self.credentials()


def respond(server: ScriptedServer, good: str) -> None:
    def step(exchange: Exchange) -> None:
        is_good = scope_of(exchange.request.headers)[0] == good
        (answer(200, recorded("hello")) if is_good else answer(403, {"message": "The token has expired"}))(exchange)

    server.otherwise = step


def test_credentials_that_have_expired_are_fetched_again_and_the_request_is_repeated_once() -> None:
    with scripted() as server, closing(MessagesApi(endpoint_of("bedrock", server.url, _Renewed("old", "new")), Clock())) as api:
        respond(server, "new")
        assert list(api.stream({"model": "m"}, Interrupt()))[-1]["type"] == "message_stop"
        assert len(server.requests) == 2
        respond(server, "another")
        with pytest.raises(Failure, match="have expired"):
            list(api.stream({"model": "m"}, Interrupt()))
        assert len(server.requests) == 3
