"""The sizes that bridge, gateway, client and documentation each state are the same."""

from __future__ import annotations

from pathlib import Path

from bridge.wire.frames import FRAME_BYTES, REPLY_BYTES
from bridge_client.protocol.frames import FRAGMENT_BYTES, MESSAGE_BYTES
from bridge_local.gateway.limits import Limits

FRAME_HEADER_BYTES = 14
"""The longest header of a client's WebSocket frame (RFC 6455, section 5.2)."""
PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def test_a_frame_of_the_bridge_is_one_that_the_gateway_passes_on() -> None:
    assert Limits().frame == FRAME_BYTES


def test_a_reply_is_within_the_size_of_a_message() -> None:
    assert Limits().message > REPLY_BYTES


def test_the_client_sends_what_the_gateway_accepts() -> None:
    assert (Limits().frame, Limits().message) == (FRAGMENT_BYTES + FRAME_HEADER_BYTES, MESSAGE_BYTES)


def test_the_protocol_states_the_gateways_limits() -> None:
    for name, size in (("a frame", Limits().frame), ("a message", Limits().message)):
        assert f"| {name} | {size // 1024} KB ({size:,} bytes)" in PROTOCOL
    assert f"{Limits().idle // 60:g} minutes" in PROTOCOL
    assert f"{Limits().rate:g} a second and {Limits().burst:,} at once" in PROTOCOL
