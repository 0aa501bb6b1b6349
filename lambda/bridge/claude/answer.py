"""An answer, assembled from the events of its stream. Pure: events in, text out, and at the end what the API said about it.

The events: https://platform.claude.com/docs/en/build-with-claude/streaming. Success is `message_stop`, never the end of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fields import mapping, optional_integer
from bridge.store.records import Usage
from bridge.text import without_surrogates
from bridge.typed import Any

_MAX_NAME_CHARACTERS = 200
"""Of a model or a stop reason: they go into a single frame."""
_ABSURD = 2**53
"""No count of tokens comes near it; a table may not take such numbers."""


class Answer:
    """Assembles the text blocks of one answer; thinking is left out. Text beyond `limit` bytes is dropped, and sets `full`.

    Usage counts are cumulative, so the largest of each counts: servers that stand in for the API send zeros after the real ones.
    `asked` is the model that was asked, `model` the one that answers. `hour_writes`: how many of the tokens written to the cache are
    cached for an hour; None where the API does not say.
    """

    def __init__(self, model: str, limit: int) -> None:
        self.asked = self.model = model
        self.full = False
        self.stop_reason = ""
        self.usage = Usage()
        self.hour_writes: int | None = None
        self.complete = False
        self._parts: list[str] = []
        self._held = ""
        self._room = limit

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def take(self, event: Mapping[str, Any]) -> str:
        """Takes the next event and returns the text it adds, "" for most.

        Unknown events, blocks and deltas add nothing, since new kinds may come at any time; nor does what has the wrong type. `error`
        events are the caller's.
        """
        kind = event.get("type")
        if kind == "content_block_delta":
            delta = event.get("delta")
            if isinstance(delta, dict) and delta.get("type") == "text_delta":
                return self._add(delta.get("text"))
            return ""
        match kind:
            case "message_start":
                message = mapping(event, "message")
                model = message.get("model")
                self.model = model[:_MAX_NAME_CHARACTERS] if isinstance(model, str) and model else self.model
                self._count(message.get("usage"))
            case "content_block_start":
                block = mapping(event, "content_block")
                if block.get("type") == "text":
                    return self._add(block.get("text"))
            case "message_delta":
                reason = mapping(event, "delta").get("stop_reason")
                self.stop_reason = reason[:_MAX_NAME_CHARACTERS] if isinstance(reason, str) and reason else self.stop_reason
                self._count(event.get("usage"))
            case "message_stop":
                self.complete = True
                self.stop_reason = self.stop_reason or "end_turn"
                held, self._held = self._held, ""
                return self._append(without_surrogates(held))
        return ""

    def _add(self, text: object) -> str:
        if not isinstance(text, str):
            return ""
        if text.isascii() and len(text) <= self._room and not self._held:  # As most are: nothing is to be encoded, cut or held.
            self._room -= len(text)
            self._parts.append(text)
            return text
        text = self._held + text
        # A surrogate pair may be split over two deltas: its first half waits for the second.
        self._held = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        return self._append(without_surrogates(text[:-1] if self._held else text))

    def _append(self, text: str) -> str:
        encoded = text.encode()
        self.full = self.full or len(encoded) > self._room
        text = encoded[: self._room].decode(errors="ignore") if self.full else text
        self._room = max(0, self._room - len(encoded))
        if text:
            self._parts.append(text)
        return text

    def _count(self, usage: object) -> None:
        if isinstance(usage, Mapping):
            counts = {name: usage[name] for name in Usage._fields if _is_count(usage.get(name))}
            self.usage = self.usage._replace(**{name: max(count, getattr(self.usage, name)) for name, count in counts.items()})
            hour_writes = optional_integer(mapping(usage, "cache_creation"), "ephemeral_1h_input_tokens")
            if hour_writes is not None:
                self.hour_writes = max(hour_writes, self.hour_writes or 0)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD
