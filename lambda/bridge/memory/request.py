"""The bodies of the requests to the Messages API. Pure.

`thinking` is left out, which is valid on every model; system prompt and effort are sent only where they are set
(https://platform.claude.com/docs/en/api/messages).
"""

from __future__ import annotations

from typing import Any

from bridge.memory import summary
from bridge.memory.messages import size
from bridge.memory.window import Window
from bridge.settings import Settings
from bridge.store.records import Message

CACHEABLE = 2_048
"""A shorter prefix cannot be cached: most models want 1,024 tokens, and a token is rarely less than two characters.

A prefix of which that is not true is not cached for want of trying; one that is too short all the same is sent uncached, silently
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
"""
SUMMARY_TOKENS = 8_000
"""What a summary may take beside its own length: the model thinks first."""
MOST_SUMMARY_TOKENS = 64_000
"""The most that every present model may be asked for."""


def question(settings: Settings, window: Window, message: str) -> dict[str, Any]:
    """The request for an answer to `message`."""
    messages = [_plain(one) for one in window.asking(message)]
    prefix = len(window.messages)
    if settings.prompt_cache != "off" and prefix and size(window.messages) + len(settings.system_prompt) >= CACHEABLE:
        messages[prefix - 1] = _cached(window.messages[-1], settings.prompt_cache)
    body: dict[str, Any] = {"model": settings.claude_model, "max_tokens": settings.max_tokens, "messages": messages}
    if settings.system_prompt:
        body["system"] = settings.system_prompt
    if settings.claude_effort:
        body["output_config"] = {"effort": settings.claude_effort}
    return body


def new_summary(settings: Settings, asked: summary.Asked) -> dict[str, Any]:
    """The request for a new summary."""
    return {
        "model": settings.summary_model,
        "max_tokens": min(SUMMARY_TOKENS + summary.room(settings.context_limit), MOST_SUMMARY_TOKENS),
        "system": asked.system,
        "messages": [_plain(Message("user", asked.message))],
    }


def _plain(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


def _cached(message: Message, ttl: str) -> dict[str, Any]:
    """The last message of what is sent again next time: up to here the API keeps what it has worked out."""
    block = {"type": "text", "text": message.content, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    return {"role": message.role, "content": [block]}
