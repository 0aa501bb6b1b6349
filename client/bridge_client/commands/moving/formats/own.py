"""Our own exports: one JSON object for a session, or a line for the session and one for each turn. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bridge_client.commands.moving.conversation import Conversation
from bridge_client.protocol.frames import SESSION_ID, Frame, decode, object_in, objects_in, text_in


def is_session(fields: Frame) -> bool:
    return bool(SESSION_ID.fullmatch(text_in(fields, "session_id"))) and isinstance(fields.get("turns"), list)


def is_head(fields: Frame) -> bool:
    """Whether this is the first line of a session in lines."""
    return bool(SESSION_ID.fullmatch(text_in(object_in(fields, "session"), "session_id")))


def session(fields: Frame) -> Conversation:
    """With the session's settings: all that `history` returned."""
    settings = {name: value for name, value in object_in(fields, "settings").items() if value is not None}
    return Conversation(text_in(fields, "session_id"), objects_in(fields, "turns"), settings, is_own=True)


def session_of_lines(lines: Iterable[bytes]) -> Conversation:
    """The session in the lines of one file."""
    head: Frame = {}
    turns: list[Frame] = []
    damaged = 0
    for line in lines:
        if not line.strip():
            continue
        fields = decode(line.strip(b"\0 \t\r\n\xef\xbb\xbf")) or {}
        if is_head(fields) and not head:
            head = fields["session"]
        elif isinstance(fields.get("turn"), dict):
            turns.append(fields["turn"])
        else:
            damaged += 1
    conversation = session({**head, "turns": turns})
    if damaged:
        conversation.skipped["a damaged line"] = damaged
    return conversation
