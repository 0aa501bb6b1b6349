"""What persists is logged once a minute."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from bridge.logs import JsonLines
from bridge_local.log_limit import MAX_CONDITIONS, SECONDS, OncePerMinute


class Log:
    """A logger whose lines can be read, on a clock that can be moved."""

    def __init__(self) -> None:
        self.now = 0.0
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(JsonLines())
        handler.addFilter(OncePerMinute(lambda: self.now))
        self.logger = logging.getLogger("limited in a test")
        self.logger.propagate = False
        self.logger.handlers = [handler]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Log:
    return Log()


def test_equal_records_are_logged_once_a_minute_and_counted(log: Log) -> None:
    for moment in (0, 1, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS):
        log.now = moment
        log.logger.warning("refused %s", moment)
    assert [(line["message"], line.get("suppressed")) for line in log.lines] == [
        ("refused 0", None),
        ("refused 60.0", 2),
        ("refused 120.0", 1),
    ]


def test_different_records_do_not_hide_each_other(log: Log) -> None:
    log.logger.warning("one")
    log.logger.error("one")
    log.logger.warning("another")
    assert len(log.lines) == 3


def test_consequences_of_one_condition_count_as_one(log: Log) -> None:
    log.logger.error("the store failed", extra={"condition": "store"})
    log.logger.warning("the lease could not be renewed", extra={"condition": "store"})
    assert [line["message"] for line in log.lines] == ["the store failed"]


def test_exceptions_are_distinguished_by_type_and_place(log: Log) -> None:
    for _ in range(2):
        for fail in (lambda: "a"[1], lambda: dict[str, int]()["a"], lambda: "a"[2]):
            try:
                fail()
            except LookupError:
                log.logger.exception("failed")
    assert len(log.lines) == 3


def test_conditions_without_end_are_forgotten(log: Log) -> None:
    for number in range(MAX_CONDITIONS + 1):
        log.logger.warning("number", extra={"condition": number})
    log.logger.warning("number", extra={"condition": MAX_CONDITIONS})
    assert len(log.lines) == MAX_CONDITIONS + 1
    log.logger.warning("number", extra={"condition": 0})
    assert len(log.lines) == MAX_CONDITIONS + 2
