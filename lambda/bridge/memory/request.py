"""What Claude is sent: the past as it is sent, the whole of one that fits, and the body of the request. Pure.

What is sent of a past that does not fit is for `window` to choose, which has recall, its tables and its patterns to import.

`thinking` is left out, which is valid on every model; system prompt and effort are sent only where they are set
(https://platform.claude.com/docs/en/api/messages).
"""

from __future__ import annotations

from bridge.memory.messages import SEPARATOR, flat, size, unanswered
from bridge.memory.turns import KnownTurns
from bridge.settings import Settings
from bridge.store.records import Message
from bridge.typed import Any, NamedTuple

CACHEABLE = 2_048
"""A shorter prefix cannot be cached: most models want 1,024 tokens, and a token is rarely less than two characters.

A prefix of which that is not true is not cached for want of trying; one that is too short all the same is sent uncached, silently
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
"""


SHARES = "live", "recalled", "instructions", "summarised"


class Share(NamedTuple):
    """How much of one kind went into a request: code points, and how many turns they come from (None: not known)."""

    characters: int = 0
    turns: int | None = 0

    def frame(self) -> dict[str, int]:
        return {"characters": self.characters} | ({} if self.turns is None else {"turns": self.turns})


class Quoted(NamedTuple):
    """Where a passage that is quoted stands: `start` and `end` are code points of the message's content. "": in the session itself.

    `instruction` where it is quoted as one of the person's standing instructions.
    """

    session: str
    turn: str
    role: str
    start: int
    end: int
    instruction: bool = False


class Window(NamedTuple):
    """The past as it is sent, oldest first, and the account of it.

    Until the next compaction the `messages` of a later window begin with these. `quoted` goes with this one new message. `complete` says
    that nothing older was left unsearched. `passages` are those of `recalled` and `instructions`.
    """

    messages: tuple[Message, ...] = ()
    quoted: str = ""
    live: Share = Share()
    recalled: Share = Share()
    instructions: Share = Share()
    summarised: Share = Share()
    complete: bool = True
    passages: tuple[Quoted, ...] = ()

    def asking(self, message: str) -> tuple[Message, ...]:
        """All messages of the request: the past, and the new one."""
        return (*self.messages, Message("user", joined(self.quoted, message)))

    def frame(self) -> dict[str, object]:
        """The `context` of a `done` frame."""
        shares: dict[str, object] = {name: share.frame() for name, share in zip(SHARES, self.shares, strict=True)}
        return shares if self.complete else {**shares, "complete": False}

    @property
    def shares(self) -> tuple[Share, ...]:
        """All that is sent besides the new message, in the order of `SHARES`."""
        return self.live, self.recalled, self.instructions, self.summarised


def whole(turns: KnownTurns) -> Window:
    """All that was said, word for word, for a conversation that fits (`KnownTurns.fit`)."""
    messages, new = flat(turns.turns), unanswered(turns.turns)
    quoted = ""
    if new:
        from bridge.memory import quoting  # With its patterns, and seldom needed.

        notes = quoting.notes(new, sum(turn.characters for turn in new) + 10_000)
        quoted = quoting.block("earlier", quoting.lines(notes)) if notes else ""
    return Window(messages, quoted, live=Share(size(messages) + len(quoted), sum(1 for characters in turns.sizes if characters)))


def joined(*texts: str) -> str:
    return SEPARATOR.join(text for text in texts if text)


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


def _plain(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


def _cached(message: Message, ttl: str) -> dict[str, Any]:
    """The last message of what is sent again next time: up to here the API keeps what it has worked out."""
    block = {"type": "text", "text": message.content, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    return {"role": message.role, "content": [block]}
