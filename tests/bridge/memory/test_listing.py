"""Several sessions read as one, in little memory."""

from __future__ import annotations

import time

import pytest

from bridge.memory.across import listing
from bridge.memory.reading import KnownConversations
from bridge.store.port import Session, Store
from bridge.store.records import Head
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore

SESSIONS, ROOM = 20, 1_000_000


class Counting(MemoryStore):
    """Counts the sessions that are loaded."""

    loads = 0

    def load(self, session: str, limit: int) -> Session:
        self.loads += 1
        return super().load(session, limit)


def filled(store: MemoryStore, owner: str = "default") -> None:
    """With more than fits: 20 KB a session, the last one the newest."""
    bench = Bench(store)
    for number in range(SESSIONS):
        bench.ahead = number
        said = " ".join(f"{number}word{place}" for place in range(1_500))
        bench.send({"action": "query", "message": said, "session_id": f"s{number:02}", "stream": True}, owner=owner)


def searched(store: Store, conversations: KnownConversations, owner: str = "default") -> list[str]:
    """The sessions that are searched, each of which is indexed."""
    read, complete = listing.read(store, owner, conversations, 100_000_000, time.time() + SESSIONS, lambda _: True)
    assert not complete
    for one in read:
        with one.index():
            pass
    return [one.session[-3:] for one in read]


def test_where_not_all_fit_into_memory_the_newest_are_searched_each_time_and_not_read_again() -> None:
    store, conversations = Counting(), KnownConversations(ROOM)
    filled(store)
    first = searched(store, conversations)
    assert 0 < len(first) < SESSIONS
    for _ in range(3):
        store.loads = 0
        again = searched(store, conversations)
        assert again
        assert again == [f"s{SESSIONS - 1 - place:02}" for place in range(len(again))]
        assert store.loads <= 1


@pytest.mark.slow
def test_what_one_owner_has_read_leaves_room_for_another() -> None:
    store, conversations = MemoryStore(), KnownConversations(ROOM)
    for owner in ("ada", "bob"):
        filled(store, owner)
        searched(store, conversations, owner)
    assert searched(store, conversations, "ada")
    assert searched(store, conversations, "bob")


@pytest.mark.slow
def test_a_session_that_is_asked_in_stays_known_while_others_are_read() -> None:
    store, conversations = Counting(), KnownConversations(ROOM)
    filled(store)
    searched(store, conversations)
    asked = conversations.of("asked", newest_head(store))
    for _ in range(3):
        searched(store, conversations)
        conversations.of("asked", newest_head(store))
    assert conversations.known("asked", asked.born) is asked


def newest_head(store: MemoryStore) -> Head:
    return store.sessions("default", 1, None, time.time())[0].head
