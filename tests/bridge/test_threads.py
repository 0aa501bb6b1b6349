"""Threads that are used again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bridge import threads as module
from bridge.threads import Threads, Worker

WAIT = 10


@pytest.fixture
def pool() -> Iterator[Callable[..., Threads]]:
    made: list[Threads] = []

    def threads(**options: int) -> Threads:
        made.append(Threads(**options))
        return made[-1]

    yield threads
    for one in made:
        one.close()


def thread_of(threads: Threads) -> threading.Thread:
    """The thread that does the next work."""
    seen: list[threading.Thread] = []
    assert threads.start(lambda: seen.append(threading.current_thread())).wait(WAIT)
    return seen[0]


def at_once(threads: Threads, number: int) -> set[threading.Thread]:
    """The threads that do this much work at the same time."""
    together, seen = threading.Barrier(number), set()

    def work() -> None:
        together.wait(WAIT)
        seen.add(threading.current_thread())

    for ended in [threads.start(work) for _ in range(number)]:
        assert ended.wait(WAIT)
    return seen


def test_a_thread_that_has_done_its_work_does_the_next(pool: Callable[..., Threads]) -> None:
    threads = pool()
    assert thread_of(threads) is thread_of(threads)


def test_work_at_the_same_time_has_a_thread_each(pool: Callable[..., Threads]) -> None:
    assert len(at_once(pool(), 5)) == 5


def test_no_more_than_the_spare_ones_wait_for_more(pool: Callable[..., Threads]) -> None:
    threads = pool(spare=2)
    done = at_once(threads, 5)
    for thread in done:
        thread.join(0.01)
    assert sum(thread.is_alive() for thread in done) <= 2
    assert thread_of(threads) in done


def test_without_spare_ones_each_work_has_a_thread_of_its_own(pool: Callable[..., Threads]) -> None:
    threads = pool(spare=0)
    first = thread_of(threads)
    first.join(WAIT)
    assert thread_of(threads) is not first


def test_a_thread_that_waits_in_vain_ends(pool: Callable[..., Threads], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.001)
    threads = pool()
    first = thread_of(threads)
    first.join(WAIT)
    assert not first.is_alive()
    assert thread_of(threads) is not first


def test_work_that_comes_as_a_thread_stops_waiting_is_done(pool: Callable[..., Threads], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.0005)
    threads, done = pool(), []
    for number in range(300):
        ended = threads.start(lambda number=number: done.append(number))  # type: ignore[misc]
        assert ended.wait(WAIT)
        threading.Event().wait(0.0005 if number % 3 else 0.0)
    assert done == list(range(300))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_fails_has_ended_too(pool: Callable[..., Threads]) -> None:
    seen: list[threading.Thread] = []

    def fail() -> None:
        seen.append(threading.current_thread())
        raise ValueError("no")

    threads = pool()
    assert threads.start(fail).wait(WAIT)
    seen[0].join(WAIT)
    assert thread_of(threads) is not seen[0]


def test_a_worker_that_was_never_started_is_joined_at_once(pool: Callable[..., Threads]) -> None:
    class Silent(Worker):
        def run(self) -> None:
            raise AssertionError

    Silent(pool()).join()


def test_what_the_work_referred_to_is_let_go(pool: Callable[..., Threads]) -> None:
    class Large:
        pass

    def working(large: Large) -> Callable[[], object]:
        return lambda: large

    import gc
    import weakref

    threads, large = pool(), Large()
    reference = weakref.ref(large)
    assert threads.start(working(large)).wait(WAIT)
    del large
    gc.collect()
    assert reference() is None


def test_threads_that_wait_end_when_the_pool_is_closed(pool: Callable[..., Threads]) -> None:
    threads = pool()
    done = at_once(threads, 3)
    assert {thread.name for thread in done} == {"waiting"}
    threads.close()
    for thread in done:
        thread.join(WAIT)
        assert not thread.is_alive()
