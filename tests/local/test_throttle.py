"""The token bucket of a stage."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_local.gateway.limits import Limits
from bridge_local.gateway.throttle import Throttle

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"


class Time:
    """A clock that tests move."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def taken(throttle: Throttle, asked: int) -> int:
    return sum(throttle.takes_one() for _ in range(asked))


def test_a_burst_is_taken_at_once_and_then_the_rate() -> None:
    now = Time()
    throttle = Throttle(8, 30, now)
    assert taken(throttle, 100) == 30
    now.seconds += 0.5
    assert taken(throttle, 100) == 4
    now.seconds += 0.0625
    assert taken(throttle, 100) == 0
    now.seconds += 0.0625
    assert taken(throttle, 100) == 1


def test_the_bucket_holds_no_more_than_the_burst() -> None:
    now = Time()
    throttle = Throttle(10, 30, now)
    now.seconds += 1e6
    assert taken(throttle, 100) == 30


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 60)), max_size=20), st.integers(1, 50), st.integers(1, 50))
def test_never_more_than_burst_and_rate_together(steps: list[tuple[float, int]], rate: int, burst: int) -> None:
    now = Time()
    throttle, passed = Throttle(rate, burst, now), 0
    for seconds, asked in steps:
        now.seconds += seconds
        passed += taken(throttle, asked)
        assert passed <= burst + rate * (now.seconds - 1_000.0) + 1e-6


@pytest.mark.parametrize("variables", ["variables.tf", "modules/websocket_api/variables.tf"])
def test_the_defaults_are_those_of_the_stage(variables: str) -> None:
    text = (TERRAFORM / variables).read_text()
    defaults = {
        name: int(re.findall(rf'variable "throttling_{name}" \{{.*?default\s+= (\d+)', text, re.DOTALL)[0]) for name in ("rate", "burst")
    }
    assert defaults == {"rate": Limits().rate, "burst": Limits().burst}
