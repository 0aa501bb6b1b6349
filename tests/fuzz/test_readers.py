"""Everything that reads a value from outside: whatever the bytes are, it gives a value or the one error it promises."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.authorizer import authorize, handler, presented, read_tokens
from bridge.aws.dynamo_items import plain_item
from bridge.aws.errors import AwsError
from bridge.claude.retry import next_wait
from bridge.errors import Code
from bridge.settings import VARIABLES, BadSetting, Settings
from bridge.store.claim_row import Claim
from bridge.store.records import Head, Turn
from bridge.wire.events import read_event
from bridge.wire.requests import read
from bridge_client.commands.open_questions import OpenQuestions
from bridge_client.config.profile import read_configuration
from bridge_client.failures import Failure
from bridge_client.protocol.frames import decode, encode, integer_in, number_in, objects_in, session_id_in, text_in
from bridge_local.gateway.access import is_local_request, is_own_request
from bridge_local.gateway.events import Stage
from bridge_local.gateway.tokens import UnusableTokens, read_file
from fakes.bridge_bench import Bench
from fakes.claude_scripts import meant, meant_event
from fuzz.examples import examples
from fuzz.strategies import BOMBS, bodies, numbers, objects, texts


def outcome(call: Callable[[], Any], error: type[Exception]) -> Any:
    """What is returned, or the error that is raised."""
    try:
        return call()
    except error as raised:
        return raised


CONTEXT = ("eventType", "connectionId", "requestId", "requestTimeEpoch", "authorizer", "principalId")
KINDS = ("CONNECT", "MESSAGE", "DISCONNECT", "")
events = st.fixed_dictionaries(
    {},
    optional={
        "requestContext": objects(*CONTEXT)
        | st.builds(lambda kind, more: {"eventType": kind, **more}, st.sampled_from(KINDS), objects(*CONTEXT[1:])),
        "body": st.sampled_from(BOMBS) | texts | objects("action"),
        "isBase64Encoded": st.booleans() | texts,
    },
)


@examples(60)
@given(events)
@example({"requestContext": {"eventType": "MESSAGE", "requestTimeEpoch": 10**400}, "body": "{}"})
@example({"requestContext": {"eventType": "MESSAGE", "requestTimeEpoch": float("nan")}, "body": '{"action": "query", "message": "Hi"}'})
def test_any_event_is_handled(event: dict[str, Any]) -> None:
    bench = Bench()
    assert bench.app.handle(event, lambda: 60.0) == {"statusCode": 200}
    result = read_event(event)
    assert result.sent_at is None or math.isfinite(result.sent_at)


@examples(60)
@given(st.sampled_from(BOMBS) | st.text())
def test_any_message_has_a_reading_and_a_route(body: str) -> None:
    reading, _ = read(body)
    assert isinstance(reading.single, bool)
    assert Stage().route_of(body) in ("query", "$default")


FIELDS = ("type", "request_id", "session_id", "text", "offset", "turns", "a")


@examples(60)
@given(bodies(*FIELDS) | st.sampled_from(BOMBS))
def test_any_data_is_a_frame_or_none(data: bytes | str) -> None:
    frame = decode(data.encode("utf-8", "replace").decode() if isinstance(data, str) else data)
    for name in FIELDS if frame is not None else ():
        assert frame is not None
        text_in(frame, name).strip()
        assert abs(integer_in(frame, name) or 0) <= 2**53
        assert math.isfinite(number_in(frame, name) or 0.0)
        assert all(isinstance(one, dict) for one in objects_in(frame, name))
        session_id_in(frame).encode("ascii")
    with contextlib.suppress(RecursionError):  # Nothing that is nested is ever sent.
        encode({"before": text_in(frame or {}, "text")})
        json.dumps(frame, allow_nan=False)


ITEM = (
    "session_id",
    "turn",
    "context",
    "role",
    "content",
    "last_updated",
    "ttl",
    "born",
    "usage",
    "input_tokens",
    "lease_until",
    "retry_after",
)


@pytest.mark.slow
@examples(60)
@given(objects(*ITEM), objects("S", "N", "M", "L", "BOOL", "NULL", "B", *ITEM))
def test_any_item_is_a_record(item: dict[str, Any], noted: dict[str, Any]) -> None:
    for result in (item, plain_item(noted)):
        turn, head, claim = Turn.of(result), Head.of(result), Claim.of(result)
        assert math.isfinite(claim.lease_until)
        assert all(abs(number or 0) < 2**63 for number in (turn.last_updated, turn.ttl, head.ttl, head.turns, claim.ttl, *turn.usage))
        assert Turn.of(turn.item("s")) == turn


ENTRY = ("owner", "sha256", "expires", "client_tokens")


@pytest.mark.slow
@examples(60)
@given(bodies(*ENTRY) | st.lists(objects(*ENTRY), max_size=2).map(lambda entries: json.dumps(entries).encode()), st.text(max_size=20))
def test_any_tokens_let_nobody_in_by_chance(content: bytes, token: str) -> None:
    with contextlib.suppress(ValueError):
        entries = read_tokens(content.decode("utf-8", "replace"))[0]
        assert authorize(entries, [("Authorization", f"Bearer {token}")], [], 0.0) is None


@examples(40)
@given(bodies(*ENTRY))
def test_any_file_of_tokens_is_one_or_unusable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    result = outcome(lambda: read_file(path), UnusableTokens)
    assert isinstance(result, tuple) or "\n" not in str(result)


@examples(60)
@given(objects("headers", "multiValueHeaders", "queryStringParameters", "Authorization", "token", "authorization", "methodArn"))
def test_any_handshake_without_a_token_is_refused(event: dict[str, Any]) -> None:
    class Context:
        aws_request_id = "lambda-1"

    assert handler(event, Context())["policyDocument"]["Statement"][0]["Effect"] == "Deny"  # type: ignore[index]


@examples(60)
@given(st.lists(st.tuples(st.sampled_from(["Authorization", "authorization", "token", "x"]), st.text()), max_size=4), st.text(), st.text())
def test_any_headers_are_looked_at(pairs: list[tuple[str, str]], host: str, origin: str) -> None:
    assert "" not in presented(pairs, pairs)
    for admits in (is_local_request, is_own_request):
        assert admits([host], [origin, "http://evil.example"]) in (False, host == "evil.example")
        assert admits([], []) is False


TOML = (
    "[bridge]\n",
    'url = "wss://x/y"\n',
    'token = "t"\n',
    "url = 1\n",
    "[[bridge]]\n",
    "bridge = 1\n",
    "\ufeff",
    "a = " + "[" * 5_000,
    "\x00",
)


@examples(60)
@given(st.binary(max_size=60) | st.lists(st.sampled_from(TOML), max_size=4).map(lambda parts: "".join(parts).encode()))
def test_any_profile_is_one_or_bad(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    path.chmod(0o600)
    result = outcome(lambda: read_configuration(path), Failure)
    assert result.code == "bad_configuration" if isinstance(result, Failure) else result.bridge.url or not result.bridge.token


@examples(40)
@given(bodies("message", "session_id", "request_id", "url"))
def test_any_note_is_a_question_or_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "note.json").write_bytes(content)
    last = OpenQuestions(tmp_path).last()
    assert last is None or (last.message and last.request_id)


@examples(60)
@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry"]), st.text() | numbers.map(str)),
    bodies("error", "type", "message", "details", "error_code"),
)
@example(429, {"retry-after": "1e999"}, b"")
@example(429, {"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, b"")
def test_any_refusal_is_a_failure(status: int, headers: dict[str, str], body: bytes) -> None:
    failure = meant(status, headers, body)
    wait = next_wait(failure, 0, 1000.0, 1.0)
    assert wait is None or 0 <= wait <= 60
    assert not any(character < " " for character in failure.error.message)
    error = AwsError.of(status, headers.get("retry-after", ""), body)
    assert isinstance(error.retryable, bool)


@examples(40)
@given(objects("type", "error", "message"))
def test_any_error_event_is_a_failure(event: dict[str, Any]) -> None:
    failure = meant_event(event)
    assert failure.error.message
    assert failure.transient is (failure.error.code not in (Code.CLAUDE_REJECTED, Code.CLAUDE_MISCONFIGURED))


@examples(60)
@given(st.dictionaries(st.sampled_from(VARIABLES), st.text(st.characters(exclude_characters="\x00")) | numbers.map(str)))
def test_any_environment_is_settings_or_names_what_is_wrong(environment: dict[str, str]) -> None:
    result = outcome(lambda: Settings.of(environment), BadSetting)
    if isinstance(result, BadSetting):
        assert any(name in str(result) for name in VARIABLES)
    else:
        assert math.isfinite(result.lease_seconds)
        assert result.session_ttl is None or result.session_ttl > 0
