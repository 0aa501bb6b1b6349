"""One question, from the first frame to the stored turn."""

from __future__ import annotations

import json
import threading

import pytest

from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from fakes.bridge_bench import QUICK, Bench
from fakes.recording_connections import shown
from fakes.scripted_claude import says

pytestmark = pytest.mark.usefixtures("connections_of_both_kinds")


def test_an_answer_is_streamed_and_remembered(bench: Bench) -> None:
    bench.claude.scripts = [says("Hel", "lo ", "Ada!")]
    last = bench.ask("My name is Ada.", request_id="r1")
    frames = bench.connections.frames("c1")
    introduced = {"type": "accepted", "request_id": "r1", "session_id": "s1", "new": True, "duplicate": False}
    assert introduced.items() <= frames[0].items()
    assert [frame["type"] for frame in frames[1:]] == ["delta"] * (len(frames) - 2) + ["done"]
    assert shown(frames) == (last["answer"], "Hello Ada!")
    assert last | {"turn": "", "answer": "", "expires_at": 0} == {
        "type": "done",
        "request_id": "r1",
        "session_id": "s1",
        "turn": "",
        "answer": "",
        "stop_reason": "end_turn",
        "model": "claude-test",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 5},
        "cost_usd": None,
        "cost_is_estimate": False,
        "context": {
            "live": {"characters": 0, "turns": 0},
            "recalled": {"characters": 0, "turns": 0},
            "instructions": {"characters": 0, "turns": 0},
            "summarised": {"characters": 0, "turns": 0},
        },
        "expires_at": 0,
        "duplicate": False,
        "truncated": False,
        "passages": [],
    }
    assert bench.contents() == ["My name is Ada.", "Hello Ada!"]


def test_the_next_question_carries_the_conversation(bench: Bench) -> None:
    bench.claude.scripts = [says("Hello Ada!"), says("Ada.")]
    bench.ask("My name is Ada.")
    last = bench.ask("What is my name?", to="c2")
    assert bench.claude.requests[1]["messages"] == [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada!"},
        {"role": "user", "content": "What is my name?"},
    ]
    assert last["context"]["live"] == {"characters": 25, "turns": 1}
    assert bench.connections.of_type("c2", "accepted")[0]["new"] is False


def test_the_request_names_only_what_is_configured() -> None:
    bench = Bench()
    bench.ask("Hi")
    assert bench.claude.requests[0] == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 32_000,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    bench = Bench(system_prompt="Be brief.", claude_effort="low", claude_model="m", max_tokens=7)
    bench.ask("Hi")
    assert bench.claude.requests[0] == {
        "model": "m",
        "max_tokens": 7,
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "Be brief.",
        "output_config": {"effort": "low"},
    }


def test_an_unstreamed_query_gets_one_message_in_the_original_form(bench: Bench) -> None:
    bench.send({"action": "query", "message": "Hi", "session_id": "s1"})
    [reply] = bench.connections.frames("c1")
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"]) == {"response": "Hello!", "session_id": "s1", "context_length": 2, "request_id": "event-id"}
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r2"}, to="c2")
    assert json.loads(bench.connections.frames("c2")[0]["body"])["context_length"] == 4


def test_a_session_without_a_name_gets_one(bench: Bench) -> None:
    bench.send({"action": "query", "message": "Hi", "stream": True})
    session_id = bench.connections.frames("c1")[0]["session_id"]
    assert session_id.startswith("chat-")
    assert len(session_id) == 17
    assert bench.contents(session_id) == ["Hi", "Hello!"]


def test_a_repeated_first_question_finds_the_same_session(bench: Bench) -> None:
    query = {"action": "query", "message": "Hi", "stream": True, "request_id": "r1"}
    bench.send(query)
    bench.send(query, to="c2")
    first, again = bench.connections.frames("c1")[-1], bench.connections.frames("c2")[-1]
    assert again == first | {"duplicate": True, "context": None, "passages": None}
    assert len(bench.claude.requests) == 1


def test_a_repeated_request_is_replayed_and_costs_no_call(bench: Bench) -> None:
    bench.ask("Hi", request_id="r1")
    bench.ask("Hi", request_id="r1", to="c2")
    assert bench.connections.of_type("c2", "accepted")[0]["duplicate"] is True
    assert shown(bench.connections.frames("c2")) == shown(bench.connections.frames("c1"))
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1"}, to="c3")
    assert json.loads(bench.connections.frames("c3")[0]["body"])["response"] == "Hello!"
    assert len(bench.claude.requests) == 1
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_request_id_cannot_be_used_for_another_message(bench: Bench) -> None:
    bench.ask("Hi", request_id="r1")
    assert bench.ask("Something else", request_id="r1", to="c2")["code"] == "request_id_conflict"
    assert bench.contents() == ["Hi", "Hello!"]


def test_the_same_message_twice_in_a_row_is_two_questions(bench: Bench) -> None:
    bench.ask("continue")
    bench.ask("continue", to="c2")
    assert bench.contents() == ["continue", "Hello!", "continue", "Hello!"]


def test_a_double_click_is_one_question(bench: Bench) -> None:
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True})
    bench.connections.wait_for("c1", "accepted")
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, to="c2")
    bench.connections.wait_for("c2", "accepted")
    gate.set()
    bench.join()
    assert len(bench.claude.requests) == 1
    assert shown(bench.connections.frames("c1")) == shown(bench.connections.frames("c2"))
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_duplicate_is_streamed_to_while_the_answer_is_made(bench: Bench) -> None:
    gate = threading.Event()
    events = says("one ", "two")
    bench.claude.scripts = [[*events[:3], gate, *events[3:]]]
    query = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}
    bench.start(query)
    bench.connections.wait_for("c1", "delta")
    bench.connections.gone.add("c1")
    bench.start(query, to="c2")
    assert bench.connections.wait_for("c2", "delta")["text"] == "one "
    gate.set()
    bench.join()
    assert shown(bench.connections.frames("c2"))[1] == "one two"
    assert bench.connections.frames("c2")[-1]["type"] == "done"


@pytest.mark.parametrize("code", [Code.CLAUDE_OVERLOADED, Code.CLAUDE_REJECTED])
def test_a_failed_question_is_not_stored_and_can_be_asked_again(bench: Bench, code: Code) -> None:
    bench.claude.scripts = [[Failure(BridgeError(code, retry_after=9.0), transient=False)], says("Hello!")]
    error = bench.ask("Hi", request_id="r1")
    assert (error["code"], error["retryable"], error["retry_after"]) == (code.wire, code.retryable, 9.0)
    assert bench.contents() == []
    assert bench.ask("Hi", request_id="r1", to="c2")["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_waiting_duplicate_gets_the_error_of_the_first(bench: Bench) -> None:
    gate = threading.Event()
    bench.claude.scripts = [[gate, Failure(BridgeError(Code.CLAUDE_REFUSED), transient=False)]]
    query = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}
    bench.start(query)
    bench.connections.wait_for("c1", "accepted")
    bench.start(query, to="c2")
    bench.start(query | {"stream": False}, to="c3")
    bench.connections.wait_for("c2", "accepted")
    gate.set()
    bench.join()
    assert bench.connections.of_type("c2", "error")[0]["code"] == "claude_refused"
    [reply] = bench.connections.frames("c3")
    assert reply["statusCode"] in (200, 422)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (says("I can", stop_reason="refusal"), "claude_refused"),
        (says(stop_reason="refusal"), "claude_refused"),
        (says(), "empty_answer"),
        (says("  \n"), "empty_answer"),
        (says(stop_reason="max_tokens"), "empty_answer"),
    ],
    ids=["refusal after text", "refusal", "empty", "blank", "max_tokens in thinking"],
)
def test_what_is_no_answer_is_never_stored(bench: Bench, script: list[object], code: str) -> None:
    bench.claude.scripts = [script]  # type: ignore[list-item]
    assert bench.ask("Hi")["code"] == code
    assert bench.contents() == []


def test_an_answer_that_ran_into_max_tokens_is_stored_as_truncated(bench: Bench) -> None:
    bench.claude.scripts = [says("Half", stop_reason="max_tokens")]
    assert bench.ask("Hi")["truncated"] is True
    bench.send({"action": "query", "message": "Hi", "session_id": "s2"}, to="single")
    assert json.loads(bench.connections.frames("single")[0]["body"])["truncated"] is True
    assert bench.contents() == ["Hi", "Half"]


def test_what_is_transient_is_tried_again_while_nothing_was_shown(bench: Bench) -> None:
    overloaded = Failure(BridgeError(Code.CLAUDE_OVERLOADED), transient=True, retry_after=0.01)
    bench.claude.scripts = [[overloaded], [says("x")[0], overloaded], says("Hello!")]
    assert bench.ask("Hi")["type"] == "done"
    retrying = [frame for frame in bench.connections.of_type("c1", "status") if frame["state"] == "retrying"]
    assert [(frame["attempt"], frame["reason"]) for frame in retrying] == [(1, "claude_overloaded"), (2, "claude_overloaded")]
    assert shown(bench.connections.frames("c1"))[1] == "Hello!"


def test_a_stream_cut_after_text_was_shown_is_an_error_and_not_stored(bench: Bench) -> None:
    cut = Failure.lost("cut")
    bench.claude.scripts = [[*says("Half of")[:3], cut], says("Whole")]
    assert bench.ask("Hi", request_id="r1")["code"] == "claude_unavailable"
    assert len(bench.claude.requests) == 1
    assert bench.contents() == []
    bench.ask("Hi", request_id="r1", to="c1")
    assert shown(bench.connections.frames("c1"))[1] == "Whole"


def test_a_stream_cut_where_nobody_saw_it_is_read_again(bench: Bench) -> None:
    bench.claude.scripts = [
        [*says("Half of")[:3], Failure(BridgeError(Code.CLAUDE_UNAVAILABLE), transient=True, retry_after=0.01)],
        says("Whole"),
    ]
    bench.send({"action": "query", "message": "Hi", "session_id": "s1"})
    assert json.loads(bench.connections.frames("c1")[0]["body"])["response"] == "Whole"


def test_cancel_keeps_what_there_is(bench: Bench) -> None:
    events = says("one ", "two")
    bench.claude.scripts = [[*events[:3], threading.Event()]]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"})
    bench.connections.wait_for("c1", "delta")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="c2")
    assert bench.connections.frames("c2") == [{"type": "cancelled", "request_id": "r1", "session_id": "s1"}]
    bench.join()
    last = bench.connections.frames("c1")[-1]
    assert (last["stop_reason"], last["truncated"]) == ("cancelled", True)
    assert bench.contents() == ["Hi", "one "]


def test_cancelled_before_any_text_stores_nothing(bench: Bench) -> None:
    bench.claude.scripts = [[threading.Event()]]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"})
    bench.connections.wait_for("c1", "accepted")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="c2")
    bench.join()
    assert bench.connections.frames("c1")[-1]["code"] == "cancelled"
    assert bench.contents() == []


def test_an_answer_that_would_outlast_the_invocation_is_committed_truncated(bench: Bench) -> None:
    events = says("one ", "two")
    bench.claude.scripts = [[*events[:3], threading.Event()]]
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, seconds=0.2)
    last = bench.connections.frames("c1")[-1]
    assert (last["type"], last["stop_reason"], last["truncated"]) == ("done", "out_of_time", True)
    assert bench.contents() == ["Hi", "one "]


def test_silence_until_the_time_is_up_is_an_error(bench: Bench) -> None:
    bench.claude.scripts = [[threading.Event()]]
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": True}, seconds=0.1)
    assert bench.connections.frames("c1")[-1]["code"] == "claude_unavailable"


def test_an_answer_beyond_256_kb_is_cut(bench: Bench) -> None:
    bench.claude.scripts = [says(*["é" * 50_000] * 4)]
    last = bench.ask("Hi")
    assert (last["stop_reason"], last["truncated"]) == ("too_long", True)
    assert len(shown(bench.connections.frames("c1"))[1].encode()) == 256 * 1024
    assert max(map(len, bench.connections.raw("c1"))) <= 32 * 1024


def test_an_unstreamed_answer_beyond_120_kb_is_cut_and_whole_in_the_history(bench: Bench) -> None:
    bench.claude.scripts = [says('"' * 100_000)]
    bench.send({"action": "query", "message": "Hi", "session_id": "s1"})
    [raw] = bench.connections.raw("c1")
    assert len(raw) <= 120 * 1024
    body = json.loads(json.loads(raw)["body"])
    assert body["truncated"] is True
    assert set(body["response"]) == {'"'}


def test_an_unstreamed_question_that_takes_too_long_gets_one_reply_and_is_found_later() -> None:
    bench = Bench(timing=QUICK._replace(single_reply_seconds=0.05))
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Late")]]
    query = {"action": "query", "message": "Hi", "session_id": "s1", "request_id": "r1"}
    thread = bench.start(query)
    bench.connections.on_post = lambda connection_id, frame: gate.set()
    thread.join(10)
    [reply] = bench.connections.frames("c1")
    assert (reply["statusCode"], json.loads(reply["body"])["code"]) == (504, "still_running")
    bench.send(query, to="c2")
    assert json.loads(bench.connections.frames("c2")[0]["body"])["response"] == "Late"
    bench.join()


def test_a_status_breaks_the_silence() -> None:
    bench = Bench(timing=QUICK._replace(status_interval=0.05))
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True})
    bench.connections.wait_for("c1", "status", count=2)
    gate.set()
    bench.join()
    assert bench.connections.frames("c1")[-1]["type"] == "done"


def test_the_answer_is_stored_with_nobody_connected(bench: Bench) -> None:
    bench.connections.gone.add("c1")
    bench.send({"action": "query", "message": "Hi", "session_id": "s1", "stream": True})
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_slow_reader_gets_everything_in_fewer_frames(bench: Bench) -> None:
    gate = threading.Event()
    bench.claude.scripts = [[*says("one ", "two ", "three")[:5], gate, *says("")[3:]]]
    bench.connections.busy.add("c1")
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True})
    while not bench.claude.requests:
        threading.Event().wait(0.01)
    bench.connections.busy.clear()
    gate.set()
    bench.join()
    assert shown(bench.connections.frames("c1"))[1] == "one two three"


def test_an_expired_session_remembers_nothing_of_before() -> None:
    bench = Bench(session_ttl_hours=1)
    bench.ask("My name is Ada.")
    bench.ahead = 3601
    assert bench.contents() == []
    last = bench.ask("Who am I?", to="c2")
    assert bench.connections.of_type("c2", "accepted")[0]["new"] is True
    assert len(bench.claude.requests[1]["messages"]) == 1
    assert bench.contents() == ["Who am I?", "Hello!"]
    assert last["turn"] > bench.connections.frames("c1")[-1]["turn"]


def test_a_session_lives_on_from_its_last_turn() -> None:
    bench = Bench(session_ttl_hours=1)
    for step in range(4):
        bench.ahead = step * 3000.0
        bench.ask(f"{step}")
    assert len(bench.claude.requests[3]["messages"]) == 7


def test_sessions_that_never_expire_have_no_ttl() -> None:
    bench = Bench(session_ttl_hours=0)
    assert bench.ask("Hi")["expires_at"] is None
    session = bench.store.load("s1", 50)
    assert session.head is not None
    assert (session.head.ttl, session.head.turns_ttl, session.turns[0].ttl) == (None, None, None)


def test_deleted_while_it_runs_stays_deleted(bench: Bench) -> None:
    bench.ask("My name is Ada.")
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Late")]]
    bench.start({"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r2"}, to="c2")
    bench.connections.wait_for("c2", "accepted")
    while len(bench.claude.requests) < 2:
        threading.Event().wait(0.01)
    bench.send({"action": "delete", "session_id": "s1"}, to="c3")
    gate.set()
    bench.join()
    assert bench.connections.frames("c2")[-1]["code"] == "session_deleted"
    assert bench.contents() == []
    assert bench.store.load("s1", 50).turns == ()


def test_a_deleted_session_can_be_begun_anew(bench: Bench) -> None:
    bench.ask("My name is Ada.")
    bench.send({"action": "delete", "session_id": "s1"}, to="c3")
    bench.ask("Who am I?", to="c2")
    assert bench.connections.of_type("c2", "accepted")[0]["new"] is True
    assert bench.contents() == ["Who am I?", "Hello!"]
    bench.ask("And now?", to="c2")
    assert len(bench.claude.requests[2]["messages"]) == 3


def test_owners_do_not_meet(bench: Bench) -> None:
    bench.send({"action": "query", "message": "Mine", "session_id": "s1", "stream": True, "request_id": "r1"}, owner="ada")
    bench.send({"action": "query", "message": "Mine too", "session_id": "s1", "stream": True, "request_id": "r1"}, owner="bob", to="c2")
    assert bench.connections.frames("c2")[-1]["type"] == "done"
    assert len(bench.claude.requests[1]["messages"]) == 1
    assert bench.contents() == []


def test_a_conversation_longer_than_one_query_is_sent_whole_where_it_fits() -> None:
    bench = Bench(context_limit=100_000)
    for number in range(60):
        bench.ask(f"{number}")
    bench.ask("last")
    assert len(bench.claude.requests[-1]["messages"]) == 121


def test_everything_that_is_started_ends(bench: Bench) -> None:
    def working() -> int:
        return sum(thread.name != "waiting" for thread in threading.enumerate())

    before = working()
    bench.ask("Hi")
    assert working() == before


def test_who_joins_hears_accepted_first(bench: Bench) -> None:
    gate = threading.Event()
    events = says("one ", "two")
    bench.claude.scripts = [[*events[:3], gate, *events[3:]]]
    query = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}
    bench.start(query)
    bench.connections.wait_for("c1", "delta")
    for connection_id in ("c2", "c3", "c4"):
        bench.start(query, to=connection_id)
        bench.connections.wait_for(connection_id, "delta")
        assert bench.connections.frames(connection_id)[0]["type"] == "accepted"
    gate.set()
    bench.join()
