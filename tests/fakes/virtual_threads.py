"""Real threads in virtual time: one runs at a time, a seeded scheduler says which, and no wait takes any real time.

Inside `simulated(...)` what a thread of a simulated process waits for (`threading.Event`, `Condition`, `Thread.join`) is the scheduler's.
The same seed gives the same run, thread switch by thread switch.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

FOREVER = float("inf")
MAX_SWITCHES = 100_000
OTHERS_FIRST = 0.1
"""How often a thread that is about to enter a condition's block lets others run before."""

_real_event, _real_condition = threading.Event, threading.Condition
_real_start, _real_join = threading.Thread.start, threading.Thread.join


class Killed(BaseException):
    """The process of this thread has ended: nothing after this has an effect."""


class Process:
    """What is killed or frozen as a whole: an invocation with all its threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.frozen_until = 0.0


class _Task:
    def __init__(self, process: Process, wake_at: float) -> None:
        self.process = process
        self.wake_at = wake_at
        self.done = False
        self.joined_by: list[_Task] = []
        self.baton = threading.Lock()
        self.baton.acquire()
        self.is_there = _real_event()

    def runs_at(self) -> float:
        return 0.0 if self.process.dead else max(self.wake_at, self.process.frozen_until)


class Scheduler:
    """`now` is the true time in seconds. `trouble` lists what should not have happened: deadlocks, exceptions that got out of a thread."""

    def __init__(self, chance: Random, now: float) -> None:
        self.chance = chance
        self.now = now
        self.trouble: list[str] = []
        self._tasks: list[_Task] = []
        self._switches = 0
        self._by_thread: dict[int, _Task] = {}
        self._by_object: dict[int, _Task] = {}
        self._all_done = threading.Lock()
        self._all_done.acquire()

    # For the test.

    def spawn(self, process: Process, function: Callable[[], object], at: float) -> None:
        """Has a thread of `process` run `function` from the true time `at` on."""
        self._start(threading.Thread(target=function), process, at)

    def run(self) -> None:
        """Returns when every thread has ended."""
        if self._tasks:
            self._pass_on(None)
            self._all_done.acquire()

    # For the fakes, in a simulated thread.

    def pause(self, seconds: float = 0.0) -> None:
        """Lets `seconds` pass, and others run."""
        self.block(seconds)

    def block(self, seconds: float) -> None:
        """Until `wake`, or for this long. Raises `Killed` when the process was ended meanwhile."""
        task = self.task()
        task.wake_at = self.now + seconds
        self._pass_on(task)
        if task.process.dead:
            raise Killed

    def wake(self, task: _Task) -> None:
        task.wake_at = min(task.wake_at, self.now)

    def task(self) -> _Task:
        return self._by_thread[threading.get_ident()]

    def simulates(self) -> bool:
        """Whether the calling thread is one of a simulated process."""
        return threading.get_ident() in self._by_thread

    # For the stand-ins of `threading`.

    def start(self, thread: threading.Thread) -> None:
        self._start(thread, self.task().process, self.now)

    def join(self, thread: threading.Thread) -> None:
        task = self._by_object[id(thread)]
        while not task.done:
            task.joined_by.append(self.task())
            self.block(FOREVER)
        _real_join(thread)

    def _start(self, thread: threading.Thread, process: Process, at: float) -> None:
        task = _Task(process, at)
        self._tasks.append(task)
        self._by_object[id(thread)] = task
        function = thread.run

        def run() -> None:
            self._by_thread[threading.get_ident()] = task
            task.is_there.set()
            task.baton.acquire()
            try:
                if not process.dead:
                    function()
            except Killed:
                if not process.dead:
                    self.trouble.append(f"{process.name} was killed and lives")
            except BaseException:
                self.trouble.append(f"{process.name}: {traceback.format_exc()}")
            finally:
                del self._by_thread[threading.get_ident()]
                task.done = True
                self._tasks.remove(task)
                for waiting in task.joined_by:
                    self.wake(waiting)
                self._pass_on(None)

        thread.run = run  # type: ignore[method-assign]
        thread.daemon = True
        _real_start(thread)
        # Two threads that begin at the same moment may fail to, where lines are counted: CPython installs one trace function at a time.
        task.is_there.wait()

    def _pass_on(self, task: _Task | None) -> None:
        """Lets the next thread run; returns when it is the turn of `task` again."""
        chosen = self._choose()
        if chosen is not None and chosen is task:
            return
        (chosen.baton if chosen else self._all_done).release()
        if task is not None:
            task.baton.acquire()

    def _choose(self) -> _Task | None:
        if not self._tasks:
            return None
        self._switches += 1
        soonest = min(task.runs_at() for task in self._tasks)
        if soonest == FOREVER or self._switches > MAX_SWITCHES:
            self.trouble.append("nobody can go on" if soonest == FOREVER else "there is no end to it")
            for task in self._tasks:
                task.process.dead = True
        self.now = max(self.now, soonest) if soonest < FOREVER else self.now
        ready = [task for task in self._tasks if task.runs_at() <= self.now]
        return ready[0] if len(ready) == 1 else self.chance.choice(ready)


class VirtualEvent:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._set = False
        self._waiting: list[_Task] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        for task in self._waiting:
            self._scheduler.wake(task)

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        until = FOREVER if timeout is None else self._scheduler.now + timeout
        while not self._set and self._scheduler.now < until:
            self._waiting.append(self._scheduler.task())
            self._scheduler.block(until - self._scheduler.now)
            self._waiting.remove(self._scheduler.task())
        return self._set


class VirtualCondition:
    """With a lock that can be taken again by the thread that has it, as that of `threading.Condition`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._waiting: list[_Task] = []
        self._entering: list[_Task] = []
        self._owner: _Task | None = None
        self._depth = 0

    def __enter__(self) -> bool:
        if self._owner is not self._scheduler.task():
            if self._scheduler.chance.random() < OTHERS_FIRST:
                self._scheduler.pause()
            self._take(1)
        else:
            self._depth += 1
        return True

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._give()

    def wait(self, timeout: float | None = None) -> None:
        task, depth = self._scheduler.task(), self._depth
        self._waiting.append(task)
        self._give()
        try:
            self._scheduler.block(FOREVER if timeout is None else timeout)
        finally:
            if task in self._waiting:
                self._waiting.remove(task)
            self._take(depth)

    def _take(self, depth: int) -> None:
        task = self._scheduler.task()
        while self._owner is not None and not task.process.dead:
            self._entering.append(task)
            self._scheduler.block(FOREVER)
        self._owner, self._depth = task, depth

    def _give(self) -> None:
        self._owner, self._depth = None, 0
        while self._entering:
            self._scheduler.wake(self._entering.pop(0))

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        until = self._scheduler.now + timeout
        while not predicate() and self._scheduler.now < until:
            self.wait(until - self._scheduler.now)
        return predicate()

    def notify(self) -> None:
        if self._waiting:
            self._scheduler.wake(self._waiting.pop(0))

    def notify_all(self) -> None:
        while self._waiting:
            self.notify()


@contextmanager
def simulated(scheduler: Scheduler) -> Iterator[None]:
    """Within the block the waits of simulated threads are the scheduler's; those of other threads stay what they are."""

    def ours() -> bool:
        # A thread's own start uses an event, too, and that one is real.
        return scheduler.simulates() and sys._getframe(2).f_globals["__name__"] != "threading"

    def event() -> Any:
        return VirtualEvent(scheduler) if ours() else _real_event()

    def condition(*arguments: Any) -> Any:
        return VirtualCondition(scheduler) if ours() else _real_condition(*arguments)

    def start(thread: threading.Thread) -> None:
        (scheduler.start if scheduler.simulates() else _real_start)(thread)

    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        if scheduler.simulates():
            scheduler.join(thread)
        else:
            _real_join(thread, timeout)

    names = {"Event": event, "Condition": condition}
    try:
        for name, stand_in in names.items():
            setattr(threading, name, stand_in)
        threading.Thread.start, threading.Thread.join = start, join  # type: ignore[method-assign,assignment]
        yield
    finally:
        threading.Event, threading.Condition = _real_event, _real_condition  # type: ignore[misc]
        threading.Thread.start, threading.Thread.join = _real_start, _real_join  # type: ignore[method-assign]
