"""Storing a turn: the commit, the count in the head, and a session that was deleted meanwhile."""

from __future__ import annotations

import pytest

from bridge.commit.storing import commit, count_in
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store import lives
from bridge.store.port import Session
from bridge.store.records import Head, Message, Turn, Usage
from bridge.turn_ids import turn_id
from fakes.intercepted_store import Intercepted, unavailable
from fakes.memory_store import MemoryStore

HOUR = 3600
NOW = 1_750_000_000


def a_turn(question: str = "How high does a kite fly?", answer: str = "High.", seconds: int = 0) -> Turn:
    context = (Message("user", question), Message("assistant", answer))
    return Turn(turn_id((NOW + seconds) * 1000), context, NOW + seconds, ttl=NOW + 3 * HOUR, answer=answer)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def life(store: MemoryStore) -> Head:
    return store.begin("s", lives.life_for(Session(None, ()), NOW, HOUR), None)


def test_a_turn_is_counted_once_however_often_it_is_committed(store: MemoryStore, life: Head) -> None:
    turn = a_turn()._replace(cost=70_000, usage=Usage(10, 0, 0, 5))
    for _ in range(2):
        head = commit(store, "s", "ada", life, turn, HOUR)
    assert isinstance(head, Head)
    assert (head.turns, head.cost, head.usage) == (1, 70_000, Usage(10, 0, 0, 5))


@pytest.mark.parametrize(("usage", "unpriced"), [(Usage(), 0), (Usage(1), 1)])
def test_a_turn_for_which_nobody_was_asked_needs_no_price(store: MemoryStore, life: Head, usage: Usage, unpriced: int) -> None:
    head = commit(store, "s", "ada", life, a_turn()._replace(usage=usage), HOUR)
    assert isinstance(head, Head)
    assert head.unpriced_turns == unpriced


def test_the_first_turn_names_the_session_and_its_owner(store: MemoryStore, life: Head) -> None:
    head = commit(store, "s", "ada", life, a_turn("How high\ndoes a kite fly?"), HOUR)
    assert isinstance(head, Head)
    assert (head.owner, head.title, head.turns, head.ttl) == ("ada", "How high does a kite fly?", 1, NOW + HOUR)
    assert store.load("s", 10) == Session(head, (a_turn("How high\ndoes a kite fly?"),))


def test_another_answer_under_the_same_id_is_the_truth(store: MemoryStore, life: Head) -> None:
    commit(store, "s", "ada", life, a_turn(answer="High."), HOUR)
    assert commit(store, "s", "ada", life, a_turn(answer="Higher."), HOUR) == a_turn(answer="High.")


def test_the_same_turn_again_is_counted_once_it_is_there(store: MemoryStore, life: Head) -> None:
    store.add_turn("s", a_turn())  # Whoever stored it did not get to the head.
    head = commit(store, "s", "ada", life, a_turn(), HOUR)
    assert isinstance(head, Head)
    assert head.turns == 1


def test_a_turn_counts_though_its_head_cannot_be_written(store: MemoryStore, life: Head) -> None:
    intercepted = Intercepted(store)
    intercepted.before["advance"] = unavailable
    head = commit(intercepted, "s", "ada", life, a_turn(), HOUR)
    assert isinstance(head, Head)
    assert (head.turns, store.turn("s", a_turn().id)) == (1, a_turn())


def test_whether_an_unanswered_commit_was_done_is_for_the_caller_to_find_out(store: MemoryStore, life: Head) -> None:
    intercepted = Intercepted(store)
    intercepted.before["add_turn"] = unavailable
    with pytest.raises(StoreUnavailable):
        commit(intercepted, "s", "ada", life, a_turn(), HOUR)


def test_a_head_that_is_missing_is_put_again(store: MemoryStore, life: Head) -> None:
    store._heads.clear()
    head = count_in(store, "s", "ada", life, a_turn(), HOUR)
    assert store.load("s", 1).head == head


@pytest.mark.parametrize("later", [False, True], ids=["deleted", "deleted and begun again"])
def test_nothing_is_left_of_a_turn_whose_session_was_deleted(store: MemoryStore, life: Head, later: bool) -> None:
    buried = store.begin("s", lives.tombstone(store.load("s", 1), NOW + 1), life)
    if later:
        store.begin("s", lives.life_for(Session(buried, ()), NOW + 10, HOUR), buried)
    with pytest.raises(BridgeError) as raised:
        commit(store, "s", "ada", life, a_turn(), HOUR)
    assert raised.value.code is Code.SESSION_DELETED
    assert store.turn("s", a_turn().id) is None
