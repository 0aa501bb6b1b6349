"""The providers on AWS, as a server that checks signatures with botocore sees them, beside the official SDK's own clients."""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest

from aws.doubles import Time
from aws.scripted_server import Exchange, Request, ScriptedServer, answer, scripted
from aws.signatures import is_signed, scope_of, signed_headers
from bridge.claude.asking import Asking, Listener
from bridge.claude.aws_endpoint import FixedCredentials, aws_endpoint
from bridge.claude.budget import Bill
from bridge.claude.interrupt import Interrupt
from bridge.claude.messages_api import MessagesApi
from bridge.claude.retry import Failure
from bridge.network.sigv4 import Credentials
from bridge.settings import Settings
from fakes.claude_scripts import recorded

SERVICES = {"bedrock": "bedrock-mantle", "anthropic-aws": "aws-external-anthropic"}
PREFIXES = {"bedrock": "/anthropic", "anthropic-aws": ""}
REGIONS = ("us-east-1", "eu-central-1", "ap-northeast-1")
KEYS = (Credentials("AKIDEXAMPLE", "a secret/for+tests"), Credentials("ASIDEXAMPLE", "another secret", "a+session/token=="))
LETTERS = 'abc \n\t"\\/é凧😀\u2028\x00\x7f\ud83d{}%+&'
HELLO, BUSY = answer(200, recorded("hello")), answer(529, {"error": {"type": "overloaded_error"}}, retry_after_ms="1")

every_provider = pytest.mark.parametrize("provider", SERVICES)


@dataclass
class Gate:
    """A server's step that lets in what AWS would: signed by `key` for `service` in `region`. Each tenth is answered by 529."""

    service: str
    time: Time
    region: str = ""
    key: Credentials = KEYS[0]
    accepted: int = 0
    dates: set[str] = field(default_factory=set)
    refused: list[Request] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        self.time.now += 1
        self.dates.add(request.headers["x-amz-date"])
        scope = (self.key.access_key, self.region, self.service)
        if scope_of(request.headers) != scope or not signed(exchange.server, request, self.key):
            self.refused.append(request)
            return answer(403, {"message": "no"}, x_amzn_errortype="InvalidSignatureException")(exchange)
        self.accepted += 1
        return (HELLO if self.accepted % 10 else BUSY)(exchange)


def signed(server: ScriptedServer, request: Request, key: Credentials) -> bool:
    return is_signed(request.method, server.url + request.path, request.headers, request.body, key)


def body(chance: random.Random) -> dict[str, Any]:
    """A request of some turns in all kinds of letters, halves of surrogate pairs included."""

    def text() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randrange(1, 200)))

    roles = cycle(("user", "assistant"))
    messages = [{"role": next(roles), "content": text()} for _ in range(chance.choice((1, 3, 5)))]
    return {"model": text(), "max_tokens": chance.randrange(1, 10**6), "system": text(), "messages": messages}


def ask_often(provider: str, count: int) -> Gate:
    """Asks `count` questions of one provider, in turns with each key and in each region, and returns the gate."""
    chance, gate = random.Random(count), Gate(SERVICES[provider], Time())
    places = [(region, key) for region in REGIONS for key in KEYS]
    with scripted(otherwise=gate) as server:
        for region, key in places:
            gate.region, gate.key = region, key
            settings = Settings.of(
                {"CLAUDE_PROVIDER": provider, "CLAUDE_WORKSPACE_ID": "wrkspc_1", "ANTHROPIC_BASE_URL": server.url + PREFIXES[provider]}
            )
            with closing(MessagesApi(aws_endpoint(settings, region, FixedCredentials(key), gate.time.clock), gate.time.clock)) as api:
                asking = Asking(api, Interrupt(), Bill(0), Listener(), lambda: 60.0, chance.random)
                for _ in range(count // len(places)):
                    assert asking.ask(body(chance)).complete
    return gate


@every_provider
def test_a_server_that_checks_signatures_accepts_every_request_and_every_retry(provider: str) -> None:
    gate = ask_often(provider, 120)
    assert gate.refused == []
    assert gate.accepted > 120
    assert len(gate.dates) == gate.accepted


@pytest.mark.slow
@pytest.mark.timeout(300)
@every_provider
def test_a_server_that_checks_signatures_accepts_ten_thousand_bodies(provider: str) -> None:
    gate = ask_often(provider, 10_002)
    assert gate.refused == []
    assert gate.accepted > 11_000
    assert len(gate.dates) == gate.accepted


@every_provider
def test_the_gate_lets_nothing_in_that_is_signed_otherwise(provider: str) -> None:
    gate = Gate("another-service", Time(), region="us-east-1")
    with scripted(otherwise=gate) as server:
        settings = Settings.of({"CLAUDE_PROVIDER": provider, "CLAUDE_WORKSPACE_ID": "w", "ANTHROPIC_BASE_URL": server.url})
        for service, region, key in (
            ("another-service", "us-east-1", KEYS[0]),
            (SERVICES[provider], "us-west-2", KEYS[0]),
            (SERVICES[provider], "us-east-1", Credentials(KEYS[0].access_key, "a wrong secret")),
            (SERVICES[provider], "us-east-1", Credentials(*KEYS[0][:2], "a token of nobody's")),
        ):
            gate.service = service
            api = MessagesApi(aws_endpoint(settings, region, FixedCredentials(key), gate.time.clock), gate.time.clock)
            with closing(api), pytest.raises(Failure, match="AWS refused the request"):
                list(api.stream({"model": "m"}, Interrupt()))
    assert (gate.accepted, len(gate.refused)) == (0, 4)


# The official SDK. It is not among the tests' packages; tests/aws/sdk_requests.json has what its clients sent when it was there.

OF_ITS_OWN = (
    "x-stainless-",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "host",
    "content-length",
    "authorization",
    "x-amz-date",
)
"""Headers that do not matter, or that follow from the others."""
QUESTION: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 100,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Hi 😀\u2028"}],
}


@pytest.mark.skipif(
    importlib.util.find_spec("anthropic") is None, reason="the official SDK is not installed: its recorded requests are compared"
)
@every_provider
@pytest.mark.parametrize("key", KEYS, ids=["with a key", "with a session"])
def test_the_official_sdk_sends_an_equal_request_on_each_attempt(provider: str, key: Credentials) -> None:
    theirs = attempts(lambda url: ask_with_the_sdk(provider, url + PREFIXES[provider], key))
    ours = attempts(lambda url: ask_with_the_bridge(provider, url + PREFIXES[provider], key))
    assert len(theirs) == len(ours) == 2
    for their, our in zip(theirs, ours, strict=True):
        assert (our.method, our.path, our.json) == (their.method, their.path, their.json)
        assert mattering(our) == mattering(their)
        assert scope_of(our.headers) == scope_of(their.headers) == (key.access_key, REGIONS[1], SERVICES[provider])
        assert set(mattering(our)) - {"x-amz-security-token"} <= signed_headers(our.headers)


def attempts(ask: Callable[[str], object]) -> list[Request]:
    """The two requests of a question whose first attempt is answered by 529. All are signed."""
    with scripted(BUSY, HELLO) as server:
        ask(server.url)
        return list(server.requests)


def mattering(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if not name.startswith(OF_ITS_OWN)}


def ask_with_the_sdk(provider: str, url: str, key: Credentials) -> None:
    anthropic = importlib.import_module("anthropic")
    named = {"aws_access_key": key.access_key, "aws_secret_key": key.secret_key, "aws_session_token": key.session_token or None}
    if provider == "bedrock":
        client = anthropic.AnthropicBedrockMantle(base_url=url, aws_region=REGIONS[1], **named)
    else:
        client = anthropic.AnthropicAWS(base_url=url, aws_region=REGIONS[1], workspace_id="wrkspc_1", **named)
    list(client.messages.create(**QUESTION, stream=True))


def ask_with_the_bridge(provider: str, url: str, key: Credentials) -> None:
    settings = Settings.of({"CLAUDE_PROVIDER": provider, "CLAUDE_WORKSPACE_ID": "wrkspc_1", "ANTHROPIC_BASE_URL": url})
    time = Time()
    with closing(MessagesApi(aws_endpoint(settings, REGIONS[1], FixedCredentials(key), time.clock), time.clock)) as api:
        assert Asking(api, Interrupt(), Bill(0), Listener(), lambda: 60.0, lambda: 0.5).ask(QUESTION).complete
