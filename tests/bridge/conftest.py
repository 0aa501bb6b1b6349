from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pytest

from bridge.logs import log_to
from fakes.bridge_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.join()
    names = [thread.name for thread in threading.enumerate() if thread.name != "waiting"]
    assert len(names) < 10, names


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the whole process logs, from DEBUG on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_to(stream, "DEBUG")
    yield stream
    root.handlers[:], root.level = handlers, level
