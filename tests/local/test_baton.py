"""One invocation at a time, unless it waits or takes too long."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from bridge_local import baton as module
from bridge_local.baton import Baton, BatonThreads, clock_of

WAIT = 10


@pytest.fixture
def threads() -> Iterator[BatonThreads]:
    made = BatonThreads()
    yield made
    made.close()


@pytest.fixture
def baton(threads: BatonThreads, monkeypatch: pytest.MonkeyPatch) -> Baton:
    """One that nobody loses, however slow the machine is."""
    monkeypatch.setattr(module, "MAX_SECONDS", 60.0)
    return threads.baton


class Invocations:
    """Threads with the baton, each of which notes what it does; all are over at the end of the block."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._threads: list[threading.Thread] = []
        self.order: list[str] = []

    def start(self, name: str, *acts: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            with self._baton.held():
                self.order.append(name)
                for act in acts:
                    act()
                    self.order.append(f"{name} after {act.__name__}")

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()
        return self._threads[-1]

    def __enter__(self) -> Invocations:
        return self

    def __exit__(self, *_error: object) -> None:
        for thread in self._threads:
            thread.join(WAIT)
            assert not thread.is_alive()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_one_invocation_runs_at_a_time(baton: Baton) -> None:
    running, most = 0, 0

    def count() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.002)
        running -= 1

    with Invocations(baton) as invocations:
        for number in range(8):
            invocations.start(str(number), count, count)
    assert most == 1
    assert len(invocations.order) == 24


def test_while_one_waits_another_runs_and_who_comes_back_is_next(baton: Baton) -> None:
    waits, goes_on, may_end = threading.Event(), threading.Event(), threading.Event()

    def waiting() -> None:
        with baton.put_down():
            waits.set()
            assert goes_on.wait(WAIT)

    def working() -> None:
        assert may_end.wait(WAIT)

    with Invocations(baton) as invocations:
        invocations.start("first", waiting)
        assert waits.wait(WAIT)
        invocations.start("second", working)
        until(lambda: "second" in invocations.order)
        invocations.start("third")
        until(lambda: len(baton._beginning) == 1)
        goes_on.set()
        until(lambda: len(baton._returning) == 1)
        may_end.set()
    assert invocations.order == ["first", "second", "second after working", "first after waiting", "third"]


def test_who_keeps_it_for_too_long_goes_on_without_it(threads: BatonThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECONDS", 0.005)
    may_end, together = threading.Event(), threading.Barrier(3)

    def hanging() -> None:
        assert may_end.wait(WAIT)

    def meeting() -> None:
        together.wait(WAIT)

    with Invocations(threads.baton) as invocations:
        invocations.start("hangs", hanging)
        until(lambda: "hangs" in invocations.order)
        for name in "abc":  # Each of them waits for the others, without having said so.
            invocations.start(name, meeting)
        until(lambda: len(invocations.order) == 7)
        may_end.set()
    assert invocations.order[-1] == "hangs after hanging"
    assert threads.baton._holder is None
    with Invocations(threads.baton) as invocations:
        invocations.start("later")
    assert invocations.order == ["later"]


def test_who_has_lost_it_does_not_take_it_from_the_next_one(threads: BatonThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECONDS", 0.005)
    may_end = threading.Event()

    def hanging() -> None:
        assert may_end.wait(WAIT)

    with Invocations(threads.baton) as invocations:
        first = invocations.start("first", hanging)
        until(lambda: "first" in invocations.order)
        invocations.start("second", hanging)
        until(lambda: "second" in invocations.order)
        monkeypatch.setattr(module, "MAX_SECONDS", 60.0)
        holder = threads.baton._holder
        may_end.set()
        first.join(WAIT)
        assert threads.baton._holder in (holder, None)


@pytest.mark.parametrize("waits", [False, True])
def test_an_invocation_that_fails_leaves_the_baton_to_the_next(baton: Baton, waits: bool) -> None:
    def fail() -> None:
        with baton.held(), baton.put_down() if waits else nullcontext():
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with Invocations(baton) as invocations:
        invocations.start("next")
    assert invocations.order == ["next"]


def test_a_thread_of_no_invocation_neither_has_it_nor_waits_for_it(baton: Baton) -> None:
    with Invocations(baton) as invocations:
        may_end = threading.Event()
        invocations.start("holds", lambda: may_end.wait(WAIT))
        until(lambda: "holds" in invocations.order)
        with baton.put_down():
            assert baton._holder is not None
        may_end.set()


def test_whoever_waits_for_bytes_another_thread_or_a_moment_does_so_without_it(threads: BatonThreads, baton: Baton) -> None:
    free: list[bool] = []

    def look() -> None:
        free.append(baton._holder is None)

    ours, theirs = socket.socketpair()
    with ours, theirs, Invocations(baton) as invocations:
        file = baton.opened(ours.makefile("rb"))

        def reading() -> None:
            theirs.sendall(b"one")
            assert file.read1() == b"one"  # It is there: nobody else gets the baton for it.
            assert free == []
            ended = threads.start(look_and_send)
            assert file.read1() == b"two"
            assert ended.wait(WAIT)

        def look_and_send() -> None:
            time.sleep(0.01)
            look()
            theirs.sendall(b"two")

        def look_later() -> None:
            time.sleep(0.01)
            look()

        def joining() -> None:
            threads.wait(threads.start(look_later))

        def sleeping() -> None:
            ended = threads.start(look)
            clock_of(baton).sleep(0.02)
            assert ended.is_set()

        invocations.start("one", reading, joining, sleeping)
        until(lambda: len(invocations.order) == 4)
    assert free == [True] * 3


def test_what_has_no_descriptor_is_read_without_the_baton(baton: Baton) -> None:
    """TLS within the TLS of a proxy."""
    free: list[bool] = []

    class Inner(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            free.append(baton._holder is None)
            buffer[:3] = b"abc"
            return 3

    with Invocations(baton) as invocations:
        file = baton.opened(io.BufferedReader(Inner()))

        def reading() -> None:
            assert file.read1(3) == b"abc"

        invocations.start("one", reading)
        until(lambda: len(invocations.order) == 2)
    assert free == [True]


def test_where_no_thread_can_watch_it_is_passed_on_all_the_same(
    baton: Baton, threads: BatonThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_seconds: float, _work: Callable[[], object]) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "start_in", no_thread)
    waits, may_end = threading.Event(), threading.Event()

    def working() -> None:
        waits.set()
        assert may_end.wait(WAIT)

    with Invocations(baton) as invocations:
        invocations.start("first", working)
        assert waits.wait(WAIT)
        invocations.start("second")
        until(lambda: len(baton._beginning) == 1)
        until(lambda: not baton._is_watched)
        may_end.set()
    assert invocations.order == ["first", "first after working", "second"]
