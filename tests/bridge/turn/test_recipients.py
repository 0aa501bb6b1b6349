"""The place of one connection in what there is to send."""

from __future__ import annotations

import json

from bridge.clock import Clock, Timing
from bridge.turn.recipients import Broadcast, Stream
from bridge.turn.replies import Ending


def test_what_is_said_while_text_goes_out_comes_before_the_end() -> None:
    broadcast, sent = Broadcast(Timing()), list[str]()

    def send(connection_id: str, data: bytes, *, harmless: bool) -> None:
        sent.append(json.loads(data)["type"])
        if sent == ["delta"]:
            stream.queue.append(b'{"type": "accepted"}')
            broadcast.ending, broadcast.closed = ending, True

    ending = Ending({"type": "error"}, b"")
    stream = Stream("c1", "r1", broadcast, send, Clock(), status_interval=15.0)
    broadcast.begin("a1")
    broadcast.pieces.append("text")
    while not stream.over:
        stream.post(text_is_due=True)
    assert sent == ["delta", "accepted", "error"]


def test_an_error_in_doubt_comes_after_what_was_said_before_it() -> None:
    broadcast, sent = Broadcast(Timing()), list[str]()

    def send(connection_id: str, data: bytes, *, harmless: bool) -> None:
        assert harmless
        sent.append(json.loads(data)["type"])

    stream = Stream("c1", "r1", broadcast, send, Clock(), status_interval=15.0)
    stream.queue.append(b'{"type": "accepted"}')
    broadcast.ending, broadcast.closed = Ending({"type": "error"}, b""), True
    stream.post_in_doubt()
    assert (sent, stream.over) == (["accepted", "error"], True)
