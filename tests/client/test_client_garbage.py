"""A server that speaks no WebSocket, or speaks it badly: said in one harmless line, with an exit code, after one attempt."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

import pytest

from aws.scripted_server import Exchange, HangUp, scripted
from client.conftest import Run
from fuzz.garbage import frame

HOSTILE = b"\x1b[2J\x1b]0;x\x07\x9b31m\xe2\x80\xae\xff"
ANSWERS = {
    "nothing": b"",
    "noise": bytes(range(256)),
    "a hostile reason": b"HTTP/1.1 403 " + HOSTILE + b"\r\n\r\n",
    "a hostile status": b"HTTP/1.1 " + HOSTILE + b"\r\n\r\n",
    "a hostile header": b"HTTP/1.1 101 x\r\nUpgrade: " + HOSTILE + b"\r\nConnection: Upgrade\r\n\r\n",
    "a hostile name of a header": b"HTTP/1.1 101 x\r\n" + HOSTILE + b": y\r\n\r\n",
    "a redirect to something other than a URL": b"HTTP/1.1 302 x\r\nLocation: " + HOSTILE + b"\r\n\r\n",
    "a redirect into a file": b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n\r\n",
    "a redirect to a port that is none": b"HTTP/1.1 302 x\r\nLocation: ws://127.0.0.1:999999/\r\n\r\n",
    "a redirect to half an address": b"HTTP/1.1 302 x\r\nLocation: ws://[::1\r\n\r\n",
    "a redirect to a name that is none": b"HTTP/1.1 302 x\r\nLocation: ws://" + b"x" * 300 + b".invalid/\r\n\r\n",
    "an endless line": b"HTTP/1.1 200 " + b"x" * 100_000,
    "endless headers": b"HTTP/1.1 101 x\r\n" + b"X: y\r\n" * 10_000,
    "a length that lies": b"HTTP/1.1 500 x\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "chunks that lie": b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx",
    "another key": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + b"A" * 28 + b"\r\n\r\n",
}
FRAMES = {
    "masked": frame(0x81, b'{"type": "pong"}'),
    "reserved bits": frame(0xF1, b"x", masked=False),
    "a reserved opcode": frame(0x83, b"x", masked=False),
    "no UTF-8": frame(0x81, b"\xff\xfe", masked=False),
    "a length of all bits": frame(0x81, b"", masked=False, length=2**64 - 1),
    "2 MB": frame(0x81, b"x" * 2_000_000, masked=False),
    "a hostile reason to close": frame(0x88, b"\x0f\xa0\x1b[2J\xe2\x80\xae", masked=False),
    "a code that is none": frame(0x88, b"\x03\xe7", masked=False),
}


def sends(data: bytes) -> Callable[[Exchange], None]:
    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        raise HangUp

    return answer


def upgrades(data: bytes) -> Callable[[Exchange], None]:
    """Accepts the handshake, and then sends this."""

    def answer(exchange: Exchange) -> None:
        key = exchange.request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        head = f"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        exchange.send(head.encode() + data)
        raise HangUp

    return answer


STEPS = {**{name: sends(data) for name, data in ANSWERS.items()}, **{name: upgrades(data) for name, data in FRAMES.items()}}


@pytest.mark.parametrize("name", STEPS)
def test_garbage_is_said_in_a_line_and_ends(run: Run, name: str) -> None:
    with scripted(otherwise=STEPS[name]) as server:
        code, stdout, stderr = run("ping", variables={"CLAUDE_BRIDGE_URL": server.url.replace("http", "ws")})
    assert code in (2, 4, 7)
    assert stdout == ""
    assert "unexpected" not in stderr
    assert re.fullmatch("[^\x00-\x1f\x7f-\x9f\u202a-\u202e]+\n", stderr)
