"""What one question came to, as metrics of CloudWatch's embedded format: a log line that CloudWatch reads numbers from.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.claude.budget import NANO, Bill
from bridge.errors import Code
from bridge.store.records import Usage
from bridge.typed import Any, NamedTuple, Self

NAMESPACE = "ClaudeContextBridge"

_UNITS = {
    **dict.fromkeys(("TurnLatency", "FirstWordLatency", "RecallTime"), "Milliseconds"),
    **dict.fromkeys(("CostUsd", "MemoryCostUsd"), "None"),
}
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
    cost: int | None = None
    """In nano-dollars, of all attempts, whatever came of them; None where Claude was not asked, or a price is not known."""
    memory_cost: int | None = None
    """Of the summary."""
    model: str = ""
    """The one that was asked: what a server says of itself is not logged."""
    owner: str = ""

    def with_costs(self, owner: str, bills: Sequence[Bill]) -> Self:
        """With what the bills say: that of the answer first, then those of summaries. What nobody was asked for costs nothing."""
        billed = [bill for bill in bills[:1] if bill.model]
        memory = [bill.cost for bill in bills[1:] if bill.model]
        return self._replace(
            owner=owner,
            model=billed[0].model if billed else "",
            cost=billed[0].cost if billed else None,
            memory_cost=sum(cost for cost in memory if cost is not None) if memory and None not in memory else None,
        )


Report = Callable[[Measures], None]
"""Takes what one question came to."""


def no_report(measures: Measures) -> None:
    """Reports nothing."""


def metric_line(measures: Measures, function: str, now: float) -> dict[str, Any]:
    """The line for one question: latencies, tokens and costs where there are any, the counts always, so that 0 is a value and not a gap.

    What an answer cost is measured by its model, too. The owner is not a dimension, since each one would be another metric to pay for.
    """
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
    costs = (("CostUsd", measures.cost), ("MemoryCostUsd", measures.memory_cost))
    values |= {name: cost / NANO for name, cost in costs if cost is not None}
    definitions = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directives = [{"Namespace": NAMESPACE, "Dimensions": [["Function"]], "Metrics": definitions}]
    if "CostUsd" in values:
        by_model = [definition for definition in definitions if definition["Name"] == "CostUsd"]
        directives.append({"Namespace": NAMESPACE, "Dimensions": [["Function", "Model"]], "Metrics": by_model})
    error = {"error": measures.error.wire} if measures.error is not None else {}
    names = {"Function": function, "Model": measures.model, "owner": measures.owner, **error}
    head = {"Timestamp": round(now * 1000), "CloudWatchMetrics": directives}
    return {"_aws": head, **{name: value for name, value in names.items() if value}, **values}


def _input(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens
