"""The real Claude client against a server that speaks the Messages API: success, every error, every way a stream can break."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from bridge.claude.answer import Answer
from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.interrupt import Interrupt, Reason
from bridge.claude.messages_api import MessagesApi, Timeouts
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge_local.stand_in.exchange import Cut, Reply, failure, whole
from bridge_local.stand_in.exchange import event as event_of
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.bridge_bench import Bench
from fakes.recording_connections import shown
from fakes.scripted_claude import says

REQUEST = {"model": "claude-sonnet-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi 😀"}]}


def client(server: StandIn, *, path: str = "", key: Any = None, silence: float = 10.0) -> MessagesApi:
    return MessagesApi(AnthropicApi(server.url + path, key or FixedKey("test-key")), Clock(), timeouts=Timeouts(silence=silence))


def ask(server: StandIn, **options: Any) -> Answer:
    """The answer to one request. Raises what the client raises."""
    answer = Answer("asked", 10**6)
    with closing(client(server, **options)) as api:
        for event in api.stream(REQUEST, Interrupt()):
            answer.take(event)
    return answer


@pytest.mark.parametrize("name", scripts.COMPLETE)
@pytest.mark.parametrize("size", [10**6, 1, 7], ids=["whole", "byte by byte", "in sevens"])
def test_recorded_streams_are_read_however_they_are_split(name: str, size: int) -> None:
    with StandIn(scripts.always(scripts.in_parts(scripts.recorded(name), size))) as server:
        answer = ask(server)
    assert (answer.text, answer.stop_reason) == scripts.COMPLETE[name]
    assert answer.complete


def test_the_request_is_what_the_api_asks_for() -> None:
    with StandIn(scripts.always(scripts.said("Hello"))) as server:
        assert ask(server, path="/a/path").text == "Hello"
        [request] = server.requests
    assert (request.method, request.path) == ("POST", "/a/path/v1/messages")
    assert request.body == {**REQUEST, "stream": True}
    sent = {name: request.headers.get(name) for name in ("x-api-key", "anthropic-version", "content-type", "accept-encoding")}
    assert sent == {
        "x-api-key": "test-key",
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
        "accept-encoding": "identity",
    }
    assert "authorization" not in request.headers


def test_cache_counters_are_read() -> None:
    with StandIn(scripts.always(scripts.play("cached"))) as server:
        usage = ask(server).usage
    assert usage.cache_read_input_tokens > 0
    assert usage.cache_creation_input_tokens > 0


ECHOES = [
    ("an error", failure(400, "invalid_request_error", "Odd: x-api-key: test-key")),
    ("no API", failure(404, "", "No route for x-api-key: test-key")),
    ("a type", failure(400, "x-api-key: test-key", "Odd")),
    ("a type alone", failure(400, "test_key", "Odd")),
    ("an event", scripts.played(event_of({"type": "error", "error": {"type": "invalid_request_error", "message": "Odd: test-key"}}))),
    ("a page", whole(b"<title>test-key</title>", "text/html")),
]


@pytest.mark.parametrize("reply", [case[1] for case in ECHOES], ids=[case[0] for case in ECHOES])
def test_a_server_that_quotes_the_key_is_not_repeated(reply: Reply) -> None:
    with StandIn(scripts.always(reply)) as server, pytest.raises(Failure) as caught:
        ask(server)
    assert "test-key" not in f"{caught.value.error.message} {caught.value.kind}"


@pytest.mark.parametrize("name", ["cut_before_text", "error_after_start", "error_after_text", "error_first", "malformed_first"])
def test_a_broken_stream_is_a_transient_failure(name: str) -> None:
    with StandIn(scripts.always(scripts.play(name))) as server, pytest.raises(Failure) as caught:
        ask(server)
    assert caught.value.transient


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("name", ["hello", "cut_before_text"])
def test_a_cut_connection_is_never_a_complete_answer(cut: Cut, name: str) -> None:
    content = scripts.recorded(name).partition(b"event: message_delta")[0]
    with StandIn(scripts.always(scripts.cut_after(content, cut))) as server, pytest.raises(Failure) as caught:
        ask(server)
    assert (caught.value.error.code, caught.value.transient) == (Code.CLAUDE_UNAVAILABLE, True)


@pytest.mark.parametrize("name", scripts.ERRORS)
def test_every_error_reply_is_a_failure_that_says_something(name: str) -> None:
    with StandIn(scripts.always(scripts.ERRORS[name])) as server, pytest.raises(Failure) as caught:
        ask(server)
    assert caught.value.error.message


def test_each_question_uses_the_connection_of_the_one_before() -> None:
    with StandIn(scripts.always(scripts.said("Hello"))) as server, closing(client(server)) as api:
        opened: list[object] = []
        bench = Bench()
        bench.app = bench.another(claude=api)
        made = api._pool.open
        api._pool.open = lambda: opened.append(1) or made()  # type: ignore[method-assign, func-returns-value]
        for number in range(4):
            assert api.is_open() is (number > 0)
            bench.ask(f"{number}")
        assert len(opened) == 1


def test_a_connection_that_has_died_unseen_is_replaced_when_the_question_goes_out() -> None:
    with StandIn(scripts.always(scripts.said("Hello"))) as server, closing(client(server)) as api:
        bench = Bench()
        bench.app = bench.another(claude=api)
        bench.ask("first")
        (idle,) = api._pool._idle
        idle.cut()
        assert api.is_open()
        bench.ask("second")
        assert [frame["type"] for frame in bench.connections.frames("c1")].count("done") == 2
        assert idle not in api._pool._idle


def test_a_question_that_has_ended_cuts_nobody_elses_stream() -> None:
    gate = threading.Event()
    content = scripts.events_of("hello")

    def respond(request: Any) -> Reply:
        return scripts.ERRORS["bad_request"] if request.number == 1 else scripts.played(*content[:4], scripts.until(gate), *content[4:])

    with StandIn(respond) as server, closing(client(server)) as api:
        first, second = Interrupt(), Interrupt()
        with pytest.raises(Failure):
            list(api.stream(REQUEST, first))
        stream = api.stream(REQUEST, second)
        next(stream)
        first.set(Reason.CANCELLED)
        gate.set()
        assert list(stream)[-1]["type"] == "message_stop"


def test_connections_stay_open() -> None:
    with StandIn(scripts.always(scripts.said("Hello"))) as server, closing(client(server)) as api:
        api.open()
        for _ in range(3):
            assert list(api.stream(REQUEST, Interrupt()))[-1]["type"] == "message_stop"
        assert len(api._pool._idle) == 1


def test_nobody_there_is_a_transient_failure() -> None:
    with StandIn() as server:
        gone = client(server)
    gone.open()
    with pytest.raises(Failure) as caught:
        list(gone.stream(REQUEST, Interrupt()))
    assert (caught.value.error.code, caught.value.transient) == (Code.CLAUDE_UNAVAILABLE, True)
    assert caught.value.error.setting == "ANTHROPIC_BASE_URL"


def test_silence_is_a_transient_failure() -> None:
    gate = threading.Event()
    quiet = scripts.played(scripts.events_of("hello")[0], scripts.until(gate))
    with StandIn(scripts.always(quiet)) as server:
        with pytest.raises(Failure) as caught:
            ask(server, silence=0.1)
        gate.set()
    assert caught.value.transient


@pytest.mark.parametrize("steps", [0, 1, 3], ids=["before the head", "before text", "after text"])
def test_an_interrupt_ends_the_stream_at_once(steps: int) -> None:
    gate, mark = threading.Event(), threading.Event()
    events = scripts.events_of("hello")

    def respond(request: Any) -> Reply:
        if steps == 0:
            mark.set()
            gate.wait(10)
        return scripts.played(*events[:steps], scripts.reached(mark), scripts.until(gate))

    with StandIn(respond) as server:
        interrupt = Interrupt()
        got: list[Mapping[str, Any]] = []
        thread = threading.Thread(target=lambda: got.extend(client(server).stream(REQUEST, interrupt)))
        thread.start()
        assert mark.wait(10)
        began = time.monotonic()
        interrupt.set(Reason.CANCELLED)
        thread.join(10)
        assert time.monotonic() - began < 1.0
        gate.set()
    assert len(got) <= steps


def test_an_interrupt_that_came_before_lets_nothing_begin() -> None:
    with StandIn() as server:
        interrupt = Interrupt()
        interrupt.set(Reason.CANCELLED)
        assert list(client(server).stream(REQUEST, interrupt)) == []


class _Keys:
    """An API key that has been replaced where it is stored."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    def key(self) -> str:
        return self.keys[0]

    def refresh(self) -> str:
        self.keys = self.keys[1:] or self.keys
        return self.keys[0]


def test_a_replaced_key_is_read_anew_after_a_401() -> None:
    def respond(request: Any) -> Reply:
        return scripts.said("Hello") if request.headers["x-api-key"] == "new" else scripts.ERRORS["bad_key"]

    with StandIn(respond) as server:
        assert ask(server, key=_Keys("old", "new")).text == "Hello"
        with pytest.raises(Failure) as caught:
            ask(server, key=_Keys("old"))
        assert server.count == 3
    assert caught.value.error.setting == "ANTHROPIC_API_KEY"


@pytest.mark.parametrize("key", ["", "schlüssel", "a\nb"])
def test_a_key_that_cannot_be_one_names_the_setting(key: str) -> None:
    with StandIn() as server:
        with pytest.raises(BridgeError) as caught:
            ask(server, key=FixedKey(key))
        assert server.count == 0
    assert (caught.value.code, caught.value.setting) == (Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_API_KEY")


@pytest.fixture
def over_http() -> Iterator[tuple[Bench, list[Reply]]]:
    """A bridge whose Claude is the real client; the test fills the list of replies."""
    replies: list[Reply] = []
    bench = Bench()
    with StandIn(lambda request: replies[min(request.number, len(replies)) - 1]) as server, closing(client(server)) as api:
        bench.app = bench.another(claude=api)
        bench.server = server  # type: ignore[attr-defined]
        yield bench, replies
    assert not server.refusals


TEXT_ONLY = scripts.recorded("hello").partition(b"event: message_delta")[0]
CALLS = [
    ("rate limited, then fine", [scripts.rate_limited({"retry-after-ms": "10"}), scripts.play("hello")], 2, "done"),
    ("overloaded twice", [*[scripts.overloaded({"retry-after-ms": "10"})] * 2, scripts.play("hello")], 3, "done"),
    ("cut before text", [scripts.cut_after(scripts.recorded("cut_before_text"), Cut.RESET), scripts.play("hello")], 2, "done"),
    ("an error event first", [scripts.play("error_first"), scripts.play("hello")], 2, "done"),
    ("malformed first", [scripts.play("malformed_first"), scripts.play("hello")], 2, "done"),
    ("a shape that makes no sense", [scripts.play("ill_shaped")], 1, "done"),
    ("cut after text", [scripts.cut_after(TEXT_ONLY, Cut.INSIDE_CHUNK), scripts.play("hello")], 1, "claude_unavailable"),
    ("cut after the stop_reason", [scripts.cut_after(scripts.recorded("hello")[:-40], Cut.INSIDE_CHUNK)], 1, "done"),
    ("an error event after text", [scripts.play("error_after_text"), scripts.play("hello")], 1, "claude_overloaded"),
    ("malformed after text", [scripts.play("malformed_after_text")], 1, "done"),
    ("no message_stop", [scripts.play("no_stop")], 1, "done"),
    ("no end at all", [scripts.played(TEXT_ONLY), scripts.play("hello")], 1, "claude_unavailable"),
    ("no end at all, and no text", [*[scripts.play("cut_before_text")] * 2, scripts.play("hello")], 2, "claude_unavailable"),
    ("a page", [scripts.html(200)], 1, "claude_misconfigured"),
    ("a whole message", [whole(json.dumps(scripts.MESSAGE).encode(), "application/json")], 1, "done"),
    ("x-should-retry: false", [scripts.ERRORS["overloaded_for_good"]], 1, "claude_overloaded"),
    ("a retired model", [scripts.ERRORS["retired_model"]], 1, "claude_misconfigured"),
    ("a bad key", [scripts.ERRORS["bad_key"]], 1, "claude_misconfigured"),
    ("a spend limit", [scripts.ERRORS["enforced_spend_limit"]], 1, "claude_misconfigured"),
    ("too large", [scripts.ERRORS["too_large"]], 1, "claude_rejected"),
    ("a long retry-after", [scripts.rate_limited({"retry-after": "3600"})], 1, "rate_limited"),
    ("a refusal", [scripts.play("refusal_after_text")], 1, "claude_refused"),
    ("no blocks", [scripts.play("no_blocks")], 1, "empty_answer"),
    ("blank text", [scripts.play("blank_text")], 1, "empty_answer"),
    ("max_tokens in thinking", [scripts.play("max_tokens_in_thinking")], 1, "empty_answer"),
    ("a lone surrogate", [scripts.play("lone_surrogate")], 1, "done"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("replies", "calls", "outcome"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
def test_what_the_client_sees_how_often_claude_is_asked_and_what_is_stored(
    over_http: tuple[Bench, list[Reply]], replies: list[Reply], calls: int, outcome: str
) -> None:
    bench, script = over_http
    script += replies
    last = bench.ask("Hi", request_id="r1")
    assert bench.server.count == calls  # type: ignore[attr-defined]
    if outcome == "done":
        assert last["type"] == "done"
        answer, text = shown(bench.connections.frames("c1"))
        assert answer == last["answer"]
        assert bench.contents() == ["Hi", text]
    else:
        assert (last["type"], last["code"]) == ("error", outcome)
        assert bench.contents() == []


def test_cancel_cuts_the_connection_to_claude(over_http: tuple[Bench, list[Reply]]) -> None:
    bench, script = over_http
    gate = threading.Event()
    script.append(scripts.played(*scripts.events_of("hello")[:4], scripts.until(gate)))
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"})
    bench.connections.wait_for("c1", "delta")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x")
    bench.join()
    gate.set()
    assert bench.connections.frames("c1")[-1]["stop_reason"] == "cancelled"


def test_the_scripts_of_the_two_fakes_agree() -> None:
    answer = Answer("asked", 1000)
    for event in says("Hel", "lo"):
        assert isinstance(event, Mapping)
        answer.take(event)
    assert (answer.text, answer.complete) == ("Hello", True)
