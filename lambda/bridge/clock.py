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

    poll_interval: float = 1.0
    """How often the invocation at work and a waiting duplicate read the row of the request."""
    status_interval: float = 15.0
    """A streamed request that has been sent nothing for this long is sent a `status`."""
    thinking_seconds: float = 0.2
    """The same once Claude is at work and there is no text yet. Text that comes sooner does not wait behind a `status`."""
    text_interval: float = 0.05
    """Between two posts of text during the first `fast_seconds` of an answer; `slow_text_interval` afterwards."""
    slow_text_interval: float = 0.2
    fast_seconds: float = 2.0
    single_reply_seconds: float = 27.0
    """An unstreamed request is answered within this time: API Gateway reports a time-out to its client at 29 s."""
    reserve_seconds: float = 20.0
    """The part of the invocation's time that is left for storing the answer and sending it."""
    drain_seconds: float = 30.0
    """How long a connection that takes nothing is tried once there is nothing more to come."""
