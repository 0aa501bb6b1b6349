"""An answer as it comes out of a stream of events. Pure: events in, text out, and at the end what Claude said of it.

The events: https://platform.claude.com/docs/en/build-with-claude/streaming. Success is `message_stop`, never the end of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.store.records import Usage
from bridge.text import without_surrogates

_LONGEST_NAME = 200
"""Of a model or a stop reason: they go into a single frame."""
_ABSURD = 2**53
"""No count of tokens comes near it; a table may not take such numbers."""


class MalformedEvent(ValueError):
    """An event that the Messages API does not send: the stream cannot be trusted."""


class Answer:
    """Assembles the text blocks of one answer; thinking is left out. Usage counts are cumulative: each one overwrites the last.

    Text beyond `limit` bytes is dropped; `full` tells of it.
    """

    def __init__(self, model: str, limit: int) -> None:
        self.model = model
        self.full = False
        self.stop_reason = ""
        self.usage = Usage()
        self.complete = False
        self._parts: list[str] = []
        self._held = ""
        self._room = limit

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def take(self, event: Mapping[str, Any]) -> str:
        """Takes the next event and returns the text it adds, "" for most. Raises `MalformedEvent`.

        Unknown events, blocks and deltas add nothing: new kinds may come at any time. `error` events are the caller's.
        """
        match event.get("type"):
            case "message_start":
                message = _mapping(event, "message")
                model = message.get("model")
                self.model = model[:_LONGEST_NAME] if isinstance(model, str) and model else self.model
                self._count(message.get("usage"))
            case "content_block_start":
                block = _mapping(event, "content_block")
                if block.get("type") == "text":
                    return self._add(_string(block, "text"))
            case "content_block_delta":
                delta = _mapping(event, "delta")
                if delta.get("type") == "text_delta":
                    return self._add(_string(delta, "text"))
            case "message_delta":
                reason = _mapping(event, "delta").get("stop_reason")
                self.stop_reason = reason[:_LONGEST_NAME] if isinstance(reason, str) else self.stop_reason
                self._count(event.get("usage"))
            case "message_stop":
                self.complete = True
                held, self._held = self._held, ""
                return self._keep(without_surrogates(held))
        return ""

    def _add(self, text: str) -> str:
        text = self._held + text
        # A surrogate pair may be split over two deltas: its first half waits for the second.
        self._held = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        return self._keep(without_surrogates(text[:-1] if self._held else text))

    def _keep(self, text: str) -> str:
        octets = text.encode()
        self.full = self.full or len(octets) > self._room
        text = octets[: self._room].decode(errors="ignore") if self.full else text
        self._room = max(0, self._room - len(octets))
        if text:
            self._parts.append(text)
        return text

    def _count(self, usage: object) -> None:
        if isinstance(usage, Mapping):
            self.usage = self.usage._replace(**{name: usage[name] for name in Usage._fields if _is_count(usage.get(name))})


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD


def _mapping(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    if not isinstance(value, Mapping):
        raise MalformedEvent(name)
    return value


def _string(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name, "")
    if not isinstance(value, str):
        raise MalformedEvent(name)
    return value
