"""Conversations to measure with: messages, and questions about them, each with the messages that hold its answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id

OPENING = "Hi!"
"""The user says this where the assistant speaks first."""
CLOSING = "Good."
"""The assistant says this where the user had the last word."""

MINUTE = 60_000
"""In milliseconds."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `at` is in milliseconds since the epoch."""

    id: str
    role: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question after the first `after` messages, or after all (None).

    `evidence`: the ids of the messages that hold the answer. `parts`: for some of them, the words that do. `lead`: a question and an answer
    that come right before this question and are otherwise not part of the conversation. `at`: when it is asked (None: a minute later).
    """

    text: str
    category: str
    evidence: frozenset[str]
    after: int | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    lead: tuple[str, str] | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The questions stand in the order in which they are asked."""

    name: str
    messages: tuple[Said, ...]
    questions: tuple[Question, ...]

    def moment(self, question: Question) -> int:
        """How many messages were said before the question."""
        return len(self.messages) if question.after is None else question.after

    def wanted(self, question: Question) -> list[str]:
        """The texts that answer the question: of each message of its evidence the whole, or the part that is named."""
        return [question.parts.get(said.id, said.text) for said in self.messages if said.id in question.evidence]

    def turns(self) -> list[Turn]:
        return turns(self.messages)


def turns(messages: Sequence[Said]) -> list[Turn]:
    """The messages as turns of two: what one speaker says in a row belongs together."""
    runs = [(role, list(run)) for role, run in groupby(messages, key=lambda said: said.role)]
    parts = [(run[0].at, Message(role, "\n".join(said.text for said in run))) for role, run in runs]
    if parts and parts[0][1].role == "assistant":
        parts.insert(0, (parts[0][0], Message("user", OPENING)))
    if parts and parts[-1][1].role == "user":
        parts.append((parts[-1][0], Message("assistant", CLOSING)))
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [Turn(turn_id(at), (asked, answered), last_updated=at // 1000) for (at, asked), (_, answered) in pairs]


def in_order(questions: Iterable[Question]) -> tuple[Question, ...]:
    """The questions by the moment at which they are asked."""
    return tuple(sorted(questions, key=lambda question: (question.after is None, question.after)))
