"""Bytes that no client sends, for the ports of the local bridge."""

from __future__ import annotations

import struct

_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def frame(first: int, payload: bytes, *, masked: bool = True, length: int | None = None) -> bytes:
    """A WebSocket frame (RFC 6455, 5.2) with this first byte; `length` is what it says of its length."""
    length = len(payload) if length is None else length
    bit = 0x80 if masked else 0
    if length < 126:
        size = bytes([bit | length])
    elif length < 2**16:
        size = bytes([bit | 126]) + struct.pack("!H", length)
    else:
        size = bytes([bit | 127]) + struct.pack("!Q", length)
    return bytes([first]) + size + (bytes(4) if masked else b"") + payload


HTTP: dict[str, bytes] = {
    "nothing": b"",
    "a line end": b"\r\n\r\n",
    "noise": bytes(range(256)) * 40,
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "no version": b"GET /\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "half a request": b"POST /local/@connections/abcdef= HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
    "half a body": b"POST /local/@connections/abcdef= HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf",
    "a length of many digits": b"POST /local/@connections/abcdef= HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
    + b"9" * 5000
    + b"\r\n\r\n",
    "a length below 0": b"POST /local/@connections/abcdef= HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "chunks that lie": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
    "an endless line": b"GET /" + b"x" * 200_000,
    "an endless header": b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000,
    "endless headers": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "a path that is none": b"GET /%zz%00%ff/@connections/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "header bytes": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX\x00: \xff\x1b[2J\r\n\r\n",
}
"""For a port that speaks HTTP."""

WEBSOCKET: dict[str, bytes] = {
    "half a handshake": _UPGRADE,
    "no key": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "a key that is none": _UPGRADE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!!") + b"\r\n",
    "two keys": _UPGRADE + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "an old version": _UPGRADE.replace(b": 13", b": 7") + b"\r\n",
    "an origin": _UPGRADE + b"Origin: \x1b]52;c;aGk=\x07\r\n\r\n",
    "a query": _UPGRADE.replace(b"GET / ", b"GET /?token=%ff%00&&=&" + b"a=b&" * 1000 + b" ") + b"\r\n",
}
"""Handshakes."""

UPGRADED: dict[str, bytes] = {
    name: _UPGRADE + b"\r\n" + data
    for name, data in {
        "no mask": frame(0x81, b'{"action": "ping"}', masked=False),
        "a reserved opcode": frame(0x83, b"x"),
        "a reserved control opcode": frame(0x8B, b"x"),
        "reserved bits": frame(0xF1, b"x"),
        "a fragmented ping": frame(0x09, b"x"),
        "a long ping": frame(0x89, b"x" * 126),
        "a continuation of nothing": frame(0x80, b"x"),
        "a text within a text": frame(0x01, b"x") + frame(0x81, b"y"),
        "no UTF-8": frame(0x81, b"\xff\xfe\x80"),
        "half a character at the end": frame(0x81, b"\xf0\x9f"),
        "a length that lies": frame(0x81, b"x" * 10, length=30_000),
        "a length of all bits": frame(0x81, b"x", length=2**64 - 1),
        "a close code that is none": frame(0x88, struct.pack("!H", 999)),
        "half a close code": frame(0x88, b"\x03"),
        "a close reason that is not UTF-8": frame(0x88, struct.pack("!H", 1000) + b"\xff"),
        "frames after the close": frame(0x88, struct.pack("!H", 1000)) + frame(0x81, b'{"action": "ping"}'),
        "noise": bytes(range(256)) * 4,
        "nothing": b"",
    }.items()
}
"""An accepted connection, and what comes then."""
