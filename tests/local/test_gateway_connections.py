"""Posting to connections: from any thread, in order, without piling up what a client does not read."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.server import ServerProtocol

from bridge.errors import ConnectionBusy, ConnectionGone
from bridge_local.gateway.connections import AHEAD_BYTES, Ahead, ClientConnection, Connections
from bridge_local.gateway.events import Peer
from bridge_local.gateway.limits import Limits
from local.running_gateway import WAIT, Local, Start


def outcome_of(connections: Connections, connection_id: str, data: bytes) -> str:
    try:
        connections.post(connection_id, data)
    except (ConnectionGone, ConnectionBusy) as error:
        return type(error).__name__
    return "sent"


def post_until_it_fails(connections: Connections, connection_id: str) -> tuple[str, int]:
    """How posts of 32 KB end, and how many were taken."""
    for count in range(10_000):
        outcome = outcome_of(connections, connection_id, b"x" * 32_768)
        if outcome != "sent":
            return outcome, count
    return "sent", 10_000


def test_posts_arrive_as_text_frames_in_order(local: Local) -> None:
    client, connection_id = local.open_with_id()
    frames = [f"frame {number} é你" for number in range(20)]
    for frame in frames:
        local.connections.post(connection_id, frame.encode())
    assert [client.recv(timeout=WAIT) for _ in frames] == frames


def test_what_can_be_posted_without_waiting_keeps_its_place_among_the_posts(local: Local) -> None:
    client, connection_id = local.open_with_id()
    for number in range(200):
        if number % 3 == 0 or not local.connections.try_post(connection_id, f"frame {number}".encode()):
            local.connections.post(connection_id, f"frame {number}".encode())
    assert [client.recv(timeout=WAIT) for _ in range(200)] == [f"frame {number}" for number in range(200)]


def test_a_post_that_would_have_to_wait_is_not_taken_and_nothing_of_it_is_sent(local: Local) -> None:
    client, connection_id = local.open_with_id()
    assert not local.connections.try_post(connection_id, b"x" * (AHEAD_BYTES + 1))
    assert local.connections.try_post(connection_id, b"the next")
    assert client.recv(timeout=WAIT) == "the next"
    client.close()
    local.function.next("DISCONNECT")
    with pytest.raises(ConnectionGone):
        local.connections.try_post(connection_id, b"too late")


def test_function_can_post_while_it_runs(local: Local) -> None:
    def act(event: Mapping[str, Any], _time_left: object) -> Any:
        local.connections.post(event["requestContext"]["connectionId"], b"the answer")
        return {"statusCode": 200}

    local.function.acts["MESSAGE"] = act
    client = local.open()
    client.send("hello")
    assert client.recv(timeout=WAIT) == "the answer"


def test_connection_is_gone_until_the_handshake_is_over(local: Local) -> None:
    outcomes: list[str] = []

    def act(event: Mapping[str, Any], _time_left: object) -> Any:
        outcomes.append(outcome_of(local.connections, event["requestContext"]["connectionId"], b"welcome"))
        return {"statusCode": 200}

    local.function.acts["CONNECT"] = act
    local.open()
    assert outcomes == ["ConnectionGone"]


def test_connection_is_gone_after_it_was_closed(local: Local) -> None:
    client, connection_id = local.open_with_id()
    client.close()
    local.function.next("DISCONNECT")
    assert outcome_of(local.connections, connection_id, b"too late") == "ConnectionGone"
    assert outcome_of(local.connections, "never-existed=", b"nobody") == "ConnectionGone"


def test_connection_is_gone_from_the_close_frame_on(start: Start) -> None:
    local = start(close=WAIT)
    raw, connection_id = local.open_silent()
    with raw:
        raw.sendall(b"\x82\x80\x00\x00\x00\x00")  # A binary frame.
        assert raw.recv(4096)[:1] == b"\x88"  # The close frame, which this client does not answer.
        assert outcome_of(local.connections, connection_id, b"too late") == "ConnectionGone"


def test_too_large_a_post_is_refused_before_it_is_sent(local: Local) -> None:
    client, connection_id = local.open_with_id()
    with pytest.raises(ValueError, match="131073 bytes"):
        local.connections.post(connection_id, b"x" * 131_073)
    local.connections.post(connection_id, b"x" * 131_072)
    assert len(client.recv(timeout=WAIT)) == 131_072


def test_client_that_does_not_read_is_busy_and_nothing_piles_up(start: Start) -> None:
    local = start(post=0.05)
    raw, connection_id = local.open_silent()
    with raw:
        outcome, count = post_until_it_fails(local.connections, connection_id)
        assert outcome == "ConnectionBusy"
        assert outcome_of(local.connections, connection_id, b"still busy") == "ConnectionBusy"
        # What was refused was not sent either: reading gives exactly what was taken, and then posts are taken again.
        expected = count * (32_768 + 4)
        received = 0
        while received < expected:
            received += len(raw.recv(1 << 20))
        assert received == expected
        assert outcome_of(local.connections, connection_id, b"again") == "sent"


def test_post_that_waits_for_a_client_is_sent_when_it_reads(start: Start) -> None:
    local = start(post=WAIT)
    raw, connection_id = local.open_silent()
    outcomes: list[str] = []
    with raw:
        posting = threading.Thread(target=lambda: outcomes.append(post_all(local.connections, connection_id)))
        posting.start()
        received = 0
        while received < 200 * (32_768 + 4):
            received += len(raw.recv(1 << 20))
        posting.join(WAIT)
    assert outcomes == ["sent"]


def post_all(connections: Connections, connection_id: str) -> str:
    for _ in range(200):
        connections.post(connection_id, b"x" * 32_768)
    return "sent"


@pytest.mark.slow
def test_client_that_does_not_read_holds_nobody_up(start: Start) -> None:
    local = start(post=WAIT)
    raw, slow_id = local.open_silent()
    outcomes: list[str] = []
    with raw:
        posting = threading.Thread(target=lambda: outcomes.append(post_until_it_fails(local.connections, slow_id)[0]))
        posting.start()
        client, quick_id = local.open_with_id()
        for _ in range(100):
            local.connections.post(quick_id, b"x" * 32_768)
            client.recv(timeout=WAIT)
        local.stop()
    posting.join(WAIT)
    assert outcomes == ["ConnectionGone"]


def test_closing_does_not_wait_for_a_client_that_does_not_read(start: Start) -> None:
    local = start(idle=0.1, post=0.02, close=0.1)
    raw, connection_id = local.open_silent()
    with raw:
        post_until_it_fails(local.connections, connection_id)
        context = local.function.next("DISCONNECT")["requestContext"]
    assert context["disconnectStatusCode"] == 1001


def test_many_connections_are_served_at_once(local: Local) -> None:
    def act(event: Mapping[str, Any], _time_left: object) -> Any:
        for number in range(5):
            local.connections.post(event["requestContext"]["connectionId"], f"{event['body']} {number}".encode())
        return {"statusCode": 200}

    local.function.acts["MESSAGE"] = act
    clients = [local.open() for _ in range(20)]
    for number, client in enumerate(clients):
        client.send(f"client {number}")
    for number, client in enumerate(clients):
        assert [client.recv(timeout=WAIT) for _ in range(5)] == [f"client {number} {count}" for count in range(5)]


def test_small_posts_do_not_wait_for_the_loop_and_large_ones_do() -> None:
    connections = Connections(Limits(post=0.02, close=0.02))
    loop = asyncio.new_event_loop()
    client, woken = stub_client(loop), list[str]()
    client.ahead = Ahead(lambda: woken.append("the loop"))
    connections.add(client)
    frames = [b"%d" % number * (AHEAD_BYTES // 4) for number in range(4)]
    assert [outcome_of(connections, "stopped=", frame) for frame in frames] == ["sent"] * 4
    assert woken == ["the loop"]  # Once for all that wait.
    assert outcome_of(connections, "stopped=", b"x") == "ConnectionBusy"
    assert [client.ahead.take() for _ in range(5)] == [*frames, None]
    assert outcome_of(connections, "stopped=", b"x") == "sent"
    loop.close()


def test_a_lost_connection_shows_at_the_next_post(local: Local) -> None:
    raw, connection_id = local.open_silent()
    raw.close()
    local.function.next("DISCONNECT")
    assert outcome_of(local.connections, connection_id, b"too late") == "ConnectionGone"


def test_what_is_posted_small_and_large_arrives_in_order(local: Local) -> None:
    client, connection_id = local.open_with_id()
    frames = ["a", "b" * 2 * AHEAD_BYTES, "c", "d" * AHEAD_BYTES, "e"] * 20
    received: list[str] = []
    reading = threading.Thread(target=lambda: received.extend(str(client.recv(timeout=WAIT)) for _ in frames))
    reading.start()
    for frame in frames:
        local.connections.post(connection_id, frame.encode())
    reading.join(WAIT)
    assert received == frames


def test_loop_that_has_stopped_makes_posts_fail() -> None:
    """The end of the program: turns still run and post."""
    connections = Connections(Limits(post=0.02, close=0.02))
    loop = asyncio.new_event_loop()
    connections.add(stub_client(loop))
    assert outcome_of(connections, "stopped=", b"x" * (AHEAD_BYTES + 1)) == "ConnectionBusy"
    loop.close()
    assert outcome_of(connections, "stopped=", b"x") == "ConnectionGone"


def stub_client(loop: asyncio.AbstractEventLoop) -> Any:
    client = ClientConnection.__new__(ClientConnection)
    client.loop = loop
    client.peer = Peer("stopped=", 0, "127.0.0.1")
    client.ahead = Ahead(lambda: loop.call_soon_threadsafe(client.send_ahead))
    client._drained = asyncio.Event()
    client._drained.set()
    client.protocol = ServerProtocol(state=State.OPEN)
    return client


def test_close_ends_the_connection_as_delete_does(local: Local) -> None:
    client, connection_id = local.open_with_id()
    local.connections.close(connection_id)
    assert outcome_of(local.connections, connection_id, b"x") == "ConnectionGone"
    context = local.function.next("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1000, "Connection Closed Normally")
    with pytest.raises(ConnectionClosed):
        client.recv(timeout=WAIT)


def test_status_tells_how_long_a_connection_has_been_idle(local: Local) -> None:
    began = time.time()
    _, connection_id = local.open_with_id()
    status = local.connections.status(connection_id)
    assert 0 <= status.idle < WAIT
    assert began - 1 <= status.peer.connected_at / 1000 <= time.time() + 1
