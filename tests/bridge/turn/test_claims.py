"""Crashes, stalls and take-overs: one request, one turn, whatever happens to those who answer it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from bridge.store.claim_row import Claim
from bridge.store.records import Head, Progress, Usage
from fakes.bridge_bench import QUICK, Bench
from fakes.intercepted_store import Intercepted, Killed, killed, unavailable
from fakes.recording_connections import shown
from fakes.scripted_claude import ScriptedClaude, says

pytestmark = pytest.mark.usefixtures("connections_of_both_kinds")

QUERY = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True, "request_id": "r1"}


def die(bench: Bench, store: Any, query: dict[str, Any] = QUERY) -> None:
    """An invocation that is killed on the way; what it says in its last moment is not heard."""
    bench.connections.gone.add("dying")
    with pytest.raises(Killed):
        bench.send(query, to="dying", app=bench.another(store=store))


@pytest.mark.parametrize("step", ["begin", "add_turn"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_anywhere_leaves_one_question_one_turn(bench: Bench, step: str, moment: str) -> None:
    store = Intercepted(bench.store)
    getattr(store, moment)[step] = killed
    die(bench, store)
    bench.ahead = 18.0
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]
    asked_again = (step, moment) != ("add_turn", "after")
    assert len(bench.claude.requests) == 1 + (asked_again and step == "add_turn")
    assert bench.connections.frames("c1")[-1]["duplicate"] is not asked_again


def test_a_crash_right_after_the_claim_is_taken_over_under_the_same_turn(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.after["claim"] = killed
    die(bench, store)
    [row] = bench.store._claims.values()
    bench.ahead = 18.0
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["turn"] == row.turn


def test_a_turn_whose_head_was_never_counted_is_replayed(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["advance"] = killed
    die(bench, store)
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["duplicate"] is True
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_lease_that_runs_is_not_taken_over(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.after["claim"] = killed
    die(bench, store)
    bench.ahead = 14.0
    bench.send(QUERY, seconds=0.05)
    assert bench.connections.frames("c1")[-1]["code"] == "still_running"
    assert bench.claude.requests == []


def test_who_waits_takes_over_when_the_lease_is_over(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.after["claim"] = killed
    die(bench, store)
    bench.start(QUERY)
    bench.connections.wait_for("c1", "accepted")
    bench.ahead = 18.0
    bench.join()
    frames = bench.connections.frames("c1")
    assert frames[0]["duplicate"] is True
    assert (frames[-1]["type"], frames[-1]["duplicate"]) == ("done", False)
    assert bench.contents() == ["Hi", "Hello!"]


def test_of_two_who_take_over_one_answers(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.after["claim"] = killed
    die(bench, store)
    bench.ahead = 18.0
    both = threading.Barrier(2)
    first, second = Intercepted(bench.store), Intercepted(bench.store)
    first.before["take_over"] = second.before["take_over"] = lambda *args: both.wait(5)
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    first.after["take_over"] = second.after["take_over"] = lambda *args: gate.set()
    bench.start(QUERY, to="c1", app=bench.another(store=first))
    bench.start(QUERY, to="c2", app=bench.another(store=second))
    bench.join()
    assert len(bench.claude.requests) == 1
    assert shown(bench.connections.frames("c1")) == shown(bench.connections.frames("c2"))
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_stalled_invocation_stores_and_says_nothing_once_its_lease_is_over() -> None:
    bench = Bench(lease_seconds=0.3, timing=QUICK._replace(status_interval=9.0))
    gate = threading.Event()
    slow = ScriptedClaude([*says("From the stalled ")[:3], gate, *says("one")[2:]])
    cut_off = Intercepted(bench.store)
    cut_off.before["renew"] = cut_off.before["look"] = unavailable
    thread = bench.start(QUERY, to="c1", app=bench.another(store=cut_off, claude=slow))
    bench.connections.wait_for("c1", "delta")
    bench.ahead = 6.0
    bench.send(QUERY, to="c2")
    assert bench.connections.frames("c2")[-1]["type"] == "done"
    before = len(bench.connections.frames("c1"))
    gate.set()
    thread.join(0.05)
    assert thread.is_alive()
    cut_off.before.clear()
    bench.join()
    assert len(bench.connections.frames("c1")) == before
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_row_that_is_somebody_elses_stops_the_turn() -> None:
    bench = Bench(lease_seconds=0.3)
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    bench.start(QUERY)
    bench.connections.wait_for("c1", "accepted")
    [row] = bench.store._claims.values()
    bench.store._claims[row.hash] = row._replace(invocation="another")
    bench.join()
    assert bench.contents() == []


def test_committed_meanwhile_by_another_is_the_truth(bench: Bench) -> None:
    store = Intercepted(bench.store)

    def commit_first(session: str, turn: Any) -> None:
        bench.store.add_turn(session, turn._replace(answer="theirs", context=(turn.context[0], turn.context[1]._replace(content="Theirs"))))

    store.before["add_turn"] = commit_first
    bench.send(QUERY, app=bench.another(store=store))
    assert shown(bench.connections.frames("c1")) == ("theirs", "Theirs")
    assert bench.connections.frames("c1")[-1]["answer"] == "theirs"
    assert bench.contents() == ["Hi", "Theirs"]


def test_a_commit_of_unknown_outcome_is_looked_for_by_the_repeat(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.after["add_turn"] = unavailable
    bench.send(QUERY, app=bench.another(store=store), seconds=0.2)
    assert bench.connections.frames("c1")[-1]["code"] == "store_unavailable"
    bench.send(QUERY, to="c2")
    assert bench.connections.frames("c2")[-1]["duplicate"] is True
    assert bench.contents() == ["Hi", "Hello!"]


@pytest.mark.parametrize("step", ["load", "claim", "begin", "fail"])
def test_a_store_that_does_not_answer_is_reported(bench: Bench, step: str) -> None:
    store = Intercepted(bench.store)
    store.before[step] = unavailable
    bench.claude.scripts = [says()] if step == "fail" else [says("Hello!")]
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["code"] == ("empty_answer" if step == "fail" else "store_unavailable")
    assert bench.contents() == []


def test_a_head_that_cannot_be_counted_does_not_fail_the_turn(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["advance"] = unavailable
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["type"] == "done"
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_head_that_is_gone_is_put_again(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["advance"] = lambda session, *args: bench.store._heads.pop(session)
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.contents() == ["Hi", "Hello!"]
    head = bench.store.load("s1", 50).head
    assert head is not None
    assert (head.turns, head.owner, head.title) == (1, "default", "Hi")


@pytest.mark.parametrize("new_life", [False, True], ids=["deleted", "deleted and begun again"])
def test_a_turn_of_an_earlier_life_removes_itself(bench: Bench, new_life: bool) -> None:
    store = Intercepted(bench.store)

    def delete(*args: Any) -> None:
        bench.send({"action": "delete", "session_id": "s1"}, to="d")
        if new_life:
            bench.ask("A new life", to="c2")

    store.before["add_turn"] = delete
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["code"] == "session_deleted"
    assert bench.contents() == (["A new life", "Hello!"] if new_life else [])
    assert "session_deleted" in [row.code for row in bench.store._claims.values()]


def test_deleted_between_claim_and_the_first_turn(bench: Bench) -> None:
    bench.ask("Before", request_id="r0")
    bench.ahead = 25 * 3600.0
    store = Intercepted(bench.store)

    def meanwhile(*args: Any) -> None:
        store.before.clear()
        bench.ask("Somebody else was first", to="c2")
        bench.send({"action": "delete", "session_id": "s1"}, to="d")

    store.before["begin"] = meanwhile
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["code"] == "session_deleted"


def test_a_turn_that_ends_late_keeps_its_session_alive() -> None:
    bench = Bench(session_ttl_hours=1)
    bench.ask("Before", to="c0")
    store = Intercepted(bench.store)
    bench.ahead = 3700.0

    def late(*args: object) -> None:
        store.before.clear()
        head = bench.store.load("s1", 50).head
        assert head is not None
        bench.store.advance("s1", head.born, Progress("default", "", int(time.time() + 3700), int(time.time() + 7300), None, Usage()))

    store.before["begin"] = late
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.contents() == ["Before", "Hello!", "Hi", "Hello!"]
    assert len(bench.claude.requests[1]["messages"]) == 3


def test_two_first_questions_at_once_both_count(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["begin"] = lambda *args: bench.ask("Other", to="c2", session_id="s1")
    bench.send(QUERY, app=bench.another(store=store, ahead=lambda: 30.0))
    assert sorted(bench.contents()) == ["Hello!", "Hello!", "Hi", "Other"]


def test_a_request_left_behind_by_a_deletion_is_not_a_new_life(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["add_turn"] = killed
    die(bench, store)
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.ahead = 18.0
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["code"] == "session_deleted"
    assert bench.contents() == []


def test_a_request_left_behind_by_an_expired_session_begins_a_new_life() -> None:
    bench = Bench(session_ttl_hours=1)
    bench.ask("Before")
    store = Intercepted(bench.store)
    store.before["add_turn"] = killed
    die(bench, store)
    bench.ahead = 2 * 3600.0
    bench.send(QUERY)
    assert bench.contents() == ["Hi", "Hello!"]
    assert bench.connections.frames("c1")[-1]["type"] == "done"


def test_an_answer_of_an_expired_session_is_not_replayed() -> None:
    bench = Bench(session_ttl_hours=1)
    bench.send(QUERY, to="c2")
    bench.ahead = 2 * 3600.0
    bench.send(QUERY)
    assert len(bench.claude.requests) == 2
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_cancel_outlives_the_invocation_it_was_meant_for(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["add_turn"] = killed
    die(bench, store)
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x")
    bench.ahead = 18.0
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["code"] == "cancelled"


def test_a_row_that_vanishes_is_claimed_again(bench: Bench) -> None:
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    store = Intercepted(bench.store)
    store.after["claim"] = killed
    die(bench, store)
    bench.start(QUERY)
    bench.connections.wait_for("c1", "accepted")
    bench.store._claims.clear()
    gate.set()
    bench.join()
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_failed_row_seen_at_ones_own_claim_is_claimed_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.claude.scripts = [says(), says("Hello!")]
    store = Intercepted(bench.store)
    bench.ask("Hi", request_id="r1", to="c2")
    row = next(iter(bench.store._claims.values()))
    answers = [row]
    original = bench.store.claim

    def raced(claim: Claim, now: float) -> Claim | None:
        return answers.pop() if answers else original(claim, now)

    monkeypatch.setattr(bench.store, "claim", raced)
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["type"] == "done"


def test_a_duplicate_whose_connection_is_gone_ends(bench: Bench) -> None:
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    bench.start(QUERY)
    bench.connections.wait_for("c1", "accepted")
    bench.connections.gone.add("c2")
    waiting = bench.start(QUERY, to="c2")
    waiting.join(10)
    assert not waiting.is_alive()
    gate.set()
    bench.join()


def test_an_expired_head_is_replaced_even_where_its_rows_still_lie(bench: Bench) -> None:
    bench.ask("Before")
    head = bench.store.load("s1", 50).head
    assert isinstance(head, Head)
    bench.ahead = 25 * 3600.0
    bench.ask("After", to="c2")
    assert len(bench.store.load("s1", 50).turns) == 2
    assert bench.contents() == ["After", "Hello!"]


@pytest.mark.parametrize("later", [1.0, 70.0], ids=["at once", "after a minute"])
def test_a_repeat_does_not_bring_a_deleted_session_back(bench: Bench, later: float) -> None:
    store = Intercepted(bench.store)
    store.before["add_turn"] = lambda *args: bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.send(QUERY, app=bench.another(store=store))
    assert bench.connections.frames("c1")[-1]["code"] == "session_deleted"
    bench.ahead = later
    bench.send(QUERY, to="c2")
    assert bench.connections.frames("c2")[-1]["code"] == "session_deleted"
    assert bench.contents() == []


@pytest.mark.parametrize("later", [1.0, 70.0], ids=["at once", "after a minute"])
def test_a_turn_that_lands_late_is_not_doubled(bench: Bench, later: float) -> None:
    """A's put is on its way when its lease ends; B takes over and fails; then A's put lands."""
    late: list[Any] = []
    store = Intercepted(bench.store)

    def on_its_way(*args: object) -> None:
        late.append(args)
        raise Killed

    store.before["add_turn"] = on_its_way
    bench.claude.scripts = [says("A's answer"), says(), says("Another answer")]
    die(bench, store)
    bench.ahead = 18.0
    bench.send(QUERY, to="b")
    assert bench.connections.frames("b")[-1]["code"] == "empty_answer"
    [(session, turn)] = late
    bench.store.add_turn(session, turn)
    bench.ahead = 18.0 + later
    bench.send(QUERY, to="c2")
    assert bench.contents() == ["Hi", "A's answer"]
    assert bench.connections.frames("c2")[-1]["duplicate"] is True


def test_an_error_is_sent_though_its_connection_is_busy() -> None:
    bench = Bench(lease_seconds=0.6, timing=QUICK._replace(drain_seconds=5.0))
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says()]]
    bench.start(QUERY)
    bench.connections.wait_for("c1", "accepted")
    bench.connections.busy.add("c1")
    threading.Timer(0.15, bench.connections.busy.clear).start()
    gate.set()
    bench.join()
    assert bench.connections.frames("c1")[-1]["code"] == "empty_answer"


@pytest.mark.parametrize("ahead", [0.0, 25 * 3600.0], ids=["deleted", "expired"])
def test_the_first_message_can_be_asked_again_in_a_new_life(bench: Bench, ahead: float) -> None:
    bench.ask("Hi")
    if ahead:
        bench.ahead = ahead
    else:
        bench.send({"action": "delete", "session_id": "s1"}, to="d")
    assert bench.ask("Hi", to="c2")["type"] == "done"
    assert bench.connections.of_type("c2", "accepted")[0]["duplicate"] is False
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_double_click_is_one_question_in_a_new_life_too(bench: Bench) -> None:
    bench.ask("Hi")
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    gate = threading.Event()
    bench.claude.scripts = [[gate, *says("Hello!")]]
    query = {"action": "query", "message": "Hi", "session_id": "s1", "stream": True}
    for connection_id in ("c2", "c3"):
        bench.start(query, to=connection_id)
        bench.connections.wait_for(connection_id, "accepted")
    gate.set()
    bench.join()
    assert bench.contents() == ["Hi", "Hello!"]


def test_a_turn_that_nobody_counted_is_counted_by_the_replay(bench: Bench) -> None:
    store = Intercepted(bench.store)
    store.before["advance"] = killed
    die(bench, store)
    bench.ahead = 18.0
    bench.send(QUERY)
    assert bench.connections.frames("c1")[-1]["duplicate"] is True
    bench.send({"action": "sessions"}, to="l")
    [line] = bench.connections.frames("l")[0]["sessions"]
    assert (line["title"], line["turns"]) == ("Hi", 1)
    bench.send(QUERY, to="c2")
    bench.send({"action": "sessions"}, to="l")
    assert bench.connections.frames("l")[1]["sessions"][0]["turns"] == 1


def test_a_cancel_of_an_answer_of_an_earlier_life_stops_no_later_one() -> None:
    bench = Bench(session_ttl_hours=1)
    bench.send(QUERY)
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x")
    bench.ahead = 2 * 3600.0
    bench.send(QUERY, to="c2")
    assert bench.connections.frames("c2")[-1]["type"] == "done"


def test_a_keeper_that_meets_the_unexpected_goes_on(bench: Bench) -> None:
    store = Intercepted(bench.store)
    mishaps = [ZeroDivisionError()]

    def mishap(*args: object, **kwargs: object) -> None:
        if mishaps:
            raise mishaps.pop()

    store.before["look"] = mishap
    bench.claude.scripts = [[threading.Event()]]
    bench.start(QUERY, app=bench.another(store=store))
    bench.connections.wait_for("c1", "accepted")
    bench.send({"action": "cancel", "session_id": "s1", "request_id": "r1"}, to="x")
    bench.join()
    assert bench.connections.frames("c1")[-1]["code"] == "cancelled"
    assert not mishaps


def test_a_repeat_of_what_was_answered_and_deleted_does_not_wait(bench: Bench) -> None:
    bench.send(QUERY)
    bench.send({"action": "delete", "session_id": "s1"}, to="d")
    bench.send(QUERY, to="c2")
    [error] = bench.connections.frames("c2")
    assert error["code"] == "session_deleted"
