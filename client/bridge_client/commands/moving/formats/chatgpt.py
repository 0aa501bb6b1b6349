"""ChatGPT's data export: lists of conversations, each a tree of messages. Pure.

The format after published descriptions, never compared with a real export.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge_client.commands.moving.conversation import Conversation, Message, conversation_of, seconds
from bridge_client.protocol.frames import Frame, object_in, text_in

_TEXTS = frozenset({"text", "multimodal_text"})


def is_conversation(fields: Frame) -> bool:
    return isinstance(fields.get("mapping"), dict)


def conversation(fields: Frame) -> Conversation:
    """Of the branch that is shown."""
    identifier = text_in(fields, "conversation_id") or text_in(fields, "id")
    return conversation_of("chatgpt", identifier, fields.get("title"), _said(fields))


def _said(fields: Frame) -> Iterator[Message]:
    said_at = seconds(fields.get("create_time"))
    for message in _branch(object_in(fields, "mapping"), text_in(fields, "current_node")):
        metadata, role = object_in(message, "metadata"), text_in(object_in(message, "author"), "role")
        said_at = seconds(message.get("create_time")) or said_at
        if (
            role in ("user", "assistant")
            and said_at is not None
            and metadata.get("is_visually_hidden_from_conversation") is not True
            and message.get("recipient", "all") == "all"
        ):
            yield Message(role, _text(object_in(message, "content")), said_at, text_in(message, "id"), text_in(metadata, "model_slug"))


def _branch(mapping: Frame, current: str) -> list[Frame]:
    """The messages from the first to the current one, by their parents: the links to children are not always there."""
    if current not in mapping:
        current = next(reversed(mapping), "")
    branch: list[Frame] = []
    seen: set[str] = set()
    while current in mapping and current not in seen:
        seen.add(current)
        node = object_in(mapping, current)
        if isinstance(node.get("message"), dict):
            branch.append({"id": current, **node["message"]})
        current = text_in(node, "parent")
    return branch[::-1]


def _text(content: Frame) -> str:
    """Text, and what was said aloud; pictures are left out."""
    if text_in(content, "content_type") not in _TEXTS or not isinstance(content.get("parts"), list):
        return ""
    parts = (part if isinstance(part, str) else text_in(part, "text") if isinstance(part, dict) else "" for part in content["parts"])
    return "\n\n".join(part.strip() for part in parts if part.strip())
