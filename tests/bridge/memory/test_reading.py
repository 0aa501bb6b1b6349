"""A process keeps what it has read: a question reads what is new, misses nothing, and shows nothing of another life."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import StoreUnavailable
from bridge.memory.reading import Bounds, KnownConversation, KnownConversations
from bridge.store.lives import LOADED_TURNS
from bridge.store.port import ANY
from bridge.store.records import Head, Message, Turn
from bridge.turn_ids import turn_id
from fakes.memory_store import MemoryStore

BOUNDS = Bounds(read=200_000, window=1_000)
MINUTE = 60_000


class PagedStore(MemoryStore):
    """Notes how many turns its pages brought, and their bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[int] = []
        self.bytes = 0
        self.failing_after = 1_000  # This many more pages can be read.

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int = ANY) -> tuple[Turn, ...]:
        if self.failing_after <= 0:
            raise StoreUnavailable
        self.failing_after -= 1
        result = super().page(session, after, before, limit, max_bytes)
        self.pages.append(len(result))
        self.bytes += sum(one.size_bytes for one in result)
        return result


def turn(number: int, characters: int = 100) -> Turn:
    return Turn(turn_id((number + 1) * MINUTE), (Message("user", f"q{number}"), Message("assistant", "a" * characters)), number)


class Talk:
    """A session whose head counts what is added."""

    def __init__(self) -> None:
        self.store = PagedStore()
        self.counted = 0
        self.head = Head(turn_id(1), 0)
        self.stored = KnownConversation("s", self.head.born)

    def add(self, *turns: Turn) -> None:
        for one in turns:
            self.store.add_turn("s", one)
            self.counted += 1

    def catch_up(self, bounds: Bounds = BOUNDS, stored: KnownConversation | None = None) -> list[str]:
        """The ids that are known afterwards."""
        self.store.pages.clear()
        stored = stored or self.stored
        stored.catch_up(self.store, self.counted, self.store.load("s", LOADED_TURNS).turns, bounds)
        with stored.index() as past:
            return list(past.ids)

    @property
    def complete(self) -> bool:
        with self.stored.index() as past:
            return past.complete


@pytest.fixture
def talk() -> Talk:
    return Talk()


def ids(turns: list[Turn]) -> list[str]:
    return [one.id for one in turns]


def test_a_short_conversation_is_known_from_its_load(talk: Talk) -> None:
    turns = [turn(number) for number in range(LOADED_TURNS - 1)]
    talk.add(*turns)
    assert talk.catch_up() == ids(turns)
    assert (talk.complete, talk.store.pages) == (True, [])


def test_a_long_one_is_read_to_its_beginning_once(talk: Talk) -> None:
    turns = [turn(number) for number in range(200)]
    talk.add(*turns)
    assert talk.catch_up() == ids(turns)
    assert talk.complete
    assert talk.store.pages
    turns.append(turn(200))
    talk.add(turns[-1])
    assert talk.catch_up() == ids(turns)
    assert talk.store.pages == []


def test_what_was_said_elsewhere_is_read_until_it_reaches_what_is_known(talk: Talk) -> None:
    turns = [turn(number) for number in range(100)]
    talk.add(*turns[:50])
    talk.catch_up()
    talk.add(*turns[50:])
    assert talk.catch_up() == ids(turns)
    assert sum(talk.store.pages) == 50 - LOADED_TURNS


def test_a_turn_that_was_claimed_early_and_stored_late_is_found(talk: Talk) -> None:
    turns = [turn(number) for number in range(100)]
    talk.add(*turns[:40], *turns[41:])
    talk.catch_up()
    talk.add(turns[40])
    assert talk.catch_up() == ids(turns)
    talk.add(turn(100))
    assert talk.catch_up() == ids([*turns, turn(100)])
    assert talk.store.pages == []


def test_a_late_turn_is_found_where_one_before_it_was_not_counted(talk: Talk) -> None:
    turns = [turn(number) for number in range(50)]
    talk.add(*turns[:20], *turns[21:30])
    talk.catch_up()
    talk.store.add_turn("s", turns[30])
    with talk.stored.index() as past:
        past.add([turns[30]])
    talk.catch_up()
    talk.add(*turns[31:40])
    talk.catch_up()
    talk.add(turns[20])
    for one in turns[40:]:
        talk.add(one)
        known = talk.catch_up()
    assert known == ids(turns)


@pytest.mark.slow
def test_a_count_that_is_wrong_costs_one_reading_of_a_day(talk: Talk) -> None:
    turns = [turn(number) for number in range(5000)]
    talk.add(*turns)
    talk.catch_up(Bounds(read=10_000_000, window=1_000))
    talk.counted += 1
    talk.catch_up()
    assert 0 < sum(talk.store.pages) < 3_000
    talk.catch_up()
    assert talk.store.pages == []


def test_a_cold_reading_is_bounded_and_says_so(talk: Talk) -> None:
    turns = [turn(number, 1_000) for number in range(200)]
    talk.add(*turns)
    known = talk.catch_up(Bounds(read=50_000, window=8_000))
    assert known == ids(turns)[-len(known) :]
    assert 34 <= len(known) <= 37
    assert not talk.complete


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes",
    [[100_000] * 100 + [10] * 300, [10] * 20_000, [1_000] * 3_000, [100_000, *[10] * 40] * 20],
    ids=["large ones, then short ones", "short ones", "usual ones", "large and short ones by turns"],
)
def test_a_cold_reading_takes_the_bytes_it_may_and_one_turn_more(talk: Talk, sizes: list[int]) -> None:
    talk.add(*(turn(number, size) for number, size in enumerate(sizes)))
    talk.catch_up(Bounds(read=1_000_000, window=8_000))
    assert 900_000 < talk.store.bytes < 1_000_000 + 101_000
    assert len(talk.store.pages) < 12


def test_where_older_pages_cannot_be_read_what_fills_the_window_is_enough(talk: Talk) -> None:
    turns = [turn(number, 200) for number in range(300)]
    talk.add(*turns)
    talk.store.failing_after = 1
    first = talk.catch_up()
    assert first == ids(turns)[-45:]
    assert not talk.complete
    assert talk.catch_up() == first
    talk.store.failing_after = 1_000
    assert talk.catch_up(Bounds(read=300_000, window=1_000)) == ids(turns)
    assert sum(talk.store.pages) == 300 - 45
    assert talk.complete


def test_where_the_window_cannot_be_filled_what_was_read_is_used_the_next_time(talk: Talk) -> None:
    turns = [turn(number, 10) for number in range(100)]
    talk.add(*turns)
    talk.store.failing_after = 1
    with pytest.raises(StoreUnavailable):
        talk.catch_up()
    talk.store.failing_after = 1_000
    assert talk.catch_up() == ids(turns)
    assert sum(talk.store.pages) == 100 - 45


def test_a_gap_that_cannot_be_read_ends_what_is_known_until_it_can(talk: Talk) -> None:
    turns = [turn(number, 200) for number in range(100)]
    talk.add(*turns[:50])
    talk.catch_up()
    talk.add(*turns[50:])
    talk.store.failing_after = 0
    with pytest.raises(StoreUnavailable):
        talk.catch_up(Bounds(read=200_000, window=4_000))
    assert talk.catch_up() == ids(turns)[-LOADED_TURNS:]
    assert not talk.complete
    talk.store.failing_after = 1_000
    assert talk.catch_up() == ids(turns)


def test_a_late_turn_that_could_not_be_looked_for_is_looked_for_again(talk: Talk) -> None:
    turns = [turn(number) for number in range(100)]
    talk.add(*turns[:40], *turns[41:])
    talk.catch_up()
    talk.add(turns[40])
    talk.store.failing_after = 0
    assert talk.catch_up() == ids([*turns[:40], *turns[41:]])
    talk.store.failing_after = 1_000
    assert talk.catch_up() == ids(turns)


def test_what_is_known_already_is_not_said_to_have_been_read(talk: Talk) -> None:
    turns = [turn(number) for number in range(60)]
    talk.add(*turns)

    def read() -> int:
        return talk.stored.catch_up(talk.store, talk.counted, talk.store.load("s", LOADED_TURNS).turns, BOUNDS)

    assert read() == sum(one.size_bytes for one in turns)
    assert read() == 0
    talk.add(turn(60))
    assert read() == turn(60).size_bytes


def test_what_fills_the_window_is_read_in_any_case(talk: Talk) -> None:
    talk.add(*[turn(number, 100) for number in range(200)])
    assert 80 <= len(talk.catch_up(Bounds(read=0, window=8_000))) < 200


def test_a_conversation_read_in_part_is_read_again_when_more_may_be(talk: Talk) -> None:
    turns = [turn(number, 1_000) for number in range(100)]
    talk.add(*turns)
    talk.catch_up(Bounds(read=20_000, window=1_000))
    assert talk.catch_up(Bounds(read=200_000, window=1_000)) == ids(turns)
    assert talk.complete


def test_beyond_a_gap_too_wide_to_read_nothing_is_known(talk: Talk) -> None:
    bounds = Bounds(read=20_000, window=1_000)
    talk.add(*[turn(number) for number in range(20)])
    talk.catch_up(bounds)
    turns = [turn(number, 1_000) for number in range(20, 100)]
    talk.add(*turns)
    known = talk.catch_up(bounds)
    assert known == ids(turns)[-len(known) :]
    assert not talk.complete


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32), st.integers(0, 3))
def test_whatever_the_order_in_which_turns_are_stored_all_are_known(number: int, seed: int, uncounted: int) -> None:
    talk, chance = Talk(), random.Random(seed)
    turns = [turn(place) for place in range(number)]
    order = sorted(range(number), key=lambda place: place + chance.uniform(0, 15))
    talk.counted -= uncounted
    for place in order:
        talk.add(turns[place])
        if chance.random() < 0.3:
            talk.catch_up()
    assert talk.catch_up() == ids(turns)


def test_another_life_knows_nothing_of_the_one_before() -> None:
    pasts = KnownConversations()
    first = pasts.of("s", Head(turn_id(1), 0))
    with first.index() as past:
        past.add([turn(1)])
    assert pasts.of("s", Head(turn_id(1), 5)) is first
    with pasts.of("s", Head(turn_id(2), 5)).index() as past:
        assert past.ids == []
    assert pasts.of("s", Head(turn_id(1), 5)) is not first


def test_a_session_of_another_owner_is_another_session() -> None:
    pasts, head = KnownConversations(), Head(turn_id(1), 0)
    assert pasts.of("ada/s", head) is not pasts.of("s", head)


def test_a_deleted_session_is_forgotten() -> None:
    pasts, head = KnownConversations(), Head(turn_id(1), 0)
    stored = pasts.of("s", head)
    pasts.forget("s")
    pasts.forget("s")
    assert pasts.of("s", head) is not stored


def test_the_ones_used_last_stay_cached() -> None:
    pasts, head = KnownConversations(max_bytes=60_000), Head(turn_id(1), 0)

    def use(session: str) -> KnownConversation:
        stored = pasts.of(session, head)
        with stored.index() as past:
            past.add([turn(1, 8_000)])
        return stored

    first, second = use("1"), use("2")
    use("1")
    use("3")
    assert use("1") is first
    assert use("2") is not second


def test_threads_may_use_one_past_at_once(talk: Talk) -> None:
    turns = [turn(number) for number in range(120)]
    talk.add(*turns)

    def read() -> None:
        stored = KnownConversation("s", talk.head.born)
        for _ in range(5):
            stored.catch_up(talk.store, talk.counted, talk.store.load("s", LOADED_TURNS).turns, BOUNDS)
            talk.stored.catch_up(talk.store, talk.counted, talk.store.load("s", LOADED_TURNS).turns, BOUNDS)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert talk.catch_up() == ids(turns)
