"""What was said in several sessions, searched as one: passages of all compete by the same scores.

How rare a term is follows from all that is searched; how unlike the two sides write is each session's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from bridge.memory import quoting
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.quoting import HEADING_COST, Excerpt
from bridge.memory.reading import KnownConversation
from bridge.memory.recall import excerpt_of
from bridge.memory.scoring import (
    DATE_WEIGHT,
    DAY_SECONDS,
    NAME_WEIGHT,
    TermFrequencies,
    informative_terms,
    ranked,
    rarity,
    scores,
    with_replies,
)
from bridge.text import one_line
from bridge.turn_ids import milliseconds_of, turn_id

MAX_PASSAGES = 50
MAX_PASSAGES_OF_SESSION = 20
"""Of one session at most this many passages compete."""
TITLE_CHARACTERS = 80
_HEADING = HEADING_COST + TITLE_CHARACTERS + 1
MAX_SCORED_SESSIONS = 32
"""Of the sessions at most this many are scored passage by passage: those with the passages that hold most of the message themselves."""
MIN_KNOWN_TERMS = 2
"""A message with fewer terms that anybody has used says too little for anything to fit it well."""


class Hit(NamedTuple):
    """A passage of a session, and how well it fits; `cost` is the most characters that quoting it takes, without its heading."""

    score: float
    session: str
    born: str
    excerpt: Excerpt
    cost: int


def search(
    conversations: Sequence[KnownConversation],
    message: str,
    *,
    now: float,
    utc_offset: int = 0,
    least: float = 0.0,
    asked_in: KnownConversation | None = None,
) -> tuple[list[Hit], bool]:
    """The passages that fit, best first, and whether all of each conversation was searched.

    `least`: which part of the message's weight (the sum of the rarities of its terms) a passage must hold itself, from 0 to 1.
    How rare a term is follows from `asked_in`, too: the conversation with which the passages compete.
    """
    wanted = SearchTerms.of(message, now, utc_offset)
    complete, passages, having = True, 0, Counter[str]()
    for conversation in (*conversations, *([asked_in] if asked_in else [])):
        with conversation.index() as index:
            complete = complete and (index.complete or conversation is asked_in)
            own = TermFrequencies.of(index, wanted)
            passages += own.passages
            having.update(own.having)
    among = TermFrequencies(passages, having)
    fitting = _fitting(wanted, among, least)
    hits: list[Hit] = []
    if fitting is not None:
        for conversation in _promising(conversations, wanted, among):
            with conversation.index() as index:
                hits.extend(_best(conversation, index, wanted, among, fitting))
    return sorted(hits, key=lambda one: (one.score, one.excerpt.at), reverse=True), complete


def _promising(conversations: Sequence[KnownConversation], wanted: SearchTerms, among: TermFrequencies) -> Sequence[KnownConversation]:
    """The conversations whose best passage holds most of the message, of equals those that come first. Scoring all would take too long."""
    if len(conversations) <= MAX_SCORED_SESSIONS:
        return conversations
    weights = {term: rarity(count, among.passages) for term, count in among.having.items() if count}
    promises: list[float] = []
    for conversation in conversations:
        with conversation.index() as index:
            promises.append(_promise(index, wanted, weights))
    best = sorted(range(len(conversations)), key=promises.__getitem__, reverse=True)[:MAX_SCORED_SESSIONS]
    return [conversations[place] for place in sorted(best) if promises[place]]


def _promise(index: ConversationIndex, wanted: SearchTerms, weights: Mapping[str, float]) -> float:
    """The most of the message that a passage holds itself; more where something may have been said on a day that is named."""
    held: dict[int, float] = {}
    for term, places in informative_terms(index, wanted).items():
        weight = weights.get(term, 0.0) * (NAME_WEIGHT if term in wanted.names else 1.0)
        for place in set(places):
            held[place] = held.get(place, 0.0) + weight
    days = [(turn_id(int(max(0.0, start) * 1000)), turn_id(int((end + DAY_SECONDS) * 1000))) for start, end in wanted.spans]
    named = any(start <= index.ids[-1] and index.ids[0] < end for start, end in days)
    return max(held.values()) + (DATE_WEIGHT * max(weights.values()) if named else 0.0) if held else 0.0


def _fitting(wanted: SearchTerms, among: TermFrequencies, least: float) -> Callable[[Mapping[str, Sequence[int]]], set[int]] | None:
    """Tells by the places of its terms which passages of a conversation hold enough of the message; None: none does."""
    terms = [*wanted.terms, *wanted.single_characters]
    weights = {term: rarity(among.having.get(term, 0), among.passages) for term in terms}
    if least and sum(among.having.get(term, 0) > 0 for term in terms) < MIN_KNOWN_TERMS:
        return None
    enough = least * sum(weights.values())

    def fitting(places: Mapping[str, Sequence[int]]) -> set[int]:
        if not enough:
            return set().union(*places.values())
        held: dict[int, float] = {}
        for term, having in places.items():
            weight = weights.get(term, 0.0)
            for place in set(having):
                held[place] = held.get(place, 0.0) + weight
        return {place for place, weight in held.items() if weight >= enough}

    return fitting


def _best(
    conversation: KnownConversation,
    index: ConversationIndex,
    wanted: SearchTerms,
    among: TermFrequencies,
    fitting: Callable[[Mapping[str, Sequence[int]]], set[int]],
) -> Iterable[Hit]:
    places = fitting(informative_terms(index, wanted))
    if not places:
        return
    values = scores(index, wanted, among, index.contrast(len(index.turns)))
    taken = 0
    for place in ranked(values, with_replies(values, index)):
        if taken == MAX_PASSAGES_OF_SESSION or values[place] <= 0:
            return
        if place in places:
            taken += 1
            excerpt = excerpt_of(index.passages[place], index.sittings[place])
            yield Hit(values[place], conversation.session, conversation.born, excerpt, index.costs[place])


def within(hits: Iterable[Hit], room: int) -> list[Hit]:
    """The best ones that fit into `room` characters as `quoted` writes them."""
    chosen: list[Hit] = []
    sittings: set[tuple[str, int]] = set()
    for one in hits:
        sitting = one.session, one.excerpt.sitting
        price = one.cost + (0 if sitting in sittings else _HEADING)
        if price <= room and len(chosen) < MAX_PASSAGES:
            room -= price
            sittings.add(sitting)
            chosen.append(one)
    return chosen


def quoted(hits: Sequence[Hit], titles: dict[str, str]) -> str:
    """The passages as they are quoted to Claude: by session, each with its title and the time that it was said."""
    parts: list[str] = []
    for session in dict.fromkeys(one.session for one in sorted(hits, key=lambda one: one.excerpt.at)):
        excerpts = sorted((one.excerpt for one in hits if one.session == session), key=lambda one: (one.turn, one.role, one.start))
        parts.append(quoting.lines(excerpts, one_line(titles.get(session, ""), TITLE_CHARACTERS)))
    return quoting.block("elsewhere", "\n".join(parts)) if parts else ""


def frame_cost() -> int:
    return quoting.frame_cost("elsewhere")


def said_at(excerpt: Excerpt) -> float:
    """In seconds since the epoch."""
    return milliseconds_of(excerpt.turn) / 1000
