"""Anthropic's own API, or anything that takes its place: an API key in a header.

https://platform.claude.com/docs/en/api/overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.claude.endpoint import Refused, Request
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from bridge.typed import Any, Protocol

VERSION = "2026-10-21"
_HIDDEN = "[the API key]"


class ApiKey(Protocol):
    """Where the API key comes from. Both methods raise `BridgeError` (`claude_misconfigured`) where there is none."""

    def key(self) -> str: ...

    def refresh(self) -> str:
        """Reads a key that was refused once more: it may have been replaced."""


class FixedKey:
    """A fixed key from the environment."""

    def __init__(self, key: str) -> None:
        self._key = key

    def key(self) -> str:
        if not self._key:
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, "There is no API key. Set ANTHROPIC_API_KEY.", setting="ANTHROPIC_API_KEY")
        return self._key

    def refresh(self) -> str:
        return self.key()


class AnthropicApi:
    """An `Endpoint`. `base_url` is without `/v1`. What refusals mean is read when the first one comes."""

    def __init__(self, base_url: str, key: ApiKey) -> None:
        self.url = base_url.rstrip("/")
        self._key = key

    def headers(self, request: Request) -> dict[str, str]:
        key = self._key.key()
        if not (key.isascii() and key.isprintable()):
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, "The API key has characters that no key has.", setting="ANTHROPIC_API_KEY")
        return {**request.headers, "x-api-key": key, "anthropic-version": VERSION}

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        return status == 401 and self._key.refresh() != sent["x-api-key"]

    def failure(self, refused: Refused) -> Failure:
        from bridge.claude.refusals import Server, of_response

        return of_response(refused, Server(self.url, self._hide))

    def event_failure(self, event: Mapping[str, Any], model: str) -> Failure:
        from bridge.claude.refusals import Server, of_event

        return of_event(event, model, Server(self.url, self._hide))

    def loss(self, error: Exception) -> Failure:
        from bridge.claude.refusals import Server, of_loss

        return of_loss(error, Server(self.url, self._hide))

    def _hide(self, text: str) -> str:
        """Without the key, and without parts of it: a server may repeat those only."""
        return re.sub(r"sk-ant-[\w-]{8,}", _HIDDEN, text.replace(self._key.key(), _HIDDEN))
