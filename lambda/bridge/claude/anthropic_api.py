"""The road to Anthropic's own API, and to anything that takes its place: an API key in a header.

https://platform.claude.com/docs/en/api/overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from bridge.claude.endpoint import Refused, Request
from bridge.claude.refusals import Road, of_event, of_loss, of_response
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code

VERSION = "2026-10-21"
_HIDDEN = "[the API key]"
_LIKE_A_KEY = re.compile(r"sk-ant-[\w-]{8,}")
"""A server may repeat a part of the key only."""


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
    """An `Endpoint`. `base_url` is without `/v1`."""

    def __init__(self, base_url: str, key: ApiKey) -> None:
        self.url = base_url.rstrip("/")
        self._key = key
        self._road = Road(self.url, self._hide)

    def headers(self, request: Request) -> dict[str, str]:
        key = self._key.key()
        if not (key.isascii() and key.isprintable()):
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, "The API key has characters that no key has.", setting="ANTHROPIC_API_KEY")
        return {**request.headers, "x-api-key": key, "anthropic-version": VERSION}

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        return status == 401 and self._key.refresh() != sent["x-api-key"]

    def failure(self, refused: Refused) -> Failure:
        return of_response(refused, self._road)

    def event_failure(self, event: Mapping[str, Any], model: str) -> Failure:
        return of_event(event, model, self._road)

    def loss(self, error: Exception) -> Failure:
        return of_loss(error, self._road)

    def _hide(self, text: str) -> str:
        return _LIKE_A_KEY.sub(_HIDDEN, text.replace(self._key.key(), _HIDDEN))
