"""What frames mean: the rules of `answer` and `offset`, whatever is repeated, cut or lost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_client.protocol.conversation import Accepted, AskAgain, Event, Failed, Finished, Lookup, Question, Send, Text, Void, Waiting
from client.scripted_bridge import INTERNAL, SESSION, TIMED_OUT, accepted, delta, done, error, golden

ID = golden("delta", "the beginning")["request_id"]


def question(session_id: str = "") -> Question:
    return Question("Hello", session_id, ID)


def events(frames: Iterable[dict[str, Any]], asked: Question | Lookup | None = None) -> list[Event]:
    asked = asked or question()
    return [event for frame in frames if asked.concerns(frame) for event in asked.receive(frame)]


def ours(frame: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": ID, **frame}


def screen(shown: list[Event]) -> str:
    """What a person sees who forgets what is void."""
    text = ""
    for event in shown:
        match event:
            case Void():
                text = ""
            case Text(more):
                text += more
    return text


@pytest.mark.parametrize(("name", "asked"), [("a first question", ""), ("a question in a session", SESSION)])
def test_a_question_is_sent_as_the_protocol_has_it(name: str, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = golden("query", name)
    with zone(monkeypatch, "UTC0"):
        assert Question(wanted["message"], asked, ID).frame == wanted


def test_a_question_says_by_how_much_the_persons_clock_differs_from_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = golden("query", "a question about a day, from where clocks are five and a half hours ahead of UTC")
    with zone(monkeypatch, "XXX-05:30"):
        assert Question(wanted["message"], SESSION, ID).frame == wanted


@contextmanager
def zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """The time zone of this process; a sign means the opposite of what it means elsewhere (POSIX, 8.3)."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


def test_a_streamed_answer_is_shown_as_it_comes() -> None:
    frames = [
        golden("accepted", "a new session"),
        golden("status", "thinking"),
        golden("delta", "the beginning"),
        ours(delta(" 👋", 5)),
        golden("delta", "more, after an emoji"),
        golden("delta", "all of it again"),
        golden("done", "a first answer"),
    ]
    assert events(frames) == [
        Accepted(SESSION, True),
        Waiting(),
        Text("Hello"),
        Text(" 👋"),
        Text(" Ada"),
        Finished(golden("done", "a first answer"), "Hello 👋 Ada"),
    ]


def test_a_retry_of_the_bridge_is_reported() -> None:
    assert events([golden("status", "trying again")]) == [Waiting("claude_overloaded", 2.5)]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=10))
def test_any_split_overlap_and_repetition_gives_the_text_exactly_once(text: str, cuts: list[tuple[int, int]]) -> None:
    frames, have = [], 0
    for back, length in [*cuts, (0, len(text))]:
        start = max(0, have - back)
        frames.append(ours(delta(text[start : start + length], start)))
        have = max(have, min(len(text), start + length))
    shown = events([*frames, ours(done())])
    assert "".join(event.text for event in shown if isinstance(event, Text)) == text
    assert isinstance(shown[-1], Finished)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=12), st.sampled_from("abc"))
def test_whatever_answers_come_mixed_the_one_named_in_done_is_shown(pieces: list[tuple[str, str]], last: str) -> None:
    texts = dict.fromkeys("abc", "")
    frames = []
    for answer, text in pieces:
        frames.append(ours(delta(text, len(texts[answer]), answer)))
        texts[answer] += text
    shown = events([*frames, ours(done(last))])
    if any(answer == last for answer, _ in pieces):
        assert screen(shown) == texts[last]
        assert shown[-1] == Finished(ours(done(last)), texts[last])
    else:
        assert isinstance(shown[-1], AskAgain)


def test_another_answer_makes_the_earlier_text_void() -> None:
    assert events([ours(delta("Hel")), ours(delta("Good", 0, "a2"))]) == [Text("Hel"), Void(), Text("Good")]


def test_a_late_piece_of_a_void_answer_is_not_shown() -> None:
    late = [ours(delta("Hel")), ours(delta("Good", 0, "a2")), ours(delta("lo", 3))]
    assert screen(events(late)) == "Good"


def test_a_gap_is_asked_about() -> None:
    shown = events([ours(delta("Hel")), ours(delta("!", 5))])
    assert shown[0] == Text("Hel")
    assert isinstance(shown[1], AskAgain)


def test_an_answer_with_a_gap_is_not_finished() -> None:
    assert isinstance(events([ours(delta("!", 5)), ours(done())])[-1], AskAgain)


def test_a_replay_fills_a_gap() -> None:
    shown = events([ours(delta("Hel")), ours(delta("!", 5)), ours(delta("Hello!")), ours(done())])
    assert screen(shown) == "Hello!"
    assert isinstance(shown[-1], Finished)


def test_done_without_its_text_is_asked_about() -> None:
    assert [type(event) for event in events([ours(done())])] == [AskAgain]


@pytest.mark.parametrize("offset", [None, -1, "0", 1.5, True])
def test_a_delta_without_a_place_says_nothing(offset: object) -> None:
    assert events([ours({**delta("x"), "offset": offset})]) == []


@pytest.mark.parametrize(
    "frame",
    [
        {"request_id": "another", **error("internal")},
        {"request_id": "another", **delta("x")},
        TIMED_OUT,
        {"type": "pong"},
        {},
    ],
    ids=str,
)
def test_frames_for_others_are_ignored(frame: dict[str, Any]) -> None:
    assert not question().concerns(frame)


def test_frames_of_a_newer_bridge_are_ignored() -> None:
    assert events([ours({"type": "weather"})]) == []
    assert events([ours({"type": "cancelled", "session_id": SESSION})]) == []


def test_a_failed_function_is_asked_again() -> None:
    [event] = events([INTERNAL])
    assert isinstance(event, AskAgain)
    assert "Internal server error" in event.failure.message


@pytest.mark.parametrize("said", ["Too Many Requests", "Limit Exceeded", "too many requests"])
def test_what_the_gateway_throttles_is_asked_again(said: str) -> None:
    [event] = events([golden("gateway", "throttled") | {"message": said}])
    assert isinstance(event, AskAgain)
    assert (event.failure.code, event.failure.exit_code, event.failure.retryable) == ("rate_limited", 6, True)


def test_an_error_without_request_id_is_about_what_was_sent() -> None:
    [event] = events([golden("error", "what we sent was not JSON")])
    assert isinstance(event, Failed)
    assert event.failure.code == "bad_request"


@pytest.mark.parametrize(
    ("name", "again"),
    [("no such session", False), ("a rate limit", False), ("a setting to change", False), ("still running", True)],
)
def test_only_errors_that_pass_are_asked_about_again(name: str, again: bool) -> None:
    [event] = events([golden("error", name)])
    assert isinstance(event, AskAgain) is again


def test_an_error_carries_what_helps() -> None:
    [event] = events([golden("error", "a rate limit")])
    assert isinstance(event, Failed)
    assert (event.failure.retryable, event.failure.retry_after, event.failure.session_id) == (True, 30.0, SESSION)


def test_an_error_says_something_even_if_the_bridge_did_not() -> None:
    [event] = events([ours({"type": "error"})], question(SESSION))
    assert isinstance(event, Failed)
    assert (event.failure.code, event.failure.message, event.failure.session_id) == ("internal", "Something went wrong.", SESSION)


def test_a_cancel_names_session_and_request() -> None:
    assert question(SESSION).cancel() == golden("cancel", "stop this answer")


def test_a_cancel_waits_for_the_session_id() -> None:
    asked = question()
    assert asked.cancel() is None
    cancel = Send(golden("cancel", "stop this answer"))
    assert events([ours(accepted()), ours(accepted())], asked) == [Accepted(SESSION, True), cancel, Accepted(SESSION, True)]


def test_accepted_without_a_session_id_lets_the_cancel_wait() -> None:
    asked = question()
    asked.cancel()
    assert events([ours({"type": "accepted"})], asked) == [Accepted("", False)]


def test_a_lookup_ends_with_its_reply() -> None:
    asked = Lookup({"action": "delete", "session_id": SESSION}, "deleted", ID)
    assert asked.frame == golden("delete", "forget a session")
    deleted = golden("delete", "it is gone")
    assert events([ours({"type": "weather"}), deleted], asked) == [Finished(deleted)]


def test_a_lookup_may_fail() -> None:
    [event] = events([ours(error("no_such_session"))], Lookup({"action": "delete", "session_id": SESSION}, "deleted", ID))
    assert isinstance(event, Failed)
    assert event.failure.session_id == SESSION
