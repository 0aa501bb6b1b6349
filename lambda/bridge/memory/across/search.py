"""Where something was said: passages for a person who looks for them, ranked as recall ranks them. Pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.language.spelling import spelled
from bridge.memory.passages import Passage
from bridge.memory.scoring import TermFrequencies, informative_terms, ranked, scores
from bridge.turn_ids import milliseconds_of


class Match(NamedTuple):
    """A passage, and how well it fits: comparable between pasts where the same `TermFrequencies` was given.

    `said`: the query stands in it word for word. `named`: it has a term of it. Those without one, which only stand near, come last.
    """

    said: bool
    named: bool
    score: float
    passage: Passage


def search(index: ConversationIndex, query: SearchTerms, limit: int, among: TermFrequencies | None = None) -> list[Match]:
    """At most `limit` passages that fit, best first: such as have a term of the `query`, themselves or nearby.

    `among` is of all conversations that are searched, where those are several.
    """
    values = scores(index, query, among)
    naming = {place for places in informative_terms(index, query).values() for place in places}
    exactly = re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, _alike(query.text).split())) + r"(?!\w)")
    saying = {place for place in naming if exactly.search(_alike(index.passages[place].text))}
    best = sorted(ranked(values), key=lambda place: (place in saying, place in naming), reverse=True)
    return [Match(place in saying, place in naming, values[place], index.passages[place]) for place in best[:limit] if values[place] > 0]


def containing(index: ConversationIndex, text: str, limit: int) -> list[Match]:
    """At most `limit` passages that contain `text`, however it is spelled, the newest first: it may be a name like "The Who", or a sign."""
    wanted = _alike(text).strip()
    holding = (passage for passage in reversed(index.passages) if wanted and wanted in _alike(passage.text))
    return [Match(said=True, named=True, score=float(milliseconds_of(passage.turn)), passage=passage) for passage in islice(holding, limit)]


def _alike(text: str) -> str:
    return spelled(text).casefold()
