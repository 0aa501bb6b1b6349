"""Time and chance, as arguments: the real ones are given at the composition roots, tests give their own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from bridge.typed import NamedTuple


def jitter() -> float:
    """A random number from 0 to 1. Without `random`, which takes longer to import than all that is asked of it."""
    return int.from_bytes(os.urandom(7), "big") / 2**56


class Clock(NamedTuple):
    """`now` in seconds since the epoch; `monotonic` in seconds since some moment of this process; `cpu` is what the thread has used."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    cpu: Callable[[], float] = time.thread_time


class Chance(NamedTuple):
    """`token` makes an id of 16 hexadecimal digits, `random_bytes` as many bytes as asked for, `jitter` a number from 0 to 1."""

    token: Callable[[], str] = lambda: os.urandom(8).hex()
    random_bytes: Callable[[int], bytes] = os.urandom
    jitter: Callable[[], float] = jitter


class Timing(NamedTuple):
    """The intervals of a turn, in seconds. The defaults are the protocol's; tests shorten them."""

    look: float = 1.0
    """How often the keeper and a waiting duplicate look at the request's row."""
    silence: float = 15.0
    """A streamed request that has heard nothing for this long is sent a `status`."""
    pace: float = 0.05
    """Between two posts of text during the first `brisk` seconds of an answer; `calm_pace` afterwards."""
    calm_pace: float = 0.2
    brisk: float = 2.0
    single: float = 27.0
    """An unstreamed request is answered by then: API Gateway tells its client of a time-out at 29 s."""
    reserve: float = 20.0
    """The part of the invocation's time that is left for storing the answer and sending it."""
    stubborn: float = 30.0
    """For how long a connection that takes nothing is tried when there is nothing more to come."""
