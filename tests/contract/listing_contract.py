"""What every store promises of the listing of an owner's sessions."""

from __future__ import annotations

from bridge.store.port import Listed, Store
from bridge.store.records import Head
from contract.samples import DAY, NOW, a_head, a_progress, a_turn, an_id


class ListingContract:
    def test_sessions_come_newest_first(self, store: Store, name: str) -> None:
        heads = {f"{name}-{number}": _head(name, updated) for number, updated in enumerate((NOW + 2, NOW, NOW + 3, NOW + 1))}
        _put(store, heads)
        assert store.sessions(name, 10, None, NOW) == tuple(Listed(key, heads[key]) for key in _keys(name, 2, 0, 3, 1))

    def test_sessions_of_the_same_second_come_in_descending_order(self, store: Store, name: str) -> None:
        _put(store, {key: _head(name, NOW) for key in _keys(name, 2, 1, 3)})
        assert [line.session for line in store.sessions(name, 10, None, NOW)] == _keys(name, 3, 2, 1)

    def test_pages_of_sessions_follow_one_another_without_gap_or_repetition(self, store: Store, name: str) -> None:
        _put(store, {f"{name}-{number}": _head(name, NOW + number // 3) for number in range(8)})
        result: list[str] = []
        position = None
        while page := store.sessions(name, 3, position, NOW):
            result += [line.session for line in page]
            position = (page[-1].head.last_updated, page[-1].session)
        assert result == _keys(name, 7, 6, 5, 4, 3, 2, 1, 0)

    def test_a_position_need_not_exist_any_more(self, store: Store, name: str) -> None:
        _put(store, {key: _head(name, NOW) for key in _keys(name, 1, 3)})
        assert [line.session for line in store.sessions(name, 10, (NOW, f"{name}-2"), NOW)] == _keys(name, 1)
        assert store.sessions(name, 10, (NOW - 1, "~"), NOW) == ()

    def test_a_page_is_full_as_long_as_there_are_more(self, store: Store, name: str) -> None:
        live = {f"{name}-{number}": _head(name, NOW + number, ttl=NOW + DAY) for number in (0, 9)}
        over = {f"{name}-{number}": _head(name, NOW + number, ttl=NOW) for number in range(1, 9)}
        _put(store, {**live, **over})
        assert [line.session for line in store.sessions(name, 2, None, NOW)] == _keys(name, 9, 0)

    def test_expired_sessions_are_left_out(self, store: Store, name: str) -> None:
        times = {f"{name}-{number}": ttl for number, ttl in enumerate((NOW - 1, NOW, NOW + 1, None))}
        _put(store, {key: _head(name, NOW, ttl=ttl) for key, ttl in times.items()})
        assert [line.session for line in store.sessions(name, 10, None, NOW)] == _keys(name, 3, 2)
        assert [line.session for line in store.sessions(name, 10, None, NOW + 0.5)] == _keys(name, 3, 2)
        assert [line.session for line in store.sessions(name, 10, None, NOW + 1)] == _keys(name, 3)

    def test_a_session_appears_with_its_first_turn(self, store: Store, name: str) -> None:
        store.begin(f"{name}-1", a_head(), None)
        assert store.sessions(name, 10, None, NOW) == ()
        head = store.advance(f"{name}-1", an_id(0), a_progress(owner=name))
        assert head is not None
        assert store.sessions(name, 10, None, NOW) == (Listed(f"{name}-1", head),)

    def test_a_session_moves_up_with_its_next_turn(self, store: Store, name: str) -> None:
        _put(store, {f"{name}-1": _head(name, NOW), f"{name}-2": _head(name, NOW + 1)})
        store.advance(f"{name}-1", an_id(0), a_progress(2, owner=name))
        assert [line.session for line in store.sessions(name, 10, None, NOW)] == _keys(name, 1, 2)

    def test_heads_without_an_owner_are_in_nobodys_list(self, store: Store, name: str) -> None:
        store.begin(f"{name}-1", a_head(), None)
        assert f"{name}-1" not in [line.session for owner in (name, "default") for line in store.sessions(owner, 100, None, NOW)]

    def test_a_tombstone_is_left_out(self, store: Store, name: str) -> None:
        _put(store, {f"{name}-1": _head(name, NOW), f"{name}-2": _head(name, NOW)})
        store.begin(f"{name}-1", a_head(5, owner=name, deleted=True), a_head(0))
        assert [line.session for line in store.sessions(name, 10, None, NOW)] == _keys(name, 2)

    def test_a_new_life_is_left_out_until_its_first_turn(self, store: Store, name: str) -> None:
        _put(store, {f"{name}-1": _head(name, NOW)})
        store.begin(f"{name}-1", a_head(5), a_head(0))
        assert store.sessions(name, 10, None, NOW) == ()

    def test_owners_do_not_see_each_other(self, store: Store, name: str) -> None:
        _put(store, {f"{name}/s": _head(name, NOW), f"{name}x/s": _head(f"{name}x", NOW)})
        assert [line.session for line in store.sessions(name, 10, None, NOW)] == [f"{name}/s"]
        assert [line.session for line in store.sessions(f"{name}x", 10, None, NOW)] == [f"{name}x/s"]
        assert store.sessions(name[:-1], 10, None, NOW) == ()

    def test_changes_show_every_head_of_an_owner_the_newest_first(self, store: Store, name: str) -> None:
        heads = {f"{name}-{number}": a_head(number, owner=name, last_updated=NOW + number) for number in range(5)}
        heads[f"{name}-1"] = heads[f"{name}-1"]._replace(deleted=True)
        heads[f"{name}-2"] = heads[f"{name}-2"]._replace(ttl=1)
        for session, head in heads.items():
            store.begin(session, head, None)
        store.begin(f"{name}-other", a_head(owner="other"), None)
        store.begin(f"{name}-nobody", a_head(), None)
        newest = [Listed(session, head) for session, head in reversed(heads.items())]
        assert store.changes(name, 0, 10) == tuple(newest)
        assert store.changes(name, NOW + 3, 10) == tuple(newest[:2])
        assert store.changes(name, 0, 3) == tuple(newest[:3])
        assert store.changes(name, NOW + 9, 10) == store.changes("", 0, 10) == ()

    def test_several_heads_are_read_at_once(self, store: Store, name: str) -> None:
        heads = {f"{name}-{number}": a_head(number, deleted=number == 1) for number in range(3)}
        for session, head in heads.items():
            store.begin(session, head, None)
        store.add_turn(f"{name}-3", a_turn())
        assert store.heads([*heads, f"{name}-3", f"{name}-4"]) == heads
        assert store.heads([]) == {}


def _head(owner: str, last_updated: int, ttl: int | None = None) -> Head:
    return a_head(owner=owner, last_updated=last_updated, ttl=ttl)


def _put(store: Store, heads: dict[str, Head]) -> None:
    for session, head in heads.items():
        store.begin(session, head, None)


def _keys(name: str, *numbers: int) -> list[str]:
    return [f"{name}-{number}" for number in numbers]
