"""@connections over HTTP answers as API Gateway's management API does."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.config import Config

from bridge_local.gateway.limits import Limits
from bridge_local.gateway.management import Call, ManagementApi
from local.running_gateway import WAIT, Local, Start

UNKNOWN = "TXzPWdnOjoECGjA="


class Answer(NamedTuple):
    status: int
    error: str | None
    body: bytes


class Management:
    """A client of @connections that keeps its HTTP connection open, as the bridge does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=WAIT)

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        self._http.request(method, path, body, headers)
        response = self._http.getresponse()
        return Answer(response.status, response.getheader("x-amzn-errortype"), response.read())

    def socket(self) -> socket.socket | None:
        """The socket of the connection, None after the server closed it."""
        return self._http.sock

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def management(local: Local) -> Iterator[Management]:
    with ManagementApi(local.connections, Limits(), 0) as api:
        caller = Management(api.url)
        yield caller
        caller.close()


def path_of(connection_id: str, stage: str = "") -> str:
    return f"{stage}/@connections/{quote(connection_id)}"


@pytest.mark.parametrize("stage", ["", "/prod"], ids=["at the root", "below a stage"])
def test_post_sends_the_body_as_one_text_frame(local: Local, management: Management, stage: str) -> None:
    client, connection_id = local.open_with_id()
    assert management("POST", path_of(connection_id, stage), "é你".encode()) == (200, None, b"")
    assert client.recv(timeout=WAIT) == "é你"


def test_encoded_at_sign_is_the_same_path(local: Local, management: Management) -> None:
    client, connection_id = local.open_with_id()
    assert management("POST", f"/prod/%40connections/{quote(connection_id)}", b"hello").status == 200
    assert client.recv(timeout=WAIT) == "hello"


def test_get_describes_the_connection(local: Local, management: Management) -> None:
    _, connection_id = local.open_with_id(user_agent_header="test/1")
    answer = management("GET", path_of(connection_id))
    described = json.loads(answer.body)
    assert described["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "test/1"}
    assert datetime.fromisoformat(described["connectedAt"]) <= datetime.fromisoformat(described["lastActiveAt"])


def test_delete_closes_the_connection(local: Local, management: Management) -> None:
    _, connection_id = local.open_with_id()
    assert management("DELETE", path_of(connection_id)) == (204, None, b"")
    assert local.function.next("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1000
    assert management("DELETE", path_of(connection_id)).status == 410


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_connection_that_does_not_exist_is_gone(management: Management, method: str) -> None:
    answer = management(method, path_of(UNKNOWN), b"x" if method == "POST" else None)
    assert answer == (410, "GoneException", b'{"message": null}')


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "error"),
    [
        ("POST", path_of(UNKNOWN), b"\xff", {}, 400, "BadRequestException"),
        ("POST", path_of("no sign of base64"), b"x", {}, 400, "BadRequestException"),
        ("GET", "/@connections/", None, {}, 404, "NotFoundException"),
        ("GET", "/a/b/@connections/x", None, {}, 404, "NotFoundException"),
        ("GET", "/", None, {}, 404, "NotFoundException"),
        ("POST", path_of(UNKNOWN), b"x", {"Origin": "http://localhost"}, 403, "ForbiddenException"),
        ("POST", path_of(UNKNOWN), b"x", {"Host": "evil.example"}, 403, "ForbiddenException"),
        ("POST", path_of(UNKNOWN), b"x" * 131_073, {}, 413, "PayloadTooLargeException"),
        ("POST", path_of(UNKNOWN), b"x" * 2_000_000, {}, 413, "PayloadTooLargeException"),
        ("POST", path_of(UNKNOWN), None, {"Content-Length": "-1"}, 400, "BadRequestException"),
        ("POST", path_of(UNKNOWN), None, {"Content-Length": "9" * 5000}, 400, "BadRequestException"),
        ("POST", path_of(UNKNOWN), b"x", {"Transfer-Encoding": "gzip"}, 400, "BadRequestException"),
    ],
    ids=[
        "not UTF-8",
        "malformed id",
        "no id",
        "no such path",
        "root",
        "a web page",
        "DNS rebinding",
        "just over 128 KB",
        "2 MB",
        "no length",
        "a length without an end",
        "coded",
    ],
)
def test_what_is_refused(
    management: Management, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int, error: str
) -> None:
    answer = management(method, path, body, **headers)
    assert (answer.status, answer.error) == (status, error)


def test_post_of_128_kb_is_taken(local: Local, management: Management) -> None:
    client, connection_id = local.open_with_id()
    assert management("POST", path_of(connection_id), b"x" * 131_072).status == 200
    assert len(client.recv(timeout=WAIT)) == 131_072


def test_connection_to_the_api_stays_open_unless_a_body_was_left_over(management: Management) -> None:
    management("GET", path_of(UNKNOWN))
    assert management.socket() is not None
    management("POST", path_of(UNKNOWN), b"x" * 131_073)
    assert management.socket() is None
    assert management("GET", path_of(UNKNOWN)).status == 410


def test_client_that_does_not_read_is_a_429(start: Start) -> None:
    local = start(post=0.02)
    raw, connection_id = local.open_silent()
    with raw, ManagementApi(local.connections, Limits(), 0) as api:
        caller = Management(api.url)
        answers = (caller("POST", path_of(connection_id), b"x" * 131_072) for _ in range(1000))
        refused = next(answer for answer in answers if answer.status != 200)
        caller.close()
    assert (refused.status, refused.error) == (429, "LimitExceededException")


def test_body_that_ends_too_soon_is_not_posted(local: Local, management: Management) -> None:
    client, connection_id = local.open_with_id()
    with socket.create_connection((str(urlsplit(management.url).hostname), urlsplit(management.url).port or 0), timeout=WAIT) as raw:
        raw.sendall(f"POST {path_of(connection_id)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf".encode())
        raw.shutdown(socket.SHUT_WR)
        assert b" 400 " in raw.recv(4096)
    management("POST", path_of(connection_id), b"whole")
    assert client.recv(timeout=WAIT) == "whole"


def test_caller_that_goes_away_harms_nobody(management: Management) -> None:
    with socket.create_connection((str(urlsplit(management.url).hostname), urlsplit(management.url).port or 0), timeout=WAIT) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        raw.sendall(b"POST /@connections/x HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
    assert management("GET", path_of(UNKNOWN)).status == 410


def test_aws_sdk_posts_looks_and_closes(local: Local, management: Management) -> None:
    client, connection_id = local.open_with_id()
    once = Config(retries={"total_max_attempts": 1})
    keys: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
    sdk = boto3.client("apigatewaymanagementapi", endpoint_url=f"{management.url}/prod", config=once, **keys)
    sdk.post_to_connection(ConnectionId=connection_id, Data=b"from the SDK")
    assert client.recv(timeout=WAIT) == "from the SDK"
    assert sdk.get_connection(ConnectionId=connection_id)["Identity"]["SourceIp"] == "127.0.0.1"
    with pytest.raises(sdk.exceptions.PayloadTooLargeException):
        sdk.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131_073)
    sdk.delete_connection(ConnectionId=connection_id)
    with pytest.raises(sdk.exceptions.GoneException):
        sdk.post_to_connection(ConnectionId=connection_id, Data=b"x")
    sdk.close()


def test_whoever_may_not_post_is_forbidden_to(local: Local) -> None:
    seen: list[Call] = []

    def permits(call: Call) -> bool:
        seen.append(call)
        return call.headers.get("Authorization") == "signed"

    client, connection_id = local.open_with_id()
    with ManagementApi(local.connections, Limits(), 0, permits) as api:
        caller = Management(api.url)
        assert caller("POST", path_of(connection_id, "/prod"), b"no")[:2] == (403, "ForbiddenException")
        assert caller("POST", path_of(connection_id, "/prod"), b"yes", Authorization="signed").status == 200
        caller.close()
    assert client.recv(timeout=WAIT) == "yes"
    assert seen[0][:2] == ("POST", path_of(connection_id, "/prod"))
    assert [call.body for call in seen] == [b"no", b"yes"]
