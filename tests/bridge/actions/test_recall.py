"""What fits a message, without asking Claude; and lists of some sessions."""

from __future__ import annotations

from typing import Any

import pytest

from contract.importing_contract import sent
from fakes.bridge_bench import Bench

KITE = "My kite is called Zephyrine, and she is made of red silk."
QUESTION = "What is my kite called, and of which silk is she made?"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    for number, (session, text) in enumerate(
        (("kites", KITE), ("boats", "My boat has a red sail of silk."), ("tea", "Green tea, please."))
    ):
        bench.ahead = number * 10
        bench.ask(text, session, settings={"project": f"host/ada/{session}", "title": f"About {session}"})
    return bench


def recall(bench: Bench, message: str = QUESTION, **fields: Any) -> dict[str, Any]:
    return sent(bench, {"action": "recall", "message": message, **fields})


def test_the_best_passage_comes_first_and_claude_is_not_asked(bench: Bench) -> None:
    reply = recall(bench, request_id="r")
    best = reply["passages"][0]
    assert (reply["type"], reply["request_id"], reply["complete"]) == ("recalled", "r", True)
    assert (best["session_id"], best["title"], best["text"], best["role"]) == ("kites", "About kites", KITE, "user")
    assert (best["start"], best["end"]) == (0, len(KITE))
    assert best["turn"] == bench.store.load("kites", 9).turns[0].id
    assert reply["characters"] == sum(len(one["text"]) for one in reply["passages"])
    assert len(bench.claude.requests) == 3


@pytest.mark.parametrize(
    ("fields", "sessions"),
    [
        ({"session_id": "boats"}, ["boats"]),
        ({"project": "host/ada/boats"}, ["boats"]),
        ({"project": "host/ada"}, []),
        ({"without": "kites"}, ["boats"]),
        ({"least": 0.9, "message": f"{QUESTION} Or of nylon, polyester, cotton?"}, []),
        ({"least": 0.3}, ["kites"]),
        ({"limit": 1}, []),
        ({"limit": 10**9}, ["boats", "kites"]),
    ],
    ids=str,
)
def test_only_what_was_asked_for_is_recalled(bench: Bench, fields: dict[str, Any], sessions: list[str]) -> None:
    assert sorted({one["session_id"] for one in recall(bench, **fields)["passages"]}) == sessions


def test_a_message_of_words_that_nobody_used_fits_nothing(bench: Bench) -> None:
    assert recall(bench, "Quantum chromodynamics, red", least=0.01)["passages"] == []


def test_a_session_that_does_not_exist_is_reported(bench: Bench) -> None:
    assert recall(bench, session_id="none")["code"] == "no_such_session"


def test_nothing_of_another_owner_is_recalled(bench: Bench) -> None:
    assert sent(bench, {"action": "recall", "message": QUESTION}, owner="ada")["passages"] == []


@pytest.mark.parametrize(
    "fields",
    [{"least": 2}, {"least": "x"}, {"least": True}, {"limit": 0}, {"project": 3}, {"utc_offset": 9999}, {"message": 3}],
    ids=str,
)
def test_a_bad_field_is_named(bench: Bench, fields: dict[str, Any]) -> None:
    reply = recall(bench, **fields)
    assert reply["code"] == "bad_request"
    assert f"`{next(iter(fields))}`" in reply["message"]


def test_a_bad_session_to_leave_out_and_a_missing_message_are_refused(bench: Bench) -> None:
    assert recall(bench, without="a/b")["code"] == "bad_session_id"
    assert recall(bench, "")["code"] == "empty_message"


# Lists


@pytest.mark.parametrize(
    ("fields", "sessions"),
    [
        ({}, ["tea", "boats", "kites"]),
        ({"project": "host/ada/boats"}, ["boats"]),
        ({"title": "ABOUT kités"}, ["kites"]),
        ({"title": "kites boats"}, []),
        ({"limit": 1, "title": "kites"}, ["kites"]),
    ],
    ids=str,
)
def test_sessions_are_listed_by_project_and_title(bench: Bench, fields: dict[str, Any], sessions: list[str]) -> None:
    reply = sent(bench, {"action": "sessions", **fields})
    assert [one["session_id"] for one in reply["sessions"]] == sessions


def test_sessions_and_hits_are_listed_since_a_time(bench: Bench) -> None:
    (*_, kites) = rows = sent(bench, {"action": "sessions"})["sessions"]
    since = kites["last_updated"] + 5
    assert [one["session_id"] for one in sent(bench, {"action": "sessions", "since": since})["sessions"]] == ["tea", "boats"]
    hits = sent(bench, {"action": "search", "words": "silk", "since": since})["hits"]
    assert {one["session_id"] for one in hits} == {"boats"}
    hits = sent(bench, {"action": "search", "words": "silk", "project": "host/ada/kites"})["hits"]
    assert {one["session_id"] for one in hits} == {"kites"}
    assert rows[0].keys() >= {"title", "project", "model", "usage", "keep_hours", "expires_at"}
    assert (rows[0]["title"], rows[0]["project"], rows[0]["keep_hours"]) == ("About tea", "host/ada/tea", 24.0)


def test_pages_of_a_filtered_list_follow_one_another(bench: Bench) -> None:
    for number in range(7):
        bench.ahead = 100 + number
        bench.ask("Hi", f"more{number}", settings={"project": "p" if number % 2 else "q"})
    seen: list[str] = []
    cursor = None
    for _ in range(9):
        page = sent(bench, {"action": "sessions", "project": "p", "limit": 1, "cursor": cursor})
        seen += [one["session_id"] for one in page["sessions"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == ["more5", "more3", "more1"]
