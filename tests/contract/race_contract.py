"""What every store promises when several write at once: each conditional write is one, and exactly one of two rivals wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from bridge.store.port import Store
from bridge.store.records import Usage
from contract.budget_contract import a_hold, tally
from contract.samples import NOW, a_claim, a_failure, a_head, a_progress, a_turn, an_id

RIVALS = 8

T = TypeVar("T")


class RaceContract:
    def test_of_two_turns_under_one_id_one_stays(self, stores: Sequence[Store], name: str) -> None:
        turns = [a_turn(1, answer=f"by {number}") for number in range(RIVALS)]
        results = at_once(stores, lambda store, number: store.add_turn(name, turns[number]))
        winner = turns[results.index(None)]
        assert [result for result in results if result is not None] == [winner] * (RIVALS - 1)
        assert stores[0].turn(name, winner.id) == winner

    def test_turns_written_at_once_are_all_there(self, stores: Sequence[Store], name: str) -> None:
        at_once(stores, lambda store, number: store.add_turn(name, a_turn(number)))
        assert stores[0].load(name, 50).turns == tuple(a_turn(number) for number in range(RIVALS - 1, -1, -1))

    def test_one_life_begins(self, stores: Sequence[Store], name: str) -> None:
        results = at_once(stores, lambda store, number: store.begin(name, a_head(number), None))
        assert results == [results[0]] * len(results)
        assert stores[0].load(name, 50).head == results[0]

    def test_one_new_life_replaces_an_old_one(self, stores: Sequence[Store], name: str) -> None:
        stores[0].begin(name, a_head(0, ttl=1), None)
        results = at_once(stores, lambda store, number: store.begin(name, a_head(1 + number), a_head(0)))
        assert results == [results[0]] * len(results)
        assert results[0] != a_head(0, ttl=1)

    def test_no_counted_turn_is_lost(self, stores: Sequence[Store], name: str) -> None:
        stores[0].begin(name, a_head(), None)
        results = at_once(stores, lambda store, number: store.advance(name, an_id(0), a_progress(number)))
        assert sorted(head.turns for head in results if head) == list(range(1, RIVALS + 1))
        head = stores[0].load(name, 50).head
        assert head is not None
        assert (head.turns, head.usage) == (RIVALS, Usage(RIVALS, 2 * RIVALS, 3 * RIVALS, 4 * RIVALS))

    def test_a_turn_is_counted_before_the_session_is_deleted_or_not_at_all(self, stores: Sequence[Store], name: str) -> None:
        stores[0].begin(name, a_head(), None)
        tombstone = a_head(5, deleted=True)
        counted, buried = at_once(
            stores,
            lambda store, number: store.begin(name, tombstone, a_head()) if number else store.advance(name, an_id(0), a_progress()),
            rivals=2,
        )
        assert counted == buried == stores[0].load(name, 50).head
        assert counted is not None
        assert counted == tombstone or counted.turns == 1

    def test_one_claims_a_free_request(self, stores: Sequence[Store], name: str) -> None:
        results = at_once(stores, lambda store, number: store.claim(a_claim(name, f"i{number}"), NOW))
        winner = a_claim(name, f"i{results.index(None)}")
        assert [result for result in results if result is not None] == [winner] * (RIVALS - 1)
        assert stores[0].look(name) == winner

    def test_one_takes_over_a_failed_request(self, stores: Sequence[Store], name: str) -> None:
        stores[0].claim(a_claim(name), NOW)
        stores[0].fail(a_failure(name))
        results = at_once(stores, lambda store, number: store.take_over(a_claim(name, f"i{number}"), a_failure(name)))
        assert results.count(None) == 1

    def test_one_takes_over(self, stores: Sequence[Store], name: str) -> None:
        seen = a_claim(name, lease_until=NOW - 1.5)
        stores[0].claim(seen, NOW)
        results = at_once(stores, lambda store, number: store.take_over(a_claim(name, f"i{number}"), seen))
        winner = a_claim(name, f"i{results.index(None)}")
        assert [result for result in results if result is not None] == [winner] * (RIVALS - 1)
        assert stores[0].look(name) == winner

    def test_a_lease_is_renewed_or_taken_over_but_not_both(self, stores: Sequence[Store], name: str) -> None:
        stores[0].claim(a_claim(name), NOW)
        taken, renewed = a_claim(name, "second"), a_claim(name, lease_until=NOW + 30.0)
        result = at_once(
            stores,
            lambda store, number: store.take_over(taken, a_claim(name)) if number else store.renew(name, "first", renewed.lease_until),
            rivals=2,
        )
        assert result in ([renewed, renewed], [None, None])
        assert stores[0].look(name) == (renewed if result[0] else taken)

    def test_writes_to_one_row_keep_each_other(self, stores: Sequence[Store], name: str) -> None:
        stores[0].claim(a_claim(name), NOW)
        writes: list[Callable[[Store], object]] = [
            lambda store: store.renew(name, "first", NOW + 30.0),
            lambda store: store.follow(name, "connection"),
            lambda store: store.cancel(name),
        ]
        at_once(stores, lambda store, number: writes[number](store), rivals=len(writes))
        row = stores[0].look(name)
        assert row is not None
        assert (row.lease_until, row.connection_id, row.cancel) == (NOW + 30.0, "connection", True)

    def test_of_many_holds_at_once_no_more_are_made_than_the_limit_allows(self, stores: Sequence[Store], name: str) -> None:
        results = at_once(stores, lambda store, number: store.hold(a_hold(name, f"a{number}"), 100))
        assert results.count(None) == 3
        assert tally(stores[0], name).tokens == 120

    def test_what_is_settled_at_once_is_all_counted(self, stores: Sequence[Store], name: str) -> None:
        for number in range(RIVALS):
            stores[0].hold(a_hold(name, f"a{number}"), 1_000)
        at_once(stores, lambda store, number: store.settle(a_hold(name, f"a{number}"), 10 + number))
        counted = tally(stores[0], name)
        assert (counted.tokens, counted.holds) == (sum(range(10, 10 + RIVALS)), {})


def at_once(stores: Sequence[Store], call: Callable[[Store, int], T], rivals: int = RIVALS) -> list[T]:
    """The results of `call`, made by this many threads at the same time, each with one of the stores and its own number."""
    barrier = Barrier(rivals)

    def run(number: int) -> T:
        barrier.wait(10)
        return call(stores[number % len(stores)], number)

    with ThreadPoolExecutor(rivals) as threads:
        return list(threads.map(run, range(rivals)))
