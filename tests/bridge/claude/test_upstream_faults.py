"""Every row of the API's error table and every way its streams fail, through the whole bridge: what is sent, asked and stored.

https://platform.claude.com/docs/en/api/errors. The parts have tests of their own: test_retry.py, test_claude.py, test_stream.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.messages_api import MessagesApi, Timeouts
from bridge.claude.retry import MAX_RETRIES
from bridge.clock import Clock
from bridge.store.records import Head, Message, Turn
from bridge_local.stand_in.exchange import Cut, Reply, Respond, failure, whole
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.bridge_bench import Bench
from fakes.recording_connections import shown

SOON = {"retry-after-ms": "5"}
HELLO = "Hello! How can I help you?"


@contextmanager
def asked(respond: Respond, *, silence: float = 10.0) -> Iterator[tuple[Bench, StandIn]]:
    """A bridge whose Claude answers so, over HTTP. No request of it may be one that the API would refuse."""
    with (
        StandIn(respond) as server,
        closing(MessagesApi(AnthropicApi(server.url, FixedKey("test")), Clock(), timeouts=Timeouts(silence=silence))) as api,
    ):
        bench = Bench()
        bench.app = bench.another(claude=api)
        yield bench, server
    assert not server.refusals


FINAL = [
    ("bad_request", "claude_rejected", None, "non-empty content"),
    ("own_spend_limit", "claude_misconfigured", "ANTHROPIC_API_KEY", "spend limit"),
    ("bad_key", "claude_misconfigured", "ANTHROPIC_API_KEY", "API key"),
    ("billing", "claude_misconfigured", "ANTHROPIC_API_KEY", "billing"),
    ("forbidden", "claude_misconfigured", "ANTHROPIC_API_KEY", "API key"),
    ("retired_model", "claude_misconfigured", "CLAUDE_MODEL", "CLAUDE_MODEL"),
    ("bad_path", "claude_misconfigured", "ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
    ("precondition", "claude_rejected", None, "did not accept"),
    ("too_large", "claude_rejected", None, "did not accept"),
    ("unprocessable", "claude_rejected", None, "Unprocessable"),
    ("headers_too_large", "claude_rejected", None, "did not accept"),
    ("client_closed", "claude_rejected", None, "did not accept"),
    ("enforced_spend_limit", "claude_misconfigured", "ANTHROPIC_API_KEY", "spend limit"),
    ("contract_spend_limit", "claude_misconfigured", "ANTHROPIC_API_KEY", "spend limit"),
    ("overloaded_for_good", "claude_overloaded", None, "overloaded"),
    ("html_with_200", "claude_misconfigured", "ANTHROPIC_BASE_URL", "a web page"),
    ("json_with_200", "claude_misconfigured", "ANTHROPIC_BASE_URL", "JSON"),
    ("nothing_with_200", "claude_misconfigured", "ANTHROPIC_BASE_URL", "nothing"),
    ("moved", "claude_misconfigured", "ANTHROPIC_BASE_URL", "redirects to https://new.example"),
]
PASSING = [
    ("timeout_without_body", "claude_unavailable"),
    ("conflict", "claude_unavailable"),
    ("rate_limited", "rate_limited"),
    ("ramp_limit", "rate_limited"),
    ("odd_letter_case", "rate_limited"),
    ("api_error", "claude_unavailable"),
    ("bad_gateway", "claude_unavailable"),
    ("unavailable", "claude_unavailable"),
    ("gateway_timeout", "claude_unavailable"),
    ("overloaded", "claude_overloaded"),
    ("bad_request_to_repeat", "claude_rejected"),
]
REPLIES = {
    **scripts.ERRORS,
    "bad_path": whole(b"<html>no such page</html>", "text/html", 404),
    "precondition": whole(b"", "text/plain", 412),
    "headers_too_large": whole(b"", "text/plain", 431),
    "nothing_with_200": scripts.played(),
    "moved": whole(b"", "text/plain", 308, {"location": "https://new.example/v1/messages"}),
    "client_closed": whole(b"", "text/plain", 499),
}
BEFORE_TEXT = {
    "cut between two chunks": scripts.cut_after(scripts.recorded("cut_before_text"), Cut.BETWEEN_CHUNKS),
    "cut inside a chunk": scripts.cut_after(scripts.recorded("cut_before_text"), Cut.INSIDE_CHUNK),
    "reset": scripts.cut_after(scripts.recorded("cut_before_text"), Cut.RESET),
    "a clean end before the text": scripts.play("cut_before_text"),
    "an error event first": scripts.play("error_first"),
    "an error event after the start": scripts.play("error_after_start"),
    "data that is not JSON": scripts.play("malformed_first"),
}
TEXT_ONLY = scripts.recorded("hello").partition(b"event: message_delta")[0]
AFTER_TEXT = {
    "cut between two chunks": (scripts.cut_after(TEXT_ONLY, Cut.BETWEEN_CHUNKS), "claude_unavailable"),
    "cut inside a chunk": (scripts.cut_after(TEXT_ONLY, Cut.INSIDE_CHUNK), "claude_unavailable"),
    "a clean end that was not announced": (scripts.played(TEXT_ONLY), "claude_unavailable"),
    "an error event": (scripts.play("error_after_text"), "claude_overloaded"),
}
NO_ANSWER = [
    ("refusal", "claude_refused", None),
    ("refusal_after_text", "claude_refused", None),
    ("no_blocks", "empty_answer", None),
    ("empty_text", "empty_answer", None),
    ("blank_text", "empty_answer", None),
    ("max_tokens_in_thinking", "empty_answer", "MAX_TOKENS"),
]


def test_the_tables_hold_every_reply() -> None:
    assert {row[0] for row in (*FINAL, *PASSING)} == set(REPLIES)


@pytest.mark.parametrize(("name", "code", "setting", "said"), FINAL, ids=[row[0] for row in FINAL])
def test_a_lasting_failure_is_reported_at_once(name: str, code: str, setting: str | None, said: str) -> None:
    with asked(scripts.always(REPLIES[name])) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["type"], last["code"], last.get("setting")) == ("error", code, setting)
        assert said in last["message"]
        assert server.count == 1
        assert bench.contents() == []


@pytest.mark.parametrize(("name", "code"), PASSING, ids=[row[0] for row in PASSING])
def test_what_may_pass_is_tried_again(name: str, code: str) -> None:
    passing = replace(REPLIES[name], headers={**REPLIES[name].headers, **SOON})
    with asked(scripts.in_turn(passing, scripts.play("hello"))) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["type"], server.count) == ("done", 2)
        retrying = [frame for frame in bench.connections.of_type("c1", "status") if frame["state"] == "retrying"]
        assert [(frame["attempt"], frame["reason"]) for frame in retrying] == [(1, code)]
        assert bench.contents() == ["Hi", HELLO]


@pytest.mark.parametrize("name", ["rate_limited", "overloaded", "bad_gateway"])
def test_what_keeps_failing_is_given_up_and_nothing_is_stored(name: str) -> None:
    with asked(scripts.always(replace(REPLIES[name], headers={**REPLIES[name].headers, **SOON}))) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["code"], last["retryable"]) == (dict(PASSING)[name], True)
        assert server.count == 1 + MAX_RETRIES
        assert bench.contents() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", BEFORE_TEXT)
def test_a_stream_that_breaks_before_its_text_is_asked_for_again(name: str) -> None:
    with asked(scripts.in_turn(BEFORE_TEXT[name], scripts.play("hello"))) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["type"], server.count) == ("done", 2)
        assert shown(bench.connections.frames("c1")) == (last["answer"], HELLO)


@pytest.mark.parametrize("name", AFTER_TEXT)
def test_a_stream_that_breaks_in_its_text_is_an_error_and_a_repeat_asks_anew(name: str) -> None:
    reply, code = AFTER_TEXT[name]
    with asked(scripts.in_turn(reply, scripts.play("hello"))) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["code"], last["retryable"], server.count) == (code, True, 1)
        assert bench.contents() == []
        again = bench.ask("Hi", request_id="r1", to="c2")
        assert (again["type"], server.count) == ("done", 2)
        assert bench.contents() == ["Hi", HELLO]


@pytest.mark.parametrize(("name", "code", "setting"), NO_ANSWER, ids=[row[0] for row in NO_ANSWER])
def test_what_is_not_an_answer_is_not_stored_and_not_asked_for_again(name: str, code: str, setting: str | None) -> None:
    with asked(scripts.always(scripts.play(name))) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        assert (last["code"], last.get("setting"), server.count) == (code, setting, 1)
        assert bench.contents() == []


@pytest.mark.slow
@pytest.mark.parametrize("said", [0, 4], ids=["before text", "after text"])
def test_silence_for_too_long_is_a_broken_stream(said: int) -> None:
    gate = threading.Event()
    quiet = scripts.played(*scripts.events_of("hello")[:said], scripts.until(gate))
    with asked(scripts.in_turn(quiet, scripts.play("hello")), silence=0.2) as (bench, server):
        last = bench.ask("Hi", request_id="r1")
        gate.set()
        assert (last["type"], last.get("code"), server.count) == (("error", "claude_unavailable", 1) if said else ("done", None, 2))


def test_a_wait_that_the_time_does_not_allow_is_reported_with_its_length() -> None:
    reply = scripts.rate_limited({"retry-after": "45"})
    with asked(scripts.always(reply)) as (bench, server):
        bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, seconds=30.0)
        last = bench.connections.frames("c1")[-1]
        assert (last["code"], last["retry_after"], server.count) == ("rate_limited", 45.0, 1)


POISON: dict[str, tuple[Message, ...]] = {
    "an empty answer": (Message("user", "What?"), Message("assistant", "")),
    "a blank question": (Message("user", " \n"), Message("assistant", "Yes.")),
    "half a surrogate pair": (Message("user", "What \ud83d?"), Message("assistant", "\udc00 Yes.")),
    "an answer alone": (Message("assistant", "Yes."),),
    "a question alone": (Message("user", "What?"),),
    "nothing": (),
}


@pytest.mark.parametrize("name", POISON)
def test_a_stored_turn_that_the_api_would_refuse_poisons_no_session(name: str) -> None:
    with asked(scripts.always(scripts.play("hello"))) as (bench, _):
        bench.ask("Before", request_id="r1")
        head = bench.store.load("s1", 10).head
        assert isinstance(head, Head)
        bench.store.add_turn("s1", Turn(head.born[:-1] + "Z", POISON[name], 1_800_000_000))
        assert bench.ask("After", request_id="r2", to="c2")["type"] == "done"


def test_an_error_in_another_language_is_passed_on_unchanged() -> None:
    reply: Reply = failure(400, "invalid_request_error", "Überprüfen Sie 😀 \x1b[31m")
    with asked(scripts.always(reply)) as (bench, _):
        message: Any = bench.ask("Hi", request_id="r1")["message"]
        assert "Überprüfen Sie 😀" in message
        assert "\x1b" not in message
