"""Which older passages matter for a new message. Pure: no embedding, no network.

A question's words stand in one message, its answer often in the next, which does not repeat them. So each term also counts, fading, for
what was said around it; BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) then ranks the passages by their
terms, own and faded. The kinds of things the terms name count too, and whom the question names, and when. A question costs a walk over
the passages in which its own terms are heard, the rarest first.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import islice
from typing import NamedTuple

from bridge.memory import cues
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex, Passage
from bridge.memory.quoting import HEADING_COST, Excerpt
from bridge.memory.terms import kinds
from bridge.turn_ids import milliseconds_of

SATURATION = 1.6
"""BM25's k1: from how many occurrences on another one adds little."""
LENGTH = 0.2
"""BM25's b: how much a long passage is held against it."""
FAINT = 0.01
"""A faded weight below this is none."""
MOST_TERMS = 64
"""Of a message with more terms only so many are looked for."""
MOST_HEARD = 150_000
"""In how many passages, each term's counted, terms are heard before the rest of them, the commonest, are left out: the time that a question
takes is bounded, however long the conversation is."""
KIND_WEIGHT = 0.6
"""What a term's kind ("pet" for "turtle") counts beside the term itself."""
SPEAKER_WEIGHT = 0.8
"""How much more what somebody said counts when the question names them."""
DATE_WEIGHT = 0.7
"""What a date in the question counts beside a term."""


def recall(index: ConversationIndex, message: str, room: int, before: int, without: Set[int] = frozenset()) -> list[Excerpt]:
    """What was said before the turn at the place `before` and most likely matters for `message`, in the order in which it was said.

    Takes at most `room` characters as `quoting.lines` writes it, and none of the passages at the places `without`. Where nothing matters,
    the newest is taken.
    """
    taken: list[int] = []
    sittings: set[int] = set()
    for place in _ranked(scores(index, SearchTerms.of(message))[: index.first_passage(before)]):
        if room < HEADING_COST:
            break
        sitting = index.sittings[place]
        price = index.costs[place] + (0 if sitting in sittings else HEADING_COST)
        if price <= room and place not in without:
            room -= price
            taken.append(place)
            sittings.add(sitting)
    return _excerpts(index, sorted(taken))


class Found(NamedTuple):
    """A passage, and how well it fits: comparable between pasts where the same `TermFrequencies` was given.

    `said`: what is sought stands in it word for word. `named`: it has a term of it. Those without one, which only stand near, come last.
    """

    said: bool
    named: bool
    score: float
    passage: Passage


class TermFrequencies(NamedTuple):
    """In how many of how many passages each term that is sought stands, in one conversation or in several."""

    passages: int
    having: Mapping[str, int]

    @classmethod
    def of(cls, index: ConversationIndex, sought: SearchTerms) -> TermFrequencies:
        own = _telling(index, sought)
        return cls(len(index.passages), {term: len(set(places)) for term, places in (own | _of_kinds(index, own)).items()})

    def plus(self, other: TermFrequencies) -> TermFrequencies:
        return TermFrequencies(self.passages + other.passages, Counter(self.having) + Counter(other.having))


def search(index: ConversationIndex, sought: SearchTerms, limit: int, among: TermFrequencies | None = None) -> list[Found]:
    """At most `limit` passages that fit, best first: such as have a term of what is `sought`, themselves or nearby.

    `among` is of all conversations that are searched, where those are several.
    """
    found = scores(index, sought, among)
    naming = {place for places in _telling(index, sought).values() for place in places}
    exactly = re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, sought.text.split())) + r"(?!\w)", re.IGNORECASE)
    saying = {place for place in naming if exactly.search(index.passages[place].text)}
    ranked = sorted(_ranked(found), key=lambda place: (place in saying, place in naming), reverse=True)
    return [Found(place in saying, place in naming, found[place], index.passages[place]) for place in ranked[:limit] if found[place] > 0]


def containing(index: ConversationIndex, text: str, limit: int) -> list[Found]:
    """At most `limit` passages that contain `text`, in whatever case, the newest first: it may be a name like "The Who", or a sign."""
    wanted = text.strip().casefold()
    holding = (passage for passage in reversed(index.passages) if wanted in passage.text.casefold())
    return [Found(said=True, named=True, score=float(milliseconds_of(passage.turn)), passage=passage) for passage in islice(holding, limit)]


def scores(index: ConversationIndex, sought: SearchTerms, among: TermFrequencies | None = None) -> list[float]:
    """Of each passage: how likely it matters for what is `sought`; 0 where nothing speaks for it."""
    found = [0.0] * len(index.passages)
    own = _telling(index, sought)
    having = own | _of_kinds(index, own)
    norms = _norms(index)
    heard = 0
    for term in sorted(having, key=lambda term: len(having[term])):
        if heard < MOST_HEARD:
            places = Counter(having[term])
            rarity = _rarity(len(places), len(found)) if among is None else _rarity(among.having.get(term, 0), among.passages)
            heard += _add_term(found, index, places, rarity if term in own else rarity * KIND_WEIGHT, norms)
    _add_dates(found, index, sought.text)
    _favour_speakers(found, index, sought.words)
    return found


def _telling(index: ConversationIndex, sought: SearchTerms) -> dict[str, Sequence[int]]:
    """The terms, each with the places of the passages that have it; of many, those that tell most."""
    having: dict[str, Sequence[int]] = {term: index.postings.get(term, ()) for term in sought.terms}
    having |= {character: _holding(index, character) for character in sought.single_characters}
    if len(having) <= MOST_TERMS:
        return having
    passages = len(index.passages)
    telling = {term: sought.terms.get(term, 1) * _rarity(len(places), passages) for term, places in having.items() if places}
    return {term: having[term] for term in sorted(telling, key=telling.__getitem__, reverse=True)[:MOST_TERMS]}


def _holding(index: ConversationIndex, character: str) -> list[int]:
    return sorted({place for term, places in index.postings.items() if character in term for place in places})


def _of_kinds(index: ConversationIndex, own: Iterable[str]) -> dict[str, Sequence[int]]:
    return {kind: index.postings.get(kind, ()) for kind in kinds(list(own))}


def _ranked(found: Sequence[float]) -> list[int]:
    """The places, best first; of equals the newest first."""
    return sorted(range(len(found) - 1, -1, -1), key=found.__getitem__, reverse=True)


def _norms(index: ConversationIndex) -> list[float]:
    """Of each passage: how much of a term counts for half of what it can count."""
    average = max(1.0, index.length / max(1, len(index.lengths)))
    base, slope = SATURATION * (1 - LENGTH), SATURATION * LENGTH / average
    return [base + slope * length for length in index.lengths]


def _rarity(passages: int, of: int) -> float:
    """How much finding a term says that is in `passages` of all."""
    return math.log(1 + (max(0, of - passages) + 0.5) / (passages + 0.5))


def _add_term(found: list[float], index: ConversationIndex, own: Counter[int], weight: float, norms: Sequence[float]) -> int:
    """Returns in how many passages it is heard."""
    factor = weight * (SATURATION + 1)
    heard = _heard(index, own)
    for place, count in heard.items():
        found[place] += factor * count / (count + norms[place])
    return len(heard)


def _heard(index: ConversationIndex, own: Counter[int]) -> dict[int, float]:
    """How much of a term there is in each passage: its own, and what fades from those around it."""
    heard: dict[int, float] = dict(own)
    _carry(heard, own, list(own), index.later, 1, len(index.passages))
    _carry(heard, own, list(reversed(own)), index.earlier, -1, -1)
    return heard


def _carry(heard: dict[int, float], own: Counter[int], places: Sequence[int], left: Sequence[float], step: int, end: int) -> None:
    """Adds to `heard` what is carried on from each of `places` in the direction `step`, as long as it can be heard."""
    carried = 0.0
    here = end
    for place in (*places, end):
        while here != place and carried > FAINT:
            heard[here] = heard.get(here, 0.0) + carried
            carried *= left[here]
            here += step
        if here != place:
            carried = 0.0
        if place != end:
            heard[place] += carried
            carried = (carried + own[place]) * left[place]
            here = place + step


def _add_dates(found: list[float], index: ConversationIndex, text: str) -> None:
    if not index.days:
        return
    for first, last in cues.days(text, index.days[0], index.days[-1]):
        places = range(bisect_left(index.days, first), bisect_right(index.days, last))
        weight = DATE_WEIGHT * _rarity(len(places), len(found))
        for place in places:
            found[place] += weight


def _favour_speakers(found: list[float], index: ConversationIndex, said: frozenset[str]) -> None:
    named = [*said, *(role + ":" for role in cues.roles(said))]
    for place in {place for speaker in named for place in index.speakers.get(speaker, ())}:
        found[place] *= 1 + SPEAKER_WEIGHT


def _excerpts(index: ConversationIndex, places: Sequence[int]) -> list[Excerpt]:
    """The passages at these places, such as follow one another in one message joined."""
    joined: list[tuple[Passage, int]] = []
    for place in places:
        passage = index.passages[place]
        if joined and joined[-1][0].content is passage.content and joined[-1][0].end == passage.start:
            passage = passage._replace(start=joined.pop()[0].start)
        joined.append((passage, index.sittings[place]))
    return [_excerpt(passage, sitting) for passage, sitting in joined]


def _excerpt(passage: Passage, sitting: int) -> Excerpt:
    return Excerpt(
        turn=passage.turn,
        at=milliseconds_of(passage.turn),
        sitting=sitting,
        role=passage.role,
        text=passage.text,
        begins=passage.start == 0,
        ends=passage.ends,
    )
