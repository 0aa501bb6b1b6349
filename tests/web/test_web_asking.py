"""Questions from pages: every page sees every answer, and none is asked twice, whatever comes and goes meanwhile."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.open_questions import OpenQuestion, OpenQuestions
from client.scripted_bridge import delta, done, error
from web.running_page import WAIT, Frame, RunningPage

SESSION = "chat-1a2b3c4d5e6f"


def accepted() -> Frame:
    return {"type": "accepted", "session_id": SESSION, "new": False, "duplicate": False}


def answer(*steps: Any) -> list[Any]:
    return [accepted(), *steps, done(session_id=SESSION)]


def question(**fields: Any) -> Frame:
    return {"message": "Hello?", "session_id": SESSION, "request_id": "r1", **fields}


def html_of(events: list[Frame]) -> list[str]:
    """What a page shows after these events."""
    shown: list[str] = []
    for event in events:
        if event.get("event") == "text":
            shown[event["start"] :] = event["html"]
    return shown


class Gate:
    """A step of a bridge: waits until the test opens it."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self._open.wait(WAIT)

    def open(self) -> None:
        self._open.set()


def test_an_answer_is_shown_while_it_arrives(page: RunningPage) -> None:
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(delta("Hello *there*"), gate, delta(", Ada.", 13))
    talk = page.open()
    talk.next("hello")
    assert "error" not in talk.request("ask", **question())
    assert talk.next("text")["html"] == ['<p dir="auto">Hello <em>there</em></p>']
    gate.open()
    turn = talk.next("done")["turn"]
    assert (turn["message"], turn["html"]) == ("Hello?", ['<p dir="auto">Hello <em>there</em>, Ada.</p>'])
    assert turn["usage"]["output_tokens"]
    assert turn["context"]["live"]


def test_a_page_that_comes_later_goes_on_where_the_answer_is(page: RunningPage) -> None:
    """A reload, or a second tab."""
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(delta("One "), gate, delta("two", 4))
    first = page.open()
    first.request("ask", **question())
    first.next("text")
    assert gate.reached.wait(WAIT)
    second = page.open()
    (snapshot,) = second.next("hello")["questions"]
    assert (snapshot["message"], snapshot["session_id"], snapshot["html"]) == ("Hello?", SESSION, ['<p dir="auto">One</p>'])
    gate.open()
    assert first.next("done")["turn"] == second.next("done")["turn"]
    assert len(page.bridge.received) == 1


def test_a_question_that_is_sent_again_is_asked_once(page: RunningPage) -> None:
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(gate, delta("Hi"))
    talk = page.open()
    talk.request("ask", **question())
    talk.request("ask", **question())
    gate.open()
    talk.next("done")
    talk.request("ask", **question())
    assert [frame["request_id"] for frame in page.bridge.received] == ["r1"]


def test_a_lost_connection_is_made_again_with_the_same_request(page: RunningPage) -> None:
    replies = [[accepted(), delta("Half"), None], answer(delta("Half"), delta(" and half", 4))]
    page.bridge.acts["query"] = lambda _: replies.pop(0)
    talk = page.open()
    talk.request("ask", **question())
    assert talk.next("done")["turn"]["html"] == ['<p dir="auto">Half and half</p>']
    assert [frame["request_id"] for frame in page.bridge.received] == ["r1", "r1"]
    assert any("Asking again" in event.get("status", "") for event in talk.events)


def test_an_answer_that_begins_again_replaces_what_was_shown(page: RunningPage) -> None:
    gate = Gate()
    page.bridge.acts["query"] = lambda _: [accepted(), delta("No\n\nno"), delta("Yes", answer="a2"), gate, done("a2", session_id=SESSION)]
    talk = page.open()
    talk.request("ask", **question())
    while html_of(talk.events) != ['<p dir="auto">Yes</p>']:
        talk.next("text")
    gate.open()
    assert talk.next("done")["turn"]["html"] == ['<p dir="auto">Yes</p>']


def test_an_answer_is_stopped(page: RunningPage) -> None:
    gate = Gate()
    page.bridge.acts["query"] = lambda _: [
        accepted(),
        delta("Long"),
        gate,
        done(session_id=SESSION, stop_reason="cancelled", truncated=True),
    ]
    talk = page.open()
    talk.request("ask", **question())
    talk.next("text")
    talk.request("stop", request_id="r1")
    gate.open()
    assert "where you stopped it" in talk.next("done")["turn"]["early_end"]
    assert page.bridge.received[-1]["action"] == "cancel"


def test_a_question_that_fails_can_be_asked_again(page: RunningPage) -> None:
    replies: list[list[Any]] = [[error("budget_exceeded")], answer(delta("Now"))]
    page.bridge.acts["query"] = lambda _: replies.pop(0)
    talk = page.open()
    talk.request("ask", **question(options={"scope": "all"}))
    assert talk.next("failed")["error"]["code"] == "budget_exceeded"
    again = page.open()
    (snapshot,) = again.next("hello")["questions"]
    assert snapshot["error"]["message"] == "It is budget_exceeded."
    again.request("ask", **question())
    assert again.next("done")["turn"]["html"] == ['<p dir="auto">Now</p>']
    assert [frame["scope"] for frame in page.bridge.received] == ["all", "all"]


def test_a_question_that_failed_can_be_dismissed(page: RunningPage) -> None:
    page.bridge.acts["query"] = lambda _: [error("claude_refused")]
    talk = page.open()
    talk.request("ask", **question())
    talk.next("failed")
    talk.request("dismiss", request_id="r1")
    assert page.open().next("hello")["questions"] == []


def test_a_question_is_noted_until_it_is_answered(page: RunningPage, tmp_path: Path) -> None:
    """If the program is killed, `resume` and the next page find it."""
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(gate, delta("Hi"))
    talk = page.open()
    talk.request("ask", **question())
    assert gate.reached.wait(WAIT)
    noted = OpenQuestions(tmp_path / "open-questions")
    last = noted.last()
    assert last is not None
    assert (last.request_id, last.session_id, last.message) == ("r1", SESSION, "Hello?")
    gate.open()
    talk.next("changed")
    assert noted.last() is None


def test_an_answer_that_never_arrived_is_offered(page: RunningPage) -> None:
    page.bridge.acts["query"] = lambda _: answer(delta("Late"))
    page.services.questions.offer(OpenQuestion("Hello?", SESSION, "r0", page.bridge.url, options={"model": "m"}))
    talk = page.open()
    (snapshot,) = talk.next("hello")["questions"]
    assert snapshot["error"]["code"] == "connection_lost"
    talk.request("ask", request_id="r0", message="Hello?", session_id=SESSION)
    assert talk.next("done")["turn"]["html"] == ['<p dir="auto">Late</p>']
    assert page.bridge.received[0]["model"] == "m"


def test_a_question_that_is_under_way_is_not_offered(page: RunningPage) -> None:
    """It is noted, too, and a bridge on this machine may only now be there."""
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(gate, delta("Hi"))
    talk = page.open()
    talk.request("ask", **question())
    page.services.questions.offer(OpenQuestion("Hello?", SESSION, "r1", page.bridge.url))
    (snapshot,) = page.open().next("hello")["questions"]
    assert snapshot["error"] is None
    gate.open()
    talk.next("done")


@pytest.mark.parametrize("fields", [{"message": ""}, {"message": " \n"}, {"message": 3}, {"request_id": ""}, {"request_id": None}])
def test_what_is_no_question_is_not_asked(page: RunningPage, fields: Frame) -> None:
    reply = page.open().request("ask", **question(**fields))
    assert reply["error"]["code"] == "bad_request"
    assert page.bridge.received == []


def test_only_known_options_are_passed_on(page: RunningPage) -> None:
    page.bridge.acts["query"] = lambda _: answer(delta("Hi"))
    page.bridge.acts["ping"] = lambda _: [{"type": "pong", "version": "0.2.0", "features": ["settings"]}]
    talk = page.open()
    talk.request("ask", **question(options={"scope": "all", "settings": {"title": "Kites"}, "action": "delete", "model": ""}))
    talk.next("done")
    _, sent = page.bridge.received
    assert (sent["action"], sent["scope"], sent["settings"], "model" in sent) == ("query", "all", {"title": "Kites"}, False)


def test_an_old_bridge_is_not_sent_what_it_would_ignore(page: RunningPage) -> None:
    page.bridge.acts["ping"] = lambda _: [{"type": "pong", "version": "0.1.0"}]
    reply = page.open().request("ask", **question(options={"settings": {"title": "Kites"}}))
    assert "make deploy" in reply["error"]["message"]
    assert [frame["action"] for frame in page.bridge.received] == ["ping"]


@pytest.mark.parametrize("message", ["no JSON", "[]", "3", '{"id": 7}', '{"id": 7, "action": 3}', '{"id": 7, "action": "nothing"}'])
def test_nonsense_ends_nothing(page: RunningPage, message: str) -> None:
    talk = page.open()
    talk.socket.send(message)
    page.bridge.acts["sessions"] = lambda _: [{"type": "sessions", "sessions": [], "cursor": None}]
    assert talk.request("sessions")["sessions"] == []


def test_a_page_that_breaks_off_leaves_the_answer_to_the_others(page: RunningPage) -> None:
    gate = Gate()
    page.bridge.acts["query"] = lambda _: answer(gate, delta("Hi"))
    talk = page.open()
    talk.request("ask", **question())
    talk.socket.socket.close()
    other = page.open()
    gate.open()
    assert other.next("done")["turn"]["html"] == ['<p dir="auto">Hi</p>']


def test_half_a_surrogate_pair_reaches_the_page(page: RunningPage) -> None:
    page.bridge.acts["query"] = lambda _: answer(delta("a\ud800b"))
    talk = page.open()
    talk.request("ask", **question())
    assert json.dumps(talk.next("done")["turn"]["html"]) == '["<p dir=\\"auto\\">a\\ud800b</p>"]'


def test_a_failed_question_goes_with_its_session(page: RunningPage) -> None:
    page.bridge.acts |= {
        "query": lambda _: [error("claude_refused")],
        "delete": lambda _: [{"type": "deleted", "session_id": SESSION, "erased": True}],
    }
    talk = page.open()
    talk.request("ask", **question())
    talk.next("failed")
    talk.request("delete", session_id=SESSION)
    assert page.open().next("hello")["questions"] == []


def test_claude_being_overloaded_is_shown(page: RunningPage) -> None:
    status = {"type": "status", "state": "retrying", "reason": "claude_overloaded", "wait_seconds": 3}
    page.bridge.acts["query"] = lambda _: answer(status, delta("Hi"))
    talk = page.open()
    talk.request("ask", **question())
    assert talk.next("status")["status"] == "Claude is overloaded; the bridge tries again in 3 s"
