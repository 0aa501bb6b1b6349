"""What every store promises of a session's settings, and of until when its turns are kept by them."""

from __future__ import annotations

import pytest

from bridge.store.port import Expiries, Store
from bridge.store.records import HEAD, Head
from bridge.store.session_settings import SessionSettings
from contract.samples import DAY, NOW, a_head, a_progress, a_turn, an_id

ALL = SessionSettings("Kites", "host/ada/kites", "Be brief.", "claude-opus-5", "high", "all", 0.5, 1)
LATER = NOW + 9 * DAY


class SettingsContract:
    def test_every_setting_comes_back(self, store: Store, name: str) -> None:
        head = a_head()._replace(
            settings=ALL, expiries_through="", cost=2**53, memory_cost=3, unpriced_turns=1, begun_by="ab", counted=an_id(1)
        )
        store.begin(name, head, None)
        assert store.load(name, 1).head == head

    def test_every_field_that_others_wrote_into_a_turn_comes_back(self, store: Store, name: str) -> None:
        turn = a_turn()._replace(source="sess-1/prompt-2", cost=12_345_678_901, is_estimate=True, ttl_by=3)
        store.add_turn(name, turn)
        assert store.turn(name, turn.id) == turn

    def test_settings_are_put_where_they_are_as_they_were_seen(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        assert store.configure(name, an_id(0), 0, ALL, NOW + 5, None) == a_head()._replace(settings=ALL, last_updated=NOW + 5)
        second = ALL.changed({"title": "", "keep_hours": None})
        assert store.configure(name, an_id(0), 0, second, NOW + 6, None) == store.load(name, 1).head
        configured = store.configure(name, an_id(0), 1, second, NOW + 6, None)
        assert configured is not None
        assert configured.settings == second == store.load(name, 1).head.settings  # type: ignore[union-attr]

    def test_settings_put_again_after_a_lost_answer_find_themselves(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        configured = store.configure(name, an_id(0), 0, ALL, NOW, None)
        assert store.configure(name, an_id(0), 0, ALL, NOW, None) == configured

    @pytest.mark.parametrize("head", [a_head(5), a_head(deleted=True)], ids=["another life", "tombstone"])
    def test_what_is_gone_is_not_configured(self, store: Store, name: str, head: Head) -> None:
        assert store.configure(name, an_id(0), 0, ALL, NOW, None) is None
        store.begin(name, head, None)
        assert store.configure(name, an_id(0), 0, ALL, NOW, None) == head
        assert not store.note_expiries(name, an_id(0), 0, None, None)
        assert store.load(name, 1).head == head

    @pytest.mark.parametrize("expiries", [Expiries(None, NOW), Expiries(NOW + 60, NOW + 180), Expiries(LATER, None)])
    def test_only_settings_move_the_end_of_a_session_in_both_directions(self, store: Store, name: str, expiries: Expiries) -> None:
        store.begin(name, a_head()._replace(turns_ttl=NOW + 3 * DAY), None)
        head = store.configure(name, an_id(0), 0, ALL, NOW - 9, expiries)
        assert head == a_head()._replace(settings=ALL, ttl=expiries.ttl, turns_ttl=expiries.turns_ttl, expiries_through="")
        assert store.load(name, 1).head == head

    def test_a_turn_is_counted_only_under_the_settings_that_it_was_stored_by(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        configured = store.configure(name, an_id(0), 0, ALL, NOW, Expiries(None, None))
        assert store.advance(name, an_id(0), a_progress()) == configured
        counted = store.advance(name, an_id(0), a_progress(ttl=None)._replace(settings=1))
        assert counted is not None
        assert (counted.turns, counted.ttl, counted.settings, counted.expiries_through) == (1, None, ALL, "")
        assert store.advance(name, an_id(0), a_progress()._replace(settings=2)) == counted

    def test_a_turn_whose_count_had_its_answer_lost_is_counted_once(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        progress = a_progress()._replace(cost=7, turn=an_id(1))
        first = store.advance(name, an_id(0), progress)
        assert first is not None
        assert (first.turns, first.cost) == (1, 7)
        assert store.advance(name, an_id(0), progress) == first
        next_one = store.advance(name, an_id(0), progress._replace(turn=an_id(2)))
        assert next_one is not None
        assert (next_one.turns, next_one.cost) == (2, 14)

    def test_counting_adds_costs_and_forgets_who_began(self, store: Store, name: str) -> None:
        store.begin(name, a_head()._replace(begun_by="ab"), None)
        store.advance(name, an_id(0), a_progress()._replace(cost=7))
        head = store.advance(name, an_id(0), a_progress()._replace(cost=8, unpriced_turns=1))
        assert head is not None
        assert (head.cost, head.unpriced_turns, head.begun_by) == (15, 1, "")
        assert store.load(name, 1).head == head

    def test_it_is_noted_how_far_the_turns_are_kept_as_the_settings_say(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        store.configure(name, an_id(0), 0, ALL, NOW, Expiries(LATER, NOW))
        assert not store.note_expiries(name, an_id(0), 2, an_id(3), None)
        assert store.note_expiries(name, an_id(0), 1, an_id(3), None)
        assert store.load(name, 1).head == a_head(ttl=LATER)._replace(settings=ALL, turns_ttl=NOW, expiries_through=an_id(3))
        assert store.note_expiries(name, an_id(0), 1, None, LATER)
        assert store.load(name, 1).head == a_head(ttl=LATER)._replace(settings=ALL, turns_ttl=LATER)
        assert store.note_expiries(name, an_id(0), 1, None, None)
        assert store.load(name, 1).head == a_head(ttl=LATER)._replace(settings=ALL)

    def test_turns_are_kept_longer_and_shorter_and_nothing_else_of_them_changes(self, store: Store, name: str) -> None:
        for number, ttl in enumerate((None, NOW, LATER)):
            store.add_turn(name, a_turn(number)._replace(ttl=ttl))
        store.begin(name, a_head(), None)
        store.set_ttl(name, [an_id(0), an_id(1), an_id(2), an_id(9), HEAD], NOW + 5, 1)
        assert store.page(name, "", HEAD, 9) == tuple(a_turn(number)._replace(ttl=NOW + 5, ttl_by=1) for number in (2, 1, 0))
        store.set_ttl(name, [an_id(1)], None, 2)
        assert store.turn(name, an_id(1)) == a_turn(1)._replace(ttl=None, ttl_by=2)
        assert store.load(name, 1).head == a_head()

    def test_newer_settings_decide_until_when_a_turn_is_kept(self, store: Store, name: str) -> None:
        store.add_turn(name, a_turn())
        store.set_ttl(name, [an_id(1)], NOW + 5, 2)
        store.set_ttl(name, [an_id(1)], None, 1)
        assert store.prolong(name, [an_id(1)], None) == store.prolong(name, [an_id(1)], LATER, 1) == 0
        assert store.turn(name, an_id(1)) == a_turn()._replace(ttl=NOW + 5, ttl_by=2)
        assert store.prolong(name, [an_id(1)], LATER, 2) == 1
        assert store.turn(name, an_id(1)) == a_turn()._replace(ttl=LATER, ttl_by=2)
