"""How likely each passage matters for a message. Pure: no embedding, no network.

A question's words stand in one message, its answer often in the next, which does not repeat them. So each term also counts, fading, for
what was said around it; BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) then ranks the passages by their
terms, own and faded. The kinds of things the terms name count too, and whom the question names, and when. A question costs one pass over
the passages that contain its terms or stand near them, the rarest first. In a chat with an assistant, where one reply is many passages, a
term also counts for the turns around, and what the person said counts more.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bridge.memory import cues
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ASSISTANT, OPENING, PERSON, ConversationIndex
from bridge.memory.passages import Fading
from bridge.memory.terms import kinds

SATURATION = 1.6
"""BM25's k1: from how many occurrences on another one adds little."""
LENGTH, LENGTH_ASSISTED = 0.2, 0.5
"""BM25's b: how much a long passage is held against it; in a chat with an assistant the long ones are mostly the assistant's."""
FAINT, FAINT_ASSISTED, FAINT_TURN = 0.01, 0.05, 0.1
"""A faded weight below this is none: of a passage, of one in a chat with an assistant, and of a turn there."""
TURN_WEIGHT = 0.35
"""What a term counts for a passage, in a chat with an assistant, for being said in its turn or in those around, beside being in it."""
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
ASSISTED = 0.3
"""From this contrast on a conversation is one with an assistant: two people come to 0.04 at most, chats with one to 0.65 and more."""
PERSON_WEIGHT = 0.5
"""How much more the person's own words count where the contrast is 1,"""
STATED_WEIGHT = 1.0
"""and how much more again where the message is no question: people go on from what they said themselves."""
OPENING_WEIGHT = 0.2
"""How much more the first message of a sitting counts where the contrast is 1: it says what the sitting is about."""

SAMPLE, BEST = 16, 800
"""Every so many values are looked at to find about the best ones."""

_QUESTION_MARKS = ("?", "\uff1f", "\u061f")


class TermFrequencies(NamedTuple):
    """In how many of how many passages each term that is sought stands, in one conversation or in several."""

    passages: int
    having: Mapping[str, int]

    @classmethod
    def of(cls, index: ConversationIndex, sought: SearchTerms) -> TermFrequencies:
        own = telling(index, sought)
        return cls(len(index.passages), {term: len(set(places)) for term, places in (own | _of_kinds(index, own)).items()})

    def plus(self, other: TermFrequencies) -> TermFrequencies:
        return TermFrequencies(self.passages + other.passages, Counter(self.having) + Counter(other.having))


def scores(index: ConversationIndex, sought: SearchTerms, among: TermFrequencies | None = None, contrast: float = 0.0) -> list[float]:
    """Of each passage: how likely it matters for what is `sought`; 0 where nothing speaks for it.

    `contrast` is how unlike the two sides write, where the person's own words are to count more for that.
    """
    terms = _weighed(index, sought, among)
    values, turns = _of_terms(index, terms, assisted=is_assisted(contrast))
    _add_dates(values, index, sought.text)
    _favour_speakers(values, index, sought.words)
    return _favour_person(values, turns, index, sought.text, contrast) if contrast else values


def _weighed(index: ConversationIndex, sought: SearchTerms, among: TermFrequencies | None) -> list[tuple[float, Sequence[int]]]:
    """What each term counts, with the places of the passages that have it; the rarest first."""
    own = telling(index, sought)
    having = own | _of_kinds(index, own)
    found: list[tuple[float, Sequence[int]]] = []
    for term in sorted(having, key=lambda term: len(having[term])):
        if among is None:
            rarity = _rarity(len(set(having[term])), len(index.passages))
        else:
            rarity = _rarity(among.having.get(term, 0), among.passages)
        found.append((rarity if term in own else rarity * KIND_WEIGHT, having[term]))
    return found


def _of_terms(index: ConversationIndex, terms: Iterable[tuple[float, Sequence[int]]], *, assisted: bool) -> tuple[list[float], list[float]]:
    """What the terms count in each passage; and, in a chat with an assistant, in each turn."""
    values, turns = [0.0] * len(index.passages), [0.0] * len(index.turns)
    norms = _norms(index, LENGTH_ASSISTED if assisted else LENGTH)
    fading, faint = (index.assisted_fading, FAINT_ASSISTED) if assisted else (index.fading, FAINT)
    heard = 0
    for weight, places in terms:
        if heard >= MOST_HEARD:
            break
        around = _spread(Counter(places), fading, faint)
        heard += len(around)
        factor = weight * (SATURATION + 1)
        for place, count in around.items():
            values[place] += factor * count / (count + norms[place])
        if assisted:
            around = _spread(Counter(map(index.turn_of.__getitem__, places)), index.turn_fading, FAINT_TURN)
            factor *= TURN_WEIGHT
            for turn, count in around.items():
                turns[turn] += factor * count / (count + SATURATION)
    return values, turns


def is_assisted(contrast: float) -> bool:
    """Whether a conversation is one with an assistant, by how unlike the two sides write (`ConversationIndex.contrast`)."""
    return contrast >= ASSISTED


def telling(index: ConversationIndex, sought: SearchTerms) -> dict[str, Sequence[int]]:
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


def ranked(values: Sequence[float]) -> Iterator[int]:
    """The places, best first; of equals the newest first.

    Hardly more than the first few hundred are ever asked for: those above what a sample of the values says are sorted first.
    """
    sample = sorted(values[::SAMPLE], reverse=True)
    least = sample[BEST // SAMPLE] if len(sample) > BEST // SAMPLE else 0.0
    yield from _sorted(values, [place for place, value in enumerate(values) if value > least])
    yield from _sorted(values, [place for place, value in enumerate(values) if value <= least])


def _sorted(values: Sequence[float], places: list[int]) -> list[int]:
    places.reverse()
    return sorted(places, key=values.__getitem__, reverse=True)


def _norms(index: ConversationIndex, by_length: float) -> list[float]:
    """Of each passage: how much of a term counts for half of what it can count."""
    average = max(1.0, index.length / max(1, len(index.lengths)))
    base, slope = SATURATION * (1 - by_length), SATURATION * by_length / average
    of_length = [base + slope * length for length in range(max(index.lengths, default=0) + 1)]
    return list(map(of_length.__getitem__, index.lengths))


def _rarity(passages: int, of: int) -> float:
    """How much finding a term says that is in `passages` of all."""
    return math.log(1 + (max(0, of - passages) + 0.5) / (passages + 0.5))


def _spread(own: Mapping[int, int], fading: Fading, faint: float) -> dict[int, float]:
    """How much of a term there is at each place: its own, and what fades from those around it."""
    around: dict[int, float] = dict(own)
    _carry(around, own, list(own), fading.later, 1, len(fading.later), faint)
    _carry(around, own, list(reversed(own)), fading.earlier, -1, -1, faint)
    return around


def _carry(
    around: dict[int, float], own: Mapping[int, int], places: Sequence[int], left: Sequence[float], step: int, end: int, faint: float
) -> None:
    """Adds to `around` what is carried on from each of `places` in the direction `step`, as long as it is not too `faint`."""
    carried = 0.0
    here = end
    for place in (*places, end):
        while here != place and carried > faint:
            around[here] = around.get(here, 0.0) + carried
            carried *= left[here]
            here += step
        if here != place:
            carried = 0.0
        if place != end:
            around[place] += carried
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


def _favour_person(values: Sequence[float], turns: Sequence[float], index: ConversationIndex, message: str, contrast: float) -> list[float]:
    """The values with those of the turns, where the person's words count more: most of all for a message that asks nothing itself."""
    stated = 0.0 if message.rstrip().endswith(_QUESTION_MARKS) else STATED_WEIGHT
    person = 1 + (PERSON_WEIGHT + stated) * contrast
    factors = {ASSISTANT: 1.0, PERSON: person, OPENING: person * (1 + OPENING_WEIGHT * contrast)}
    places = zip(values, index.turn_of, index.voices, strict=True)
    return [(value + turns[turn]) * factors[voice] for value, turn, voice in places]
