"""What pages ask for besides answers: each reply, and what the other pages hear of a change."""

from __future__ import annotations

from typing import Any

import pytest

from client.scripted_bridge import error, golden
from web.running_page import Frame, RunningPage

SESSION = "chat-1a2b3c4d5e6f"


def turn(number: int, answer: str = "Yes.") -> Frame:
    context = [{"role": "user", "content": f"Question {number}?"}, {"role": "assistant", "content": answer}]
    return {"turn": f"01{number:04}", "context": context, "last_updated": 1_790_000_000 + number, "model": "m", "truncated": False}


def history(turns: list[Frame], *, more: bool = False, **fields: Any) -> Frame:
    return {"type": "history", "session_id": SESSION, "turns": turns, "more": more, **fields}


def pong(_request: Frame) -> list[Frame]:
    return [{"type": "pong", "version": "0.2.0", "features": ["configure", "settings", "options"]}]


def test_the_list_comes_in_pages(page: RunningPage) -> None:
    row = {"session_id": SESSION, "title": "Kites", "turns": 2}
    page.bridge.acts["sessions"] = lambda _: [{"type": "sessions", "sessions": [row], "cursor": "next"}]
    got = page.open().request("sessions", cursor="c")
    assert (got["sessions"], got["cursor"]) == ([row], "next")
    assert page.bridge.received[0]["cursor"] == "c"


def test_turns_are_html_with_what_is_set(page: RunningPage) -> None:
    page.bridge.acts["history"] = lambda _: [history([turn(1, "**Yes**"), turn(2)], more=True, settings={"title": "Kites"}, expires_at=5)]
    got = page.open().request("turns", session_id=SESSION, limit=2)
    assert [each["html"] for each in got["turns"]] == [['<p dir="auto"><strong>Yes</strong></p>'], ['<p dir="auto">Yes.</p>']]
    assert [each["message"] for each in got["turns"]] == ["Question 1?", "Question 2?"]
    assert (got["more"], got["settings"], got["expires_at"]) == (True, {"title": "Kites"}, 5)


def test_older_turns_are_asked_for_by_the_first_one(page: RunningPage) -> None:
    page.bridge.acts["history"] = lambda _: [history([turn(1)])]
    got = page.open().request("turns", session_id=SESSION, before="010002", limit=1_000_000)
    assert (page.bridge.received[0]["before"], page.bridge.received[0]["limit"]) == ("010002", 100)
    assert got["more"] is False


def test_what_claude_was_sent_is_known_after_a_reload(page: RunningPage) -> None:
    done = golden("done", "a first answer")
    page.services.bridge.client.note_answer({**done, "session_id": SESSION, "turn": "010002"})
    page.bridge.acts["history"] = lambda _: [history([turn(1), turn(2)])]
    first, second = page.open().request("turns", session_id=SESSION)["turns"]
    assert "context" not in first
    assert second["context"] == done["context"]


def test_a_change_is_made_and_every_page_hears_of_it(page: RunningPage) -> None:
    page.bridge.acts |= {"ping": pong, "configure": lambda request: [{"type": "configured", "title": request["title"], "complete": True}]}
    one, other = page.open(), page.open()
    other.next("hello")
    assert one.request("change", session_id=SESSION, changes={"title": "Kites", "action": "delete"})["settings"]["title"] == "Kites"
    assert other.next("changed")["session_id"] == SESSION
    assert page.bridge.received[-1]["action"] == "configure"


def test_an_old_bridge_says_what_to_do(page: RunningPage) -> None:
    page.bridge.acts["ping"] = lambda _: [{"type": "pong", "version": "0.1.0"}]
    assert "make deploy" in page.open().request("change", session_id=SESSION, changes={"title": "x"})["error"]["message"]


@pytest.mark.parametrize("erased", [True, False])
def test_a_deletion_is_made_and_every_page_hears_of_it(page: RunningPage, *, erased: bool) -> None:
    page.bridge.acts["delete"] = lambda _: [{"type": "deleted", "session_id": SESSION, "erased": erased}]
    one, other = page.open(), page.open()
    other.next("hello")
    assert one.request("delete", session_id=SESSION)["erased"] is erased
    assert other.next("deleted")["session_id"] == SESSION


def test_search_finds_excerpts(page: RunningPage) -> None:
    hit = {"session_id": SESSION, "turn": "010001", "role": "user", "text": f"{'far ' * 300}kite{' away' * 300}", "last_updated": 5}
    page.bridge.acts["search"] = lambda _: [{"type": "search", "hits": [hit], "complete": False}]
    got = page.open().request("find", words="kites")
    assert got["complete"] is False
    assert "kite" in got["hits"][0]["text"]
    assert len(got["hits"][0]["text"]) < 500


def test_an_export_has_every_turn(page: RunningPage) -> None:
    pages = [history([turn(3)], more=True), history([turn(1), turn(2)])]
    page.bridge.acts["history"] = lambda _: [pages.pop(0)]
    got = page.open().request("export", session_id=SESSION, title="Kites")
    assert got["name"] == f"{SESSION}.md"
    assert [got["text"].count(f"Question {number}?") for number in (1, 2, 3)] == [1, 1, 1]
    assert got["text"].startswith("# Kites\n")


def test_passages_have_their_text_and_time(page: RunningPage) -> None:
    page.bridge.acts["history"] = lambda request: [history([turn(1, "A kite of silk.")])]
    passage = {"session_id": SESSION, "turn": "010001", "role": "assistant", "start": 2, "end": 6}
    (got,) = page.open().request("passages", session_id=SESSION, passages=[passage])["passages"]
    assert (got["text"], got["last_updated"]) == ("kite", 1_790_000_001)


@pytest.mark.parametrize("action", ["turns", "change", "delete", "export", "passages"])
@pytest.mark.parametrize("session_id", ["", None, "../x", "a b", "x" * 129])
def test_what_is_no_session_is_refused_here(page: RunningPage, action: str, session_id: object) -> None:
    assert page.open().request(action, session_id=session_id)["error"]["code"] == "bad_session_id"
    assert page.bridge.received == []


def test_a_failure_has_its_words(page: RunningPage) -> None:
    page.bridge.acts["history"] = lambda _: [error("no_such_session")]
    failed = page.open().request("turns", session_id=SESSION)["error"]
    assert (failed["code"], failed["message"]) == ("no_such_session", "It is no_such_session.")
