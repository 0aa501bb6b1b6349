"""`ask.py why`: what Claude was sent for the last answer."""

from __future__ import annotations

import json

import pytest

from bridge_client.commands.why import next_id
from client.conftest import Run
from client.scripted_bridge import SESSION, Connection, Frame, ScriptedBridge, accepted, delta, done

TURN = done()["turn"]
OLDER = "01K9ZQ3V5N8W2X4Y6Z7A9BCDEA"
CONTEXT = {
    "live": {"characters": 20, "turns": 1},
    "recalled": {"characters": 6, "turns": 1},
    "summarised": {"characters": 300, "turns": 7},
}
PASSAGE = {"session_id": SESSION, "turn": OLDER, "role": "user", "start": 2, "end": 6}


def turn(name: str, user: str, assistant: str) -> Frame:
    context = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return {"turn": name, "context": context, "last_updated": 1793500000}


def page(*turns: Frame) -> Connection:
    return [{"type": "history", "session_id": SESSION, "turns": list(turns), "more": False}]


def why(run: Run, frame: Frame, *pages: Connection, options: tuple[str, ...] = ()) -> tuple[int, str, str, list[Frame]]:
    with ScriptedBridge([[accepted(), delta("Hello"), frame], *pages]).running() as bridge:
        variables = {"CLAUDE_BRIDGE_URL": bridge.url}
        run("Hi", variables=variables)

        return *run("why", *options, variables=variables), [frame for frame in bridge.received if frame["action"] == "history"]


PAGES = (page(turn("01K9", "My name is Ada.", "Hello Ada!")), page(turn(OLDER, "a kite of silk", "Nice.")))


def test_what_was_sent_is_shown_text_by_text(run: Run) -> None:
    code, stdout, stderr, asked = why(run, done(context=CONTEXT, passages=[PASSAGE]), *PAGES, options=(SESSION,))
    assert code == 0
    assert "The newest 1 turn, word for word:\n" in stdout
    assert "You: My name is Ada.\n" in stdout
    assert "Passages of 1 older turn, found by the question:\n" in stdout
    assert "You: kite\n" in stdout
    assert "A summary of 7 older turns, 300 characters.\n" in stdout
    assert "claude-sonnet-5-5" in stderr
    assert [frame.get("before") for frame in asked] == [TURN, next_id(OLDER)]


def test_standing_instructions_are_shown_apart_from_what_the_question_found(run: Run) -> None:
    context = {**CONTEXT, "instructions": {"characters": 20, "turns": 1}}
    rule = {"session_id": SESSION, "turn": OLDER, "role": "user", "start": 0, "end": 6, "instruction": True}
    _, stdout, *_ = why(run, done(context=context, passages=[rule, PASSAGE]), PAGES[0], PAGES[1], PAGES[1], options=(SESSION,))
    before, after = stdout.split("Passages of 1 older turn, found by the question:\n")
    assert "Standing instructions of 1 older turn:\n" in before
    assert before.endswith("You: a kite\n")
    assert after.count("You: kite\n") == after.count("You: ") == 1


def test_what_was_sent_as_json(run: Run) -> None:
    code, stdout, *_ = why(run, done(context=CONTEXT, passages=[PASSAGE]), *PAGES, options=(SESSION, "--json"))
    printed = json.loads(stdout)
    assert (code, set(printed)) == (0, {"session_id", "turn", "model", "usage", "context", "live", "recalled"})
    assert [passage["text"] for passage in printed["recalled"]] == ["kite"]


def test_a_first_question_was_sent_alone(run: Run) -> None:
    _, stdout, *_ = why(run, done(), page(), options=(SESSION,))
    assert stdout == "Nothing but the question.\n"


def test_a_bridge_that_does_not_name_its_passages(run: Run) -> None:
    context = {**CONTEXT, "live": {"characters": 0, "turns": 0}}
    _, stdout, *_ = why(run, done(context=context), page(), options=(SESSION,))
    assert "(This bridge does not say which.)" in stdout


def test_an_answer_that_came_to_another_machine_is_not_known(run: Run) -> None:
    with ScriptedBridge([]).running() as bridge:
        code, _, stderr = run("why", SESSION, variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert code == 3
    assert f"No answer in {SESSION} was received on this machine." in stderr


@pytest.mark.parametrize(("before", "after"), [("01A", "01B"), ("01H", "01J"), ("0AZ", "0B0"), ("ZZ", "ZZ"), ("0a", "0a")])
def test_the_next_id(before: str, after: str) -> None:
    assert next_id(before) == after
