"""What of a stored turn can be sent again, whole or shortened. Pure.

What the Messages API accepts: messages begin and end with the user, none is empty or blank, none holds a lone surrogate
(https://platform.claude.com/docs/en/api/errors; one such message, once stored, would fail every later request of its session).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.store.records import Message, Turn
from bridge.text import without_surrogates

GAP = "\n[…]\n"
"""Stands where the middle of a message was left out."""
SEPARATOR = "\n\n"
"""Stands between two texts of one role, which the API would read as one."""

_MIN_SHARE_CHARACTERS = 3 * len(GAP)


def legal(context: Sequence[Message]) -> tuple[Message, ...]:
    """What of a stored turn may be sent: alternating, from a first question to a last answer, nothing blank; () where nothing is left."""
    merged: list[Message] = []
    for message in context:
        content = without_surrogates(message.content)
        if not content.strip():
            continue
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, merged[-1].content + SEPARATOR + content)
        elif merged or message.role == "user":
            merged.append(message if content is message.content else Message(message.role, content))
    if merged and merged[-1].role == "user":
        merged.pop()
    return tuple(merged)


def flat(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """What of the turns may be sent. One without an answer, which was only to be remembered, is joined to the next message of the user."""
    return legal([message for turn in turns for message in turn.context])


def unanswered(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Those at the end that have no answer: they have no next message to be joined to yet."""
    first = len(turns)
    while first and not turns[first - 1].text.strip():
        first -= 1
    return turns[first:]


def sent_size(turn: Turn) -> int:
    """The characters that sending the turn whole takes."""
    said = [len(one.content) for one in turn.context if one.content.strip()]
    whole = size(legal(turn.context))
    return whole if whole >= sum(said) else sum(said) + len(said) * len(SEPARATOR)  # What a later turn goes on with counts, too.


def shortened(messages: Sequence[Message], room: int) -> tuple[Message, ...]:
    """`messages` within `room` characters, the longest of them without their middle; () where that leaves too little to be read."""
    sizes = _fair_shares([len(message.content) for message in messages], room)
    if any(size < len(message.content) and size < _MIN_SHARE_CHARACTERS for size, message in zip(sizes, messages, strict=True)):
        return ()
    return tuple(Message(message.role, _without_middle(message.content, size)) for size, message in zip(sizes, messages, strict=True))


def _without_middle(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    room = size - len(GAP)
    return text[: room - room // 2] + GAP + text[len(text) - room // 2 :]


def _fair_shares(lengths: Sequence[int], room: int) -> list[int]:
    """Divides `room`: the shorter ones whole while they fit in an equal share, the rest equally."""
    shares = [0] * len(lengths)
    left = sorted(range(len(lengths)), key=lengths.__getitem__)
    while left:
        index = left.pop(0)
        shares[index] = min(lengths[index], room // (len(left) + 1))
        room -= shares[index]
    return shares


def size(messages: Sequence[Message]) -> int:
    """In code points."""
    return sum(len(message.content) for message in messages)
