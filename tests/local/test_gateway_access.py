"""What a server on loopback takes for a request from this machine."""

from __future__ import annotations

import pytest

from bridge_local.gateway.access import is_local_request, is_loopback, is_own_request


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("hosts", "origins", "local"),
    [
        (["localhost:8765"], [], True),
        (["127.0.0.1"], ["http://127.0.0.1:3000"], True),
        (["[::1]:8765"], ["https://localhost"], True),
        (["LOCALHOST:1"], [], True),
        ([], [], False),
        (["localhost", "localhost"], [], False),
        (["evil.example:8765"], [], False),
        (["127.0.0.1.evil.example"], [], False),
        (["[broken"], [], False),
        (["user@localhost"], [], False),
        (["localhost@evil.example"], [], False),
        (["localhost"], ["https://evil.example"], False),
        (["localhost"], ["null"], False),
        (["localhost"], [""], False),
        (["localhost"], ["http://localhost", "https://evil.example"], False),
    ],
)
def test_local_request(hosts: list[str], origins: list[str], local: bool) -> None:
    assert is_local_request(hosts, origins) is local


@pytest.mark.parametrize(
    ("hosts", "origins", "own"),
    [
        (["bridge.example"], [], True),
        (["bridge.example:8765"], ["https://bridge.example"], True),
        (["BRIDGE.example"], ["https://bridge.EXAMPLE:3000"], True),
        (["bridge.example"], ["http://localhost:3000"], True),
        (["bridge.example"], ["https://evil.example"], False),
        (["bridge.example"], ["https://bridge.example.evil.example"], False),
        (["bridge.example"], ["https://bridge.example", "https://evil.example"], False),
        (["bridge.example"], ["null"], False),
        ([""], ["null"], False),
        ([""], [""], False),
        ([], [], False),
        (["bridge.example", "bridge.example"], [], False),
    ],
)
def test_own_request(hosts: list[str], origins: list[str], own: bool) -> None:
    assert is_own_request(hosts, origins) is own
