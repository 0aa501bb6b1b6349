"""What a question says about how it is answered, and whether its session has to be there."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bridge.settings import Settings
from bridge.store.session_settings import SessionSettings
from bridge.turn.question import Options
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says


def test_a_question_is_asked_with_its_own_options_before_its_sessions_and_those_before_the_bridges() -> None:
    bridge = Settings(claude_models="a, b", claude_model="c", claude_effort="low", max_tokens=100)
    session = SessionSettings(model="a", effort="high", system="Session.", scope="all")
    assert Options().applied(bridge, SessionSettings()) == bridge
    of_session = Options().applied(bridge, session)
    assert (of_session.claude_model, of_session.claude_effort, of_session.system_prompt, of_session.recall_scope) == (
        *("a", "high", "Session.", "all"),
    )
    own = Options("b", "max", 7, "Own.", "off").applied(bridge, session)
    assert (own.claude_model, own.claude_effort, own.max_tokens, own.system_prompt, own.recall_scope) == ("b", "max", 7, "Own.", "off")


def test_a_model_of_the_session_that_is_not_allowed_counts_as_not_set() -> None:
    assert Options().applied(Settings(claude_models="b"), SessionSettings(model="a")).claude_model == Settings().claude_model


@pytest.mark.parametrize(("client_system", "sent"), [("append", "Operator.\n\nClient."), ("replace", "Client.")])
def test_a_clients_system_prompt_comes_after_the_operators_or_instead_of_it(client_system: str, sent: str) -> None:
    bench = Bench(system_prompt="Operator.", client_system=client_system)
    bench.ask("Hi", system="Client.")
    bench.ask("More")
    assert [request["system"] for request in bench.claude.requests] == [sent, "Operator."]


def test_what_a_question_asks_for_reaches_claude() -> None:
    bench = Bench(claude_models="*", max_tokens=100)
    bench.ask("Hi", model="claude-opus-5", effort="high", max_tokens=7)
    (request,) = bench.claude.requests
    assert (request["model"], request["max_tokens"], request["output_config"]["effort"]) == ("claude-opus-5", 7, "high")


BAD: list[dict[str, Any]] = [
    {"model": 3},
    {"model": "x" * 201},
    {"model": "two\nlines"},
    {"effort": "enormous"},
    {"max_tokens": 0},
    {"max_tokens": "7"},
    {"max_tokens": 32_001},
    {"system": 7},
    {"system": "x" * 4_001},
    {"scope": "everything"},
    {"scope": ["all"]},
    {"must": "be"},
    {"settings": "x"},
]


@pytest.mark.parametrize("fields", BAD, ids=str)
def test_a_bad_option_is_named_and_nothing_is_asked(fields: dict[str, Any]) -> None:
    bench = Bench(claude_models="*")
    frame = bench.ask("Hi", **fields)
    assert (frame["type"], frame["code"]) == ("error", "bad_request")
    assert f"`{next(iter(fields))}`" in frame["message"]
    assert bench.claude.requests == []


@pytest.mark.parametrize("absent", [None, ""])
def test_an_absent_option_means_what_it_always_did(absent: str | None) -> None:
    bench = Bench()
    fields = dict.fromkeys(("model", "effort", "max_tokens", "system", "scope", "must", "settings"), absent)
    assert bench.ask("Hi", **fields)["type"] == "done"


@pytest.mark.parametrize(
    ("models", "model", "code"),
    [("", "other", "model_not_allowed"), ("", "mine", None), ("a,b", "b", None), ("a,b", "c", "model_not_allowed"), ("*", "c", None)],
)
def test_a_client_names_only_models_that_the_operator_allows(models: str, model: str, code: str | None) -> None:
    bench = Bench(claude_model="mine", claude_models=models)
    assert bench.ask("Hi", model=model).get("code") == code
    assert bench.ask("Hi", "new", settings={"model": model}).get("code") == code


def test_options_tell_two_requests_without_an_id_apart() -> None:
    bench = Bench(claude_models="*")
    gate = threading.Event()
    bench.claude.scripts = [[*says("One")[:3], gate, *says("One")[3:]], says("Two")]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, to="one")
    bench.connections.wait_for("one", "delta")
    assert bench.ask("Hi", to="two", effort="high")["duplicate"] is False
    gate.set()
    bench.join()
    assert len(bench.claude.requests) == 2


def test_the_options_of_the_first_count_for_a_request_that_is_repeated() -> None:
    bench = Bench(claude_models="*")
    first = bench.ask("Hi", request_id="r", model="a")
    again = bench.ask("Hi", request_id="r", model="b", must="be_new")
    assert (again["duplicate"], again["turn"]) == (True, first["turn"])
    assert len(bench.claude.requests) == 1


# The session


def test_a_question_may_ask_that_its_session_exists() -> None:
    bench = Bench()
    assert bench.ask("Hi", must="exist")["code"] == "no_such_session"
    assert bench.ask("Hi")["type"] == "done"
    assert bench.ask("More", must="exist")["type"] == "done"


def test_a_question_may_ask_that_its_session_is_new() -> None:
    bench = Bench()
    assert bench.ask("Hi", must="be_new", request_id="r")["type"] == "done"
    assert bench.ask("More", must="be_new")["code"] == "session_exists"
    assert bench.ask("Hi", must="be_new", request_id="r")["duplicate"] is True
    bench.send({"action": "delete", "session_id": "s1"})
    assert bench.ask("Again", must="be_new")["type"] == "done"


def test_of_two_that_begin_a_session_the_second_is_refused() -> None:
    bench = Bench()
    gate = threading.Event()
    bench.claude.scripts = [[*says("One")[:3], gate, *says("One")[3:]], says("Two")]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "must": "be_new"}, to="one")
    bench.connections.wait_for("one", "delta")
    assert bench.ask("Hello", to="two", must="be_new")["code"] == "session_exists"
    gate.set()
    bench.join()
    assert bench.connections.frames("one")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "One"]


def test_a_session_whose_first_question_failed_can_still_be_begun() -> None:
    bench = Bench()
    bench.claude.scripts = [says(" "), says("Hello!")]
    assert bench.ask("Hi", must="be_new")["type"] == "error"
    assert bench.ask("Hi again", must="be_new")["type"] == "done"
    assert bench.contents() == ["Hi again", "Hello!"]


def test_a_session_begins_with_the_settings_that_its_question_brings() -> None:
    bench = Bench(keep_hours_max=0.0, claude_models="*")
    settings = {"title": "Kites", "keep_hours": 0, "model": "claude-opus-5"}
    assert bench.ask("Hi", settings=settings)["expires_at"] is None
    assert bench.ask("More", settings={"title": "Boats"})["expires_at"] is None
    bench.send({"action": "configure", "session_id": "s1"}, to="read")
    reply = bench.connections.frames("read")[-1]
    assert {name: reply[name] for name in settings} == settings
    assert [request["model"] for request in bench.claude.requests] == ["claude-opus-5"] * 2


# configure


BAD_SETTINGS: list[dict[str, Any]] = [
    {"title": "x" * 201},
    {"title": "two\nlines"},
    {"title": " "},
    {"title": 3},
    {"project": "x" * 201},
    {"system": "x" * 4_001},
    {"effort": "enormous"},
    {"scope": "most"},
    {"keep_hours": -1},
    {"keep_hours": "0"},
    {"keep_hours": True},
    {"keep_hours": float("inf")},
    {"keep_hours": 721},
    {"keep_hours": 0},
    {"reset": "title"},
    {"reset": ["colour"]},
]


@pytest.mark.parametrize("fields", BAD_SETTINGS, ids=str)
def test_a_bad_setting_is_named_and_nothing_changes(fields: dict[str, Any]) -> None:
    bench = Bench()
    bench.ask("Hi")
    before = bench.store.load("s1", 9)
    bench.send({"action": "configure", "session_id": "s1", **fields}, to="configure")
    frame = bench.connections.frames("configure")[-1]
    assert (frame["type"], frame["code"]) == ("error", "bad_request")
    assert f"`{next(iter(fields))}`" in frame["message"]
    assert bench.store.load("s1", 9) == before


def test_a_session_is_configured_and_read() -> None:
    bench = Bench(claude_models="*")
    done = bench.ask("Hi")
    bench.send({"action": "configure", "session_id": "s1", "title": "Kites", "scope": "all", "request_id": "r"}, to="c")
    nothing = dict.fromkeys(("project", "system", "model", "effort"))
    configured = {"type": "configured", "request_id": "r", "session_id": "s1", "title": "Kites", "scope": "all", "keep_hours": 24.0}
    configured |= {**nothing, "expires_at": done["expires_at"], "complete": True}
    assert bench.connections.frames("c")[-1] == configured
    bench.send({"action": "configure", "session_id": "s1", "request_id": "r"}, to="c")
    assert bench.connections.frames("c")[-1] == configured


def test_another_owners_session_cannot_be_configured() -> None:
    bench = Bench()
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, owner="ada")
    bench.send({"action": "configure", "session_id": "s1", "title": "Mine"}, to="bob", owner="bob")
    assert bench.connections.frames("bob")[-1]["code"] == "no_such_session"
