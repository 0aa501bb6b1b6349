"""The lives of a session: which turns exist, and where the next one goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.store import lives
from bridge.store.lives import life_for, next_turn, tombstone
from bridge.store.port import Session
from bridge.store.records import Head, Turn
from bridge.turn_ids import turn_id

HOUR = 3600
NOW = 1_750_000_000


def a_turn(seconds: float) -> Turn:
    return Turn(turn_id(round(seconds * 1000)), (), int(seconds))


def a_head(born: float, *, ttl: int | None = NOW + HOUR, deleted: bool = False, previous: str = "") -> Head:
    return Head(turn_id(round(born * 1000)), int(born), ttl=ttl, deleted=deleted, previous_born=previous)


@given(st.integers(10**6, 2**40), st.booleans(), st.integers(0, 2**41), st.integers(0, 2**41))
def test_a_new_life_leaves_every_earlier_one_behind(seconds: int, deleted: bool, born: int, last: int) -> None:
    old = Session(Head(turn_id(born), 0, ttl=0, deleted=deleted), (Turn(turn_id(last, b"\xff" * 10), (), 0),))
    life = life_for(old, seconds, 60)
    assert life.born > old.turns[0].id
    assert old.head is not None
    assert life.born > old.head.born
    assert next_turn(old, life, seconds, bytes(10)) > life.born
    assert tombstone(old, seconds).born > max(old.turns[0].id, old.head.born)


def test_turns_of_an_earlier_life_do_not_exist() -> None:
    turns = (a_turn(NOW - 1), a_turn(NOW - 10))
    assert lives.living(Session(a_head(NOW - 5), turns), NOW) == turns[:1]


@pytest.mark.parametrize("head", [None, a_head(NOW - HOUR, ttl=NOW), a_head(NOW - HOUR, deleted=True)], ids=["none", "expired", "deleted"])
def test_without_a_live_head_no_turn_exists(head: Head | None) -> None:
    assert lives.living(Session(head, (a_turn(NOW - 1),)), NOW) == ()


def test_a_live_session_goes_on_in_its_life() -> None:
    head = a_head(NOW - HOUR)
    assert life_for(Session(head, (a_turn(NOW - 1),)), NOW, HOUR) is head


def test_a_new_life_remembers_the_one_before() -> None:
    old = a_head(NOW - 2 * HOUR, ttl=NOW - 1)
    assert life_for(Session(old, ()), NOW, HOUR).previous_born == old.born


def test_a_first_question_is_known_by_the_life_before_it() -> None:
    old = a_head(NOW - 2 * HOUR, ttl=NOW - 1)
    begun = life_for(Session(old, ()), NOW, HOUR)
    assert lives.newest(Session(old, ()), NOW) == lives.newest(Session(begun, ()), NOW) == old.born
    assert lives.newest(Session(None, ()), NOW) == ""


def test_of_two_first_turns_on_clocks_that_differ_both_count() -> None:
    begun = life_for(Session(None, ()), NOW + lives.CLOCK_SKEW_SECONDS, HOUR)
    assert a_turn(NOW).id > begun.born


def test_a_turn_comes_after_every_other_though_the_clock_is_behind() -> None:
    session = Session(a_head(NOW), (a_turn(NOW + HOUR),))
    assert next_turn(session, a_head(NOW), NOW, bytes(10)) > session.turns[0].id


def test_what_was_claimed_before_a_deletion_is_buried_by_it() -> None:
    buried = tombstone(Session(a_head(NOW - HOUR), (a_turn(NOW - 1),)), NOW)
    assert lives.is_buried(a_turn(NOW).id, buried, NOW)
    assert not lives.is_buried(a_turn(NOW).id, buried, NOW + 2 * lives.TOMBSTONE_SECONDS)
    again = life_for(Session(buried, ()), NOW + 1, HOUR)
    assert lives.is_buried(a_turn(NOW).id, again, NOW + 1)
    assert not lives.is_buried(a_turn(NOW).id, None, NOW)


def test_a_turn_outlives_two_more_periods_and_those_before_it() -> None:
    assert lives.turn_expiry(NOW, HOUR) == NOW + 3 * HOUR
    assert lives.turn_expiry(NOW - 60, HOUR, a_head(NOW)) == NOW + 3 * HOUR
    assert lives.expiry(NOW, None) is lives.turn_expiry(NOW, None) is None
