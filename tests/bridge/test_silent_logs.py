"""Whatever fails, and however much the failure says: no message, no answer and no key is in a line of the log, or of the metrics."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from bridge.handler import compose
from bridge.store.claim_row import Claim
from bridge.store.claims import message_hash, request_hash
from bridge.turn.metrics import Measures, metric_line
from fakes.bridge_bench import Bench
from fakes.claude_scripts import meant, meant_event
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import says

QUESTION, ANSWER, SUMMARY, KEY = "question-canary", "answer-canary", "summary-canary", "sk-key-canary"
CANARIES = (QUESTION, ANSWER, SUMMARY, KEY)


class TellingStore(MemoryStore):
    """Fails in one of its methods with an exception that quotes all that was handed to it and all that is there."""

    def __init__(self, failing: str, error: Callable[[str], BaseException]) -> None:
        super().__init__()
        self.failed = 0
        act = getattr(self, failing)

        def fail(*arguments: Any, **options: Any) -> Any:
            # Every third call: something is stored, too.
            self.failed += 1
            if self.failed % 3 == 2:
                return act(*arguments, **options)
            raise error(f"{arguments} {self._turns} {self._heads} {KEY}")

        setattr(self, failing, fail)


def talk(bench: Bench) -> None:
    """A bit of everything, with more turns than are sent whole."""
    for number in range(12):
        bench.ask(f"{QUESTION} {number} {'x' * 200}", request_id=f"r{number}")
        bench.ahead += 20  # What was left behind is taken over at once.
        bench.ask(f"{QUESTION} {number} {'x' * 200}", request_id=f"r{number}")
    bench.ask(QUESTION, request_id="r0")
    for body in (
        {"action": "history", "session_id": "s1"},
        {"action": "search", "words": QUESTION},
        {"action": "sessions"},
        {"action": "cancel", "session_id": "s1", "request_id": "r1"},
        {"action": "ping", "check": True},
        {"action": QUESTION, "message": QUESTION},
        {"action": "query", "message": [QUESTION], "stream": QUESTION},
        QUESTION,
        {"action": "delete", "session_id": "s1"},
    ):
        bench.send(body)


def assert_silent(lines: io.StringIO) -> None:
    said = lines.getvalue()
    assert not [canary for canary in CANARIES if canary in said]
    assert all(json.loads(line)["level"] for line in said.splitlines())


METHODS = [
    "load",
    "page",
    "turn",
    "add_turn",
    "remove_turns",
    "begin",
    "advance",
    "summarise",
    "sessions",
    "claim",
    "check",
    "cancel",
    "fail",
]


@pytest.mark.slow
@pytest.mark.parametrize("failing", METHODS)
def test_a_store_that_quotes_what_it_holds(lines: io.StringIO, failing: str) -> None:
    store = TellingStore(failing, ValueError)
    bench = Bench(store, context_limit=1_000)
    bench.claude.scripts = [says(f"{ANSWER} {'y' * 100}"), [ValueError(ANSWER)], says(f"{ANSWER} {'z' * 100}")]
    bench.claude.summaries = [says(SUMMARY)]
    talk(bench)
    assert store.failed
    assert "builtins.ValueError" in lines.getvalue()
    assert_silent(lines)


def test_a_store_that_quotes_what_it_holds_while_a_repeat_waits(lines: io.StringIO) -> None:
    store = TellingStore("look", ValueError)
    bench = Bench(store)
    key = request_hash("default", "s1", "r1", "", QUESTION)
    now = time.time()
    store.claim(Claim(key, "s1", "", message_hash(QUESTION), "another", now + 10, int(now) + 10), now)
    bench.ask(QUESTION, request_id="r1")
    assert store.failed
    assert "builtins.ValueError" in lines.getvalue()
    assert_silent(lines)


ECHO = f"{QUESTION} {ANSWER} {SUMMARY} x-api-key: {KEY}"
BODY = json.dumps({"error": {"type": "invalid_request_error", "message": ECHO}}).encode()
FAILURES = [
    ("a refusal", meant(400, {}, BODY)),
    ("a limit", meant(429, {"retry-after-ms": "1"}, BODY)),
    ("no API", meant(404, {}, BODY)),
    ("HTML", meant(502, {"x-should-retry": "false"}, f"<html>{ECHO}".encode())),
    ("an odd type", meant(400, {}, json.dumps({"error": {"type": ECHO, "message": ECHO}}).encode())),
    ("an event", meant_event({"error": {"type": ECHO, "message": ECHO}})),
    ("an event of a known type", meant_event({"error": {"type": "invalid_request_error", "message": ECHO}})),
    ("a bug", ValueError(ECHO)),
    ("no key", BridgeError(Code.CLAUDE_MISCONFIGURED, ECHO)),
]


@pytest.mark.parametrize("failure", [case[1] for case in FAILURES], ids=[case[0] for case in FAILURES])
def test_a_claude_that_quotes_what_it_is_asked(lines: io.StringIO, failure: BaseException) -> None:
    if isinstance(failure, Failure):
        failure.retry_after, failure.transient = 0.001, failure.transient and failure.status == 429
    bench = Bench(context_limit=1_000)
    bench.claude.scripts = [says(f"{ANSWER} {number} {'y' * 100}") for number in range(10)]
    bench.claude.scripts += [[failure], [*says(ANSWER)[:3], failure]]
    bench.claude.summaries = [[failure]]
    talk(bench)
    assert bench.claude.summary_requests
    assert "there is no new summary" in lines.getvalue() or isinstance(failure, ValueError)
    assert_silent(lines)


def test_a_connection_that_quotes_what_is_posted(lines: io.StringIO) -> None:
    bench = Bench()
    bench.claude.scripts = [says(ANSWER)]

    def fail(connection_id: str, frame: dict[str, Any]) -> None:
        raise ValueError(f"{frame} {QUESTION}")

    bench.connections.on_post = fail
    bench.ask(QUESTION)
    bench.send({"action": "query", "message": QUESTION, "session_id": "s2"})
    bench.send({"action": "history", "session_id": "s1"})
    assert lines.getvalue().count("a post failed") == 3
    assert_silent(lines)


@pytest.mark.slow
def test_the_metrics_have_numbers_and_names_of_errors_owner_and_model_alone() -> None:
    result: list[Measures] = []
    bench = Bench(context_limit=1_000)
    bench.app = bench.another(report=result.append)
    bench.claude.scripts = [says(ANSWER, model=KEY), [FAILURES[0][1]], [FAILURES[-2][1]], says(ANSWER)]
    talk(bench)
    assert {measures.error for measures in result} >= {None, Code.CLAUDE_REJECTED, Code.INTERNAL}
    for measures in result:
        line = metric_line(measures, "f", 0.0)
        del line["_aws"]
        texts = [value for value in line.values() if not isinstance(value, (int, float))]
        assert set(texts) <= {"f", "default", bench.settings.claude_model} | {code.wire for code in Code}


def test_a_setting_that_is_wrong_does_not_show_the_key() -> None:
    environment = {
        "ANTHROPIC_API_KEY": KEY,
        "MAX_TOKENS": "many",
        "AWS_REGION": "r",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": KEY,
    }
    with pytest.raises(ValueError, match="MAX_TOKENS") as caught:
        compose(environment, print, None)  # type: ignore[arg-type]
    assert KEY not in str(caught.value)
