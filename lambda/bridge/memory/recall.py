"""Which older passages are quoted with a new message. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex, Passage
from bridge.memory.quoting import HEADING_COST, Excerpt
from bridge.memory.scoring import ranked, scores
from bridge.turn_ids import milliseconds_of


def recall(
    index: ConversationIndex, message: str, room: int, before: int, without: Set[int] = frozenset(), contrast: float = 0.0
) -> list[Excerpt]:
    """What was said before the turn at the place `before` and most likely matters for `message`, in the order in which it was said.

    Takes at most `room` characters as `quoting.lines` writes it, and none of the passages at the places `without`. Where nothing matters,
    the newest is taken. `contrast`: see `scoring.scores`.
    """
    taken: list[int] = []
    sittings: set[int] = set()
    for place in ranked(scores(index, SearchTerms.of(message), contrast=contrast)[: index.first_passage(before)]):
        if room < HEADING_COST:
            break
        sitting = index.sittings[place]
        price = index.costs[place] + (0 if sitting in sittings else HEADING_COST)
        if price <= room and place not in without:
            room -= price
            taken.append(place)
            sittings.add(sitting)
    return _excerpts(index, sorted(taken))


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
