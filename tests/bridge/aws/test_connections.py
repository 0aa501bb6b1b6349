"""Posting to a client's connection."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from aws.doubles import CREDENTIALS, REGION, Time
from aws.scripted_server import Exchange, Step, answer, refused, scripted
from bridge.aws.connections import AwsConnections, execute_api
from bridge.aws.service import AwsSettings
from bridge.errors import ConnectionBusy, ConnectionGone

ID = "Ab-c_d="


def _gateway(name: str, status: int) -> Step:
    """An error as API Gateway gives it: the name in a header."""
    return answer(status, b"{}", x_amzn_errortype=f"{name}:http://internal.amazon.com/coral/com.amazon.coral.service/")


GONE = {
    "gone": _gateway("GoneException", 410),
    "malformed id": _gateway("BadRequestException", 400),
    "forbidden": _gateway("ForbiddenException", 403),
    "bad signature": answer(403, b'{"message": "The security token included in the request is invalid."}'),
    "no such stage": answer(404, b'{"message": "Not Found"}'),
}
BUSY = {
    "slow reader": _gateway("LimitExceededException", 429),
    "500": answer(500),
    "503": answer(503, b"<html>"),
    "no answer": refused,
}

Post = Callable[..., list[str]]


@pytest.fixture
def post() -> Post:
    """Posts to a gateway that does what the steps say; returns the paths of the requests."""

    def post(*steps: Step, connection_id: str = ID, times: int = 1) -> list[str]:
        with scripted(*steps, otherwise=answer(200)) as server:
            settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": server.url})
            service = execute_api(settings, "x1y2z3", **Time().how)
            connections = AwsConnections(service, "prod")
            try:
                for _ in range(times):
                    connections.post(connection_id, b'{"type":"pong"}')
            finally:
                service.close()
                assert all(request.body == b'{"type":"pong"}' for request in server.requests)
            return [request.path for request in server.requests]

    return post


@pytest.mark.parametrize(
    ("connection_id", "path"),
    [("Ab-c_d=", "/prod/@connections/Ab-c_d%3D"), ("a/../b", "/prod/@connections/a%2F..%2Fb"), ("é", "/prod/@connections/%C3%A9")],
)
def test_the_path_of_a_post(post: Post, connection_id: str, path: str) -> None:
    assert post(connection_id=connection_id) == [path]


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-central-1", "https://x1y2z3.execute-api.eu-central-1.amazonaws.com"),
        ("cn-north-1", "https://x1y2z3.execute-api.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_endpoint_is_the_apis_own(region: str, url: str) -> None:
    service = execute_api(AwsSettings(region, CREDENTIALS), "x1y2z3")
    assert service.url == url


@pytest.mark.parametrize("fault", GONE.values(), ids=GONE)
def test_what_no_repetition_mends_is_gone(post: Post, fault: Step) -> None:
    with pytest.raises(ConnectionGone):
        post(fault)


@pytest.mark.parametrize("fault", BUSY.values(), ids=BUSY)
def test_what_passes_is_busy(post: Post, fault: Step) -> None:
    with pytest.raises(ConnectionBusy):
        post(fault, fault)


def test_a_slow_reader_is_not_asked_again_here(post: Post) -> None:
    requests: list[Exchange] = []

    def slow(exchange: Exchange) -> None:
        requests.append(exchange)
        BUSY["slow reader"](exchange)

    with pytest.raises(ConnectionBusy):
        post(slow, slow)
    assert len(requests) == 1


@pytest.mark.parametrize("fault", [answer(500), refused], ids=["500", "no answer"])
def test_a_fault_that_passes_at_once_costs_one_more_attempt(post: Post, fault: Step) -> None:
    assert len(post(fault)) == 2


def test_too_large_a_message_is_the_bridges_own_mistake(post: Post) -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        post(_gateway("PayloadTooLargeException", 413))


@pytest.mark.parametrize(("fault", "lines"), [("forbidden", 1), ("no such stage", 1), ("gone", 0), ("malformed id", 0)])
def test_an_operators_problem_is_logged_once(post: Post, caplog: pytest.LogCaptureFixture, fault: str, lines: int) -> None:
    with scripted(otherwise=GONE[fault]) as server, caplog.at_level(logging.INFO, "bridge"):
        settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": server.url})
        service = execute_api(settings, "x1y2z3")
        connections = AwsConnections(service, "prod")
        for _ in range(3):
            with pytest.raises(ConnectionGone):
                connections.post(ID, b"secret text")
        service.close()
    assert len(caplog.records) == lines
    assert "secret text" not in caplog.text
