"""When a failed call is made again."""

from __future__ import annotations

from bridge.claude.retry import MAX_RETRIES, MAX_WAIT_SECONDS, Failure, next_wait
from bridge.errors import BridgeError, Code


def transient(retry_after: float | None = None) -> Failure:
    return Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=retry_after)


def test_backoff_doubles_with_jitter_and_ends() -> None:
    assert [next_wait(transient(), retries, 100.0, 0.0) for retries in range(5)] == [0.5, 1.0, 2.0, 4.0, None]
    assert [next_wait(transient(), retries, 100.0, 1.0) for retries in range(2)] == [0.375, 0.75]
    assert MAX_RETRIES == 4


def test_a_wait_that_does_not_fit_is_not_begun() -> None:
    assert next_wait(transient(), 0, 0.4, 0.0) is None
    assert next_wait(transient(5.0), 0, 5.0, 0.0) == 5.0
    assert next_wait(transient(5.1), 0, 5.0, 0.0) is None
    assert next_wait(transient(MAX_WAIT_SECONDS + 1), 0, 500.0, 0.0) is None
    assert next_wait(Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False), 0, 100.0, 0.0) is None


def test_a_failure_may_say_how_often_trying_again_helps() -> None:
    assert next_wait(Failure.ended("x", max_retries=1), 0, 100.0, 0.0) is not None
    assert next_wait(Failure.ended("x", max_retries=1), 1, 100.0, 0.0) is None
    assert not Failure.ended("x", max_retries=0).transient
