"""The log: one JSON object a line. It never holds a message's text, a token or a key: nothing that is logged is made of one."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "websocket"}
"""Attributes of a record that are not `extra` fields worth a place in the line."""


class JsonLines(logging.Formatter):
    """Time, level, logger and message, the record's `extra` fields, and the trace of an exception.

    The names of the first two are what Lambda filters structured logs by
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # In ASCII, and DEL with it: the log of a bridge on a laptop is read on a terminal.
        return json.dumps(line, default=str).replace("\x7f", "\\u007f")


def log_to(stream: TextIO, level: int | str) -> None:
    """All logging of the process goes there, and only there: the Lambda runtime's own handler would write every line twice."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
