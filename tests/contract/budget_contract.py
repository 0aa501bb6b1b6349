"""What every store promises of budgets."""

from __future__ import annotations

from bridge.store.port import Store
from bridge.store.tally import Hold, Tally
from contract.samples import DAY, NOW


def a_hold(row: str, name: str = "a1", tokens: int = 40) -> Hold:
    return Hold(f"budget/{row}/2026-11-22", name, tokens, NOW + DAY)


def tally(store: Store, row: str) -> Tally:
    """The row, as a hold that fails finds it."""
    result = store.hold(a_hold(row, "looking", 0), 0)
    assert result is not None
    return result


class BudgetContract:
    def test_tokens_are_held_while_fewer_than_the_limit_are_counted(self, store: Store, name: str) -> None:
        assert store.hold(a_hold(name, "a1"), 80) is None
        assert store.hold(a_hold(name, "a2"), 80) is None
        refused = store.hold(a_hold(name, "a3"), 80)
        assert refused == Tally(a_hold(name).row, 80, {"hold_a1": 40, "hold_a2": 40}, NOW + DAY)
        assert refused.used == 0
        assert tally(store, name) == refused

    def test_one_may_exceed_the_limit_and_then_nobody_more(self, store: Store, name: str) -> None:
        assert store.hold(a_hold(name, "a1", 10_000), 1) is None
        assert store.hold(a_hold(name, "a2", 1), 10_000) is not None
        assert store.hold(a_hold(name, "a2", 1), 10_001) is None

    def test_a_hold_put_again_after_a_lost_answer_is_one_hold(self, store: Store, name: str) -> None:
        for limit in (50, 50, 1):
            assert store.hold(a_hold(name), limit) is None
        assert tally(store, name).tokens == 40

    def test_what_was_used_is_counted_in_place_of_what_was_held(self, store: Store, name: str) -> None:
        store.hold(a_hold(name, "a1"), 100)
        store.hold(a_hold(name, "a2"), 100)
        store.settle(a_hold(name, "a1"), 7)
        assert tally(store, name) == Tally(a_hold(name).row, 47, {"hold_a2": 40}, NOW + DAY)
        store.settle(a_hold(name, "a2"), 99)
        assert tally(store, name) == Tally(a_hold(name).row, 106, {}, NOW + DAY)

    def test_settling_again_after_a_lost_answer_changes_nothing(self, store: Store, name: str) -> None:
        store.hold(a_hold(name, "a1"), 100)
        for _ in range(2):
            store.settle(a_hold(name, "a1"), 7)
        assert tally(store, name).tokens == 7

    def test_what_is_counted_can_be_looked_at(self, store: Store, name: str) -> None:
        assert store.tally(a_hold(name).row) == Tally(a_hold(name).row)
        store.hold(a_hold(name), 80)
        assert store.tally(a_hold(name).row) == Tally(a_hold(name).row, 40, {"hold_a1": 40}, NOW + DAY)
        store.settle(a_hold(name), 12)
        assert (store.tally(a_hold(name).row).tokens, store.tally(a_hold(name).row).used) == (12, 12)

    def test_settling_what_was_never_held_makes_no_row(self, store: Store, name: str) -> None:
        store.settle(a_hold(name), 1_000)
        assert store.hold(a_hold(name, "a2"), 1) is None
        assert tally(store, name).tokens == 40

    def test_owners_and_days_do_not_touch_each_other(self, store: Store, name: str) -> None:
        store.hold(a_hold(name), 1)
        assert store.hold(a_hold(f"{name}x"), 1) is None
        assert store.hold(a_hold(name)._replace(row=f"budget/{name}/2026-11-23"), 1) is None
