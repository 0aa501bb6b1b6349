"""The log: one JSON object a line. It never holds a message's text, a token or a key: nothing that is logged is made of one.

Nor is what an exception says, since that may quote what it was about: a trace has the exceptions' types and where they were raised.
"""

from __future__ import annotations

import errno
import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

from bridge.typed import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "websocket"}
"""Attributes of a record that are not `extra` fields worth a place in the line."""


_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
"""Lambda's names for Python's levels. A line whose level Lambda does not know counts as INFO when it filters
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
"""


class JsonLines(logging.Formatter):
    """Time, level, logger and message, the record's `extra` fields, and the trace of an exception.

    The names of the first two are what Lambda filters structured logs by
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
    """

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        """`fields` are part of each line, as they are when it is written."""
        super().__init__()
        self._fields = {} if fields is None else fields

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": _LEVELS.get(record.levelname, record.levelname),
            "logger": record.name,
            "message": record.getMessage(),
            **self._fields,
        }
        line.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            line["exception"] = _trace(record.exc_info[1])
        # In ASCII, and DEL with it: the log of a bridge on a laptop is read on a terminal.
        return json.dumps(line, default=str).replace("\x7f", "\\u007f")


def _trace(error: BaseException | None) -> str:
    """Where an exception was raised, below what led to it."""
    parts: list[str] = []
    while error is not None:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        parts.insert(0, "".join(traceback.format_tb(error.__traceback__)) + name + _number(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nThat led to:\n\n".join(parts)


def _number(error: BaseException) -> str:
    """The name of the operating system's error, or of SQLite's, where it is one."""
    number = error.errno if isinstance(error, OSError) else None
    name = errno.errorcode.get(number or 0, "") or getattr(error, "sqlite_errorname", "")
    return f" {name}" if name else ""


def log_to(stream: TextIO, level: int | str, fields: Mapping[str, str] | None = None) -> None:
    """All logging of the process goes there, and only there: the Lambda runtime's own handler would write every line twice."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(fields))
    logging.basicConfig(level=level, handlers=[handler], force=True)
