"""Posting to connections: from any thread, in order, without piling up what a client does not read."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
    client.protocol, client.send_in_progress = ServerProtocol(state=State.OPEN), None
    client._writing, client._descriptor, client._rest = threading.RLock(), -1, b""
    return client


@contextmanager
def connected_pair() -> Iterator[tuple[Any, socket.socket]]:
    """A client's connection whose event loop does not run, and the client's end of it; both ends take little at once."""
    loop, (ours, theirs) = asyncio.new_event_loop(), socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        end.settimeout(WAIT)
    ours.setblocking(False)
    client = stub_client(loop)

    async def adopted() -> None:
        client.transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)

    with theirs:
        loop.run_until_complete(adopted())
        client._descriptor = ours.fileno()
        yield client, theirs
        client.transport.abort()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def read_frames(end: socket.socket, count: int) -> list[bytes]:
    """The texts of this many frames from a server, of at most 64 KB each."""
    file, texts = end.makefile("rb"), list[bytes]()
    for _ in range(count):
        head = file.read(2)
        assert head[0] == 0x81, "no text frame, or a part of another"
        length = head[1] if head[1] < 126 else int.from_bytes(file.read(2), "big")
        texts.append(file.read(length))
    return texts


def test_a_frame_goes_to_the_socket_while_the_loop_does_something_else() -> None:
    with connected_pair() as (client, end):
        assert client.send_now(b"one")
        assert client.send_now(b"x" * 200)
        assert read_frames(end, 2) == [b"one", b"x" * 200]


def test_of_a_frame_that_the_socket_takes_in_part_the_rest_comes_before_all_else() -> None:
    with connected_pair() as (client, end):
        sent = 0
        while client.send_now(b"%d" % (sent % 10) * 3_000):
            sent += 1
            assert sent < 1000
        assert not client.send_now(b"later")
        client.ahead.put(b"waits")  # As `try_post` does.
        received: list[bytes] = []
        reading = threading.Thread(target=lambda: received.extend(read_frames(end, sent + 1)))
        reading.start()
        client.loop.run_until_complete(asyncio.wait_for(client.loop.run_in_executor(None, reading.join, WAIT), 2 * WAIT))
        assert received == [*(b"%d" % (number % 10) * 3_000 for number in range(sent)), b"waits"]


def test_nothing_is_written_to_a_connection_that_is_over_or_ending() -> None:
    with connected_pair() as (client, end):
        client.protocol.state = State.CLOSING
        assert not client.send_now(b"after the close frame")
        client.protocol.state = State.OPEN
        client.transport.write(b"x" * 1_000_000)
        assert not client.send_now(b"behind what waits to be written")
        client.transport.abort()
        assert not client.send_now(b"aborted")
        client._descriptor = -1
        assert not client.send_now(b"closed")
    with connected_pair() as (client, end):
        end.close()
        assert not (client.send_now(b"lost") and client.send_now(b"lost"))


def test_nothing_is_written_while_the_loop_changes_what_it_has_to_write() -> None:
    with connected_pair() as (client, _):
        with pytest.MonkeyPatch.context() as patch:

            def changing() -> int:
                raise RuntimeError("deque mutated during iteration")

            patch.setattr(client.transport, "get_write_buffer_size", changing)
            assert not client.send_now(b"too early")
        assert client.send_now(b"in time")


def test_a_connection_that_is_lost_gives_its_descriptor_up_before_it_is_closed(local: Local) -> None:
    raw, connection_id = local.open_silent()
    client = local.connections._open[connection_id]
    assert client._descriptor >= 0
    raw.close()
    local.function.next("DISCONNECT")
    assert client._descriptor == -1


def test_threads_that_post_to_one_connection_do_not_mix_their_frames(local: Local) -> None:
    client, connection_id = local.open_with_id()

    def post_all(name: str) -> None:
        for number in range(150):
            local.connections.post(connection_id, f"{name} {number} {'x' * (number * 37 % 3000)}".encode())

    posting = [threading.Thread(target=post_all, args=(name,)) for name in "abcd"]
    for one in posting:
        one.start()
    received = [str(client.recv(timeout=WAIT)).split(" ")[:2] for _ in range(600)]
    for one in posting:
        one.join(WAIT)
    for name in "abcd":
        assert [int(number) for by, number in received if by == name] == list(range(150))


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
