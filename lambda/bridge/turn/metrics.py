"""What one question came to, as metrics of CloudWatch's embedded format: a log line that CloudWatch reads numbers from.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.errors import Code
from bridge.store.records import Usage
from bridge.typed import Any, NamedTuple

NAMESPACE = "ClaudeContextBridge"

_UNITS = {"TurnLatency": "Milliseconds", "FirstWordLatency": "Milliseconds", "RecallTime": "Milliseconds"}
_UPSTREAM = frozenset(
    {
        Code.RATE_LIMITED,
        Code.CLAUDE_OVERLOADED,
        Code.CLAUDE_UNAVAILABLE,
        Code.CLAUDE_REJECTED,
        Code.CLAUDE_MISCONFIGURED,
        Code.EMPTY_ANSWER,
    }
)
_OWN = frozenset({Code.INTERNAL, Code.STORE_UNAVAILABLE})


class Measures(NamedTuple):
    """What is known when a question has ended. Times in seconds; None where there was no such moment."""

    turn: float | None = None
    first_word: float | None = None
    usage: Usage = Usage()
    retries: int = 0
    duplicate: bool = False
    truncated: bool = False
    error: Code | None = None
    recall: float | None = None
    """CPU time of the window: what was read taken in, and what is sent chosen from it."""
    summary: Usage = Usage()
    """Of the summary that was made after the answer."""
    renewed: int = 0
    """The turns whose time was prolonged after the answer."""


Report = Callable[[Measures], None]
"""Takes what one question came to."""


def no_report(measures: Measures) -> None:
    """Reports nothing."""


def metric_line(measures: Measures, function: str, now: float) -> dict[str, Any]:
    """The line for one question: latencies and tokens where there are any, the counts always, so that 0 is a value and not a gap."""
    values: dict[str, float] = {
        "Retries": measures.retries,
        "Duplicates": int(measures.duplicate),
        "Truncations": int(measures.truncated),
        "UpstreamErrors": int(measures.error in _UPSTREAM),
        "InternalErrors": int(measures.error in _OWN),
    }
    if measures.recall is not None:
        values["RecallTime"] = round(measures.recall * 1000, 1)
    if measures.renewed:
        values["RenewedTurns"] = measures.renewed
    if measures.summary != Usage():
        values["SummaryInputTokens"] = _input(measures.summary)
        values["SummaryOutputTokens"] = measures.summary.output_tokens
    if measures.turn is not None:
        values["TurnLatency"] = round(measures.turn * 1000)
    if measures.first_word is not None:
        values["FirstWordLatency"] = round(measures.first_word * 1000)
    if measures.usage != Usage():
        usage = measures.usage
        values["InputTokens"] = _input(usage)
        values["OutputTokens"] = usage.output_tokens
        values["CacheReadTokens"] = usage.cache_read_input_tokens
    definitions = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Function"]], "Metrics": definitions}
    error = {"error": measures.error.wire} if measures.error is not None else {}
    return {"_aws": {"Timestamp": round(now * 1000), "CloudWatchMetrics": [directive]}, "Function": function, **error, **values}


def _input(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens
