"""Signed calls: where they go, when they are tried again, when they end."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from aws.doubles import CREDENTIALS, REGION, Time
from aws.scripted_server import ScriptedServer, Step, answer, error, refused, scripted, silent, then_closed
from bridge.aws.errors import AwsError
from bridge.aws.service import AwsSettings, RetryPolicy, Service
from bridge.settings import BadSetting

ENVIRONMENT = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
THREE = RetryPolicy(attempts=3)
IMPATIENT = RetryPolicy(attempts=3, read_timeout=0.2)


def service(server: ScriptedServer, time: Time | None = None, retry_policy: RetryPolicy = THREE) -> Service:
    return Service(AwsSettings(REGION, CREDENTIALS), server.url, "dynamodb", retry_policy=retry_policy, **(time or Time()).how)


@pytest.fixture
def time() -> Time:
    return Time()


def call(made: Service) -> dict[str, Any]:
    try:
        return made.json("DynamoDB_20120810.Query", "1.0", {"TableName": "é"})
    finally:
        made.close()


def test_a_call_is_signed_json() -> None:
    with scripted(answer(200, {"Count": 1})) as server:
        assert call(service(server)) == {"Count": 1}
        (request,) = server.requests
    assert request.json == {"TableName": "é"}
    assert request.headers["content-type"] == "application/x-amz-json-1.0"
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.Query"
    assert request.headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20270115/{REGION}/dynamodb/aws4_request")


def _cut(exchange: Any) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    raise ConnectionError


def _nonsense(exchange: Any) -> None:
    exchange.send(b"SSH-2.0-OpenSSH\r\n")
    raise ConnectionError


PASSING = {
    "refused": refused,
    "silent": silent,
    "cut": _cut,
    "nonsense": _nonsense,
    "html": answer(200, b"<html>"),
    "list": answer(200, b"[]"),
    "500": answer(500),
    "502": answer(502, b"<html>"),
    "503": answer(503),
    "504": answer(504),
    "429": answer(429),
    "throttled": error("ThrottlingException"),
    "throughput": error("ProvisionedThroughputExceededException"),
    "time-out": error("RequestTimeout"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_costs_another_attempt(fault: Step, time: Time) -> None:
    with scripted(fault, fault, answer(200, {"Count": 1})) as server:
        assert call(service(server, time, IMPATIENT if fault is silent else THREE)) == {"Count": 1}
        assert len(server.requests) == 3
    assert len(time.slept) == 2


@pytest.mark.parametrize("name", ["ValidationException", "AccessDeniedException", "ConditionalCheckFailedException"])
def test_a_permanent_fault_is_reported_at_once(name: str, time: Time) -> None:
    with scripted(error(name)) as server:
        with pytest.raises(AwsError, match=name) as caught:
            call(service(server, time))
        assert len(server.requests) == 1
    assert (caught.value.repeated, time.slept) == (False, [])


def test_attempts_end(time: Time) -> None:
    with scripted(otherwise=answer(500)) as server:
        with pytest.raises(AwsError, match="500"):
            call(service(server, time))
        assert len(server.requests) == THREE.attempts


def test_time_ends(time: Time) -> None:
    with scripted(otherwise=error("ThrottlingException")) as server, pytest.raises(AwsError, match="ThrottlingException"):
        call(service(server, time, RetryPolicy(attempts=1000, budget=3.0)))
    assert sum(time.slept) <= 3.0


def test_waits_double_and_throttling_waits_longer(time: Time) -> None:
    with scripted(otherwise=answer(500)) as server, pytest.raises(AwsError):
        call(service(server, time, RetryPolicy(attempts=4)))
    with scripted(otherwise=answer(429)) as server, pytest.raises(AwsError):
        call(service(server, time, RetryPolicy(attempts=6)))
    assert time.slept == [0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.0]


def test_nobody_listening_is_no_answer(time: Time) -> None:
    with scripted() as server:
        gone = service(server, time)
    with pytest.raises(AwsError, match="NoAnswer") as caught:
        call(gone)
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("first", "repeated"),
    [(refused, True), (answer(503), True), (error("ThrottlingException"), False)],
    ids=["no answer", "503", "throttled"],
)
def test_an_error_says_whether_the_call_may_have_been_carried_out_before(first: Step, repeated: bool) -> None:
    with scripted(first, error("ConditionalCheckFailedException")) as server, pytest.raises(AwsError) as caught:
        call(service(server))
    assert caught.value.repeated is repeated


def test_a_request_repeated_on_a_new_connection_may_have_been_carried_out_before() -> None:
    with scripted(answer(200), refused, error("ConditionalCheckFailedException")) as server:
        made = service(server)
        made.json("A.B", "1.0", {})
        with pytest.raises(AwsError) as caught:
            call(made)
    assert caught.value.repeated


def test_every_attempt_is_signed_anew() -> None:
    with scripted(answer(429), answer(200)) as server:
        call(service(server, Time(1_800_000_000.9)))
        first, second = (request.headers["x-amz-date"] for request in server.requests)
    assert first < second


def test_one_connection_carries_many_calls() -> None:
    with scripted(otherwise=answer(200)) as server:
        made = service(server)
        for _ in range(5):
            made.json("A.B", "1.0", {})
        made.close()
        assert server.connections == 1


def test_a_connection_closed_by_the_server_costs_a_reconnect(time: Time) -> None:
    with scripted(then_closed(answer(200)), otherwise=answer(200)) as server:
        made = service(server, time)
        made.json("A.B", "1.0", {})
        server.hung_up.wait()
        call(made)
        assert server.connections == 2
    assert time.slept == []


def test_a_path_in_the_address_of_the_endpoint_is_used() -> None:
    with scripted(answer(200)) as server:
        made = Service(AwsSettings(REGION, CREDENTIALS), f"{server.url}/below/", "execute-api")
        made.post("/prod/@connections/a%3D", b"\0")
        made.close()
        assert server.requests[0].path == "/below/prod/@connections/a%3D"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_endpoints_are_botocores(region: str) -> None:
    settings = AwsSettings(region, CREDENTIALS)
    client = boto3.client("dynamodb", region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    assert settings.endpoint("DYNAMODB", f"dynamodb.{region}") == client.meta.endpoint_url
    client.close()


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "https://ssm.eu-central-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://all"}, "http://all"),
        ({"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SSM": "http://ssm"}, "http://ssm"),
        ({"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb"}, "http://all"),
    ],
)
def test_an_endpoint_can_be_named(environment: dict[str, str], url: str) -> None:
    assert AwsSettings.of(ENVIRONMENT | environment).endpoint("SSM", "ssm.eu-central-1") == url


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://"])
def test_an_endpoint_that_is_none_names_its_variable(url: str) -> None:
    with pytest.raises(BadSetting, match="AWS_ENDPOINT_URL_SSM"):
        AwsSettings.of(ENVIRONMENT | {"AWS_ENDPOINT_URL_SSM": url}).endpoint("SSM", "ssm")


@pytest.mark.parametrize("missing", ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(BadSetting, match=missing):
        AwsSettings.of({name: value for name, value in ENVIRONMENT.items() if name != missing})


def test_the_default_region_counts_and_the_session_token_is_sent() -> None:
    environment = {**ENVIRONMENT, "AWS_REGION": "", "AWS_DEFAULT_REGION": "cn-north-1", "AWS_SESSION_TOKEN": "t"}
    settings = AwsSettings.of(environment)
    assert (settings.region, settings.credentials.session_token) == ("cn-north-1", "t")
