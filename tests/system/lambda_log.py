"""Which lines of a function Lambda's own filter lets through to the log.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from __future__ import annotations

import json
from typing import Any

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def passes(line: str, least: str) -> bool:
    """Whether a line is logged by a function whose `application_log_level` is `least`. One without a level that Lambda knows is INFO."""
    level = _read(line).get("level")
    return LEVELS.index(level if level in LEVELS else "INFO") >= LEVELS.index(least)


def metrics_in(lines: list[str]) -> list[dict[str, Any]]:
    """The lines that CloudWatch reads metrics from."""
    return [read for read in map(_read, lines) if "CloudWatchMetrics" in read.get("_aws", {})]


def _read(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
