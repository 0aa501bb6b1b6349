"""Running gateways for tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from bridge_local.gateway.access import is_local_request
from bridge_local.gateway.limits import Limits
from local.running_gateway import Local, Start, running_gateway


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a gateway: the limits' and the gateway's options in one, such as `start(idle=0.1, stage=...)`."""
    with ExitStack() as stack:

        def begin(*, authorize: Any = None, monotonic: Any = time.monotonic, admits: Any = is_local_request, **limits: Any) -> Local:
            options: dict[str, Any] = {"admits": admits, "monotonic": monotonic} | ({"authorize": authorize} if authorize else {})
            return stack.enter_context(running_gateway(Limits(**{"close": 0.5, **limits}), **options))

        yield begin


@pytest.fixture
def local(start: Start) -> Local:
    """A running gateway with API Gateway's limits."""
    return start()
