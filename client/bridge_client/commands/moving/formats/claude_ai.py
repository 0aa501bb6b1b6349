"""claude.ai's data export: a list of conversations, as a tree of messages, or in older exports in their order. Pure.

The format after published descriptions, never compared with a real export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bridge_client.commands.moving.conversation import Conversation, Message, conversation_of, seconds
from bridge_client.protocol.frames import Frame, objects_in, text_in

_ROLES = {"human": "user", "assistant": "assistant"}


def is_conversation(fields: Frame) -> bool:
    return isinstance(fields.get("chat_messages"), list)


def conversation(fields: Frame) -> Conversation:
    """Of the newest branch."""
    return conversation_of("claude-ai", text_in(fields, "uuid"), fields.get("name"), _said(fields))


def _said(fields: Frame) -> Iterator[Message]:
    began = seconds(fields.get("created_at"))
    for message in _branch(objects_in(fields, "chat_messages")):
        role, said_at = _ROLES.get(text_in(message, "sender")), seconds(message.get("created_at")) or began
        if role and said_at is not None:
            yield Message(role, _text(message), said_at, text_in(message, "uuid"))


def _branch(messages: list[Frame]) -> list[Frame]:
    """From the newest message back to the first; all of them in an export that does not say what follows what."""
    if not any(text_in(message, "parent_message_uuid") for message in messages):
        return messages
    by_id = {text_in(message, "uuid"): message for message in messages}
    parents = {text_in(message, "parent_message_uuid") for message in messages}
    leaves = [message for message in messages if text_in(message, "uuid") not in parents] or messages
    message: Frame | None = max(leaves, key=lambda leaf: seconds(leaf.get("created_at")) or 0.0)
    branch: list[Frame] = []
    while message is not None and len(branch) < len(messages):
        branch.append(message)
        message = by_id.get(text_in(message, "parent_message_uuid"))
    return branch[::-1]


def _text(message: Frame) -> str:
    content = message.get("content")
    if isinstance(content, str) and content.lstrip().startswith("["):
        try:
            content = json.loads(content)
        except ValueError:
            content = None
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    texts = [text_in(block, "text") for block in blocks if block.get("type") == "text"]
    if not any(texts):
        texts = [text_in(message, "text")]
    pasted = [text_in(attachment, "extracted_content") for attachment in objects_in(message, "attachments")]
    return "\n\n".join(text.strip() for text in (*texts, *pasted) if text.strip())
