"""Which of a past that is too long for the limit Claude sees: at most the limit of characters, and always a legal request. Pure.

A conversation that fits is sent whole (`request.whole`). Beyond that:

    summary     of what left the live part: at most a twentieth of the limit, before the first live turn
    live        the newest turns, word for word: up to a fifth in a chat with an assistant; between people up to a quarter, and up to a half
                while they are few and long
    recalled    passages of older turns that may matter for the new message: the rest, sent with that message

A live part that has grown beyond that is compacted to half of the fifth or the quarter. Between two compactions all that is sent before
the new message only gets longer at its end, as the API's prompt cache needs it
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.memory import quoting
from bridge.memory.index import ASSISTANT, ConversationIndex
from bridge.memory.messages import SEPARATOR, flat, shortened, size, unanswered
from bridge.memory.phrases import leans, named
from bridge.memory.recall import INSTRUCTIONS_SHARE, QuestionContext, recall
from bridge.memory.request import Quoted, Share, Window, joined
from bridge.memory.scoring import is_assisted
from bridge.memory.summary import room as summary_room
from bridge.store.records import Message, Turn
from bridge.text import without_surrogates
from bridge.turn_ids import milliseconds_of

LIVE_TURNS = 40
"""At more live turns the live part is compacted to half as many, however short they are."""
FEW_TURNS = 3
"""This many may fill half of the limit between two people. An assistant's last answers are long: there, recall makes better use of it."""
LIVE_PART, FEW_PART, ASSISTED_PART = 4, 2, 5
"""One in this many characters of the limit is the most of the live part: between two people, while its turns are few, with an assistant."""
SUMMARY_PART = 4
"""The same of a summary with its frame, which a very small limit has no room for."""
ANSWER_SHARE = 0.65
"""How much of the limit an answer may take that the message leans on."""


def choose(
    index: ConversationIndex,
    message: str,
    limit: int,
    summary: str = "",
    summarised_through: str = "",
    *,
    now: float = 0.0,
    utc_offset: int = 0,
    recalls: bool = True,
) -> Window:
    """What is sent with `message` in `limit` characters; `message` itself is not counted.

    `summary` is of the turns up to `summarised_through`, as the session's head has them. `now` is in seconds since the epoch, `utc_offset`
    in minutes: whose days the message names. Without `recalls` no passages are.
    """
    first = live_from(index, limit, summarised_through)
    live = _live(index, first, limit)
    summary_block = _summary_block(summary, limit) if first > 0 else ""
    room = limit - size(live) - (len(summary_block) + len(SEPARATOR) if summary_block else 0)
    context = QuestionContext(now, utc_offset, index.contrast(first), int(limit * INSTRUCTIONS_SHARE))
    quoted, excerpts = _recalled(index, message, room, first, live, context, limit, recalls=recalls)
    recalled, instructions = _shares(quoted, excerpts)
    return Window(
        messages=_after(summary_block, live),
        quoted=quoted if live else joined(summary_block, quoted),
        live=Share(size(live), sum(1 for characters in index.sizes[first:] if characters) if live else 0),
        recalled=recalled,
        instructions=instructions,
        summarised=Share(len(summary_block), index.place_after(summarised_through) if index.complete else None)
        if summary_block
        else Share(),
        complete=index.complete,
        passages=tuple(Quoted("", one.turn, one.role, one.start, one.end, one.instruction) for one in excerpts if one.end),
    )


def leaving(index: ConversationIndex, limit: int, summarised_through: str = "") -> list[Turn]:
    """The turns that are no longer sent word for word and not yet in the summary, oldest first: what the next summary must take in."""
    return index.turns[index.place_after(summarised_through) : live_from(index, limit, summarised_through)]


def pinned(index: ConversationIndex) -> frozenset[str]:
    """The person's standing instructions that go along with a question, word for word and as far as there is room: see `recall`."""
    return frozenset(index.passages[place].text for place in index.instructions if is_assisted(index.contrast(len(index.turns))))


def live_from(index: ConversationIndex, limit: int, summarised_through: str = "") -> int:
    """The place in `index.turns` of the first turn that is sent word for word.

    It follows from what was said since the last summary alone: while no newer summary can be had, all questions find the same place.
    """
    if index.complete and index.size <= limit:
        return 0
    first = index.place_after(summarised_through)
    whole = index.complete and not summarised_through
    total, assisted = 0, is_assisted(index.contrast(first))
    for place, characters in enumerate(index.sizes[first:], first):
        total += characters
        if total > limit if whole else not _may_live(total, place - first + 1, limit, assisted=assisted):
            first, total = _compacted(index.sizes, first, place, limit // (2 * (ASSISTED_PART if assisted else LIVE_PART)))
            whole, assisted = False, is_assisted(index.contrast(first))
    return first


def _may_live(characters: int, turns: int, limit: int, *, assisted: bool) -> bool:
    """Whether this much may be sent word for word in a conversation of which something has been left out."""
    part = ASSISTED_PART if assisted else FEW_PART if turns <= FEW_TURNS else LIVE_PART
    return turns <= LIVE_TURNS and characters <= limit // part


def _compacted(sizes: Sequence[int], first: int, last: int, most: int) -> tuple[int, int]:
    """Where the live part begins after compaction, and its size: the turn at `last`, and those before it that fit."""
    place, total = last, sizes[last]
    while place > first and total + sizes[place - 1] <= most and last - place + 1 < LIVE_TURNS // 2:
        place -= 1
        total += sizes[place]
    return place, total


def _live(index: ConversationIndex, first: int, limit: int) -> tuple[Message, ...]:
    messages = flat(index.turns[first:])
    share = limit // (ASSISTED_PART if is_assisted(index.contrast(first)) else FEW_PART)
    room = limit if first == 0 and index.complete and index.size <= limit else share
    return messages if size(messages) <= room else shortened(messages, room)


def _summary_block(summary: str, limit: int) -> str:
    """The summary as it is sent; "" where there is none or no room for it, which does not depend on how far the live part has grown."""
    text = quoting.quoted(without_surrogates(summary).strip())[: summary_room(limit)].rstrip()
    text = quoting.quoted(text)  # What it was cut at may now be left open.
    summary_block = quoting.block("summary", text) if text else ""
    return summary_block if len(summary_block) + len(SEPARATOR) <= limit // SUMMARY_PART else ""


def _recalled(
    index: ConversationIndex,
    message: str,
    room: int,
    first: int,
    live: tuple[Message, ...],
    context: QuestionContext,
    limit: int,
    *,
    recalls: bool,
) -> tuple[str, Sequence[quoting.Excerpt]]:
    """What is quoted of the turns before `first`; where `live`, what is sent of the others, is cut, also what it leaves out of them.

    What was only to be remembered since the last answer is quoted in any case.
    """
    room -= quoting.frame_cost("earlier") + len(SEPARATOR)
    new = unanswered(index.turns[first:])
    notes = quoting.notes(new, min(room, limit // 4))
    room -= len(quoting.lines(notes)) + 1 if notes else 0
    is_cut = size(live) < sum(index.sizes[first : len(index.sizes) - len(new)])
    before, without = (len(index.turns), _sent(index, first, live)) if is_cut else (first, frozenset())
    goes_on = is_cut and leans(message) and not named(message, index.speakers)
    last = _last_answer(index, min(room, int(limit * ANSWER_SHARE))) if goes_on else []
    if last:
        room -= quoting.HEADING_COST + quoting.cost(last[0].role, last[0].text, cut=True)
        without |= {place for place in range(index.firsts[-1], len(index.passages)) if index.voices[place] == ASSISTANT}
    without |= set(range(index.first_passage(len(index.turns) - len(new)), len(index.passages)))
    recalled = [*recall(index, message, room, before, without, context), *last] if recalls else []
    excerpts = [*recalled, *notes]
    return quoting.block("earlier", quoting.lines(excerpts)) if excerpts else "", excerpts


def _shares(quoted: str, excerpts: Sequence[quoting.Excerpt]) -> tuple[Share, Share]:
    """What of the quotation passages take, its frame included, and what standing instructions."""
    standing = [one for one in excerpts if one.instruction]
    characters = sum(len(quoting.line(one)) + 1 for one in standing)
    turns = {one.turn for one in excerpts if not one.instruction}
    return Share(len(quoted) - characters, len(turns)), Share(characters, len({one.turn for one in standing}))


def _last_answer(index: ConversationIndex, most: int) -> list[quoting.Excerpt]:
    """The last answer, for a message that changes it or goes on with it ("make it shorter"): of a longer one than `most`, both ends."""
    turn, text = index.turns[-1], without_surrogates(index.turns[-1].text).strip()
    most -= quoting.HEADING_COST + quoting.cost("assistant", text, cut=True) - len(text)
    whole = shortened([Message("assistant", text)], most) if text and most > 0 else ()
    at = milliseconds_of(turn.id)
    return [quoting.Excerpt(turn.id, at, index.sittings[-1], one.role, one.content, ends=not turn.truncated) for one in whole]


def _sent(index: ConversationIndex, first: int, live: tuple[Message, ...]) -> frozenset[int]:
    """The passages of the turns from `first` on that stand in `live`; of a block (code, a table) that is cut there, none."""
    text = SEPARATOR.join(message.content for message in live)
    begin = index.first_passage(first)
    sent = {place for place in range(begin, len(index.passages)) if index.passages[place].text.strip() in text}
    for block in index.blocks.since(begin):
        places = range(block.first, block.end)
        if not sent.issuperset(places):
            sent.difference_update(places)
    return frozenset(sent)


def _after(summary_block: str, live: tuple[Message, ...]) -> tuple[Message, ...]:
    if not (summary_block and live):
        return live
    return (Message("user", joined(summary_block, live[0].content)), *live[1:])
