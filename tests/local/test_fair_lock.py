"""Threads get the lock in the order they asked for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge_local.sqlite.fair_lock import FairLock


@contextmanager
def held(lock: FairLock) -> Iterator[None]:
    assert lock.acquire(10)
    try:
        yield
    finally:
        lock.release()


def waiting(lock: FairLock, count: int) -> None:
    """Returns when this many threads wait for the lock."""
    deadline = time.monotonic() + 10
    while len(lock._waiting) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_first_come_first_served() -> None:
    lock = FairLock()
    served: list[int] = []

    def come(number: int) -> None:
        with held(lock):
            served.append(number)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    with held(lock):
        for number, thread in enumerate(threads):
            thread.start()
            waiting(lock, number + 1)
        assert served == []
    for thread in threads:
        thread.join(10)
    assert served == list(range(20))


def test_a_thread_that_comes_again_waits_behind_the_others() -> None:
    lock = FairLock()
    served: list[str] = []

    def come() -> None:
        with held(lock):
            served.append("the one who waited")

    thread = threading.Thread(target=come)
    with held(lock):
        thread.start()
        waiting(lock, 1)
    with held(lock):
        served.append("the one who came again")
    thread.join(10)
    assert served == ["the one who waited", "the one who came again"]


def test_one_at_a_time_is_inside() -> None:
    lock = FairLock()
    inside = 0
    most = 0

    def come() -> None:
        nonlocal inside, most
        for _ in range(200):
            with held(lock):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (inside, most) == (0, 1)


def test_an_error_inside_sets_it_free() -> None:
    lock = FairLock()
    with pytest.raises(KeyError), held(lock):
        raise KeyError
    with held(lock):
        pass


def test_a_thread_that_has_waited_long_enough_gives_up_its_place() -> None:
    lock = FairLock()
    with held(lock):
        assert not lock.acquire(0.01)
        assert not lock._waiting
    assert lock.acquire(0)


def test_no_turn_is_lost_between_giving_up_and_being_served() -> None:
    lock = FairLock()
    served = 0

    def come() -> None:
        nonlocal served
        for _ in range(300):
            if lock.acquire(0.0001):
                served += 1
                lock.release()

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert served > 0
    assert lock.acquire(0)
