"""How likely each passage matters for a message. Pure: no embedding, no network.

A question's words stand in one message, its answer often in the next, which does not repeat them. So each term also counts, fading, for
what was said around it; BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) then ranks the passages by their
terms, own and faded. The kinds of things the terms name count too, and whom the question names, and when. A question costs one pass over
the passages that contain its terms or stand near them, the rarest first. In a chat with an assistant, where one reply is many passages, a
term also counts for the turns around, and what the person said counts more.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bridge.memory import cues
from bridge.memory.blocks import Block
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ASSISTANT, ConversationIndex
from bridge.memory.phrases import asks_assistant, follow_up, is_question
from bridge.memory.terms import kinds
from bridge.turn_ids import turn_id

SATURATION = 1.6
"""BM25's k1: from how many occurrences on another one adds little."""
LENGTH, LENGTH_ASSISTED = 0.2, 0.5
"""BM25's b: how much a long passage is held against it; in a chat with an assistant the long ones are mostly the assistant's."""
FAINT, FAINT_ASSISTED, FAINT_TURN = 0.01, 0.2, 0.2
"""Where less than this is left of a term it is no longer followed: in passages, in those of a chat with an assistant, in turns there."""
RAREST = 6.0
"""`FAINT_ASSISTED` is divided by the term's weight, up to this one: common terms, which take most of the time, are not followed as far."""
TURN_WEIGHT = 0.35
"""What a term counts for a passage, in a chat with an assistant, for being said in its turn or in those around, besides being in it."""
MAX_TERMS = 64
"""Of a message with more terms only this many are looked for."""
MAX_REACHED = 30_000
"""In this many passages, those of each term counted, terms are followed before the rest of them, the commonest, are left out: the time that
a question takes is bounded, however long the conversation is."""
NAME_WEIGHT = 1.7
"""What a term counts that is written like a name: of all that is said of a job, what matters is about the one who is named."""
KIND_WEIGHT = 0.6
"""What a term's kind ("pet" for "turtle") counts besides the term itself."""
SPEAKER_WEIGHT = 0.8
"""How much more what somebody said counts when the question names them."""
DATE_WEIGHT, DAY_AFTER, DATE_PERSON = 1.5, 0.5, 1.5
"""What a date in the question counts besides a term; how much of it the day after counts, and how much more what the person said does."""
BEGINNING_WEIGHT, BEGINNING_TURNS = 8.0, 2
"""What the first turns count for a message that asks how the conversation began."""
PREVIOUS_WEIGHT = 0.4
"""What a term of the person's last message counts for a message that leans on it."""
SAID_ENOUGH, SAID_BESIDE_PRONOUN, SAID_IN_SHORT = 5.0, 24.0, 12.0
"""The sum of the rarities of a message's terms from which on it leans on none: at all, beside a pronoun, and in a few words."""
SHORT_LEAN = 0.6
"""How much a message of a few words leans on the one before."""
REPLIES, REPLY_WEIGHT = 3, 0.5
"""The blocks in the replies to this many of the best messages of the person count at least this much of them."""
ASSISTED = 0.3
"""From this contrast on a conversation is one with an assistant: two people come to 0.04 at most, chats with one to 0.65 and more."""
PERSON_WEIGHT = 0.5
"""How much more the person's own words count where the contrast is 1,"""
STATED_WEIGHT = 1.0
"""and how much more again where the message is not a question: people go on from what they said themselves."""
PRIOR, PRIOR_OF_STATEMENT = 0.25, 0.5
"""What a passage of the person's counts for by itself in a chat with an assistant, and where the message is not a question. Where few of
the message's terms are in the conversation (it is in other words, or another language), what they said about themselves fills the room."""
OPENING_WEIGHT = 0.2
"""How much more the first message of a sitting counts where the contrast is 1: it says what the sitting is about."""

SAMPLE, BEST = 16, 800
"""One in this many values is looked at to find about the best ones."""

DAY_SECONDS = 86_400


class TermFrequencies(NamedTuple):
    """In how many of how many passages each term of the query stands, in one conversation or in several."""

    passages: int
    having: Mapping[str, int]

    @classmethod
    def of(cls, index: ConversationIndex, query: SearchTerms) -> TermFrequencies:
        own = informative_terms(index, query)
        return cls(len(index.passages), {term: len(set(places)) for term, places in (own | _of_kinds(index, own)).items()})

    def plus(self, other: TermFrequencies) -> TermFrequencies:
        return TermFrequencies(self.passages + other.passages, Counter(self.having) + Counter(other.having))


def scores(
    index: ConversationIndex,
    query: SearchTerms,
    among: TermFrequencies | None = None,
    contrast: float = 0.0,
    previous: SearchTerms | None = None,
) -> list[float]:
    """Of each passage: how likely it matters for the `query`; 0 where nothing speaks for it.

    `contrast` is how unlike the two sides write, where the person's own words are to count more for that; `previous` is the person's
    last message, on which the new one may lean.
    """
    terms = _weighed(index, query, among)
    if previous is not None and is_assisted(contrast):
        terms = sorted([*terms, *_of_previous(index, query, previous)], key=lambda one: len(one[1]))
    values, turns = _of_terms(index, terms, assisted=is_assisted(contrast))
    _add_dates(values, index, query, assisted=is_assisted(contrast))
    _favour_speakers(values, index, query.words)
    return _favour_person(values, turns, index, query.text, contrast) if contrast else values


def _weighed(index: ConversationIndex, query: SearchTerms, among: TermFrequencies | None) -> list[tuple[float, Sequence[int]]]:
    """What each term counts, with the places of the passages that have it; the rarest first."""
    own = informative_terms(index, query)
    having = own | _of_kinds(index, own)
    weighed: list[tuple[float, Sequence[int]]] = []
    for term in sorted(having, key=lambda term: len(having[term])):
        own_frequency = len(set(having[term])), len(index.passages)
        weight = rarity(*(own_frequency if among is None else (among.having.get(term, 0), among.passages)))
        factor = (NAME_WEIGHT if term in query.names else 1.0) if term in own else KIND_WEIGHT
        weighed.append((weight * factor, having[term]))
    return weighed


def _of_previous(index: ConversationIndex, wanted: SearchTerms, previous: SearchTerms) -> list[tuple[float, Sequence[int]]]:
    """The terms of the person's last message, as far as the new one does not say by itself what it is about."""
    own, passages = informative_terms(index, wanted), len(index.passages)
    lean = _lean(index, wanted, sum(rarity(len(set(places)), passages) for places in own.values()))
    new = [places for term, places in informative_terms(index, previous).items() if places and term not in own] if lean else []
    return [(PREVIOUS_WEIGHT * lean * rarity(len(set(places)), passages), places) for places in new]


def _lean(index: ConversationIndex, wanted: SearchTerms, said: float) -> float:
    """From 0 to 1: how much a message leans on the one before, whose own terms say so much (the sum of their rarities)."""
    by_rarity = max(0.0, 1 - said / SAID_ENOUGH)
    if not wanted.words.isdisjoint(index.speakers):
        return by_rarity
    kind = follow_up(wanted.text)
    if kind == "pronoun" and said < SAID_BESIDE_PRONOUN:
        return 1.0
    return max(by_rarity, SHORT_LEAN) if kind and said < SAID_IN_SHORT else by_rarity


def _of_terms(index: ConversationIndex, terms: Iterable[tuple[float, Sequence[int]]], *, assisted: bool) -> tuple[list[float], list[float]]:
    """What the terms count in each passage; and, in a chat with an assistant, in each turn."""
    values, turns = [0.0] * len(index.passages), [0.0] * len(index.turns)
    norms, norms_of_turns = _norms(index, LENGTH_ASSISTED if assisted else LENGTH), [SATURATION] * len(turns)
    fading, faint = (index.assisted_fading, FAINT_ASSISTED) if assisted else (index.fading, FAINT)
    reached = 0
    for weight, places in terms:
        if reached >= MAX_REACHED:
            break
        factor = weight * (SATURATION + 1)
        reached += fading.spread(values, Counter(places), factor, norms, faint / min(weight, RAREST) if assisted else faint)
        if assisted:
            own = Counter(map(index.turn_of.__getitem__, places))
            index.turn_fading.spread(turns, own, factor * TURN_WEIGHT, norms_of_turns, FAINT_TURN)
    return values, turns


def is_assisted(contrast: float) -> bool:
    """Whether a conversation is one with an assistant, by how unlike the two sides write (`ConversationIndex.contrast`)."""
    return contrast >= ASSISTED


def informative_terms(index: ConversationIndex, query: SearchTerms) -> dict[str, Sequence[int]]:
    """The terms, each with the places of the passages that have it; of many, those that tell most."""
    having: dict[str, Sequence[int]] = {term: index.postings.get(term, ()) for term in query.terms}
    having |= {character: _holding(index, character) for character in query.single_characters}
    if len(having) <= MAX_TERMS:
        return having
    passages = len(index.passages)
    weights = {term: query.terms.get(term, 1) * rarity(len(places), passages) for term, places in having.items() if places}
    return {term: having[term] for term in sorted(weights, key=weights.__getitem__, reverse=True)[:MAX_TERMS]}


def _holding(index: ConversationIndex, character: str) -> list[int]:
    return sorted({place for term, places in index.postings.items() if character in term for place in places})


def _of_kinds(index: ConversationIndex, own: Iterable[str]) -> dict[str, Sequence[int]]:
    return {kind: index.postings.get(kind, ()) for kind in kinds(list(own))}


def ranked(values: Sequence[float], best: Sequence[int] = ()) -> Iterator[int]:
    """The places, best first; of equals the newest first. `best`: where the best ones are, in order, if not all are wanted."""
    first = [place for place in reversed(best) if place < len(values)]
    for places in (first, sorted({*range(len(values))}.difference(first), reverse=True)):
        yield from sorted(places, key=values.__getitem__, reverse=True)


def best_places(values: Sequence[float]) -> list[int]:
    """Where about the best `BEST` values are, in order: all that are greater than what a sample says.

    Hardly more is ever asked for.
    """
    sample = sorted(values[::SAMPLE], reverse=True)
    least = sample[BEST // SAMPLE] if len(sample) > BEST // SAMPLE else 0.0
    return [place for place, value in enumerate(values) if value > least]


def _norms(index: ConversationIndex, by_length: float) -> list[float]:
    """Of each passage: how much of a term counts for half of what it can count."""
    average = max(1.0, index.length / max(1, len(index.lengths)))
    base, slope = SATURATION * (1 - by_length), SATURATION * by_length / average
    return [base + slope * length for length in index.lengths]


def rarity(passages: int, of: int) -> float:
    """How much finding a term says that is in `passages` of all."""
    return math.log(1 + (max(0, of - passages) + 0.5) / (passages + 0.5))


def _add_dates(values: list[float], index: ConversationIndex, wanted: SearchTerms, *, assisted: bool) -> None:
    """What was said on a day that is named counts more; half of it also on the day after: of an evening, people tell then."""
    for start, end in wanted.spans:
        _add_span(values, index, start, end, DATE_WEIGHT, assisted=assisted)
        if end - start <= DAY_SECONDS:
            _add_span(values, index, end, end + DAY_SECONDS, DATE_WEIGHT * DAY_AFTER, assisted=assisted)
    if wanted.beginning and index.complete:
        for place in range(index.first_passage(BEGINNING_TURNS)):
            values[place] += BEGINNING_WEIGHT


def _add_span(values: list[float], index: ConversationIndex, start: float, end: float, weight: float, *, assisted: bool) -> None:
    first, last = (index.first_passage(bisect_left(index.ids, turn_id(max(0, int(at * 1000))))) for at in (start, end))
    weight *= rarity(last - first, len(values))
    of_person = weight * DATE_PERSON if assisted else weight
    for place in range(first, last):
        values[place] += weight if index.voices[place] == ASSISTANT else of_person


def _favour_speakers(values: list[float], index: ConversationIndex, said: frozenset[str]) -> None:
    named = [*said, *(role + ":" for role in cues.roles(said))]
    for place in {place for speaker in named for place in index.speakers.get(speaker, ())}:
        values[place] *= 1 + SPEAKER_WEIGHT


def _favour_person(values: Sequence[float], turns: Sequence[float], index: ConversationIndex, message: str, contrast: float) -> list[float]:
    """The values with those of the turns, where the person's words count more: most of all for a message that asks nothing itself."""
    stated = 0.0 if is_question(message) else STATED_WEIGHT
    own, opening = (0.0, 0.0) if asks_assistant(message) else (PERSON_WEIGHT, OPENING_WEIGHT)
    person = 1 + (own + stated) * contrast
    factors = (1.0, person, person * (1 + opening * contrast))  # Of ASSISTANT, PERSON and OPENING.
    priors = (0.0, 0.0, PRIOR, PRIOR_OF_STATEMENT) if is_assisted(contrast) else (0.0, 0.0, 0.0, 0.0)  # By `stating`.
    raised = [value + turns[turn] for value, turn in zip(values, index.turn_of, strict=True)]
    voices, stating = (said.replace(b"\0", b"") for said in (index.voices, index.stating))  # Of the person's passages alone.
    for place, voice, stated in zip(index.speakers.get("user:", ()), voices, stating, strict=True):
        raised[place] = (raised[place] + priors[stated]) * factors[voice]
    return raised


def with_replies(values: list[float], index: ConversationIndex) -> list[int]:
    """Code, tables and lists count for what they were asked with, too: "a plan for moving house" is not said again in the plan.

    Returns where the best values are then, in order, and these.
    """
    best = best_places(values)
    places = set(best)
    for place in sorted(best, key=values.__getitem__, reverse=True)[:REPLIES]:
        for block in _of_reply(index, place):
            for part in range(block.first, block.end):
                values[part] = max(values[part], REPLY_WEIGHT * values[place])
                places.add(part)
    return sorted(places)


def _of_reply(index: ConversationIndex, place: int) -> Iterator[Block]:
    """The blocks of the reply to the person's message at `place`, each in its newest version."""
    for block in index.blocks.since(place) if index.voices[place] != ASSISTANT else ():
        if index.turn_of[block.first] != index.turn_of[place]:
            return
        number = index.blocks.at(block.first)
        if number is not None and index.voices[block.first] == ASSISTANT:
            yield index.blocks.blocks[[number, *index.blocks.versions(number)][-1]]
