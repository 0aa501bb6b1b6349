"""What the bridge asks of Claude."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from bridge.claude.interrupt import Interrupt
from bridge.typed import Any, Protocol

MAX_ANSWER_BYTES = 256 * 1024
"""With a message of 128 KB this stays below DynamoDB's 400 KB for an item."""


class Claude(Protocol):
    def open(self) -> None:
        """Has a connection ready; never raises."""

    def is_open(self) -> bool:
        """Whether one seems to be ready: its other end may have closed it."""

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        """The events of one answer; see `messages_api.MessagesApi.stream`."""
