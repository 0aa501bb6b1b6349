"""Ways to choose what Claude is sent of a conversation: the bridge's own, and those it is compared with."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

from dialogues import Dialogue, Question, Said, turns
from played import Conversation

Parts = Mapping[str, Sequence[str]]
"""The texts that are sent, by the part of the request they are in; what was chosen for the question is in `recalled`."""


class Method(Protocol):
    """One conversation and a budget in characters. Questions are asked in the order of the dialogue, each at its moment."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None: ...

    def sent(self, question: Question) -> Parts:
        """What would be sent with the question, which itself is not in it."""

    def close(self) -> None:
        """Nothing more will be asked."""


class Bridge:
    """What the bridge sends: live turns, recalled passages, and a summary as long as it may be, which holds no evidence."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._dialogue = dialogue
        self._played = 0
        self._conversation = Conversation(budget)

    def sent(self, question: Question) -> Parts:
        moment = self._dialogue.moment(question)
        self._conversation.play(turns(self._dialogue.messages[self._played : moment]))
        self._played = moment
        return self._conversation.sent_with(question.text, question.lead, question.at)

    def close(self) -> None:
        self._conversation.close()


class Newest:
    """The newest messages that fit: what the original bridge sends."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._dialogue, self._budget = dialogue, budget

    def sent(self, question: Question) -> Parts:
        said = self._dialogue.messages[: self._dialogue.moment(question)]
        lead = [Said("", "", text, 0) for text in question.lead or ()]
        return {"live": _newest([*reversed(lead), *reversed(said)], self._budget)}

    def close(self) -> None:
        """Holds nothing."""


class PlainBM25:
    """Okapi BM25 (k1 1.2, b 0.75) over single messages and whole words. A question's `lead` is not among them."""

    def __init__(self, dialogue: Dialogue, budget: int) -> None:
        self._dialogue, self._budget = dialogue, budget
        self._messages = dialogue.messages
        words = [Counter(_words(said.text)) for said in self._messages]
        self._lengths = [sum(counts.values()) for counts in words]
        self._total = [0, *accumulate(self._lengths)]
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, counts in enumerate(words):
            for word, count in counts.items():
                self._postings[word].append((place, count))

    def sent(self, question: Question) -> Parts:
        scores = self._scores(question.text, self._dialogue.moment(question))
        places = sorted(range(len(scores)), key=lambda place: self._rank(place, scores[place]), reverse=True)
        return {"recalled": _fitting((self._messages[place] for place in places), self._budget)}

    def close(self) -> None:
        """Holds nothing."""

    def _rank(self, place: int, score: float) -> tuple[float, float]:  # noqa: ARG002
        return 0, score

    def _scores(self, question: str, moment: int) -> Sequence[float]:
        scores = [0.0] * moment
        average = self._total[moment] / max(1, moment)
        for word in set(_words(question)):
            postings = self._postings.get(word, [])
            earlier = postings[: bisect_left(postings, (moment, 0))]
            rarity = math.log(1 + (moment - len(earlier) + 0.5) / (len(earlier) + 0.5))
            for place, count in earlier:
                scores[place] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * self._lengths[place] / average))
        return scores


class PersonFirstBM25(PlainBM25):
    """The same, all messages of the user before any of the assistant's."""

    def _rank(self, place: int, score: float) -> tuple[float, float]:
        return float(self._messages[place].role == "user" and score > 0), score


METHODS: dict[str, type[Method]] = {
    "newest messages": Newest,
    "BM25": PlainBM25,
    "BM25, the person's words first": PersonFirstBM25,
    "the bridge": Bridge,
}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _newest(messages: Iterable[Said], budget: int) -> list[str]:
    """The messages up to the first that does not fit: nothing is missing between two of them."""
    taken: list[str] = []
    for said in messages:
        if len(said.text) > budget:
            break
        budget -= len(said.text)
        taken.append(said.text)
    return taken


def _fitting(messages: Iterable[Said], budget: int) -> list[str]:
    """The messages that fit, each in the room that those before it have left."""
    taken: list[str] = []
    for said in messages:
        if len(said.text) <= budget:
            budget -= len(said.text)
            taken.append(said.text)
    return taken
