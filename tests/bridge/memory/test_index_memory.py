"""What is known of conversations stays within a bound of memory, whatever is said in them."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import accumulate, count

import pytest

from bridge.aws.dynamo_items import attributes, plain_item
from bridge.memory.index import ConversationIndex
from bridge.memory.reading import MAX_BYTES, Bounds, KnownConversation, KnownConversations
from bridge.memory.terms import terms
from bridge.store.lives import LOADED_TURNS
from bridge.store.records import Head, Message, Turn, Usage
from bridge.turn_ids import turn_id
from fakes.memory_store import MemoryStore

LATIN, HAN = "abcdefghijklmnopqrstuvwxyz", "".join(chr(0x4E00 + place * 5) for place in range(3_000))


def said_in(letters: str, separator: str, words: int) -> Callable[[random.Random], str]:
    """A writer of texts of this many words, some of them common and most of them rare."""
    chance = random.Random(1)
    known = ["".join(chance.choices(letters, k=chance.randint(1, 3) if separator == "" else chance.randint(3, 9))) for _ in range(9_000)]
    weights = list(accumulate(1 / (place + 10) for place in range(len(known))))
    return lambda chance: separator.join(chance.choices(known, cum_weights=weights, k=words))


english = said_in(LATIN, " ", 250)


def keys(chance: random.Random) -> str:
    return " ".join(chance.randbytes(4).hex() for _ in range(200))


def code(chance: random.Random) -> str:
    """A block of which half is taken over from one of twenty others."""
    lines = [f"    value_{line} = call(item_{chance.randrange(20) * 30 + line if line % 2 else chance.random()})" for line in range(30)]
    return "\n".join(["```", *lines, "```"])


numbers = count(0x100_000)

KINDS = {
    "English": (150, english),
    "Chinese": (80, said_in(HAN, "", 300)),
    "short turns": (1_000, said_in(LATIN, " ", 2)),
    "keys in a log": (110, keys),
    "code": (300, code),
    "English with a sign of four bytes": (150, lambda chance: english(chance) + "😀"),
}


def turn(number: int, text: str) -> Turn:
    """As a store reads it: nothing of it is shared with another one."""
    context = (Message("user", f"q{number}"), Message("assistant", text))
    made = Turn(turn_id((number + 1) * 60_000), context, number + 10**9, f"a{number}", "a-model", "end_turn", False, Usage(number + 999), 9)
    return Turn.of(plain_item(json.loads(json.dumps(attributes(made.item("s"))))))


@pytest.fixture
def traced() -> Iterator[Callable[[], int]]:
    """The bytes in use, except for the process's cache of the terms of words."""

    def in_use() -> int:
        terms(" ".join(f"{next(numbers):x}" for _ in range(20_000)))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    yield in_use
    tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "said"), KINDS.values(), ids=KINDS.keys())
def test_what_is_counted_is_what_is_taken(number: int, said: Callable[[random.Random], str], traced: Callable[[], int]) -> None:
    chance, before = random.Random(2), traced()
    past = ConversationIndex()
    for place in range(number):
        past.add([turn(place, said(chance))])
    taken = traced() - before
    assert 0.77 < taken / past.size_bytes < 1.3


def test_what_is_indexed_again_is_counted_once() -> None:
    chance = random.Random(3)
    turns = [turn(place, english(chance)) for place in range(12)]
    late = ConversationIndex([*turns[:4], *turns[6:]])
    late.add([turns[5]])
    late.add([turns[4]])
    assert late.size_bytes == ConversationIndex(turns).size_bytes


def test_a_conversation_larger_than_the_bound_is_known_as_far_as_it_fits() -> None:
    chance, store, most = random.Random(4), MemoryStore(), 1_500_000
    turns = [turn(place, english(chance)) for place in range(100)]
    for one in turns:
        store.add_turn("s", one)
    stored = KnownConversations(most).of("s", Head(turn_id(1), 0))

    def known(counted: int) -> list[str]:
        stored.catch_up(store, counted, store.load("s", LOADED_TURNS).turns, Bounds(10_000_000, 8_000))
        with stored.index() as past:
            assert past.size_bytes <= most
            assert not past.complete
            return list(past.ids)

    first = known(100)
    assert first == [one.id for one in turns][-len(first) :]
    assert 20 < len(first) < 100
    assert known(100) == first
    new = turn(100, "And on.")
    store.add_turn("s", new)
    assert known(101) == [*first, new.id]


def test_a_single_turn_larger_than_the_bound_is_known() -> None:
    store = MemoryStore()
    for place in range(3):
        store.add_turn("s", turn(place, keys(random.Random(place))))
    stored = KnownConversation("s", turn_id(1), max_bytes=10_000)
    stored.catch_up(store, 3, store.load("s", LOADED_TURNS).turns, Bounds(0, 8_000))
    with stored.index() as past:
        assert past.ids == [turn_id(3 * 60_000)]


def test_the_conversation_in_use_stays_cached_however_large_it_is() -> None:
    pasts, head = KnownConversations(max_bytes=10_000), Head(turn_id(1), 0)
    stored = pasts.of("s", head)
    with stored.index() as past:
        past.add([turn(0, keys(random.Random(5)))])
    assert pasts.of("s", head) is stored
    assert pasts.of("other", head) is not stored
    assert pasts.of("s", head) is not stored


def test_the_cache_leaves_room_in_a_function() -> None:
    assert 1.3 * MAX_BYTES < 512 * 2**20 / 4
