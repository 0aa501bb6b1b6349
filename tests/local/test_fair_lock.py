"""Threads get the lock in the order they asked for it."""

from __future__ import annotations

import threading
import time

import pytest

from bridge_local.sqlite.fair_lock import FairLock


def waiting(lock: FairLock, count: int) -> None:
    """Returns when so many threads wait for the lock."""
    deadline = time.monotonic() + 10
    while len(lock._waiting) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_first_come_first_served() -> None:
    lock = FairLock()
    served: list[int] = []

    def come(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            waiting(lock, number + 1)
        assert served == []
    for thread in threads:
        thread.join(10)
    assert served == list(range(20))


def test_who_leaves_and_comes_again_stands_at_the_end() -> None:
    lock = FairLock()
    served: list[str] = []

    def come() -> None:
        with lock:
            served.append("the one who waited")

    thread = threading.Thread(target=come)
    with lock:
        thread.start()
        waiting(lock, 1)
    with lock:
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
            with lock:
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
    with pytest.raises(KeyError), lock:
        raise KeyError
    with lock:
        pass
