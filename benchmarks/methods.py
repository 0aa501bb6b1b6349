"""Ways to choose what Claude is sent of a dialogue: the bridge's own, and the two it is compared with."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from dialogues import Dialogue, Said
from played import Conversation


class Method(Protocol):
    """One dialogue, played to its end with this budget of characters."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None: ...

    def sent(self, question: str) -> list[str]:
        """The texts that would be sent with the question, which itself is not among them."""

    def close(self) -> None:
        """Nothing more will be asked."""


class Bridge:
    """What the bridge sends: live turns, recalled passages, and a summary as long as it may be, which holds no evidence."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._conversation = Conversation(budget)
        if dialogue.questions:
            self._conversation.play(dialogue.turns())
        else:
            self._conversation.fill(dialogue.turns())

    def sent(self, question: str) -> list[str]:
        return self._conversation.sent_with(question)

    def close(self) -> None:
        self._conversation.close()


class Newest:
    """The newest messages that fit: what the original bridge sends."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._messages, self._budget = dialogue.messages, budget

    def sent(self, question: str) -> list[str]:  # noqa: ARG002
        return _fitting(reversed(self._messages), self._budget)

    def close(self) -> None:
        """Holds nothing."""


class PlainBM25:
    """Okapi BM25 (k1 1.2, b 0.75) over single messages and whole words."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._messages, self._budget = dialogue.messages, budget
        words = [Counter(_words(said.text)) for said in self._messages]
        self._lengths = [sum(counts.values()) for counts in words]
        self._average = sum(self._lengths) / len(words)
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, counts in enumerate(words):
            for word, count in counts.items():
                self._postings[word].append((place, count))

    def sent(self, question: str) -> list[str]:
        scores = self._scores(question)
        places = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
        return _fitting((self._messages[place] for place in places), self._budget)

    def close(self) -> None:
        """Holds nothing."""

    def _scores(self, question: str) -> Sequence[float]:
        scores = [0.0] * len(self._messages)
        for word in set(_words(question)):
            found = self._postings.get(word, [])
            rarity = math.log(1 + (len(scores) - len(found) + 0.5) / (len(found) + 0.5))
            for place, count in found:
                scores[place] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * self._lengths[place] / self._average))
        return scores


METHODS: dict[str, type[Method]] = {"newest messages": Newest, "BM25 over messages": PlainBM25, "the bridge": Bridge}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _fitting(messages: Iterable[Said], budget: int) -> list[str]:
    taken: list[str] = []
    for said in messages:
        if len(said.text) > budget:
            break
        budget -= len(said.text)
        taken.append(said.text)
    return taken
