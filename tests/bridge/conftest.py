from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from fakes.bridge_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.join()
    assert threading.active_count() < 10, [thread.name for thread in threading.enumerate()]
