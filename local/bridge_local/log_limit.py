"""At most one line a minute in the log for each condition, however often it is met: a full disk, or a flood of connections."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

SECONDS = 60.0
MAX_CONDITIONS = 1000
"""How many conditions are remembered; the ones logged longest ago are forgotten first."""


class _Logged(NamedTuple):
    at: float
    suppressed: int


class OncePerMinute(logging.Filter):
    """Passes the first of equal records, then none for `SECONDS`. The next one has the number of those left out as `suppressed`.

    Equal are records with the same `condition`, an `extra` field; without it those with the same logger, text and place of the exception.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._logged: OrderedDict[object, _Logged] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        condition, now = _condition(record), self._now()
        with self._lock:
            last = self._logged.get(condition)
            if last is not None and now - last.at < SECONDS:
                self._logged[condition] = last._replace(suppressed=last.suppressed + 1)
                return False
            self._logged[condition] = _Logged(now, 0)
            self._logged.move_to_end(condition)
            if len(self._logged) > MAX_CONDITIONS:
                self._logged.popitem(last=False)
        if last is not None and last.suppressed:
            record.suppressed = last.suppressed
        return True


def limit_log() -> None:
    """Limits everything that this process logs from now on."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(OncePerMinute())


def _condition(record: logging.LogRecord) -> object:
    condition = getattr(record, "condition", None)
    return condition or (record.name, record.levelno, str(record.msg), _place(record))


def _place(record: logging.LogRecord) -> object:
    """The type of the record's exception, and the line that raised it."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return None
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return type(error), trace and (trace.tb_frame.f_code, trace.tb_lineno)
