"""The items of the two tables, as values.

Each record turns into a plain item (a dict of JSON types, attribute names as in docs/architecture.md) and back; a store writes items in
its own notation and knows nothing else of them. Reading is lenient: an attribute that is missing or of the wrong type counts as absent,
so that rows of another version, or written by hand, never stop a conversation.

Annotations are evaluated here, unlike elsewhere: `NamedTuple` compiles those that are text, field by field, at every cold start.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

Item = dict[str, Any]

_ABSURD = 2**63
"""No number that is stored comes near it. What is no number (NaN) is not below it either."""

HEAD = "~head"
"""The sort key of a session's head. It sorts after every turn id, so a descending query meets it first."""

TURN_BYTES = 400
"""What a turn's item takes beside its text, at most: about 330 bytes of names, ids and counts (`benchmarks/units.py` counts them)."""


def session_key(owner: str, session_id: str) -> str:
    """The partition key of a session: bare for `default`, else `owner/session_id` (`/` occurs in neither part)."""
    return session_id if owner == "default" else f"{owner}/{session_id}"


def session_id_of(key: str) -> str:
    """The session id within a partition key."""
    return key.rpartition("/")[2]


class Usage(NamedTuple):
    """Token counts, named as the Messages API names them. Total input is the sum of the three input counts."""

    input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    output_tokens: int = 0

    def plus(self, other: Self) -> Self:
        return type(self)(*map(sum, zip(self, other, strict=True)))

    def item(self) -> Item:
        return self._asdict()

    @classmethod
    def of(cls, item: object) -> Self:
        if not isinstance(item, Mapping):
            return cls()
        return cls(*(_integer(item, name) for name in cls._fields))


class Message(NamedTuple):
    """One message of a conversation: `role` is `user` or `assistant`."""

    role: str
    content: str


class Turn(NamedTuple):
    """A question and its answer, written once. `answer` is the id under which the text was streamed; `ttl` is when it may be deleted."""

    id: str
    context: tuple[Message, ...]
    last_updated: int
    answer: str = ""
    model: str = ""
    stop_reason: str = ""
    truncated: bool = False
    usage: Usage = Usage()
    ttl: int | None = None

    @property
    def text(self) -> str:
        """The assistant's text."""
        return "".join(message.content for message in self.context if message.role == "assistant")

    @property
    def characters(self) -> int:
        return sum(len(message.content) for message in self.context)

    @property
    def size_bytes(self) -> int:
        """How many bytes reading it takes, about."""
        return TURN_BYTES + sum(len(message.content.encode(errors="replace")) for message in self.context)

    def item(self, session: str) -> Item:
        return _without_none(
            {
                "session_id": session,
                "turn": self.id,
                "context": [{"role": message.role, "content": message.content} for message in self.context],
                "last_updated": self.last_updated,
                "answer": self.answer,
                "model": self.model,
                "stop_reason": self.stop_reason,
                "truncated": self.truncated,
                "usage": self.usage.item(),
                "ttl": self.ttl,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        context = item.get("context")
        return cls(
            id=_text(item, "turn"),
            context=tuple(
                Message(message["role"], message["content"])
                for message in (context if isinstance(context, list) else [])
                if isinstance(message, Mapping) and message.get("role") in ("user", "assistant") and isinstance(message.get("content"), str)
            ),
            last_updated=_integer(item, "last_updated"),
            answer=_text(item, "answer"),
            model=_text(item, "model"),
            stop_reason=_text(item, "stop_reason"),
            truncated=item.get("truncated") is True,
            usage=Usage.of(item.get("usage")),
            ttl=_optional_integer(item, "ttl"),
        )


class Progress(NamedTuple):
    """What one committed turn changes in its session's head; see `Head.counting`.

    Counts and tokens are added; `title` and `turns_ttl` are set only where absent; a `ttl` of None removes the head's.
    """

    owner: str
    title: str
    last_updated: int
    ttl: int | None
    turns_ttl: int | None
    usage: Usage


class Head(NamedTuple):
    """What a session knows of itself: its life (`born`) and what is derived from its turns.

    Only turns after `born` exist. `deleted` makes it a tombstone: nothing exists, whatever turns still lie in the table. `ttl` is when
    the life ends (None: never); `turns_ttl` is a lower bound of the turns' own. `turns` is approximate. `owner` is set by the first
    turn that is kept: only then does the session appear in listings. `after` is the `born` of the life before, if its head was still there.
    """

    born: str
    last_updated: int
    ttl: int | None = None
    deleted: bool = False
    owner: str = ""
    title: str = ""
    turns: int = 0
    turns_ttl: int | None = None
    summary: str = ""
    summarised_through: str = ""
    usage: Usage = Usage()
    after: str = ""

    def counting(self, progress: Progress) -> Self:
        """This head after one more turn. `turns_ttl` stays the lower bound it is: the turn that is counted expires later."""
        return self._replace(
            owner=progress.owner,
            title=self.title or progress.title,
            turns=self.turns + 1,
            last_updated=progress.last_updated,
            ttl=progress.ttl,
            turns_ttl=progress.turns_ttl if self.turns_ttl is None else self.turns_ttl,
            usage=self.usage.plus(progress.usage),
        )

    def is_live(self, now: float) -> bool:
        return not self.deleted and (self.ttl is None or self.ttl > now)

    def item(self, session: str) -> Item:
        return _without_none(
            {
                "session_id": session,
                "turn": HEAD,
                "born": self.born,
                "deleted": True if self.deleted else None,
                "owner": self.owner or None,
                "title": self.title or None,
                "summary": self.summary,
                "summarised_through": self.summarised_through,
                "turns": self.turns,
                "last_updated": self.last_updated,
                "ttl": self.ttl,
                "turns_ttl": self.turns_ttl,
                "usage": self.usage.item(),
                "after": self.after or None,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            born=_text(item, "born"),
            last_updated=_integer(item, "last_updated"),
            ttl=_optional_integer(item, "ttl"),
            deleted=item.get("deleted") is True,
            owner=_text(item, "owner"),
            title=_text(item, "title"),
            turns=_integer(item, "turns"),
            turns_ttl=_optional_integer(item, "turns_ttl"),
            summary=_text(item, "summary"),
            summarised_through=_text(item, "summarised_through"),
            usage=Usage.of(item.get("usage")),
            after=_text(item, "after"),
        )


class Claim(NamedTuple):
    """A row of the hashes table: who answers this request, until when that holds, and how it failed. It holds no text.

    `state` is `running` or `failed`; a row of an answered request stays `running`, and the stored turn is what tells. `message` is the
    MD5 of the message. `lease_until` is in seconds since the epoch, with fractions. `connection_id` is the newest connection that wants
    the stream.
    """

    hash: str
    session: str
    turn: str
    message: str
    invocation: str
    lease_until: float
    ttl: int
    state: str = "running"
    connection_id: str = ""
    code: str = ""
    retry_after: float | None = None
    setting: str = ""
    cancel: bool = False

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    def item(self) -> Item:
        return _without_none(
            {
                "hash": self.hash,
                "session_id": self.session,
                "turn": self.turn,
                "message": self.message,
                "state": self.state,
                "lease_until": self.lease_until,
                "invocation": self.invocation,
                "connection_id": self.connection_id or None,
                "code": self.code or None,
                "retry_after": self.retry_after,
                "setting": self.setting or None,
                "cancel": True if self.cancel else None,
                "ttl": self.ttl,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            hash=_text(item, "hash"),
            session=_text(item, "session_id"),
            turn=_text(item, "turn"),
            message=_text(item, "message"),
            invocation=_text(item, "invocation"),
            lease_until=_number(item, "lease_until") or 0.0,
            ttl=_integer(item, "ttl"),
            state=_text(item, "state") or "running",
            connection_id=_text(item, "connection_id"),
            code=_text(item, "code"),
            retry_after=_number(item, "retry_after"),
            setting=_text(item, "setting"),
            cancel=item.get("cancel") is True,
        )


def _without_none(item: Item) -> Item:
    return {name: value for name, value in item.items() if value is not None}


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _number(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _ABSURD else None


def _optional_integer(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _ABSURD else None


def _integer(item: Mapping[str, Any], name: str) -> int:
    return _optional_integer(item, name) or 0
