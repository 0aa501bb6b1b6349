"""What every store promises of turns and heads."""

from __future__ import annotations

import pytest

from bridge.store.port import Session, Store
from bridge.store.records import HEAD, Head, Message, Turn, Usage
from contract.samples import DAY, NOW, a_head, a_progress, a_turn, an_id

EVERY_KIND = "tab\t line\n return\r\x01\x7f\u0085\u2028\ufeff\uffff é 日本 𝄞 👩‍👩‍👧 \"\\'${}[]</>%_"

TEXTS = {
    "empty": ("", ""),
    "every kind of character": (EVERY_KIND, EVERY_KIND[::-1]),
    "looks like JSON": ('{"S": "x"}', "null"),
    "decomposed and composed": ("e\u0301", "\u00e9"),
    "100 KB and 256 KB of one byte each": ("q" * 100_000, "a" * 262_144),
    "100 KB and 256 KB of four bytes each": ("𝄞" * 25_000, "𝄞" * 65_536),
}


class SessionContract:
    def test_an_unknown_session_is_empty(self, store: Store, name: str) -> None:
        assert store.load(name, 50) == Session(None, ())
        assert store.turn(name, an_id(1)) is None
        assert store.page(name, "", HEAD, 10) == ()
        assert store.advance(name, an_id(0), a_progress()) is None

    # Turns

    @pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
    def test_a_turn_comes_back_as_it_was_put(self, store: Store, name: str, texts: tuple[str, str]) -> None:
        turn = a_turn(1, *texts)
        assert store.add_turn(name, turn) is None
        assert store.turn(name, turn.id) == turn
        assert store.load(name, 50).turns == (turn,)
        assert store.page(name, "", HEAD, 1) == (turn,)

    def test_every_field_of_a_turn_comes_back(self, store: Store, name: str) -> None:
        cut = a_turn(1)._replace(truncated=True, stop_reason="cancelled", usage=Usage(2**53, 1, 2, 3), ttl=None)
        bare = Turn(an_id(2), (Message("user", "Only a question."),), NOW)
        store.add_turn(name, cut)
        store.add_turn(name, bare)
        assert store.load(name, 50).turns == (bare, cut)

    def test_the_first_turn_under_an_id_stays(self, store: Store, name: str) -> None:
        first, second = a_turn(1, answer="first"), a_turn(1, answer="second")
        assert store.add_turn(name, first) is None
        assert store.add_turn(name, second) == first
        assert store.turn(name, first.id) == first

    def test_a_turn_put_again_after_a_lost_answer_finds_itself(self, store: Store, name: str) -> None:
        turn = a_turn(1)
        store.add_turn(name, turn)
        assert store.add_turn(name, turn) == turn

    def test_the_same_turn_id_in_two_sessions_is_two_turns(self, store: Store, name: str) -> None:
        here, there = a_turn(1, answer="here"), a_turn(1, answer="there")
        assert store.add_turn(name, here) is None
        assert store.add_turn(f"ada/{name}", there) is None
        assert store.turn(name, here.id) == here
        assert store.turn(f"ada/{name}", there.id) == there

    def test_an_expired_turn_is_still_read(self, store: Store, name: str) -> None:
        turn = a_turn(1)._replace(ttl=1)
        store.add_turn(name, turn)
        assert store.turn(name, turn.id) == turn
        assert store.load(name, 50).turns == (turn,)
        assert store.add_turn(name, a_turn(1)) == turn

    # Loading and paging

    def test_loading_finds_the_head_and_the_newest_turns_newest_first(self, store: Store, name: str) -> None:
        turns = _three_turns(store, name)
        assert store.load(name, 50) == Session(None, turns)
        head = store.begin(name, a_head(), None)
        assert store.load(name, 50) == Session(head, turns)

    def test_the_limit_of_loading_counts_the_head(self, store: Store, name: str) -> None:
        newest, second, _ = _three_turns(store, name)
        assert store.load(name, 2) == Session(None, (newest, second))
        head = store.begin(name, a_head(), None)
        assert store.load(name, 3) == Session(head, (newest, second))
        assert store.load(name, 1) == Session(head, ())

    def test_loading_gives_fifty_items_by_default(self, store: Store, name: str) -> None:
        for number in range(1, 52):
            store.add_turn(name, a_turn(number))
        store.begin(name, a_head(), None)
        assert [turn.id for turn in store.load(name, 50).turns] == [an_id(number) for number in range(51, 2, -1)]

    @pytest.mark.parametrize(
        "head",
        [a_head(ttl=1), a_head(deleted=True), a_head(ttl=None), a_head(3)],
        ids=["expired", "tombstone", "forever", "born after the turns"],
    )
    def test_loading_judges_neither_head_nor_turns(self, store: Store, name: str, head: Head) -> None:
        turns = _three_turns(store, name)
        store.begin(name, head, None)
        assert store.load(name, 50) == Session(head, turns)

    @pytest.mark.parametrize(
        ("after", "before", "result"),
        [
            ("", HEAD, [3, 2, 1]),
            (an_id(0), an_id(4), [3, 2, 1]),
            (an_id(1), an_id(3), [2]),
            (an_id(1), HEAD, [3, 2]),
            ("", an_id(2), [1]),
            (an_id(2), an_id(3), []),
            (an_id(2), an_id(2), []),
            (an_id(3), an_id(1), []),
            ("", "~~", [3, 2, 1]),
        ],
    )
    def test_a_page_lies_between_its_bounds(self, store: Store, name: str, after: str, before: str, result: list[int]) -> None:
        _three_turns(store, name)
        store.begin(name, a_head(), None)
        assert [turn.id for turn in store.page(name, after, before, 10)] == [an_id(number) for number in result]

    def test_pages_of_turns_follow_one_another_without_gap_or_repetition(self, store: Store, name: str) -> None:
        for number in range(1, 8):
            store.add_turn(name, a_turn(number))
        store.begin(name, a_head(), None)
        pages: list[tuple[Turn, ...]] = []
        before = HEAD
        while not pages or len(pages[-1]) == 3:
            pages.append(store.page(name, "", before, 3))
            before = pages[-1][-1].id
        assert [turn.id for page in pages for turn in page] == [an_id(number) for number in range(7, 0, -1)]
        assert [len(page) for page in pages] == [3, 3, 1]

    def test_a_page_ends_with_the_turn_at_which_it_takes_the_bytes_that_were_asked_for(self, store: Store, name: str) -> None:
        turns = [a_turn(number, "q", "𝄞" * (1_000 if number % 2 else 10)) for number in range(1, 9)]
        for turn in turns:
            store.add_turn(name, turn)
        newest = turns[::-1]
        for most in range(1, 9):
            max_bytes = sum(turn.size_bytes for turn in newest[:most])
            assert store.page(name, "", HEAD, 50, max_bytes) == tuple(newest[:most])
            assert store.page(name, "", HEAD, 50, max_bytes - 1) == tuple(newest[:most])
        assert store.page(name, "", HEAD, 2, 1_000_000) == tuple(newest[:2])

    def test_large_turns_are_all_found(self, store: Store, name: str) -> None:
        turns = tuple(a_turn(number, "q", "a" * 250_000) for number in range(1, 8))
        for turn in turns:
            store.add_turn(name, turn)
        assert store.load(name, 50).turns == turns[::-1]
        assert store.page(name, "", HEAD, 50) == turns[::-1]
        assert store.remove_turns(name, HEAD) == 7

    # Removing

    def test_a_removed_turn_is_gone_and_can_be_removed_again(self, store: Store, name: str) -> None:
        newest, middle, oldest = _three_turns(store, name)
        store.remove_turn(name, middle.id)
        store.remove_turn(name, middle.id)
        store.remove_turn(f"other/{name}", newest.id)
        assert store.load(name, 50).turns == (newest, oldest)

    def test_removing_turns_ends_with_the_one_named(self, store: Store, name: str) -> None:
        newest, middle, _ = _three_turns(store, name)
        other = f"other/{name}"
        store.add_turn(other, a_turn(1))
        assert store.remove_turns(name, middle.id) == 2
        assert store.load(name, 50).turns == (newest,)
        assert store.load(other, 50).turns == (a_turn(1),)

    def test_removing_turns_again_finds_none(self, store: Store, name: str) -> None:
        _three_turns(store, name)
        assert store.remove_turns(name, an_id(9)) == 3
        assert store.remove_turns(name, an_id(9)) == 0

    def test_of_the_turns_to_remove_the_oldest_go_first(self, store: Store, name: str) -> None:
        newest, middle, _ = _three_turns(store, name)
        assert store.remove_turns(name, HEAD, 1) == 1
        assert store.load(name, 50).turns == (newest, middle)
        assert store.remove_turns(name, HEAD, 2) == 2
        assert store.remove_turns(name, HEAD, 2) == 0

    def test_what_is_there_outlives_a_scrubbing(self, store: Store, name: str) -> None:
        turns = _three_turns(store, name)
        head = store.begin(name, a_head(), None)
        store.remove_turn(name, turns[0].id)
        assert store.scrub()
        assert store.scrub()
        assert store.load(name, 50) == Session(head, turns[1:])

    def test_removing_every_turn_leaves_the_head(self, store: Store, name: str) -> None:
        _three_turns(store, name)
        head = store.begin(name, a_head(), None)
        assert store.remove_turns(name, HEAD) == 3
        store.remove_turn(name, HEAD)
        assert store.load(name, 50) == Session(head, ())

    def test_more_turns_than_one_request_can_delete_are_removed(self, store: Store, name: str) -> None:
        for number in range(60):
            store.add_turn(name, a_turn(number))
        assert store.remove_turns(name, an_id(58)) == 59
        assert store.load(name, 50).turns == (a_turn(59),)

    # Heads

    def test_every_field_of_a_head_comes_back(self, store: Store, name: str) -> None:
        head = Head(
            born=an_id(0),
            last_updated=NOW,
            ttl=NOW + DAY,
            owner="ada",
            title=EVERY_KIND,
            turns=7,
            turns_ttl=NOW + 3 * DAY,
            summary="s" * 5_000,
            summarised_through=an_id(3),
            usage=Usage(2**53, 2, 3, 4),
        )
        assert store.begin(name, head, None) == head
        assert store.load(name, 50).head == head

    def test_a_life_begins_where_there_is_no_head(self, store: Store, name: str) -> None:
        assert store.begin(name, a_head(1), None) == a_head(1)
        assert store.load(name, 50).head == a_head(1)

    def test_a_life_does_not_begin_over_a_head_that_was_not_seen(self, store: Store, name: str) -> None:
        store.begin(name, a_head(1), None)
        assert store.begin(name, a_head(2), None) == a_head(1)
        assert store.begin(name, a_head(3), a_head(2)) == a_head(1)
        assert store.load(name, 50).head == a_head(1)

    @pytest.mark.parametrize("seen", [a_head(1, ttl=1), a_head(1, deleted=True), a_head(1)], ids=["expired", "tombstone", "live"])
    def test_a_life_replaces_the_head_that_was_seen(self, store: Store, name: str, seen: Head) -> None:
        store.begin(name, seen, None)
        store.add_turn(name, a_turn(2))
        assert store.begin(name, a_head(5), seen) == a_head(5)
        assert store.load(name, 50) == Session(a_head(5), (a_turn(2),))

    def test_a_life_does_not_begin_over_a_head_that_came_to_life_again(self, store: Store, name: str) -> None:
        expired = a_head(1, ttl=1, last_updated=0)
        store.begin(name, expired, None)
        revived = store.advance(name, an_id(1), a_progress())
        assert store.begin(name, a_head(5), expired) == revived

    def test_a_life_begins_where_the_head_that_was_seen_is_gone(self, store: Store, name: str) -> None:
        assert store.begin(name, a_head(2), a_head(1)) == a_head(2)
        assert store.load(name, 50).head == a_head(2)

    def test_a_life_begun_again_after_a_lost_answer_finds_itself(self, store: Store, name: str) -> None:
        store.begin(name, a_head(1, ttl=1), None)
        store.begin(name, a_head(5), a_head(1))
        counted = store.advance(name, an_id(5), a_progress())
        result = store.begin(name, a_head(5), a_head(1))
        assert result == counted
        assert (result.born, result.deleted) == (an_id(5), False)

    def test_a_tombstone_put_again_after_a_lost_answer_finds_itself(self, store: Store, name: str) -> None:
        store.begin(name, a_head(1), None)
        tombstone = a_head(5, deleted=True)
        assert store.begin(name, tombstone, a_head(1)) == tombstone
        assert store.begin(name, tombstone, a_head(1)) == tombstone

    def test_a_head_that_is_gone_is_put_again_with_the_same_birth(self, store: Store, name: str) -> None:
        store.add_turn(name, a_turn(2))
        assert store.begin(name, a_head(1), None) == a_head(1)
        assert store.load(name, 50) == Session(a_head(1), (a_turn(2),))

    def test_a_counted_turn_shows_in_the_head(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        head = store.advance(name, an_id(0), a_progress(1))
        assert head == Head(
            born=an_id(0),
            last_updated=NOW + 1,
            ttl=NOW + DAY,
            owner="ada",
            title="Hello Claude!",
            turns=1,
            turns_ttl=NOW + 3 * DAY,
            usage=Usage(1, 2, 3, 4),
        )
        assert store.load(name, 50).head == head

    def test_counts_and_tokens_add_up_while_title_and_turns_ttl_stay(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        store.advance(name, an_id(0), a_progress(1))
        head = store.advance(name, an_id(0), a_progress(2, title="Another", ttl=NOW + 9 * DAY))
        assert head is not None
        assert (head.turns, head.usage) == (2, Usage(2, 4, 6, 8))
        assert (head.title, head.turns_ttl) == ("Hello Claude!", NOW + 3 * DAY)
        assert (head.last_updated, head.ttl) == (NOW + 2, NOW + 9 * DAY)

    @pytest.mark.parametrize("behind", [1, 25 * 3600])
    def test_a_clock_that_is_behind_sets_nothing_back(self, store: Store, name: str, behind: int) -> None:
        store.begin(name, a_head(), None)
        before = store.advance(name, an_id(0), a_progress(1))
        head = store.advance(name, an_id(0), a_progress(1 - behind, ttl=NOW + DAY - behind))
        assert before is not None
        assert head is not None
        assert (head.last_updated, head.ttl, head.turns) == (before.last_updated, before.ttl, 2)
        assert store.load(name, 50).head == head

    @pytest.mark.parametrize(("time", "ttl"), [(2, NOW + DAY - 5), (-2, NOW + DAY + 5)])
    def test_each_of_the_two_times_stays_where_it_is_later(self, store: Store, name: str, time: int, ttl: int) -> None:
        store.begin(name, a_head(), None)
        head = store.advance(name, an_id(0), a_progress(time, ttl=ttl))
        assert head is not None
        assert (head.last_updated, head.ttl) == (max(NOW, NOW + time), max(NOW + DAY, ttl))

    def test_a_session_without_an_end_gets_none_by_a_turn(self, store: Store, name: str) -> None:
        store.begin(name, a_head(), None)
        endless = store.advance(name, an_id(0), a_progress(1, ttl=None))
        assert endless is not None
        assert (endless.ttl, endless.turns_ttl) == (None, None)
        assert store.load(name, 50).head == endless
        again = store.advance(name, an_id(0), a_progress(2))
        assert again is not None
        assert (again.ttl, again.turns_ttl) == (None, NOW + 3 * DAY)

    def test_counting_keeps_the_summary(self, store: Store, name: str) -> None:
        store.begin(name, a_head()._replace(summary="They build a kite.", summarised_through=an_id(3)), None)
        head = store.advance(name, an_id(0), a_progress())
        assert head is not None
        assert (head.summary, head.summarised_through) == ("They build a kite.", an_id(3))

    def test_a_turn_of_an_earlier_life_is_not_counted(self, store: Store, name: str) -> None:
        store.begin(name, a_head(5), None)
        assert store.advance(name, an_id(1), a_progress()) == a_head(5)
        assert store.load(name, 50).head == a_head(5)

    def test_a_tombstone_does_not_count(self, store: Store, name: str) -> None:
        tombstone = a_head(1, deleted=True)
        store.begin(name, tombstone, None)
        assert store.advance(name, an_id(1), a_progress()) == tombstone
        assert store.load(name, 50).head == tombstone

    def test_an_expired_head_counts_and_lives_again(self, store: Store, name: str) -> None:
        store.begin(name, a_head(1, ttl=1), None)
        head = store.advance(name, an_id(1), a_progress())
        assert head is not None
        assert (head.turns, head.ttl) == (1, NOW + DAY)


def _three_turns(store: Store, session: str) -> tuple[Turn, ...]:
    """Newest first; put in another order."""
    for number in (2, 1, 3):
        store.add_turn(session, a_turn(number))
    return a_turn(3), a_turn(2), a_turn(1)
