"""`llm logs --json` (llm 0.36): one object for each exchange. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge_client.commands.moving.conversation import Conversation, bridge_id, seconds, turn
from bridge_client.protocol.frames import Frame, integer_in, objects_in, text_in


def is_exchange(fields: Frame) -> bool:
    return {"conversation_id", "prompt", "response"} <= fields.keys()


def conversations(exchanges: Iterable[Frame]) -> Iterator[Conversation]:
    """The exchanges by their conversation, oldest first."""
    by_id: dict[str, Conversation] = {}
    for fields in sorted(exchanges, key=lambda fields: (text_in(fields, "datetime_utc"), text_in(fields, "id"))):
        # Without -c each exchange has a conversation of its own; a very old one has none.
        identifier = text_in(fields, "conversation_id") or text_in(fields, "id")
        conversation = by_id.setdefault(identifier, Conversation(bridge_id("llm", identifier)))
        conversation.name(fields.get("conversation_name"))
        said_at = seconds(fields.get("datetime_utc"))
        words = "\n\n".join(text for text in (*_fragments(fields), text_in(fields, "prompt").strip()) if text)
        answer = text_in(fields, "response").strip()
        if said_at is None or not (words or answer):
            conversation.skipped["an exchange without words or time"] += 1
            continue
        said = turn(said_at, text_in(fields, "id"), words, answer, text_in(fields, "resolved_model") or text_in(fields, "model"))
        tokens = {name: count for name in ("input_tokens", "output_tokens") if (count := integer_in(fields, name)) is not None}
        conversation.turns.append({**said, **({"usage": tokens} if tokens else {})})
    yield from by_id.values()


def _fragments(fields: Frame) -> Iterator[str]:
    return (text_in(fragment, "content").strip() for fragment in objects_in(fields, "prompt_fragments"))
