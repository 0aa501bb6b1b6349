"""The URL of a bridge."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from bridge_client.failures import Failure


def check_url(url: str) -> None:
    """Raises `Failure` (`bad_usage`) for anything but a WebSocket URL, and, without quoting it, for one that holds a secret."""
    if "@" in url or "token=" in url:
        raise Failure("bad_usage", "A bridge's URL holds no password and no token: others could see it. Set CLAUDE_BRIDGE_TOKEN.")
    try:
        parse_uri(url)
    except (InvalidURI, ValueError) as error:
        raise Failure("bad_usage", f"Not a bridge's URL: {url}. It looks like wss://host/path, or ws://127.0.0.1:8765.") from error


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine by its loopback interface."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
