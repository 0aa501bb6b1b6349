"""Once the answer has been sent: the summary, and the turns' time. Nothing of it is ever lost, or shown to Claude."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.store.port import Lifetime
from bridge.store.records import HEAD, Head
from bridge.turn.metrics import Measures
from fakes.bridge_bench import QUICK, Bench
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import says

NEVER_SAID = re.compile(r"bridge|database|dynamodb|lambda|websocket|memory system|retrieved|context window", re.IGNORECASE)
HOUR = 3_600
LIMIT = 1_000
TRANSIENT = Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=0.01)
LASTING = Failure(BridgeError(Code.CLAUDE_MISCONFIGURED), transient=False)


def talk(bench: Bench, questions: int, first: int = 0) -> list[dict[str, Any]]:
    """Asks this many questions, each of which is answered in 200 characters; returns the `done` frames."""
    done = []
    for number in range(first, first + questions):
        bench.claude.scripts = [says(f"Kite {number} has a tail. {'It flies. ' * 18}")]
        bench.claude.requests.clear()
        done.append(bench.ask(f"What of kite {number}?", to=f"c{number}"))
        assert done[-1]["type"] == "done"
    return done


def head(bench: Bench) -> Head:
    result = bench.store.load("s1", 1).head
    assert result is not None
    return result


def said(questions: int) -> list[str]:
    return [text for number in range(questions) for text in (f"What of kite {number}?", f"Kite {number} has a tail. {'It flies. ' * 18}")]


def test_what_leaves_the_live_part_goes_into_the_summary() -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [says("I asked about kites; you ", "told me of tails.")]
    talk(bench, 6)
    assert head(bench).summary == "I asked about kites; you told me of tails."
    turns = bench.store.load("s1", 50).turns
    assert head(bench).summarised_through == turns[1].id
    last = talk(bench, 1, first=6)[0]
    [request] = bench.claude.requests
    assert "I asked about kites; you told me of tails." in request["messages"][0]["content"]
    assert "What of kite 5?" in request["messages"][0]["content"]
    assert last["context"]["summarised"]["turns"] == 5
    assert last["context"]["recalled"]["turns"] > 0


def test_the_next_summary_goes_on_from_the_last_one() -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [says("The first summary."), says("The second one.")]
    talk(bench, 8)
    second = bench.claude.summary_requests[1]["messages"][0]["content"]
    assert "The first summary." in second
    assert "What of kite 0?" not in second
    assert head(bench).summary == "The second one."


@pytest.mark.slow
def test_what_a_process_has_not_read_is_summed_up_before_what_it_has() -> None:
    bench = Bench(context_limit=LIMIT, recall_read_kb=0)
    bench.claude.summaries = [[LASTING]]
    talk(bench, 60)
    bench.claude.summaries = [says("A summary.")]
    summed_up: list[str] = []
    for number in range(60, 66):
        bench.app = bench.another()
        bench.claude.summary_requests.clear()
        talk(bench, 1, first=number)
        for request in bench.claude.summary_requests:
            summed_up.extend(re.findall(r"What of kite (\d+)\?", request["messages"][0]["content"]))
    assert [int(number) for number in summed_up] == list(range(len(summed_up)))
    assert len(summed_up) > 62
    assert head(bench).summarised_through == bench.store.load("s1", 100).turns[65 - len(summed_up) + 1].id


def test_where_no_summary_can_be_nothing_is_read_for_one() -> None:
    store = Failing("lifetimes", ValueError("asked for nothing"))
    bench = Bench(store=store, context_limit=300, recall_read_kb=0)
    for number in range(20):
        bench.app = bench.another()
        talk(bench, 1, first=number)
    assert bench.claude.summary_requests == []
    assert store.failures == 1_000


def test_a_turn_that_the_summary_has_passed_goes_into_the_next_one() -> None:
    bench = Bench(context_limit=LIMIT)
    gate = threading.Event()
    talk(bench, 1)
    bench.claude.requests.clear()
    bench.claude.scripts = [[*says("Slowly, a plan.")[:-1], gate, says("")[-1]]]
    bench.start({"action": "query", "message": "What is the plan?", "session_id": "s1", "stream": True}, to="slow")
    bench.connections.wait_for("slow", "delta")
    talk(bench, 6, first=1)
    through = head(bench).summarised_through
    bench.claude.summaries = [says("A summary with a plan.")]
    gate.set()
    bench.join()
    assert "Slowly, a plan." in bench.claude.summary_requests[-1]["messages"][0]["content"]
    assert (head(bench).summary, head(bench).summarised_through) == ("A summary with a plan.", through)


def test_a_short_conversation_is_not_summed_up() -> None:
    bench = Bench()
    talk(bench, 6)
    assert bench.claude.summary_requests == []


def test_the_client_has_its_answer_before_the_summary_is_asked_for() -> None:
    bench = Bench(context_limit=LIMIT)
    gate = threading.Event()
    bench.claude.summaries = [[gate, *says("A summary.")]]
    talk(bench, 4)
    running = bench.start({"action": "query", "message": "And now?", "session_id": "s1", "stream": True}, to="last")
    bench.connections.wait_for("last", "done")
    assert running.is_alive()
    assert head(bench).summary == ""
    gate.set()
    bench.join()
    assert head(bench).summary == "A summary."


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        [LASTING],
        [TRANSIENT],
        [ValueError("what nobody thought of")],
        [{"type": "ping"}],
    ],
    ids=["rejected", "overloaded", "unexpected", "cut off"],
)
def test_a_summary_that_fails_leaves_everything_as_it_is_and_is_caught_up_with(script: Sequence[Any]) -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [script]
    talk(bench, 6)
    assert (head(bench).summary, head(bench).summarised_through) == ("", "")
    assert bench.contents() == said(6)
    bench.claude.summaries = [says("A summary after all.")]
    talk(bench, 1, first=6)
    assert head(bench).summary == "A summary after all."
    assert "What of kite 0?" in bench.claude.summary_requests[-1]["messages"][0]["content"]


@pytest.mark.parametrize("script", [says("I cannot", stop_reason="refusal"), says(""), says("", stop_reason="max_tokens")])
def test_turns_that_cannot_be_summed_up_are_asked_for_once(script: Sequence[Any]) -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [script, says("A summary of the rest.")]
    talk(bench, 12)
    asked = [request["messages"][0]["content"] for request in bench.claude.summary_requests]
    assert len(asked) > 2
    assert [place for place, text in enumerate(asked) if "What of kite 0?" in text] == [0]
    assert head(bench).summary == "A summary of the rest."
    assert bench.contents() == said(12)
    bench.ask("And kite 0?", to="again")
    assert "Kite 0 has a tail." in bench.claude.requests[-1]["messages"][-1]["content"]


def test_a_summary_that_is_cut_short_counts() -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [says("I asked about kites. And then", stop_reason="max_tokens")]
    talk(bench, 6)
    assert head(bench).summary == "I asked about kites. And then"


def test_a_model_that_does_not_exist_is_named_by_its_setting(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(context_limit=LIMIT)
    error = BridgeError(Code.CLAUDE_MISCONFIGURED, "Claude has no model 'x'. Set CLAUDE_MODEL to a current one.", setting="CLAUDE_MODEL")
    bench.claude.summaries = [[Failure(error, transient=False)]]
    talk(bench, 5)
    [record] = [record for record in caplog.records if record.getMessage() == "there is no new summary"]
    assert vars(record)["setting"] == "SUMMARY_MODEL"


@pytest.mark.slow
def test_an_event_that_makes_no_sense_ends_the_summary() -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [[{"type": "message_start", "message": None}]]
    talk(bench, 5)
    assert head(bench).summary == ""


def test_a_summary_is_tried_twice_and_not_more() -> None:
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [[TRANSIENT], says("The second try.")]
    talk(bench, 5)
    assert head(bench).summary == "The second try."
    bench = Bench(context_limit=LIMIT)
    bench.claude.summaries = [[TRANSIENT]]
    talk(bench, 5)
    assert len(bench.claude.summary_requests) == 2


@pytest.mark.slow
def test_a_summary_that_takes_longer_than_there_is_time_is_given_up() -> None:
    bench = Bench(context_limit=LIMIT)
    talk(bench, 4)
    bench.claude.summaries = [[threading.Event()]]
    bench.send({"action": "query", "message": "Now?", "session_id": "s1", "stream": True}, to="last", seconds=2.05)
    assert len(bench.claude.summary_requests) == 1
    assert head(bench).summary == ""


def test_without_time_no_summary_is_begun() -> None:
    bench = Bench(context_limit=LIMIT)
    talk(bench, 4)
    bench.send({"action": "query", "message": "Now?", "session_id": "s1", "stream": True}, to="last", seconds=1.5)
    assert bench.claude.summary_requests == []


def test_a_summary_does_not_delay_the_reply_of_a_client_that_does_not_stream() -> None:
    bench = Bench(context_limit=LIMIT, timing=QUICK._replace(single_reply_seconds=1.0))
    talk(bench, 4)
    bench.send({"action": "query", "message": "Now?", "session_id": "s1"}, to="last")
    assert bench.claude.summary_requests == []
    assert len(bench.connections.frames("last")) == 1


def test_of_two_summaries_made_at_once_one_is_stored() -> None:
    bench = Bench(context_limit=LIMIT)
    gate = threading.Event()
    talk(bench, 4)
    bench.claude.summaries = [[gate, *says("The slow one.")], says("The quick one.")]
    bench.start({"action": "query", "message": "Slow?", "session_id": "s1", "stream": True}, to="slow")
    bench.connections.wait_for("slow", "done")
    bench.claude.wait_for_summaries(1)
    bench.ask("Quick?", to="quick")
    gate.set()
    bench.join()
    assert head(bench).summary == "The quick one."


def test_a_session_deleted_meanwhile_stays_deleted() -> None:
    bench = Bench(context_limit=LIMIT)
    gate = threading.Event()
    bench.claude.summaries = [[gate, *says("Too late.")]]
    talk(bench, 4)
    bench.start({"action": "query", "message": "And now?", "session_id": "s1", "stream": True}, to="last")
    bench.connections.wait_for("last", "done")
    bench.send({"action": "delete", "session_id": "s1"}, to="deleter")
    gate.set()
    bench.join()
    assert (head(bench).deleted, head(bench).summary) == (True, "")
    assert bench.ask("What of kite 1?", to="again")["context"]["recalled"]["turns"] == 0


def test_a_standing_instruction_is_not_in_the_summary_and_goes_along_word_for_word() -> None:
    bench = Bench(context_limit=LIMIT)
    rule = "Always answer me in French."
    talk(bench, 4)
    bench.claude.scripts = [says("I will. " * 25)]
    bench.ask(rule)
    bench.claude.summary_requests.clear()
    bench.claude.summaries = [says(f"I asked about kites. {rule}")] * 9
    talk(bench, 6, first=4)
    assert head(bench).summary == "I asked about kites."
    assert all(rule not in str(request) for request in bench.claude.summary_requests)
    assert f"Me: {rule}" in bench.claude.requests[-1]["messages"][-1]["content"]


def test_between_two_compactions_what_is_sent_only_grows_at_its_end() -> None:
    bench = Bench(context_limit=LIMIT * 4)
    before: list[Any] = []
    compactions = grown = 0
    for number in range(40):
        talk(bench, 1, first=number)
        prefix = bench.claude.requests[-1]["messages"][:-1]
        assert prefix[: len(before)] == before
        grown += len(prefix) > len(before) > 0
        compacted = len(bench.claude.summary_requests) > compactions
        before, compactions = [] if compacted else prefix, len(bench.claude.summary_requests)
    assert compactions > 3
    assert grown > 15


def test_claude_is_sent_none_of_this() -> None:
    bench = Bench(context_limit=LIMIT, prompt_cache="5m")
    asked: list[Any] = []
    for number in range(12):
        talk(bench, 1, first=number)
        asked.extend(bench.claude.requests)
    asked.extend(bench.claude.summary_requests)
    texts = [str(value) for request in asked for name, value in request.items() if name in ("messages", "system")]
    assert any("<earlier>" in text for text in texts)
    assert any("<summary>" in text for text in texts)
    assert [NEVER_SAID.findall(text) for text in texts if NEVER_SAID.search(text)] == []


def test_the_tokens_of_a_summary_and_the_time_of_recall_are_reported() -> None:
    bench = Bench(context_limit=LIMIT)
    reported: list[Measures] = []
    bench.app = bench.another(report=reported.append)
    talk(bench, 5)
    assert reported[-1].summary.output_tokens == 5
    assert reported[0].summary.output_tokens == 0
    assert all(measures.recall is not None and measures.recall >= 0 for measures in reported)


# Renewal


def ttls(bench: Bench) -> list[int | None]:
    """Of the turns, oldest first, in hours from now."""
    now = start(bench) + bench.ahead
    result = bench.store.page("s1", "", HEAD, 100)
    return [None if turn.ttl is None else round((turn.ttl - now) / HOUR) for turn in reversed(result)]


def start(bench: Bench) -> int:
    """When the first turn was stored."""
    return int(bench.store.page("s1", "", HEAD, 100)[-1].last_updated)


def test_turns_are_prolonged_when_less_than_two_periods_are_left() -> None:
    bench = Bench(session_ttl_hours=10)
    reported: list[Measures] = []
    bench.app = bench.another(report=reported.append)
    talk(bench, 1)
    bench.ahead = 9 * HOUR
    talk(bench, 1, first=1)
    assert (ttls(bench), reported[-1].renewed) == ([21, 30], 0)
    bench.ahead = 11 * HOUR
    talk(bench, 1, first=2)
    assert (ttls(bench), reported[-1].renewed) == ([30, 28, 30], 1)
    assert head(bench).turns_ttl == bench.store.page("s1", "", HEAD, 100)[1].ttl
    assert bench.contents() == said(3)


def test_a_session_that_loses_its_end_takes_its_turns_along_and_gets_none_again() -> None:
    bench = Bench(session_ttl_hours=10)
    talk(bench, 2)
    bench.settings = bench.settings._replace(session_ttl_hours=0)
    bench.app = bench.another()
    talk(bench, 1, first=2)
    assert ttls(bench) == [None, None, None]
    assert (head(bench).ttl, head(bench).turns_ttl) == (None, None)
    bench.settings = bench.settings._replace(session_ttl_hours=10)
    bench.app = bench.another()
    talk(bench, 1, first=3)
    bench.ahead = 9 * HOUR
    talk(bench, 1, first=4)
    bench.ahead = 11 * HOUR
    talk(bench, 1, first=5)
    assert ttls(bench) == [None] * 6
    assert (head(bench).ttl, head(bench).turns_ttl) == (None, None)


class Failing(MemoryStore):
    """Fails at calls of `method`, as often as `failures` says."""

    def __init__(self, method: str, error: Exception, failures: int = 1_000) -> None:
        super().__init__()
        self.method, self.error, self.failures = method, error, failures

    def _maybe(self, method: str) -> None:
        if method == self.method and self.failures > 0:
            self.failures -= 1
            raise self.error

    def summarise(self, *values: Any) -> bool:
        self._maybe("summarise")
        return super().summarise(*values)

    def lifetimes(self, *values: Any) -> tuple[Lifetime, ...]:
        self._maybe("lifetimes")
        return super().lifetimes(*values)

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        if self.method == "prolong" and self.failures > 0:
            super().prolong(session, turns[: len(turns) // 2], ttl, by)
        self._maybe("prolong")
        return super().prolong(session, turns, ttl, by)

    def bound_turns(self, *values: Any) -> bool:
        self._maybe("bound_turns")
        return super().bound_turns(*values)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(["summarise", "lifetimes", "prolong", "bound_turns"]),
    st.sampled_from([StoreUnavailable(), ValueError("what nobody thought of")]),
    st.integers(1, 4),
)
def test_wherever_upkeep_is_stopped_history_is_all_that_was_said_exactly_once(method: str, error: Exception, failures: int) -> None:
    bench = Bench(store=Failing(method, error, failures), context_limit=LIMIT, session_ttl_hours=10)
    for number in range(10):
        bench.ahead = number * 5 * HOUR
        talk(bench, 1, first=number)
    assert bench.contents() == said(10)
    assert head(bench).summary == "We spoke."
    assert all(hours is not None and hours >= 20 for hours in ttls(bench))


def test_a_renewal_without_time_goes_on_after_the_next_question() -> None:
    bench = Bench(session_ttl_hours=10)
    talk(bench, 3)
    bound = head(bench).turns_ttl
    bench.ahead = 9 * HOUR
    talk(bench, 1, first=3)
    bench.ahead = 11 * HOUR

    def post_slowly(to: str, frame: dict[str, Any]) -> None:
        if frame["type"] == "done":
            bench.later += 60

    bench.connections.on_post = post_slowly
    bench.send({"action": "query", "message": "Now?", "session_id": "s1", "stream": True}, to="last", seconds=30.0)
    bench.connections.on_post = lambda to, frame: None
    assert bench.connections.frames("last")[-1]["type"] == "done"
    assert head(bench).turns_ttl == bound
    talk(bench, 1, first=5)
    assert ttls(bench)[:4] == [30, 30, 30, 28]
