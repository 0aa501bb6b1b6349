"""A Claude that costs little: it answers at once, and says in its first delta when it was asked. `python quick_claude.py`; prints its URL.

It parses no more of a request than the number of deltas that the last message names (`deltas: 20`), and for how many milliseconds it is to
think before the first and write before the others (`pause: 50`). The first delta is two moments of
`time.monotonic`, which all processes of a machine share: when the request had arrived, and when this delta was sent.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from functools import cache
from typing import Any

USAGE = {"input_tokens": 10, "output_tokens": 20}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [],
    "model": "claude-sonnet-5-5",
    "stop_reason": None,
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n"


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def delta(text: str) -> bytes:
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


BEGIN = event({"type": "message_start", "message": {**MESSAGE, "usage": USAGE}}) + event(
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
)
END = (
    event({"type": "content_block_stop", "index": 0})
    + event({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE})
    + event({"type": "message_stop"})
)


@cache
def rest(deltas: int) -> list[bytes]:
    """The chunks after the first: one for each delta, as the API sends them, in writes of 50 so that they are not all the cost there is."""
    chunks = [chunk(delta(f"the kite {number} is blue ")) for number in range(1, deltas)]
    return [b"".join(chunks[first : first + 50]) for first in range(0, len(chunks), 50)]


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            await answer(body, time.monotonic(), writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(body: bytes, asked: float, writer: asyncio.StreamWriter) -> None:
    is_summary = re.search(rb'"model": ?"[^"]*haiku', body)  # The bridge asks for those beside what is measured.
    deltas = 2 if is_summary else int(re.findall(rb"deltas: (\d+)", body)[-1])
    pause = float(re.findall(rb"pause: (\d+)", body)[-1]) / 1000 if b"pause: " in body and not is_summary else 0
    writer.write(HEAD + chunk(BEGIN))
    if pause:
        await asyncio.sleep(pause)
    writer.write(chunk(delta(f"{asked:.7f} {time.monotonic():.7f} ")))
    if pause:
        await asyncio.sleep(pause)
    for data in rest(deltas):
        writer.write(data)
        await writer.drain()
    writer.write(chunk(END) + b"0\r\n\r\n")
    await writer.drain()


async def main() -> None:
    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=2_000, limit=1_000_000)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
