"""What every store promises of summaries, and of the time that turns are kept."""

from __future__ import annotations

import pytest

from bridge.store.port import Lifetime, Store
from bridge.store.records import HEAD, Head
from contract.samples import DAY, NOW, a_head, a_progress, a_turn, an_id

LATER = NOW + 9 * DAY


class UpkeepContract:
    # Summaries

    def test_a_summary_follows_on_the_one_that_was_seen(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        assert store.summarise(name, an_id(0), "", "They build a kite.", an_id(3))
        assert store.summarise(name, an_id(0), an_id(3), "They flew a kite.", an_id(5))
        head = store.load(name, 1).head
        assert head == a_head()._replace(summary="They flew a kite.", summarised_through=an_id(5))

    def test_a_summary_changes_nothing_else(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        counted = store.advance(name, an_id(0), a_progress())
        assert counted is not None
        store.summarise(name, an_id(0), "", "They build a kite.", an_id(3))
        assert store.load(name, 1).head == counted._replace(summary="They build a kite.", summarised_through=an_id(3))

    def test_what_summaries_cost_is_added_up(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        store.summarise(name, an_id(0), "", "first", an_id(3), 2**40)
        store.summarise(name, an_id(0), an_id(3), "second", an_id(5), 7)
        assert not store.summarise(name, an_id(0), an_id(3), "late", an_id(6), 9)
        head = store.load(name, 1).head
        assert head == a_head()._replace(summary="second", summarised_through=an_id(5), memory_cost=2**40 + 7)

    def test_of_two_summaries_made_at_once_the_first_stays(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        assert store.summarise(name, an_id(0), "", "first", an_id(3))
        assert not store.summarise(name, an_id(0), "", "second", an_id(4))
        assert store.load(name, 1).head == a_head()._replace(summary="first", summarised_through=an_id(3))

    def test_a_summary_written_again_after_a_lost_answer_finds_itself(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        assert store.summarise(name, an_id(0), "", "first", an_id(3))
        assert store.summarise(name, an_id(0), "", "first", an_id(3))

    @pytest.mark.parametrize("head", [a_head(5), a_head(deleted=True)], ids=["another life", "tombstone"])
    def test_a_summary_of_what_is_gone_is_not_written(self, store: Store, name: str, head: Head) -> None:
        store.begin(name, head, None)
        assert not store.summarise(name, an_id(0), "", "They build a kite.", an_id(3))
        assert store.load(name, 1).head == head

    def test_a_summary_makes_no_head(self, store: Store, name: str) -> None:
        assert not store.summarise(name, an_id(0), "", "They build a kite.", an_id(3))
        assert store.load(name, 1).head is None

    # Lifetimes

    def test_lifetimes_come_oldest_first_and_without_the_head(self, store: Store, name: str) -> None:
        turns = [a_turn(1), a_turn(2)._replace(ttl=None), a_turn(3)._replace(ttl=NOW)]
        for turn in reversed(turns):
            store.add_turn(name, turn)
        store.begin(name, a_head(), None)
        assert store.lifetimes(name, "", 10) == tuple(Lifetime(turn.id, turn.ttl) for turn in turns)
        assert store.lifetimes(name, an_id(1), 1) == (Lifetime(an_id(2), None),)
        assert store.lifetimes(name, an_id(3), 10) == ()

    def test_more_lifetimes_than_one_answer_can_hold_are_all_found(self, store: Store, name: str) -> None:
        for number in range(1, 8):
            store.add_turn(name, a_turn(number, "q", "a" * 250_000))
        assert [one.turn for one in store.lifetimes(name, "", 10)] == [an_id(number) for number in range(1, 8)]

    def test_turns_that_are_there_are_prolonged_and_nothing_else_of_them_changes(self, store: Store, name: str) -> None:
        store.add_turn(name, a_turn(1))
        store.add_turn(name, a_turn(2)._replace(ttl=None))
        assert store.prolong(name, [an_id(1), an_id(2), an_id(3)], LATER) == 2
        assert store.page(name, "", HEAD, 10) == (a_turn(2)._replace(ttl=LATER), a_turn(1)._replace(ttl=LATER))

    def test_prolonging_never_shortens_and_can_be_repeated(self, store: Store, name: str) -> None:
        store.add_turn(name, a_turn(1))
        assert store.prolong(name, [an_id(1)], LATER) == 1
        assert store.prolong(name, [an_id(1)], LATER) == 0
        assert store.prolong(name, [an_id(1)], LATER - 1) == 0
        assert store.turn(name, an_id(1)) == a_turn(1)._replace(ttl=LATER)

    def test_a_turn_can_be_made_to_stay_for_ever(self, store: Store, name: str) -> None:
        store.add_turn(name, a_turn(1))
        assert store.prolong(name, [an_id(1), an_id(2)], None) == 1
        assert store.prolong(name, [an_id(1)], None) == 0
        assert store.turn(name, an_id(1)) == a_turn(1)._replace(ttl=None)

    def test_a_head_is_not_prolonged_as_a_turn(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        assert store.prolong(name, [HEAD], LATER) == 0
        assert store.load(name, 1).head == a_head()

    # The bound

    def test_the_bound_of_the_turns_is_set_where_it_is_as_it_was_seen(self, store: Store, name: str) -> None:
        store.begin(name, a_head()._replace(turns_ttl=NOW), None)
        assert store.bound_turns(name, an_id(0), NOW, LATER)
        assert not store.bound_turns(name, an_id(0), NOW, LATER + 1)
        assert store.load(name, 1).head == a_head()._replace(turns_ttl=LATER)

    def test_the_bound_can_be_removed_and_set_anew(self, store: Store, name: str) -> None:
        store.begin(name, a_head()._replace(turns_ttl=NOW), None)
        assert store.bound_turns(name, an_id(0), NOW, None)
        assert store.load(name, 1).head == a_head()
        assert store.bound_turns(name, an_id(0), None, LATER)
        assert store.load(name, 1).head == a_head()._replace(turns_ttl=LATER)

    def test_a_bound_written_again_after_a_lost_answer_finds_itself(self, store: Store, name: str) -> None:
        store.begin(name, a_head()._replace(turns_ttl=NOW), None)
        assert store.bound_turns(name, an_id(0), NOW, LATER)
        assert store.bound_turns(name, an_id(0), NOW, LATER)

    @pytest.mark.parametrize("head", [a_head(5), a_head(deleted=True)], ids=["another life", "tombstone"])
    def test_the_bound_of_what_is_gone_is_not_set(self, store: Store, name: str, head: Head) -> None:
        store.begin(name, head, None)
        assert not store.bound_turns(name, an_id(0), None, LATER)
        assert store.load(name, 1).head == head
