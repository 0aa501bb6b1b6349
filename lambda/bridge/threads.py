"""Threads that are used again: to hand work to one that waits takes a hundredth of the time that starting one takes.

Work that mostly turns out not to be needed is planned for later: to plan it and to withdraw it involves no other thread.
"""

from __future__ import annotations

import threading
import time
from bisect import insort
from collections.abc import Callable

from bridge.typed import TYPE_CHECKING

SPARE = 128
"""At most this many threads wait for more work; one more than that ends with its work."""
WAIT_SECONDS = 30.0
PUT_OFF_SECONDS = 0.5
"""When what was planned is tried again, where no thread could be started for it."""

if TYPE_CHECKING:
    Work = Callable[[], object]


class Worker:
    """Something with a `run` of its own, which a thread does between `start` and the return of `join`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._plan: Plan | None = None
        self._ended: threading.Event | None = None

    def start(self) -> None:
        """Starts it, unless that has happened as planned."""
        if self._withdraw():
            self._ended = self._threads.start(self.run)

    def start_in(self, seconds: float) -> None:
        """Plans the start, in place of what was planned before; has no effect once it has started."""
        if self._withdraw():
            self._plan = self._threads.start_in(seconds, self.run)

    def join(self) -> None:
        """Returns when `run` has; at once if it was not started, and then it will not be."""
        if not self._withdraw():
            self._threads.wait(self._ended)  # type: ignore[arg-type]

    def run(self) -> None:
        raise NotImplementedError

    def _withdraw(self) -> bool:
        """Whether it has not started; then it does not start by itself any more."""
        if self._plan is not None:
            self._ended, self._plan = self._plan.withdraw(), None
        return self._ended is None


class Plan:
    """Work that is to start later."""

    def __init__(self, lock: threading.Lock, work: Work) -> None:
        self._lock = lock
        self._work: Work | None = work
        self._ended: threading.Event | None = None

    def withdraw(self) -> threading.Event | None:
        """None: it will not start. Else it has, and this is its end."""
        with self._lock:
            self._work = None  # What it refers to is not held until its time comes.
            return self._ended

    @property
    def is_off(self) -> bool:
        return self._work is None

    def take(self) -> tuple[Work, threading.Event] | None:
        """The work, which starts now, and its end; None if it was withdrawn."""
        with self._lock:
            if self._work is not None:
                self._ended = self._ended or threading.Event()
                return self._work, self._ended
            if self._ended is not None:
                self._ended.set()  # It was withdrawn after it had been put off.
            return None


class Threads:
    """The threads of one process. They are daemons: what must be finished before the process ends is waited for."""

    def __init__(self, spare: int = SPARE, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._spare = spare
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._waiting: list[_Thread] = []
        self._planning = threading.Lock()
        """Guards the following attributes, and all plans."""
        self._plans: list[tuple[float, int, Plan]] = []
        self._planned = 0
        self._looks_at = 0.0
        self._look: threading.Event | None = None
        """Wakes the thread that starts what was planned; None while there is none."""

    def start(self, work: Work) -> threading.Event:
        """Has a thread do this work. The event is set when it has been done, or has failed: then the thread ends as any that fails."""
        ended = threading.Event()
        self._hand(work, ended)
        return ended

    def start_in(self, seconds: float, work: Work) -> Plan:
        """Has a thread do this work, this many seconds from now, unless the plan is withdrawn."""
        at, plan = self._monotonic() + seconds, Plan(self._planning, work)
        with self._planning:
            self._planned += 1
            insort(self._plans, (at, self._planned, plan))
            starts = self._look is None
            if starts:
                self._look = threading.Event()
            elif at < self._looks_at:
                self._look.set()  # type: ignore[union-attr]
        if starts:
            try:
                self.start(self._start_planned)
            except RuntimeError:
                with self._planning:
                    self._look = None  # The next plan tries again.
                raise
        return plan

    def wait(self, ended: threading.Event) -> None:
        """Returns when this work has been done."""
        ended.wait()

    def _start_planned(self) -> None:
        """Starts each plan when its time comes, as long as there are any."""
        threading.current_thread().name = "waiting"
        look = self._look
        while look is not None:
            look.clear()
            due, left = self._due()
            for plan in due:
                if (taken := plan.take()) is not None:
                    try:
                        self._hand(*taken)
                    except RuntimeError:  # There can be no more threads at the moment.
                        left = self._put_off(plan)
            if left is None:
                return
            look.wait(left)

    def _put_off(self, plan: Plan) -> float:
        """Plans it again; says in how many seconds."""
        with self._planning:
            self._look = self._look or threading.Event()
            self._planned += 1
            insort(self._plans, (self._monotonic() + PUT_OFF_SECONDS, self._planned, plan))
        return PUT_OFF_SECONDS

    def _due(self) -> tuple[list[Plan], float | None]:
        """The plans whose time has come, and how long to wait for the next; None if there is none."""
        due = []
        with self._planning:
            now = self._monotonic()
            while self._plans and (self._plans[0][0] <= now or self._plans[0][2].is_off):
                due.append(self._plans.pop(0)[2])
            if not self._plans:
                self._look = None
                return due, None
            self._looks_at = self._plans[0][0]
            return due, self._looks_at - now

    def _hand(self, work: Work, ended: threading.Event) -> None:
        with self._lock:
            thread = self._waiting.pop() if self._waiting else None
        if thread is None:
            _Thread(self, work, ended).start()
        else:
            thread.go_on(work, ended)

    def close(self) -> None:
        """Ends the threads that wait, and forgets what is planned; those that work end with their work."""
        with self._lock:
            waiting, self._waiting, self._spare = self._waiting, [], 0
        for thread in waiting:
            thread.go_on(_nothing, threading.Event())
        with self._planning:
            self._plans.clear()
            if self._look is not None:
                self._look.set()

    def takes_back(self, thread: _Thread) -> bool:
        """Whether a thread that has done its work may wait for more."""
        with self._lock:
            if len(self._waiting) >= self._spare:
                return False
            thread.name = "waiting"
            self._waiting.append(thread)
            return True

    def lets_go(self, thread: _Thread) -> bool:
        """Whether a thread that has waited long enough may end; not if it has been chosen for more work."""
        with self._lock:
            if thread not in self._waiting:
                return False
            self._waiting.remove(thread)
            return True


class _Thread(threading.Thread):
    def __init__(self, threads: Threads, work: Work, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._threads = threads
        self._work, self._ended_with = work, ended
        self._has_work = threading.Lock()
        self._has_work.acquire()

    def go_on(self, work: Work, ended: threading.Event) -> None:
        self._work, self._ended_with = work, ended
        self._has_work.release()

    def run(self) -> None:
        while self._once():
            if not self._has_work.acquire(timeout=WAIT_SECONDS):
                if self._threads.lets_go(self):
                    return
                self._has_work.acquire()

    def _once(self) -> bool:
        self.name = "working"
        work, ended = self._work, self._ended_with
        self._work = _nothing  # What it refers to is not held while the thread waits.
        try:
            work()
            del work
            return self._threads.takes_back(self)  # First: whoever waits for the end may have more work.
        finally:
            ended.set()


def _nothing() -> None:
    return
