"""One answer from the bytes of a response. Pure: bytes in, events of the Messages API out.

Servers that take the API's place send other things, too. What is not understood is skipped. The end of an answer counts as announced
by `message_stop`, by the `stop_reason` that comes before it, whatever follows, and by OpenAI's `[DONE]`. A whole message in place of a
stream is taken apart into events.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from bridge.claude.retry import Failure
from bridge.claude.sse import MAX_EVENT_BYTES, EventStream, EventTooLong, ServerEvent
from bridge.text import json_object
from bridge.typed import Any

_KINDS = frozenset({"message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"})
"""The events that show the Messages API; a `ping` may be anyone's."""
_DELTA = "content_block_delta"
_MARKUP = b"<"
"""Neither a line of a stream nor a message begins with it."""
_GZIP, _ZLIB = b"\x1f", b"\x78"
_INFLATED_BYTES = 64 * 1024

Event = Mapping[str, Any]


class NotAStream(Exception):
    """A response without a single event of the Messages API. `body` is what there was, or the beginning of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__("not a stream")
        self.body = body


class MessageStream:
    """Feed it the body as it comes, then call `end`, unless `is_over`.

    `is_ending`: the end is announced, so nothing is missing if no more comes. `skipped` counts what was not understood.
    """

    def __init__(self) -> None:
        self.is_ending = False
        self.is_over = False
        self.skipped = 0
        self._events = EventStream()
        self._begun = False
        self._has_content = False
        self._start = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes, `error` events included. Raises `NotAStream`, and `Failure` for an endless event."""
        self._remember(chunk)
        try:
            for raw in self._events.feed(chunk):
                value = json_object(raw.data)
                if value is not None and value.get("type") == _DELTA and self._has_content and not self.is_ending:
                    yield value  # As nearly all are: there is nothing to note.
                    continue
                event = _event(raw, value)
                if event is None and raw.data.strip() == "[DONE]" and self._begun:
                    event = {"type": "message_stop"}
                if event is None:
                    self.skipped += 1
                    continue
                if self.is_ending and event["type"] == "error":
                    event = {"type": "message_stop"}  # Nothing is missing.
                self._note(event)
                yield event
                if self.is_over:
                    return
        except EventTooLong as error:
            if not self._begun:
                raise NotAStream(bytes(self._start)) from error
            raise Failure.ended("event too long", max_retries=0) from error

    def end(self, lost: Exception | None) -> Iterator[Event]:
        """What is still to come when the body has ended, or was `lost`. Raises `lost`, `Failure`, or `NotAStream`."""
        message = None if self._begun else json_object(bytes(self._start))
        if self.is_ending:
            yield {"type": "message_stop"}
        elif message is not None and _is_message(message):
            yield from _events_of(message)
        elif lost is not None:
            raise lost
        elif self._begun:
            # Every attempt is paid for, and a server that ends its answers like this will do it again.
            raise Failure.ended("no message_stop", max_retries=0 if self._has_content else 1)
        else:
            raise NotAStream(bytes(self._start))

    def _remember(self, chunk: bytes) -> None:
        if self._begun:
            return
        self._start += chunk[: MAX_EVENT_BYTES - len(self._start)]
        if self._start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_MARKUP):
            raise NotAStream(bytes(self._start))

    def _note(self, event: Event) -> None:
        kind = event["type"]
        if kind in _KINDS and not self._begun:
            self._begun = True
            self._start.clear()
        self._has_content = self._has_content or kind == _DELTA
        if kind == "message_delta":
            delta = event.get("delta")
            reason = delta.get("stop_reason") if isinstance(delta, Mapping) else None
            self.is_ending = self.is_ending or (isinstance(reason, str) and bool(reason))
        self.is_over = kind == "message_stop"


def _event(raw: ServerEvent, value: dict[str, Any] | None) -> dict[str, Any] | None:
    """The event, with a `type`; None for what is not understood. `value` is the object in its data, if there is one."""
    if value is None:
        if raw.name == "error":
            return {"type": "error", "error": {"message": raw.data}}
        return {"type": "message_stop"} if raw.name == "message_stop" else None
    kind = value.get("type")
    if isinstance(kind, str) and kind:
        return value
    if raw.name == "error" or value.get("error"):
        return {**value, "type": "error"}
    return {**value, "type": raw.name} if raw.name else None


def _is_message(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("content"), (list, str)) and (value.get("type") == "message" or value.get("role") == "assistant")


def _events_of(message: Mapping[str, Any]) -> Iterator[Event]:
    """A whole message as the events of a stream."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    yield {"type": "message_start", "message": {**message, "content": []}}
    for index, block in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": message.get("stop_reason")}, "usage": message.get("usage")}
    yield {"type": "message_stop"}


def inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of a gzip or zlib body, as it comes; any other comes through unchanged. Raises `OSError` for a damaged one."""
    import zlib

    first = next(chunks, b"")
    if first[:1] not in (_GZIP, _ZLIB):
        yield first
        yield from chunks
        return
    inflater = zlib.decompressobj(wbits=47)  # 47: either format, as its first bytes say.
    for chunk in itertools.chain((first,), chunks):
        rest, more = chunk, True
        while more:
            try:
                data = inflater.decompress(rest, _INFLATED_BYTES)
            except zlib.error as error:
                raise OSError("a damaged compression") from error
            rest, more = inflater.unconsumed_tail, len(data) == _INFLATED_BYTES or bool(inflater.unconsumed_tail)
            yield data
