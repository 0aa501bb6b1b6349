"""The turns' time is prolonged page by page, once, within the time there is; a pass that was stopped goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bridge.memory.reading import KnownConversation
from bridge.store.port import Lifetime
from bridge.store.records import Head, Message, Turn
from bridge.turn_ids import milliseconds_of, turn_id
from bridge.upkeep.lifetimes import PAGE, extend_turns
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore

NOW = 2_000_000_000
DAY = 86_400
HOUR = 3_600
BORN = turn_id(1)


class Counting(MemoryStore):
    """Notes what is asked; `before_prolonging` is called first."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.written: list[str] = []
        self.before_prolonging: Callable[[], object] = lambda: None

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        result = super().lifetimes(session, after, limit)
        self.seen += len(result)
        return result

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        self.before_prolonging()
        self.written.extend(turns)
        return super().prolong(session, turns, ttl, by)


def due(turns: int, periods: float = 1.0) -> Counting:
    """A session whose turns have this many periods of a day left."""
    store = Counting()
    store.begin("s", Head(BORN, 0, turns_ttl=NOW + DAY, turns=turns), None)
    for number in range(turns):
        store.add_turn("s", Turn(turn_id(number + 2), (Message("user", "q"), Message("assistant", "a")), 0, ttl=NOW + round(periods * DAY)))
    return store


def head(store: MemoryStore) -> Head:
    result = store.load("s", 1).head
    assert result is not None
    return result


def times(pages: int) -> Callable[[], bool]:
    """There is time for this many pages."""
    left = [True] * pages
    return lambda: bool(left and left.pop())


def ttls(store: MemoryStore) -> set[int | None]:
    return {one.ttl for one in store.lifetimes("s", "", 10_000)}


@pytest.mark.parametrize("turns", [1, PAGE - 1, PAGE, PAGE + 1, 4 * PAGE, 4 * PAGE + 7])
def test_every_page_of_turns_is_prolonged_once(turns: int) -> None:
    store = due(turns)
    assert extend_turns(store, KnownConversation("s", BORN), head(store), DAY, NOW, mark="one", may_go_on=times(10)) == turns
    assert len(store.written) == len(set(store.written)) == turns
    assert head(store).turns_ttl == NOW + 3 * DAY
    assert ttls(store) == {NOW + 3 * DAY}


@pytest.mark.parametrize(("periods", "prolonged"), [(2.0, 1), (2.7, 1), (2.8, 0)])
def test_what_has_nearly_three_periods_is_passed_over(periods: float, prolonged: int) -> None:
    store = due(1, periods)
    assert extend_turns(store, KnownConversation("s", BORN), head(store), DAY, NOW, mark="one", may_go_on=times(10)) == prolonged
    assert {head(store).turns_ttl} == ttls(store)


def test_a_pass_that_was_stopped_goes_on_where_it_stopped() -> None:
    store, known = due(4 * PAGE - 1), KnownConversation("s", BORN)
    assert extend_turns(store, known, head(store), DAY, NOW, mark="one", may_go_on=times(2)) == 2 * PAGE
    assert (head(store).turns_ttl or 0) < NOW + DAY
    assert extend_turns(store, known, head(store), DAY, NOW + HOUR, mark="one", may_go_on=times(2)) == 2 * PAGE - 1
    assert store.seen == 4 * PAGE - 1
    assert head(store).turns_ttl == NOW + 3 * DAY == min(ttl or 0 for ttl in ttls(store))
    assert extend_turns(store, known, head(store), DAY, NOW + DAY + HOUR, mark="one", may_go_on=times(10)) == 4 * PAGE - 1


def test_another_process_begins_again_and_passes_over_what_is_done() -> None:
    store = due(3 * PAGE - 1)
    extend_turns(store, KnownConversation("s", BORN), head(store), DAY, NOW, mark="one", may_go_on=times(2))
    assert extend_turns(store, KnownConversation("s", BORN), head(store), DAY, NOW + 60, mark="one", may_go_on=times(10)) == PAGE - 1
    assert head(store).turns_ttl == NOW + 3 * DAY


def test_of_two_at_once_one_goes_on() -> None:
    store = due(6 * PAGE - 1)
    seen, other = head(store), KnownConversation("s", BORN)

    def begin_another() -> None:
        store.before_prolonging = lambda: None
        assert extend_turns(store, other, seen, DAY, NOW, mark="another", may_go_on=times(10)) == 0
        assert extend_turns(store, other, head(store), DAY, NOW, mark="another", may_go_on=times(10)) == 6 * PAGE - 1

    store.before_prolonging = begin_another
    assert extend_turns(store, KnownConversation("s", BORN), seen, DAY, NOW, mark="one", may_go_on=times(10)) == 0
    assert len(store.written) == 7 * PAGE - 1
    assert head(store).turns_ttl == NOW + 3 * DAY


@pytest.mark.parametrize(("stream", "renewed"), [(True, 150), (False, 100)])
def test_a_renewal_does_not_delay_the_reply_of_a_client_that_does_not_stream(stream: bool, renewed: int) -> None:
    store = Counting()
    bench = Bench(store=store, session_ttl_hours=10)
    bench.ask("And?")
    [first] = store.load("s1", 2).turns
    for number in range(1, 150):
        store.add_turn("s1", first._replace(id=turn_id(milliseconds_of(first.id) + number)))
    bench.ahead = 9 * HOUR
    bench.ask("And?")
    bench.ahead = 11 * HOUR

    def take_long() -> None:
        bench.later += bench.timing.single_reply_seconds * 0.6

    store.before_prolonging = take_long
    bench.send({"action": "query", "message": "And now?", "session_id": "s1", "stream": stream})
    assert len(store.written) == renewed
