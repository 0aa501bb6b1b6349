"""The log and the metrics: one JSON object a line, and nothing in it that a person said."""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
from collections.abc import Callable

import pytest

from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from bridge.logs import JsonLines, log_to
from bridge.store.records import Usage
from bridge.turn.metrics import Measures, metric_line
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says


def test_a_line_is_one_json_object_with_the_extra_fields() -> None:
    record = logging.makeLogRecord({"msg": "turn %d\nover", "args": (7,), "levelname": "WARNING", "name": "bridge", "request_id": "r-1"})
    line = JsonLines().format(record)
    parsed = json.loads(line)
    assert "\n" not in line
    assert parsed.pop("timestamp").endswith("Z")
    assert parsed == {"level": "WARN", "logger": "bridge", "message": "turn 7\nover", "request_id": "r-1"}


@pytest.mark.parametrize(
    ("level", "name"),
    [(logging.DEBUG, "DEBUG"), (logging.INFO, "INFO"), (logging.WARNING, "WARN"), (logging.ERROR, "ERROR"), (logging.CRITICAL, "FATAL")],
)
def test_levels_have_the_names_that_lambda_filters_by(level: int, name: str) -> None:
    record = logging.makeLogRecord({"msg": "", "levelname": logging.getLevelName(level)})
    assert json.loads(JsonLines().format(record))["level"] == name


def test_every_line_has_the_fields_of_its_moment() -> None:
    fields = {"requestId": "one"}
    lines, record = JsonLines(fields), logging.makeLogRecord({"msg": ""})
    assert json.loads(lines.format(record))["requestId"] == "one"
    fields["requestId"] = "two"
    assert json.loads(lines.format(record))["requestId"] == "two"


def test_a_line_does_nothing_to_a_terminal() -> None:
    hostile = "\x1b[2J\x9b31m\x7f\u202e\ud800\r"
    record = logging.makeLogRecord({"msg": hostile, "kind": hostile, hostile: 1})
    line = JsonLines().format(record)
    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["kind"] == hostile


def logged(error: BaseException) -> str:
    """The trace of an exception as a line has it."""
    record = logging.makeLogRecord({"msg": "failed", "exc_info": (type(error), error, error.__traceback__)})
    trace: str = json.loads(JsonLines().format(record))["exception"]
    return trace


def raised(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_line_has_the_trace_of_an_exception_and_not_what_it_says() -> None:
    said = "xyzzy"

    def fail() -> None:
        try:
            os.environ[said]
        except KeyError as error:
            raise BridgeError(Code.INTERNAL, said) from error

    trace = logged(raised(fail))
    *first, second = trace.split("\n\nThat led to:\n\n")
    assert first[-1].endswith("builtins.KeyError")
    assert second.endswith("bridge.errors.BridgeError")
    assert "test_logs.py" in first[-1]
    assert "in fail" in second
    assert said not in trace


def test_a_trace_ends_where_its_causes_are_suppressed() -> None:
    def fail() -> None:
        try:
            raise KeyError
        except KeyError:
            raise ValueError from None

    assert "KeyError" not in logged(raised(fail)).splitlines()[-1]
    assert "That led to" not in logged(raised(fail))


def test_a_trace_names_the_error_of_the_system() -> None:
    assert logged(OSError(28, "xyzzy", "/xyzzy")).endswith("builtins.OSError ENOSPC")
    assert logged(OSError("xyzzy")).endswith("builtins.OSError")
    connection = sqlite3.connect(":memory:")
    trace = logged(raised(lambda: connection.execute("SELECT xyzzy")))
    connection.close()
    assert trace.endswith("sqlite3.OperationalError SQLITE_ERROR")
    assert "no such column" not in trace


def test_nothing_is_logged_twice(lines: io.StringIO) -> None:
    log_to(lines, logging.WARNING)
    logging.getLogger("bridge").info("not worth a line")
    logging.getLogger("bridge").warning("worth a line")
    assert [json.loads(line)["message"] for line in lines.getvalue().splitlines()] == ["worth a line"]


def test_what_is_said_is_never_logged(lines: io.StringIO) -> None:
    bench = Bench()
    secret = "xyzzy-plugh"
    failing = Failure(BridgeError(Code.CLAUDE_OVERLOADED, secret), transient=True, retry_after=0.01)
    bench.claude.scripts = [[failing], says(secret), [*says(secret)[:3], failing], says(), [ZeroDivisionError("oops")]]
    for number in range(5):
        bench.ask(f"{secret} {number}", session_id=f"s{number % 2}", request_id=f"r{number}")
    for body in (secret, {"action": secret}, {"action": "query", "message": [secret]}, {"action": "delete", "session_id": "s1"}):
        bench.send(body)
    assert len(lines.getvalue().splitlines()) > 2
    assert secret not in lines.getvalue()
    for line in lines.getvalue().splitlines():
        assert json.loads(line)["level"]


def measured(bench: Bench) -> list[Measures]:
    result: list[Measures] = []
    bench.app = bench.another(report=result.append)
    return result


def test_an_answer_is_measured(bench: Bench) -> None:
    result = measured(bench)
    overloaded = Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=0.01)
    bench.claude.scripts = [[overloaded], says("Hello", stop_reason="max_tokens")]
    bench.ask("Hi", request_id="r1")
    bench.ask("Hi", request_id="r1")
    answered, replayed = result
    assert answered.turn is not None
    assert answered.first_word is not None
    assert 0 < answered.first_word <= answered.turn
    assert (answered.usage, answered.retries, answered.truncated) == (Usage(10, 0, 0, 5), 1, True)
    assert (answered.duplicate, answered.error) == (False, None)
    assert (replayed.duplicate, replayed.usage) == (True, Usage())


def test_an_error_is_measured(bench: Bench) -> None:
    result = measured(bench)
    bench.claude.scripts = [says()]
    bench.ask("Hi")
    assert (result[0].error, result[0].turn) == (Code.EMPTY_ANSWER, None)


def test_a_metric_line_is_what_cloudwatch_reads() -> None:
    line = metric_line(Measures(1.5, 0.25, Usage(10, 20, 30, 5), 2, True, True), "bridge-function", 1_750_226_614.5)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (line["_aws"]["Timestamp"], directive["Namespace"], directive["Dimensions"]) == (
        1_750_226_614_500,
        "ClaudeContextBridge",
        [["Function"]],
    )
    values = {definition["Name"]: line[definition["Name"]] for definition in directive["Metrics"]}
    assert values == {
        "Retries": 2,
        "Duplicates": 1,
        "Truncations": 1,
        "UpstreamErrors": 0,
        "InternalErrors": 0,
        "TurnLatency": 1500,
        "FirstWordLatency": 250,
        "InputTokens": 60,
        "OutputTokens": 5,
        "CacheReadTokens": 20,
    }
    assert {definition["Unit"] for definition in directive["Metrics"]} == {"Count", "Milliseconds"}
    assert line["Function"] == "bridge-function"


def test_what_was_done_after_the_answer_is_measured_apart() -> None:
    line = metric_line(Measures(1.5, recall=0.0123, summary=Usage(10, 20, 30, 5), renewed=7), "f", 0.0)
    units = {definition["Name"]: definition["Unit"] for definition in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {name: (line[name], units[name]) for name in ("RecallTime", "SummaryInputTokens", "SummaryOutputTokens", "RenewedTurns")} == {
        "RecallTime": (12.3, "Milliseconds"),
        "SummaryInputTokens": (60, "Count"),
        "SummaryOutputTokens": (5, "Count"),
        "RenewedTurns": (7, "Count"),
    }
    assert "InputTokens" not in line


def test_what_an_answer_cost_is_measured_by_model_and_names_its_owner() -> None:
    line = metric_line(Measures(cost=15_500_000, memory_cost=70, model="claude-sonnet-5-5", owner="ada"), "f", 0.0)
    usual, by_model = line["_aws"]["CloudWatchMetrics"]
    assert {"CostUsd", "MemoryCostUsd"} <= {definition["Name"] for definition in usual["Metrics"]}
    assert by_model == {
        "Namespace": "ClaudeContextBridge",
        "Dimensions": [["Function", "Model"]],
        "Metrics": [{"Name": "CostUsd", "Unit": "None"}],
    }
    assert (line["CostUsd"], line["MemoryCostUsd"], line["Model"], line["owner"]) == (0.0155, 0.00000007, "claude-sonnet-5-5", "ada")


def test_all_that_was_paid_for_is_measured_whatever_came_of_it(bench: Bench) -> None:
    result = measured(bench)
    refusal = says("No", stop_reason="refusal", model="claude-sonnet-5-5")
    rejected = Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False)
    bench.claude.scripts = [refusal, [rejected], says("Hello", model="somebody")]
    for number in range(3):
        bench.ask("Hi", to=f"c{number}")
    assert [(measures.cost, measures.model) for measures in result] == [
        (70_000, "claude-sonnet-5-5"),
        (None, ""),
        (None, "claude-sonnet-5-5"),
    ]
    assert {measures.owner for measures in result} == {"default"}


def test_what_a_summary_cost_is_measured_separately_even_one_that_was_not_stored(bench: Bench) -> None:
    bench = Bench(context_limit=1_000)
    result = measured(bench)
    bench.claude.summaries = [says("No", stop_reason="refusal", model="claude-haiku-5-5")]
    bench.claude.scripts = [says("It flies. " * 20, model="claude-sonnet-5-5")]
    for number in range(5):
        bench.ask(f"What of kite {number}?", to=f"c{number}")
    assert [measures.memory_cost for measures in result] == [None, None, None, None, 10 * 100 + 5 * 500]


@pytest.mark.parametrize(("code", "metric"), [(Code.CLAUDE_OVERLOADED, "UpstreamErrors"), (Code.STORE_UNAVAILABLE, "InternalErrors")])
def test_a_failed_question_counts_and_has_no_latency(code: Code, metric: str) -> None:
    line = metric_line(Measures(error=code), "f", 0.0)
    assert (line[metric], line["error"]) == (1, code.wire)
    assert "TurnLatency" not in line
    assert "InputTokens" not in line
