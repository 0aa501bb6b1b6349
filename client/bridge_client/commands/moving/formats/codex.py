"""Codex's rollouts (~/.codex/sessions/*/*/*/rollout-*.jsonl), as a person would read them. Pure, but for the project's name.

What is relied on was measured with Codex CLI 0.171.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bridge_client.commands.moving.conversation import Conversation, Message, bridge_id, exchanges, seconds
from bridge_client.commands.moving.project import project_of
from bridge_client.protocol.frames import Frame, decode, object_in, objects_in, text_in

_KINDS = "internal_chat_message_metadata_passthrough"
_HARNESS = ("<environment_context>", "<user_instructions>", "<turn_aborted>", "<skill>", "# AGENTS.md instructions")


def rollout(lines: Iterable[bytes], name: str) -> Conversation:
    """The conversation in one rollout: the person's words, and the last that the model said to them. `name`: of its file."""
    skipped: Counter[str] = Counter()
    meta: Frame = {}
    said: list[Message] = []
    for fields in _lines(lines, skipped):
        payload = object_in(fields, "payload")
        if fields.get("type") == "session_meta":
            meta = meta or payload
        elif fields.get("type") == "response_item" and payload.get("type") == "message":
            said += _said(fields, payload)
    identifier = text_in(meta, "id") or name
    conversation = Conversation(bridge_id("codex", identifier), skipped=skipped)
    conversation.name("", project_of(text_in(meta, "cwd")))
    conversation.add(exchanges(identifier, said, only_last=True))
    return conversation


def _lines(lines: Iterable[bytes], skipped: Counter[str]) -> Iterator[Frame]:
    for line in lines:
        if not line.strip(b"\0 \t\r\n"):
            continue
        fields = decode(line.strip(b"\0 \t\r\n\xef\xbb\xbf"))
        if fields is None:
            skipped["a damaged line"] += 1
        else:
            yield fields


def _said(fields: Frame, payload: Frame) -> Iterator[Message]:
    role, said_at = text_in(payload, "role"), seconds(fields.get("timestamp"))
    if role not in ("user", "assistant") or said_at is None:
        return
    blocks = objects_in(payload, "content")
    kinds = object_in(payload, _KINDS).get("content_item_kinds")
    if role == "user":
        if isinstance(kinds, list) and len(kinds) == len(blocks):
            blocks = [block for block, kind in zip(blocks, kinds, strict=True) if kind == "user.text"]
        else:
            blocks = [block for block in blocks if not text_in(block, "text").lstrip().startswith(_HARNESS)]
    texts = [text_in(block, "text").strip() for block in blocks if block.get("type") in ("input_text", "output_text", "text")]
    if any(texts):
        # Ids of the model's messages may repeat; a person's do not, and older rollouts have none.
        yield Message(role, "\n\n".join(text for text in texts if text), said_at, text_in(payload, "id") or text_in(fields, "timestamp"))
