"""Invalid requests: answered with what is wrong, nothing stored, nothing sent to Claude, and the next message works."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.wire.frames import INTRODUCTION
from fakes.bridge_bench import Bench

INTRODUCED = json.loads(json.dumps(INTRODUCTION))

QUERY = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True}
DEEP = "[" * 10_000 + "]" * 10_000

BAD = [
    ("not JSON", "hello", "bad_request"),
    ("half a JSON", '{"action":', "bad_request"),
    ("nothing", "", "bad_request"),
    ("a list", [QUERY], "bad_request"),
    ("a number", "7", "bad_request"),
    ("deep", DEEP, "bad_request"),
    ("deep in a field", '{"action": "query", "message": ' + DEEP + "}", "bad_request"),
    ("a huge number", '{"action": "history", "session_id": "s", "limit": ' + "9" * 5000 + "}", "bad_request"),
    ("no action", {"message": "Hi"}, "unknown_action"),
    ("another action", {"action": "drop"}, "unknown_action"),
    ("an action that is not text", {"action": ["query"]}, "unknown_action"),
    ("no message", {"action": "query", "stream": True}, "empty_message"),
    ("an empty message", QUERY | {"message": ""}, "empty_message"),
    ("a null message", QUERY | {"message": None}, "empty_message"),
    ("a blank message", QUERY | {"message": " \n\t\u2003"}, "empty_message"),
    ("a message of control characters", QUERY | {"message": "\x00\x1b\x9f"}, "empty_message"),
    ("a number for a message", QUERY | {"message": 7}, "bad_request"),
    ("a list for a message", QUERY | {"message": ["Hi"]}, "bad_request"),
    ("a message that is too long", QUERY | {"message": "x" * 100_001}, "message_too_long"),
    ("a slash in the session id", QUERY | {"session_id": "a/b"}, "bad_session_id"),
    ("a space in the session id", QUERY | {"session_id": "a b"}, "bad_session_id"),
    ("a line end after the session id", QUERY | {"session_id": "ab\n"}, "bad_session_id"),
    ("a session id that is too long", QUERY | {"session_id": "x" * 129}, "bad_session_id"),
    ("a number for a session id", QUERY | {"session_id": 7}, "bad_session_id"),
    ("a bad request id", QUERY | {"request_id": "ä"}, "bad_request_id"),
    ("a flag for a request id", QUERY | {"request_id": True}, "bad_request_id"),
    ("a request id that is too long", QUERY | {"request_id": "x" * 129}, "bad_request_id"),
    ("words that are too long", {"action": "search", "words": "x" * 1_001}, "message_too_long"),
    ("text for stream", QUERY | {"stream": "yes"}, "bad_request"),
    ("cancel without a session", {"action": "cancel", "request_id": "r"}, "bad_session_id"),
    ("cancel without a request", {"action": "cancel", "session_id": "s"}, "bad_request_id"),
    ("history of nothing", {"action": "history"}, "bad_session_id"),
    ("history of an unknown session", {"action": "history", "session_id": "s9"}, "no_such_session"),
    ("a limit of 0", {"action": "history", "session_id": "s1", "limit": 0}, "bad_request"),
    ("text for a limit", {"action": "history", "session_id": "s1", "limit": "7"}, "bad_request"),
    ("a flag for a limit", {"action": "sessions", "limit": True}, "bad_request"),
    ("a bad before", {"action": "history", "session_id": "s1", "before": "yesterday"}, "bad_request"),
    ("a number for before", {"action": "history", "session_id": "s1", "before": 7}, "bad_request"),
    ("a bad offset", {"action": "history", "session_id": "s1", "offset": -1}, "bad_request"),
    ("a bad cursor", {"action": "sessions", "cursor": "x"}, "bad_request"),
    ("a cursor that is too long", {"action": "sessions", "cursor": "1." + "x" * 129}, "bad_request"),
    ("a cursor that is too late", {"action": "sessions", "cursor": "1" * 13 + ".x"}, "bad_request"),
    ("a number for a cursor", {"action": "sessions", "cursor": 7}, "bad_request"),
    ("text for check", {"action": "ping", "check": "yes"}, "bad_request"),
    ("delete of nothing", {"action": "delete"}, "bad_session_id"),
    ("delete of an unknown session", {"action": "delete", "session_id": "s9"}, "no_such_session"),
]


@pytest.mark.parametrize(("body", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_names_the_problem_and_does_nothing(bench: Bench, body: Any, code: str) -> None:
    bench.send(body)
    [reply] = bench.connections.frames("c1")
    fields = json.loads(reply["body"]) if "body" in reply else reply
    assert fields["code"] == code
    assert fields["retryable"] is False
    assert fields.get("message") or fields.get("error")
    assert bench.claude.requests == []
    assert bench.store.load("s1", 50).head is None
    assert bench.ask("Hi")["type"] == "done"


IDS = {"session_id", "request_id", "without"}
TURN = {"said_at": 1_700_000_000, "context": [{"role": "user", "content": "Hi"}]}
OPTIONAL: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (
        "query",
        {"message": "Hi", "stream": True},
        ("utc_offset", "model", "effort", "max_tokens", "system", "scope", "must", "settings"),
    ),
    ("configure", {"session_id": "s1"}, ("title", "project", "model", "effort", "system", "scope", "keep_hours", "reset")),
    ("recall", {"message": "Hi"}, ("session_id", "project", "without", "limit", "least", "utc_offset")),
    ("remember", {"text": "Hi"}, ("session_id", "said_at")),
    ("import", {"session_id": "s1", "turns": [TURN]}, ("turns", "settings")),
    ("sessions", {}, ("limit", "cursor", "since", "project", "title")),
    ("search", {"words": "Hi"}, ("session_id", "limit", "since", "project")),
    ("history", {"session_id": "s1"}, ("limit", "before", "offset")),
    ("ping", {}, ("check",)),
]
WRONG = [True, -1, 7, 1.5, 2**70, float("inf"), "x" * 100_001, "\U0001f600\n", ["x"], [None], {"a": 1}]
FITTING: dict[str, list[Any]] = {
    "limit": [7, 2**70],
    "offset": [7, 2**70],
    "check": [True],
    "utc_offset": [-1, 7],
    "since": [7, 1.5],
    "keep_hours": [7, 1.5],
    "system": ["\U0001f600\n"],
    "max_tokens": [7],
    "settings": [{"a": 1}],
}


@pytest.mark.parametrize(("action", "name"), [(action, name) for action, _, names in OPTIONAL for name in names])
def test_a_field_of_the_wrong_kind_is_named(bench: Bench, action: str, name: str) -> None:
    base = next(base for known, base, _ in OPTIONAL if known == action)
    for value in (value for value in WRONG if not any(value is fit or value == fit for fit in FITTING.get(name, []))):
        bench.send({"action": action, **base, name: value})
        reply = bench.connections.frames("c1")[-1]
        assert reply["code"] == ("bad_session_id" if name in IDS else "bad_request"), (name, value)
        assert name in reply["message"], (name, value, reply)
    assert bench.claude.requests == []


@pytest.mark.parametrize(("action", "name"), [(action, name) for action, _, names in OPTIONAL for name in names if name != "turns"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_field_that_is_null_or_empty_is_absent(bench: Bench, action: str, name: str, value: Any) -> None:
    base = next(base for known, base, _ in OPTIONAL if known == action)
    replies = []
    for body in ({"action": action, **base}, {"action": action, **base, name: value}):
        bench.send(body)
        replies.append({key: part for key, part in bench.connections.frames("c1")[-1].items() if key in ("type", "code")})
    assert replies[0] == replies[1]


def test_an_error_of_an_unstreamed_query_has_the_original_form(bench: Bench) -> None:
    bench.send({"action": "query", "session_id": "s1"})
    [reply] = bench.connections.frames("c1")
    assert reply["statusCode"] == 400
    assert json.loads(reply["body"]) == {
        "error": "The message is empty. Send some text in `message`.",
        "code": "empty_message",
        "retryable": False,
        "session_id": "s1",
        "request_id": "event-id",
    }


def test_an_error_carries_the_request_id_it_was_given(bench: Bench) -> None:
    bench.send({"action": "history", "session_id": "s 1", "request_id": "r1"})
    assert bench.connections.frames("c1")[0]["request_id"] == "r1"


def test_surrogates_and_control_characters_are_cleaned_then_answered(bench: Bench) -> None:
    bench.send('{"action": "query", "session_id": "s1", "stream": true, "message": "a\\ud800b\\ud83d\\ude00\\u0000\\u001b[31mc\\td"}')
    assert bench.claude.requests[0]["messages"] == [{"role": "user", "content": "a\ufffdb😀[31mc\td"}]


def test_without_an_owner_nothing_is_allowed(bench: Bench) -> None:
    for owner in ("", "a/b", "x" * 65, "ä"):
        bench.send({"action": "history", "session_id": "s1"}, owner=owner)
        assert bench.connections.frames("c1")[-1]["code"] == "not_allowed"
    event = bench.event(QUERY, "c2")
    del event["requestContext"]["authorizer"]
    bench.app.handle(event, lambda: 60.0)
    assert bench.connections.frames("c2")[0]["code"] == "not_allowed"
    assert bench.claude.requests == []


@pytest.mark.parametrize(
    "event", [{}, {"requestContext": None}, {"requestContext": {"eventType": "CONNECT"}}, {"requestContext": {"eventType": 7}}]
)
def test_events_that_ask_nothing_are_taken(bench: Bench, event: dict[str, Any]) -> None:
    assert bench.app.handle(event, lambda: 60.0) == {"statusCode": 200}


def test_a_base64_body_is_read_and_a_broken_one_refused(bench: Bench) -> None:
    for body, kind in (("eyJhY3Rpb24iOiAicGluZyJ9", "pong"), ("%%%", "error")):
        bench.app.handle(bench.event(body, kind) | {"isBase64Encoded": True}, lambda: 60.0)
        assert bench.connections.frames(kind)[0]["type"] == kind


def test_ping(bench: Bench) -> None:
    bench.send({"action": "ping", "request_id": "r1"})
    bench.send({"action": "ping"})
    assert bench.connections.frames("c1") == [{"type": "pong", "request_id": "r1", **INTRODUCED}, {"type": "pong", **INTRODUCED}]


def test_a_reply_that_cannot_be_delivered_is_nobodys_error(bench: Bench) -> None:
    bench.connections.gone.add("c1")
    bench.send({"action": "ping"})
    assert bench.connections.frames("c1") == []


def test_a_reply_that_is_not_taken_now_is_sent_later(bench: Bench) -> None:
    bench.connections.busy.add("c1")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            bench.connections.busy.clear()

    bench.send({"action": "ping"}, app=bench.another(sleep=sleep))
    assert bench.connections.frames("c1") == [{"type": "pong", **INTRODUCED}]
    assert waits == [0.1, 0.2]
    bench.connections.busy.add("c1")
    bench.send({"action": "ping"}, app=bench.another(sleep=waits.append))
    assert len(bench.connections.frames("c1")) == 1
    assert waits[2:] == [0.1, 0.2, 0.4, 0.8]


def test_a_post_that_fails_unexpectedly_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection_id: str, frame: dict[str, Any]) -> None:
        raise ZeroDivisionError

    bench.connections.on_post = fail
    bench.send({"action": "ping"})
    assert any(record.exc_info for record in caplog.records)


class _BrokenStore:
    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("the store's own secret")


@pytest.mark.parametrize("body", [QUERY, {"action": "sessions"}, {"action": "query", "message": "Hi"}])
def test_an_unexpected_exception_is_logged_and_reported_as_internal(body: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(store=_BrokenStore())
    bench.send(body)
    [reply] = bench.connections.frames("c1")
    fields = json.loads(reply["body"]) if "body" in reply else reply
    assert (fields["code"], fields["retryable"], fields["request_id"]) == ("internal", True, "event-id")
    assert "secret" not in json.dumps(reply)
    assert any(record.exc_info and "ZeroDivisionError" in str(record.exc_info) for record in caplog.records)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=10), children, max_size=3),
    max_leaves=8,
)
requests = st.dictionaries(
    st.sampled_from(["action", "session_id", "request_id", "message", "stream", "limit", "before", "offset", "cursor", "x"]),
    json_values | st.sampled_from(["history", "sessions", "delete", "cancel", "ping", "s1"]),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), requests.map(json.dumps)))
def test_no_message_crashes_the_bridge(body: str) -> None:
    bench = Bench()
    bench.send(body)
    assert len(bench.connections.frames("c1")) == 1
