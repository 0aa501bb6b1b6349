"""A chat with an assistant, made turn by turn: what is asked about later, and much else around it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from dialogues import MINUTE, Dialogue, Question, Said, in_order
from generated.small_talk import MENTIONS, REPLIES, TOPICS, WISHES, code, steps, table

START = round(datetime(2026, 2, 2, 9, tzinfo=UTC).timestamp() * 1000)
DAY = 24 * 60 * MINUTE
TURNS_A_DAY = 4
BETWEEN_TURNS = 4 * MINUTE
PARAGRAPHS = (2, 9)
"""The least and the most in a reply."""


class Chat:
    """Begins on a Monday at 9:00 UTC; `TURNS_A_DAY` turns, four minutes apart, on each day."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.chance = random.Random(seed)
        self.messages: list[Said] = []
        self.questions: list[Question] = []
        self._openings: list[tuple[str, str]] = []

    @property
    def turns(self) -> int:
        return len(self.messages) // 2

    def at(self, turn: int) -> int:
        """When this turn begins, in milliseconds since the epoch; the first is number 0."""
        return START + turn // TURNS_A_DAY * DAY + turn % TURNS_A_DAY * BETWEEN_TURNS

    def turn(self, asked: str, answered: str = "") -> tuple[str, str]:
        """Adds a turn; without an answer one about nothing in particular. Returns the ids of its two messages."""
        asked_id, answered_id, at = f"t{self.turns}u", f"t{self.turns}a", self.at(self.turns)
        reply = answered or self.reply(self.chance.choice(TOPICS))
        self.messages += [Said(asked_id, "user", asked, at), Said(answered_id, "assistant", reply, at + MINUTE)]
        return asked_id, answered_id

    def small_talk(self, until: int, names: Sequence[str] = ()) -> None:
        """Adds turns about this and that until there are this many in all; every third mentions one of the `names`."""
        while self.turns < until:
            if names and self.chance.random() < 1 / 3:
                name, topic = self.chance.choice(names), self.chance.choice(TOPICS)
                self.turn(self.chance.choice(MENTIONS).format(name=name, topic=topic), f"{name} may like this. {self.reply(topic)}")
                continue
            if not self._openings:  # None comes twice before all have come.
                self._openings = [(wish.format(topic=topic), topic) for wish in WISHES for topic in TOPICS]
                self.chance.shuffle(self._openings)
            asked, topic = self._openings.pop()
            self.turn(asked, self.reply(topic))

    def reply(self, topic: str) -> str:
        makers = (code, steps, table)
        paragraphs = [
            makers[self.chance.randrange(3)](topic, self.chance) if self.chance.random() < 0.2 else self._paragraph(topic)
            for _ in range(self.chance.randint(*PARAGRAPHS))
        ]
        return "\n\n".join(paragraphs)

    def _paragraph(self, topic: str) -> str:
        picked = self.chance.sample(REPLIES, self.chance.randint(1, 4))
        return " ".join(sentence.format(topic=topic, other=self.chance.choice(TOPICS)) for sentence in picked)

    def ask(
        self,
        text: str,
        category: str,
        evidence: Sequence[str],
        *,
        now: bool = False,
        part: str | None = None,
        lead: tuple[str, str] | None = None,
    ) -> None:
        """A question at the end of the chat, or `now`. `part`: the words of its one message of evidence that are enough."""
        self.questions.append(
            Question(
                text,
                category,
                frozenset(evidence),
                after=len(self.messages) if now else None,
                parts={} if part is None else {evidence[0]: part},
                lead=lead,
            )
        )

    def dialogue(self) -> Dialogue:
        return Dialogue(self.name, tuple(self.messages), in_order(self.questions))
