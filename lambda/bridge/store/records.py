"""The items of the two tables, as values; a row of the hashes table is in `claim_row`.

Each record turns into a plain item (a dict of JSON types, attribute names as in docs/architecture.md) and back; a store writes items in
its own notation and knows nothing else of them. Reading is lenient: an attribute that is missing or of the wrong type counts as absent,
so that rows of another version, or written by hand, never stop a conversation.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fields import integer, optional_integer, text, without_none
from bridge.store.session_settings import SessionSettings
from bridge.typed import Any, NamedTuple, Self

Item = dict[str, Any]

HEAD = "~head"
"""The sort key of a session's head. It sorts after every turn id, so a descending query meets it first."""

TURN_BYTES = 400
"""What a turn's item takes besides its text, at most: about 330 bytes of names, ids and counts (`benchmarks/units.py` counts them)."""


def later(ttl: int | None, other: int | None) -> int | None:
    """The later one of two times at which something ends; None, never, is the latest."""
    return None if ttl is None or other is None else max(ttl, other)


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
        if not isinstance(item, dict):
            return cls()
        return cls(*[integer(item, name) for name in cls._fields])


class Message(NamedTuple):
    """One message of a conversation: `role` is `user` or `assistant`."""

    role: str
    content: str


class Turn(NamedTuple):
    """A question and its answer, written once. `answer` is the id under which the text was streamed; `ttl` is when it may be deleted.

    `cost` is in nano-dollars, None where it is not known; `is_estimate`: of an answer that was stopped. `source` is where an imported turn
    comes from, as its origin names it. `ttl_by` is the counter of the settings that `ttl` follows from, where they were changed since.
    """

    id: str
    context: tuple[Message, ...]
    last_updated: int
    answer: str = ""
    model: str = ""
    stop_reason: str = ""
    truncated: bool = False
    usage: Usage = Usage()
    ttl: int | None = None
    source: str = ""
    cost: int | None = None
    is_estimate: bool = False
    ttl_by: int = 0

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
        return without_none(
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
                "source": self.source or None,
                "cost": self.cost,
                "is_estimate": True if self.is_estimate else None,
                "ttl_by": self.ttl_by or None,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        context = item.get("context")
        messages = [
            Message(message["role"], message["content"])
            for message in (context if isinstance(context, list) else ())
            if isinstance(message, dict) and message.get("role") in ("user", "assistant") and isinstance(message.get("content"), str)
        ]
        return cls(  # In the order of the fields: by name it takes twice as long, and nine are read for each question.
            text(item, "turn"),
            tuple(messages),
            integer(item, "last_updated"),
            text(item, "answer"),
            text(item, "model"),
            text(item, "stop_reason"),
            item.get("truncated") is True,
            Usage.of(item.get("usage")),
            optional_integer(item, "ttl"),
            text(item, "source"),
            optional_integer(item, "cost"),
            item.get("is_estimate") is True,
            integer(item, "ttl_by"),
        )


class Progress(NamedTuple):
    """What one committed turn (or an import of several) changes in its session's head; see `Head.counting`.

    Counts, tokens and costs are added; `title` and `turns_ttl` are set only where absent. Of `last_updated` and `ttl` the later one stays.
    `settings` is the counter of the session's settings that `ttl` follows from. `turn` is the one that is counted: never twice in a row.
    """

    owner: str
    title: str
    last_updated: int
    ttl: int | None
    turns_ttl: int | None
    usage: Usage
    settings: int = 0
    cost: int = 0
    unpriced_turns: int = 0
    turn: str = ""
    turns: int = 1
    imported: int = 0

    def not_before(self, head: Head) -> Self:
        """The same, without going back behind what the head has."""
        return self._replace(last_updated=max(self.last_updated, head.last_updated), ttl=later(self.ttl, head.ttl))


class Head(NamedTuple):
    """What a session knows of itself: its life (`born`) and what is derived from its turns.

    Only turns after `born` exist. `deleted` makes it a tombstone: nothing exists, whatever turns still lie in the table. `ttl` is when
    the life ends (None: never); `turns_ttl` is a lower bound of the turns' own. `turns` is approximate. `owner` is set by the first
    turn that is stored: only then does the session appear in listings. `previous_born` is the `born` of the life
    before, if its head was still there. `cost` and `memory_cost` are in nano-dollars, of its turns whose prices are known and of its
    summaries. `expiries_through` (`settled` in the item) is the turn through which all turns have the `ttl` that the settings ask for,
    None where all have. `begun_by` is the hash of the request that began the life, while no turn is counted. `counted` is the turn that
    was counted last. `imported` is 0 unless an import began it, and grows whenever one has brought older turns than there were. `rest` is
    what another version of the bridge has written.
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
    previous_born: str = ""
    settings: SessionSettings = SessionSettings()
    expiries_through: str | None = None
    cost: int = 0
    memory_cost: int = 0
    unpriced_turns: int = 0
    begun_by: str = ""
    counted: str = ""
    imported: int = 0
    rest: Mapping[str, Any] = {}

    def period(self, default: int | None) -> int | None:
        """How long this session lives after its last turn, in seconds; None: forever. `default` is the bridge's."""
        return self.settings.period(None if self.ttl is None else default)

    def counting(self, progress: Progress) -> Self:
        """This head after one more turn. `turns_ttl` stays the lower bound it is: the turn that is counted expires later.

        A clock may be behind, so that `last_updated` and `ttl` never go back.
        """
        return self._replace(
            owner=progress.owner,
            title=self.title or progress.title,
            turns=self.turns + progress.turns,
            imported=self.imported + progress.imported,
            last_updated=max(self.last_updated, progress.last_updated),
            ttl=later(self.ttl, progress.ttl),
            turns_ttl=progress.turns_ttl if self.turns_ttl is None else self.turns_ttl,
            usage=self.usage.plus(progress.usage),
            cost=self.cost + progress.cost,
            unpriced_turns=self.unpriced_turns + progress.unpriced_turns,
            begun_by="",
            counted=progress.turn or self.counted,
        )

    def counts(self, progress: Progress) -> bool:
        """Whether it is this turn that was counted last: the answer of the write was lost."""
        return bool(progress.turn) and self.counted == progress.turn

    def takes(self, born: str, progress: Progress) -> bool:
        """Whether this is still to be counted here; see `Store.advance`."""
        return (self.born, self.settings.counter) == (born, progress.settings) and not self.deleted and not self.counts(progress)

    def configured(self, settings: SessionSettings, last_updated: int, expiries: tuple[int | None, int | None] | None) -> Self:
        """This head with other settings; `expiries` as in `Store.configure`."""
        head = self._replace(settings=settings, last_updated=max(self.last_updated, last_updated))
        return head if expiries is None else head._replace(ttl=expiries[0], turns_ttl=expiries[1], expiries_through="")

    def with_expiries(self, through: str | None, turns_ttl: int | None) -> Self:
        return self._replace(expiries_through=through) if through is not None else self._replace(expiries_through=None, turns_ttl=turns_ttl)

    @property
    def shown_title(self) -> str:
        return self.settings.title or self.title

    @property
    def known_cost(self) -> int | None:
        """What its turns cost whose prices are known; None where no price is."""
        return self.cost if self.cost or self.unpriced_turns < self.turns else None

    def is_live(self, now: float) -> bool:
        return not self.deleted and (self.ttl is None or self.ttl > now)

    def item(self, session: str) -> Item:
        return without_none(
            {
                **self.rest,
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
                "after": self.previous_born or None,
                "settings": self.settings.item(),
                "settled": self.expiries_through,
                "cost": self.cost or None,
                "memory_cost": self.memory_cost or None,
                "unpriced_turns": self.unpriced_turns or None,
                "begun_by": self.begun_by or None,
                "counted": self.counted or None,
                "imported": self.imported or None,
            }
        )

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            born=text(item, "born"),
            last_updated=integer(item, "last_updated"),
            ttl=optional_integer(item, "ttl"),
            deleted=item.get("deleted") is True,
            owner=text(item, "owner"),
            title=text(item, "title"),
            turns=integer(item, "turns"),
            turns_ttl=optional_integer(item, "turns_ttl"),
            summary=text(item, "summary"),
            summarised_through=text(item, "summarised_through"),
            usage=Usage.of(item.get("usage")),
            previous_born=text(item, "after"),
            settings=SessionSettings.of(item.get("settings")),
            expiries_through=text(item, "settled") if "settled" in item else None,
            cost=integer(item, "cost"),
            memory_cost=integer(item, "memory_cost"),
            unpriced_turns=integer(item, "unpriced_turns"),
            begun_by=text(item, "begun_by"),
            counted=text(item, "counted"),
            imported=integer(item, "imported"),
            rest={name: value for name, value in item.items() if name not in _KNOWN},
        )


_KNOWN = {"session_id", "turn", "after", "settled", *Head._fields} - {"rest", "previous_born", "expiries_through"}
