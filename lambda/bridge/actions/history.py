"""Reading a session back, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.actions.configure import finish_rewriting_later, settings_of
from bridge.errors import BridgeError, Code
from bridge.services import RequestContext
from bridge.store.records import HEAD, Turn, session_key
from bridge.text import encode, prefix_within
from bridge.turn_ids import milliseconds_of
from bridge.typed import Any, NamedTuple
from bridge.wire.frames import REPLY_BYTES, Frame, dollars, first_that_fit, frame
from bridge.wire.requests import Fields, count, limit, required, turn_id_in

_MARGIN_BYTES = 1024
"""Left free of a reply that holds a part of one turn: for the names and brackets around it."""


class History(NamedTuple):
    """`before` is a turn id, or "" for the newest turns. `offset`: code points of the first turn to pass over."""

    session_id: str
    limit: int
    before: str
    offset: int


def read_history(fields: Fields) -> History:
    return History(required(fields, "session_id"), limit(fields), turn_id_in(fields, "before"), count(fields, "offset", 0, minimum=0))


def history(context: RequestContext, request: History) -> Frame:
    """The newest turns before `request.before`, oldest first, as many as fit. Raises `no_such_session`."""
    store, key = context.services.store, session_key(context.caller.owner, request.session_id)
    head = store.load(key, limit=1).head
    if head is None or not head.is_live(context.now):
        raise BridgeError(Code.NO_SUCH_SESSION)
    finish_rewriting_later(context, key, head)
    turns = store.page(key, head.born, request.before or HEAD, request.limit + 1)
    if not turns and not request.before:
        raise BridgeError(Code.NO_SUCH_SESSION)
    about = {"settings": settings_of(head, context.services.settings), "expires_at": head.ttl}
    items = _items(turns[: request.limit], request.offset, _reply(context, request, about, [], more=True))
    return _reply(context, request, about, items[::-1], more=len(items) < len(turns))


def _reply(context: RequestContext, request: History, about: Frame, items: list[Frame], *, more: bool) -> Frame:
    return frame("history", context.request_id, session_id=request.session_id, turns=items, more=more, **about)


def _items(turns: Sequence[Turn], offset: int, empty: Frame) -> list[Frame]:
    """The first of `turns` that fit; of a turn that alone is too large, and beyond an `offset`, a part comes alone."""
    if turns and offset:
        return [_part(turns[0], offset)]
    return first_that_fit(map(_item, turns), empty) or [_part(turn, 0) for turn in turns[:1]]


def _item(turn: Turn) -> Frame:
    return {
        "turn": turn.id,
        "context": [{"role": message.role, "content": message.content} for message in turn.context],
        "last_updated": turn.last_updated,
        "model": turn.model,
        "stop_reason": turn.stop_reason,
        "truncated": turn.truncated,
        "usage": turn.usage.item(),
        "cost_usd": dollars(turn.cost),
        "cost_is_estimate": turn.is_estimate,
        "said_at": milliseconds_of(turn.id) / 1000,
        **({"source": turn.source} if turn.source else {}),
    }


def _part(turn: Turn, offset: int) -> Frame:
    """What of a turn lies beyond `offset` code points of its contents and fits in one reply, with `next_offset` where more follows."""
    messages: list[dict[str, Any]] = []
    item = _item(turn) | {"context": messages}
    room = REPLY_BYTES - len(encode(item)) - _MARGIN_BYTES
    position, end = 0, turn.characters
    for message in turn.context:
        content = message.content[max(0, offset - position) :]
        position += len(message.content)
        if not content or room <= 0:
            continue
        part = prefix_within(content, room)
        messages.append({"role": message.role, "content": part})
        room -= len(encode(messages[-1]))
        end = position - len(content) + len(part)
        if len(part) < len(content):
            break
    return item | ({"next_offset": end} if end < turn.characters else {})
