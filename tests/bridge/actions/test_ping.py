"""A `ping` that asks whether the store and the model are there."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import Any

import pytest

from bridge.actions.ping import check
from bridge.claude.anthropic_api import AnthropicApi, FixedKey
from bridge.claude.messages_api import MessagesApi, Timeouts
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import BridgeError, Code, StoreUnavailable
from bridge.wire.frames import INTRODUCTION
from bridge_local.stand_in.exchange import Cut, Reply, failure, whole
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import ScriptedClaude

INTRODUCED = json.loads(json.dumps(INTRODUCTION))
PING = {"action": "ping", "check": True, "request_id": "r1"}


class Unreadable(MemoryStore):
    def check(self, now: float) -> None:
        raise StoreUnavailable


def api(server: StandIn, key: Any = None, **options: Any) -> MessagesApi:
    return MessagesApi(AnthropicApi(server.url, key or FixedKey("test-key")), Clock(), **options)


def ticking(*seconds: float) -> Clock:
    return Clock(monotonic=iter(seconds).__next__)


def test_each_part_is_timed() -> None:
    result = check(MemoryStore(), ScriptedClaude(), "claude-x", ticking(1.0, 1.0125, 2.0, 2.25))
    assert result == {"store_milliseconds": 12.5, "model": "claude-x", "model_milliseconds": 250.0}


def test_a_model_that_cannot_be_checked_has_no_time_and_no_error() -> None:
    claude = ScriptedClaude()
    claude.known = False
    result = check(MemoryStore(), claude, "claude-x", ticking(0, 0, 0, 1))
    assert result == {"store_milliseconds": 0, "model": "claude-x", "model_milliseconds": None}


def test_what_failed_says_why_and_how_long_that_took() -> None:
    claude = ScriptedClaude()
    claude.known = Failure.lost("TimeoutError")
    result = check(Unreadable(), claude, "claude-x", ticking(0, 1, 1, 6))
    assert (result["store_milliseconds"], result["model_milliseconds"]) == (1000, 5000)
    assert result["store_error"] == {"code": "store_unavailable", "message": Code.STORE_UNAVAILABLE.sentence}
    assert result["model_error"] == {"code": "claude_unavailable", "message": Code.CLAUDE_UNAVAILABLE.sentence}


def test_a_setting_to_change_is_named() -> None:
    claude = ScriptedClaude()
    claude.known = BridgeError(Code.CLAUDE_MISCONFIGURED, "No key.", setting="ANTHROPIC_API_KEY")
    error = check(MemoryStore(), claude, "claude-x", ticking(0, 0, 0, 0))["model_error"]
    assert error == {"code": "claude_misconfigured", "message": "No key.", "setting": "ANTHROPIC_API_KEY"}


def test_a_plain_ping_checks_nothing(bench: Bench) -> None:
    bench.claude.known = ZeroDivisionError()
    bench.send({"action": "ping", "request_id": "r1"})
    bench.send({"action": "ping", "request_id": "r1", "check": False})
    assert bench.connections.frames("c1") == [{"type": "pong", "request_id": "r1", **INTRODUCED}] * 2


def test_a_ping_that_asks_gets_its_answer_over_the_real_client() -> None:
    with StandIn(pause=0) as server, closing(api(server)) as claude:
        bench = Bench(claude_model="claude-test")
        bench.send(PING, app=bench.another(claude=claude))
        [request] = server.requests
    [pong] = bench.connections.frames("c1")
    assert {**pong, "store_milliseconds": 0, "model_milliseconds": 0} == {
        "type": "pong",
        "request_id": "r1",
        **INTRODUCED,
        "provider": "anthropic",
        "store_milliseconds": 0,
        "model": "claude-test",
        "model_milliseconds": 0,
    }
    assert (request.method, request.path, request.headers["x-api-key"]) == ("GET", "/v1/models/claude-test", "test-key")
    assert bench.store.load("s1", 50).head is None


# The Messages API


def known(reply: Reply, model: str = "claude-x", key: Any = None) -> bool:
    """What the client says of a model when the server replies so."""
    with StandIn(scripts.always(reply)) as server, closing(api(server, key)) as claude:
        return claude.knows(model)


def model_info(**fields: str) -> Reply:
    return whole(json.dumps({"type": "model", "id": "claude-x", **fields}).encode(), "application/json")


@pytest.mark.parametrize(
    "reply",
    [model_info(lifecycle="active"), model_info(lifecycle="deprecated"), whole(b"{}", "text/plain")],
    ids=["active", "deprecated", "no details"],
)
def test_a_model_that_is_there(reply: Reply) -> None:
    assert known(reply) is True


@pytest.mark.parametrize("content", [b"<title>Sign in</title>", b"It works!", b""], ids=["a page", "text", "nothing"])
def test_a_server_that_says_yes_to_everything_is_not_the_api(content: bytes) -> None:
    with pytest.raises(Failure, match="Check ANTHROPIC_BASE_URL") as caught:
        known(whole(content, "text/html"))
    assert not caught.value.transient


@pytest.mark.parametrize(
    "reply",
    [
        whole(b"Not Found", "text/plain", 404),
        whole(b'{"detail": "Not Found"}', "application/json", 404),
        failure(405, "invalid_request_error", "Method Not Allowed"),
        whole(b"<html>", "text/html", 501),
    ],
    ids=["404", "404 as JSON", "405", "501"],
)
def test_a_server_without_such_an_endpoint_cannot_be_asked(reply: Reply) -> None:
    assert known(reply) is False


@pytest.mark.parametrize(
    ("reply", "code", "setting"),
    [
        (failure(404, "not_found_error", "model: claude-x"), Code.CLAUDE_MISCONFIGURED, "CLAUDE_MODEL"),
        (failure(401, "authentication_error", "invalid x-api-key"), Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_API_KEY"),
        (failure(403, "permission_error", "no"), Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_API_KEY"),
        (failure(429, "rate_limit_error", "slow down"), Code.RATE_LIMITED, None),
        (failure(529, "overloaded_error", "Overloaded"), Code.CLAUDE_OVERLOADED, None),
    ],
    ids=["404", "401", "403", "429", "529"],
)
def test_every_other_refusal_is_a_failure(reply: Reply, code: Code, setting: str | None) -> None:
    with pytest.raises(Failure) as caught:
        known(reply)
    assert (caught.value.error.code, caught.value.error.setting) == (code, setting)


def test_a_retired_model_is_still_listed_and_no_good() -> None:
    with pytest.raises(BridgeError, match=r"^The model 'claude-x' is retired\. Set CLAUDE_MODEL to a current one\.$") as caught:
        known(model_info(lifecycle="retired"))
    assert caught.value.setting == "CLAUDE_MODEL"


def test_no_key_is_a_setting_to_change() -> None:
    with pytest.raises(BridgeError) as caught:
        known(model_info(), key=FixedKey(""))
    assert caught.value.setting == "ANTHROPIC_API_KEY"


@pytest.mark.parametrize("cut", Cut)
def test_a_cut_reply_is_a_transient_failure(cut: Cut) -> None:
    with pytest.raises(Failure) as caught:
        known(Reply((b"{", cut)))
    assert caught.value.transient


def test_silence_is_a_transient_failure_and_soon() -> None:
    gate = threading.Event()
    with (
        StandIn(scripts.always(scripts.played(scripts.until(gate)))) as server,
        closing(api(server, timeouts=Timeouts(check=0.1))) as claude,
    ):
        with pytest.raises(Failure) as caught:
            claude.knows("claude-x")
        gate.set()
    assert caught.value.error.code is Code.CLAUDE_UNAVAILABLE


def test_any_name_can_be_asked_about() -> None:
    with StandIn(pause=0) as server, closing(api(server)) as claude:
        assert claude.knows("a/b c?d#ä\udcff\r\n")
        [request] = server.requests
    assert request.path == "/v1/models/a%2Fb%20c%3Fd%23%C3%A4%3F%0D%0A"


class _Keys:
    """An API key that has been replaced where it is stored."""

    current = "old"

    def key(self) -> str:
        return self.current

    def refresh(self) -> str:
        if self.current == "gone":
            raise BridgeError(Code.CLAUDE_MISCONFIGURED)
        self.current = "new"
        return self.current


def test_a_key_that_was_replaced_is_read_anew() -> None:
    def respond(request: Any) -> Reply:
        return model_info() if request.headers["x-api-key"] == "new" else failure(401, "authentication_error", "invalid x-api-key")

    with StandIn(respond) as server, closing(api(server, _Keys())) as claude:
        assert claude.knows("claude-x")
        assert [request.headers["x-api-key"] for request in server.requests] == ["old", "new"]


def test_a_key_that_is_gone_is_what_is_said() -> None:
    keys = _Keys()
    keys.current = "gone"
    with pytest.raises(BridgeError) as caught:
        known(failure(401, "authentication_error", "invalid x-api-key"), key=keys)
    assert caught.value.message == Code.CLAUDE_MISCONFIGURED.sentence


def test_checks_share_a_connection_that_no_stream_uses() -> None:
    with StandIn(pause=0) as server, closing(api(server)) as claude:
        for _ in range(2):
            assert claude.knows("claude-x")
        # Theirs has a short time-out, under which no answer could be thought about.
        assert (len(claude._checks._idle), claude._pool._idle) == (1, [])


def test_a_bridge_with_a_stand_in_says_so_with_each_answer_and_pong() -> None:
    bench = Bench()
    app = bench.another(stand_in=True)
    query = {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1", "stream": True}
    for body in (query, query, {"action": "ping"}):
        bench.send(body, app=app)
        assert bench.connections.frames("c1")[-1]["stand_in"] is True
    bench.send({"action": "ping"})
    assert "stand_in" not in bench.connections.frames("c1")[-1]
    bench.send({**query, "request_id": "r2"})
    assert "stand_in" not in bench.connections.frames("c1")[-1]
