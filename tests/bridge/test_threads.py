"""Threads that are used again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bridge import threads as module
from bridge.threads import Threads, Worker

WAIT = 10


@pytest.fixture
def pool() -> Iterator[Callable[..., Threads]]:
    made: list[Threads] = []

    def threads(spare: int = module.SPARE) -> Threads:
        made.append(Threads(spare))
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


def test_planned_work_is_done_when_its_time_comes(pool: Callable[..., Threads]) -> None:
    threads, order, all_done = pool(), list[str](), threading.Event()
    threads.start_in(0.09, all_done.set)
    threads.start_in(0.06, lambda: order.append("second"))
    threads.start_in(0.0, lambda: order.append("first"))
    assert all_done.wait(WAIT)
    assert order == ["first", "second"]


def test_a_plan_that_was_withdrawn_is_not_carried_out(pool: Callable[..., Threads]) -> None:
    threads, done, passed = pool(), list[str](), threading.Event()
    plan = threads.start_in(0.01, lambda: done.append("withdrawn"))
    assert plan.withdraw() is None
    threads.start_in(0.03, passed.set)
    assert passed.wait(WAIT)
    assert done == []


class Noting(Worker):
    def __init__(self, threads: Threads) -> None:
        super().__init__(threads)
        self.began, self.may_end = threading.Event(), threading.Event()
        self.runs = 0

    def run(self) -> None:
        self.runs += 1
        self.began.set()
        assert self.may_end.wait(WAIT)


def test_a_worker_that_was_to_start_later_is_joined_at_once_and_never_starts(pool: Callable[..., Threads]) -> None:
    threads, passed = pool(), threading.Event()
    worker = Noting(threads)
    worker.start_in(0.01)
    worker.join()
    threads.start_in(0.03, passed.set)
    assert passed.wait(WAIT)
    assert worker.runs == 0


@pytest.mark.parametrize("also_started", [False, True])
def test_a_worker_that_has_started_as_planned_is_waited_for_and_runs_once(pool: Callable[..., Threads], also_started: bool) -> None:
    worker = Noting(pool())
    worker.start_in(0.0)
    assert worker.began.wait(WAIT)
    if also_started:
        worker.start()
        worker.start_in(0.0)
    threading.Timer(0.02, worker.may_end.set).start()
    worker.join()
    assert worker.may_end.is_set()
    assert worker.runs == 1


def test_a_later_plan_takes_the_place_of_an_earlier_one(pool: Callable[..., Threads]) -> None:
    worker = Noting(pool())
    worker.may_end.set()
    worker.start_in(60.0)
    worker.start_in(0.0)
    assert worker.began.wait(WAIT)
    worker.join()
    assert worker.runs == 1


def test_no_plan_is_carried_out_twice_or_lost_while_threads_plan_and_withdraw(pool: Callable[..., Threads]) -> None:
    threads, done = pool(), list[tuple[int, int]]()
    expected = list[tuple[int, int]]()

    def planning(by: int) -> None:
        for number in range(200):
            plan = threads.start_in(0.0005 * (number % 4), lambda number=number: done.append((by, number)))  # type: ignore[misc]
            ended = plan.withdraw() if number % 2 else None
            if number % 2 == 0 or ended is not None:
                expected.append((by, number))

    for ended in [threads.start(lambda by=by: planning(by)) for by in range(4)]:  # type: ignore[misc]
        assert ended.wait(WAIT)
    until = time.monotonic() + WAIT
    while len(done) < len(expected) and time.monotonic() < until:
        time.sleep(0.005)
    assert sorted(done) == sorted(expected)


def test_who_waits_only_for_plans_ends_with_them(pool: Callable[..., Threads]) -> None:
    threads, passed = pool(spare=0), threading.Event()
    before = set(threading.enumerate())
    threads.start_in(0.01, passed.set)
    threads.start_in(60.0, passed.clear).withdraw()
    assert passed.wait(WAIT)
    for thread in set(threading.enumerate()) - before:
        thread.join(WAIT)
        assert not thread.is_alive()


def test_nothing_planned_starts_once_the_pool_is_closed(pool: Callable[..., Threads]) -> None:
    threads, done = pool(), list[str]()
    threads.start_in(0.02, lambda: done.append("late"))
    threads.close()
    time.sleep(0.05)
    assert done == []


def no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def refuse_work(threads: Threads, monkeypatch: pytest.MonkeyPatch, times: int) -> threading.Event:
    """No thread can be started this many times, but for the one that starts what is planned. The event is set the first time."""
    monkeypatch.setattr(module, "PUT_OFF_SECONDS", 0.01)
    refused, start, left = threading.Event(), module._Thread.start, [times]

    def started(thread: module._Thread) -> None:
        if thread._work == threads._start_planned or not left[0]:
            start(thread)
        else:
            left[0] -= 1
            refused.set()
            no_thread(thread)

    monkeypatch.setattr(module._Thread, "start", started)
    return refused


def test_what_was_planned_is_tried_again_where_no_thread_can_be_started(
    pool: Callable[..., Threads], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = pool(spare=0)
    refused = refuse_work(threads, monkeypatch, times=2)
    worker = Noting(threads)
    worker.may_end.set()
    worker.start_in(0.0)
    assert refused.wait(WAIT)
    assert worker.began.wait(WAIT)
    worker.join()
    assert worker.runs == 1


def test_a_worker_that_no_thread_can_be_started_for_is_joined_without_having_run(
    pool: Callable[..., Threads], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = pool(spare=0)
    refused = refuse_work(threads, monkeypatch, times=1_000)
    worker = Noting(threads)
    worker.start_in(0.0)
    assert refused.wait(WAIT)
    worker.join()
    assert worker.runs == 0


def test_after_a_plan_that_could_not_be_watched_the_next_one_is(pool: Callable[..., Threads], monkeypatch: pytest.MonkeyPatch) -> None:
    threads, done = pool(), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(module._Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            threads.start_in(0.0, lambda: None)
    threads.start_in(0.0, done.set)
    assert done.wait(WAIT)
