"""Small parts of the local program: its log, the deletion of what has expired, its limit of open files."""

from __future__ import annotations

import json
import logging
import resource
import sys
import threading

import pytest

from bridge.errors import StoreUnavailable
from bridge_local.expiry import expiring
from bridge_local.logs import JsonLines, log_to_stderr
from bridge_local.process import OPEN_FILES, raise_open_file_limit

WAIT = 10.0


def test_log_line_is_one_json_object_with_the_extra_fields() -> None:
    record = logging.makeLogRecord({"msg": "turn %d\nover", "args": (7,), "levelname": "WARNING", "name": "bridge", "request_id": "r-1"})
    line = JsonLines().format(record)
    parsed = json.loads(line)
    assert "\n" not in line
    assert parsed.pop("time").endswith("+00:00")
    assert parsed == {"level": "WARNING", "logger": "bridge", "message": "turn 7\nover", "request_id": "r-1"}


def test_log_line_has_the_trace_of_an_exception() -> None:
    try:
        raise RuntimeError("on purpose")
    except RuntimeError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    assert "RuntimeError: on purpose" in json.loads(JsonLines().format(record))["exception"]


def test_log_goes_to_stderr_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        log_to_stderr()
        logging.getLogger("bridge").info("not worth a line")
        logging.getLogger("bridge").warning("worth a line")
    finally:
        root.handlers[:], root.level = handlers, level
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["worth a line"]


class ExpiringStore:
    """Counts its expiries; the first one fails."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.thrice = threading.Event()

    def expire(self, now: float) -> None:
        self.times.append(now)
        if len(self.times) == 3:
            self.thrice.set()
        if len(self.times) == 1:
            raise StoreUnavailable


def test_expired_rows_are_deleted_at_once_and_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    store = ExpiringStore()
    with expiring(store, lambda: 1_800_000_000.0, interval=0.01):
        assert store.thrice.wait(WAIT)
    count = len(store.times)
    assert set(store.times) == {1_800_000_000.0}
    assert "could not be deleted" in caplog.text
    assert len(store.times) == count


def test_end_does_not_wait_for_the_next_expiry() -> None:
    store = ExpiringStore()
    with expiring(store, lambda: 0.0):
        pass
    assert len(store.times) <= 1


@pytest.mark.parametrize(("soft", "expected"), [(256, OPEN_FILES), (OPEN_FILES + 1, OPEN_FILES + 1)], ids=["macOS", "high enough"])
def test_open_files_are_raised_to_what_is_wanted_and_allowed(soft: int, expected: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = before[1] if before[1] != resource.RLIM_INFINITY else 2 * OPEN_FILES
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), before[1]))
        raise_open_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(expected, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
