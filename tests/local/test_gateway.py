"""The gateway treats handshakes and messages as API Gateway does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import ClientConnection

from bridge_local.gateway.access import is_own_request
from local.running_gateway import WAIT, Local, Start


def close_code(client: ClientConnection) -> int | None:
    """The code of the close frame that the gateway sent; whatever came before it is read."""
    while True:
        try:
            client.recv(timeout=WAIT)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


def refused_with(local: Local, **options: Any) -> int:
    try:
        local.open(**options)
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


# Handshakes


def test_function_is_asked_before_the_handshake_is_accepted(local: Local) -> None:
    local.open("/prod?lang=en", additional_headers={"X-MiXed": "Case"}, user_agent_header="test/1")
    event = local.function.next("CONNECT")
    assert event["requestContext"]["routeKey"] == "$connect"
    assert event["requestContext"]["identity"] == {"userAgent": "test/1", "sourceIp": "127.0.0.1"}
    assert event["headers"]["X-MiXed"] == "Case"
    assert event["queryStringParameters"] == {"lang": "en"}


def test_every_event_names_the_default_owner(local: Local) -> None:
    with local.open() as client:
        client.send("hello")
    contexts = [local.function.next(kind)["requestContext"] for kind in ("CONNECT", "MESSAGE", "DISCONNECT")]
    assert [context["authorizer"]["principalId"] for context in contexts] == ["default"] * 3
    assert all(isinstance(context["authorizer"]["integrationLatency"], int) for context in contexts)
    assert len({context["connectionId"] for context in contexts}) == 1
    assert len({context["requestId"] for context in contexts}) == 3


def raising(event: object, time_left: object) -> Any:
    raise RuntimeError("on purpose")


def exiting(event: object, time_left: object) -> Any:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lambda *_: {"statusCode": 204}, 101),
        (lambda *_: {"statusCode": 403}, 403),
        (lambda *_: {"statusCode": 503}, 503),
        (lambda *_: {"statusCode": 100}, 502),
        (lambda *_: {"statusCode": 799}, 502),
        (lambda *_: {"statusCode": "200"}, 502),
        (lambda *_: {}, 502),
        (lambda *_: "what?", 502),
        (raising, 502),
        (exiting, 502),
    ],
    ids=["204", "403", "503", "100", "799", "text", "nothing", "no object", "exception", "exit"],
)
def test_function_decides_about_the_handshake(local: Local, act: Any, status: int) -> None:
    local.function.acts["CONNECT"] = act
    assert refused_with(local) == status


def test_function_that_does_not_decide_in_time_costs_the_handshake(start: Start) -> None:
    local = start(integration=0.05)
    go, decided = threading.Event(), threading.Event()

    def act(_event: object, _time_left: object) -> Any:
        go.wait(WAIT)
        decided.set()
        return {"statusCode": 200}

    local.function.acts["CONNECT"] = act
    with pytest.raises(InvalidMessage):
        local.open()
    go.set()
    assert decided.wait(WAIT)
    local.function.acts.clear()
    local.open().send("hello")
    assert local.function.next("MESSAGE")["body"] == "hello"


def test_refused_handshake_is_no_connection(local: Local) -> None:
    local.function.acts["CONNECT"] = lambda *_: {"statusCode": 403}
    assert refused_with(local) == 403
    local.function.acts.clear()
    local.open().close()
    local.function.next("DISCONNECT")
    assert local.function.count("DISCONNECT") == 0


def test_authorizer_gives_the_context_of_all_events(start: Start) -> None:
    asked: list[Mapping[str, Any]] = []

    def authorize(event: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(event)
        return {"principalId": "ada", "tier": "2"}

    local = start(authorize=authorize)
    local.open(additional_headers={"Authorization": "Bearer abc"}).send("hello")
    context = local.function.next("MESSAGE")["requestContext"]["authorizer"]
    assert (context["principalId"], context["tier"]) == ("ada", "2")
    assert asked[0]["headers"]["Authorization"] == "Bearer abc"
    assert "authorizer" not in asked[0]["requestContext"]


def test_authorizer_refuses_with_its_status_and_the_function_is_not_asked(start: Start) -> None:
    local = start(authorize=lambda event: HTTPStatus.UNAUTHORIZED)
    assert refused_with(local) == 401
    assert local.function.count("CONNECT") == 0


def test_authorizer_that_fails_refuses_with_500(start: Start) -> None:
    def authorize(event: object) -> Any:
        raise RuntimeError("on purpose")

    assert refused_with(start(authorize=authorize)) == 500


@pytest.mark.parametrize(
    ("headers", "origin", "status"),
    [
        ({}, None, 101),
        ({}, "http://localhost:3000", 101),
        ({}, "https://evil.example", 403),
        ({}, "null", 403),
        ({"Host": "evil.example:8765"}, None, 403),
    ],
    ids=["a program", "a page of this machine", "a page from elsewhere", "a page of unknown source", "DNS rebinding"],
)
def test_pages_from_elsewhere_are_refused(local: Local, headers: dict[str, str], origin: Any, status: int) -> None:
    assert handshake(local, {"Host": f"127.0.0.1:{local.port}"} | headers | ({"Origin": origin} if origin else {})) == status
    assert local.function.count("CONNECT") == (1 if status == 101 else 0)


def test_the_gateway_lets_pages_in_as_configured(start: Start) -> None:
    local = start(admits=is_own_request)
    assert handshake(local, {"Host": "bridge.example", "Origin": "https://bridge.example"}) == 101
    assert handshake(local, {"Host": "bridge.example", "Origin": "https://page.example"}) == 403


def handshake(local: Local, headers: Mapping[str, str]) -> int:
    """The status of a handshake with exactly these headers, besides those of WebSocket itself."""
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2l4dGVlbiBieXRlcyEhIQ==",
    }
    with socket.create_connection(("127.0.0.1", local.port), timeout=WAIT) as raw:
        lines = [f"{name}: {value}" for name, value in {**upgrade, **headers}.items()]
        raw.sendall("\r\n".join(["GET /x?[ HTTP/1.1", *lines, "", ""]).encode())
        return int(raw.recv(4096).split()[1])


def test_plain_http_request_is_not_shown_to_the_function(local: Local) -> None:
    assert handshake(local, {"Host": "localhost", "Upgrade": "nothing"}) == 426
    assert local.function.count("CONNECT") == 0


def test_neither_compression_nor_a_server_name_is_offered(local: Local) -> None:
    response = local.open(compression="deflate").response
    assert response is not None
    assert "Sec-WebSocket-Extensions" not in response.headers
    assert "Server" not in response.headers


# Messages


def test_message_reaches_the_function_as_it_was_sent(local: Local) -> None:
    client = local.open()
    for body in ('{"action": "query", "message": "é你"}', '{"action": "ping"}', "not JSON", ""):
        client.send(body)
        event = local.function.next("MESSAGE")
        assert event["body"] == body
        assert event["requestContext"]["routeKey"] == ("query" if "query" in body else "$default")
        assert "headers" not in event


def test_function_knows_the_time_it_has_left(start: Start) -> None:
    local = start(function=600.0)
    left: list[float] = []
    answered = threading.Event()

    def act(_event: object, time_left: Any) -> Any:
        left.append(time_left())
        answered.set()
        return {"statusCode": 200}

    local.function.acts["MESSAGE"] = act
    local.open().send("hello")
    assert answered.wait(WAIT)
    assert 599 < left[0] <= 600


def test_messages_of_one_connection_run_at_once(local: Local) -> None:
    together = threading.Barrier(3)
    local.function.acts["MESSAGE"] = lambda *_: {"statusCode": 200, "order": together.wait(WAIT)}
    client = local.open()
    client.send("one")
    client.send("two")
    together.wait(WAIT)


def test_more_messages_than_slots_wait_for_their_turn(start: Start) -> None:
    local = start(concurrency=1)
    go = threading.Event()
    local.function.acts["MESSAGE"] = lambda *_: {"statusCode": 200, "went": go.wait(WAIT)}
    first, second = local.open(), local.open()
    first.send("one")
    local.function.next("MESSAGE")
    second.send("two")
    second.ping().wait(WAIT)  # The gateway has read what came before the ping.
    assert local.function.count("MESSAGE") == 0
    go.set()
    assert local.function.next("MESSAGE")["body"] == "two"


def test_slow_function_is_reported_and_runs_on(start: Start) -> None:
    local = start(integration=0.05)
    go = threading.Event()

    def act(event: Mapping[str, Any], _time_left: object) -> Any:
        go.wait(WAIT)
        local.connections.post(event["requestContext"]["connectionId"], b"the answer")
        raise RuntimeError("too late to be reported")

    local.function.acts["MESSAGE"] = act
    client = local.open()
    client.send("hello")
    frame = client.recv(timeout=WAIT)
    context = local.function.next("MESSAGE")["requestContext"]
    ids = f'"connectionId":"{context["connectionId"]}", "requestId":"{context["requestId"]}"'
    assert frame == f'{{"message": "Endpoint request timed out", {ids}}}'
    go.set()
    assert client.recv(timeout=WAIT) == "the answer"
    local.function.acts.clear()
    client.send("still open")
    assert local.function.next("MESSAGE")["body"] == "still open"


def test_time_out_of_an_invocation_that_has_ended_is_never_reported(start: Start) -> None:
    local = start(integration=0.05)
    client = local.open()
    client.send("hello")
    local.function.next("MESSAGE")
    with pytest.raises(TimeoutError):
        client.recv(timeout=0.1)
    client.send("again")
    assert local.function.next("MESSAGE")["body"] == "again"


def test_messages_that_are_answered_do_not_wake_the_loop_at_their_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    local = start()
    client = local.open()
    woken: list[object] = []
    wake = asyncio.BaseEventLoop.call_soon_threadsafe

    def counted(loop: Any, *call: Any, **options: Any) -> Any:
        woken.append(call)
        return wake(loop, *call, **options)

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.call_soon_threadsafe", counted)
    for number in range(5):
        client.send(str(number))
        local.function.next("MESSAGE")
    assert not woken


@pytest.mark.parametrize("act", [raising, exiting])
def test_failed_function_is_reported_and_the_connection_stays(local: Local, act: Any) -> None:
    local.function.acts["MESSAGE"] = act
    client = local.open()
    client.send("hello")
    assert json.loads(client.recv(timeout=WAIT))["message"] == "Internal server error"
    local.function.next("MESSAGE")
    local.function.acts.clear()
    client.send("again")
    assert local.function.next("MESSAGE")["body"] == "again"


def test_a_failure_after_the_client_has_gone_is_sent_to_nobody(local: Local) -> None:
    go = threading.Event()

    def act(_event: object, _time_left: object) -> Any:
        go.wait(WAIT)
        raise RuntimeError("on purpose")

    local.function.acts["MESSAGE"] = act
    client = local.open()
    client.send("hello")
    local.function.next("MESSAGE")
    client.close()
    local.function.next("DISCONNECT")
    go.set()
    local.open().close()
    local.function.next("DISCONNECT")


# Limits


def test_message_of_128_kb_in_frames_of_32_kb_arrives(local: Local) -> None:
    client = local.open()
    client.send(["x" * 32_768] * 4)
    assert len(local.function.next("MESSAGE")["body"]) == 131_072


@pytest.mark.parametrize(
    "message",
    ["x" * 32_769, ["x" * 32_768] * 4 + ["x"], ["x", "x" * 32_769]],
    ids=["frame over 32 KB", "message over 128 KB", "fragment over 32 KB"],
)
def test_what_is_too_large_closes_with_1009(local: Local, message: Any) -> None:
    client = local.open()
    with contextlib.suppress(ConnectionClosed):  # It may be closed before all of it is sent.
        client.send(message)
    assert close_code(client) == 1009
    assert local.function.next("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1009
    assert local.function.count("MESSAGE") == 0


def test_binary_closes_with_1003(local: Local) -> None:
    client = local.open()
    client.send(b"\x00")
    assert close_code(client) == 1003
    assert local.function.next("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1003


def test_text_that_is_not_utf8_closes_with_1007(local: Local) -> None:
    client = local.open()
    client.send(b"\xff", text=True)
    assert close_code(client) == 1007
    assert local.function.count("MESSAGE") == 0


def test_idle_connection_is_closed_with_1001_and_pings_do_not_help(start: Start) -> None:
    local = start(idle=0.1)
    client = local.open()
    pinging = threading.Thread(target=ping_until_closed, args=(client,))
    pinging.start()
    assert close_code(client) == 1001
    pinging.join(WAIT)
    context = local.function.next("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")


def ping_until_closed(client: ClientConnection) -> None:
    try:
        while True:
            client.ping().wait(0.02)
    except ConnectionClosed:
        return


@pytest.mark.slow
@pytest.mark.parametrize("traffic_from", ["client", "posts"])
def test_messages_in_either_direction_keep_a_connection(start: Start, traffic_from: str) -> None:
    local = start(idle=0.3)
    client, connection_id = local.open_with_id()
    began = threading.Event()
    for _ in range(12):
        began.wait(0.03)
        if traffic_from == "client":
            client.send("{}")
            local.function.next("MESSAGE")
        else:
            local.connections.post(connection_id, b"{}")
            client.recv(timeout=WAIT)
    assert local.function.count("DISCONNECT") == 0
    assert close_code(client) == 1001


def test_connection_ends_after_its_lifetime_whatever_happens_on_it(start: Start) -> None:
    local = start(lifetime=0.2)
    client = local.open()
    sending = threading.Thread(target=send_until_closed, args=(client,))
    sending.start()
    assert close_code(client) == 1001
    sending.join(WAIT)


def send_until_closed(client: ClientConnection) -> None:
    try:
        while True:
            client.send("{}")
            client.ping().wait(0.02)
    except ConnectionClosed:
        return


def test_messages_beyond_the_burst_are_refused_until_the_bucket_fills(start: Start) -> None:
    now = 100.0
    local = start(rate=2, burst=3, monotonic=lambda: now)
    client = local.open()
    for text in ("one", "two"):
        client.send(text)
        assert local.function.next("MESSAGE")["body"] == text
    client.send("three")
    frame = client.recv(timeout=WAIT)
    event = json.loads(frame)
    assert frame == f'{{"message": "Too Many Requests", "connectionId":"{event["connectionId"]}", "requestId":"{event["requestId"]}"}}'
    assert event["connectionId"] == local.function.next("CONNECT")["requestContext"]["connectionId"]
    assert refused_with(local) == 429
    now += 0.5
    client.send("four")
    assert local.function.next("MESSAGE")["body"] == "four"
    now += 0.5
    other = local.open()
    other.send("five")
    assert json.loads(other.recv(timeout=WAIT))["message"] == "Too Many Requests"
    assert local.function.count("MESSAGE") == 0


def test_a_throttled_handshake_asks_neither_authorizer_nor_function(start: Start) -> None:
    local = start(burst=1, monotonic=lambda: 0.0)
    local.open()
    local.function.next("CONNECT")
    assert refused_with(local) == 429
    assert local.function.count("CONNECT") == 0


def test_a_throttled_message_keeps_the_connection_and_a_client_that_is_gone_is_sent_nothing(start: Start) -> None:
    local = start(burst=1, monotonic=lambda: 0.0)
    client = local.open()
    for _ in range(3):
        client.send("hello")
        assert json.loads(client.recv(timeout=WAIT))["message"] == "Too Many Requests"
    client.send("good-bye")
    client.close()
    local.function.next("DISCONNECT")
    assert local.function.count("MESSAGE") == 0


# Ends


@pytest.mark.parametrize(
    ("code", "reason", "noted"),
    [
        (1000, "", (1000, "Connection Closed Normally")),
        (1001, "", (1001, "Going away")),
        (4000, "enough", (4000, "enough")),
        (4001, "", (4001, "")),
    ],
)
def test_the_function_learns_how_a_client_left(local: Local, code: int, reason: str, noted: tuple[int, str]) -> None:
    local.open().close(code, reason)
    event = local.function.next("DISCONNECT")
    context = event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == noted
    assert event["headers"] == {"Host": "localhost", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}


def test_close_frame_without_a_code_is_1005(local: Local) -> None:
    client = local.open()
    client.socket.sendall(b"\x88\x80\x00\x00\x00\x00")
    context = local.function.next("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1005, "Client-side close frame status not set")


def test_lost_connection_is_1006(local: Local) -> None:
    local.open().socket.shutdown(socket.SHUT_RDWR)
    assert local.function.next("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1006


def test_function_that_fails_at_the_end_harms_nobody(local: Local) -> None:
    local.function.acts["DISCONNECT"] = raising
    local.open().close()
    local.function.next("DISCONNECT")
    local.open().send("hello")
    assert local.function.next("MESSAGE")["body"] == "hello"


@pytest.mark.slow
def test_stopping_closes_connections_and_waits_for_no_function(local: Local) -> None:
    forever = threading.Event()
    local.function.acts["MESSAGE"] = lambda *_: {"statusCode": 200, "went": forever.wait(WAIT)}
    client = local.open()
    client.send("hello")
    local.function.next("MESSAGE")
    with socket.create_connection(("127.0.0.1", local.port)):  # It never says a word.
        local.stop()
    assert close_code(client) == 1001
    forever.set()
