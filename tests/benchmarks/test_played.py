"""Conversations go through the bridge itself, each question at its moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.claude.port import MAX_ANSWER_BYTES
from bridge.store.records import Message
from fakes.small_conversations import locomo, only, plain, write
from measuring import Task, ask_all
from methods import METHODS
from played import Conversation, parts


@pytest.mark.parametrize("method", METHODS)
def test_a_question_is_asked_at_its_moment(tmp_path: Path, method: str) -> None:
    said = ["The key is under the mat.", "OK.", "The key is in the shed now.", "OK."]
    questions = [{"text": "Where is the key?", "evidence": ["2"]}, {"text": "Where is the key?", "evidence": ["0"], "after": "1"}]
    early, late = ask_all(Task("set", only(write(tmp_path, "keys", plain(said, questions))), 1_000))
    assert early.evidence[method].whole == late.evidence[method].whole == 1.0
    assert sum(part.characters for part in early.evidence[method].parts.values()) == len("The key is under the mat.OK.")


def test_a_question_between_two_messages_of_one_speaker_comes_after_the_first(tmp_path: Path) -> None:
    content = plain(["The key is under the mat.", "OK."], [{"text": "Where is it?", "evidence": ["0"], "after": "0"}])
    content["messages"][1]["role"] = "user"
    (asked,) = ask_all(Task("set", only(write(tmp_path, "keys", content)), 1_000))
    assert asked.evidence["the bridge"].whole == 1.0


def test_a_lead_comes_right_before_its_question_and_is_gone_afterwards(tmp_path: Path) -> None:
    question = {"text": "And how long?", "evidence": ["0"]}
    questions = [question | {"lead": ["Let us talk about its string.", "Yes, let us."]}, question]
    with_lead, without = ask_all(Task("set", only(write(tmp_path, "kite", plain(["I bought a kite.", "Nice."], questions))), 1_000))
    lead = len("Let us talk about its string.") + len("Yes, let us.")
    assert with_lead.evidence["the bridge"].parts["live"].characters == without.evidence["the bridge"].parts["live"].characters + lead


@pytest.mark.slow
def test_playing_leaves_what_asking_leaves(tmp_path: Path) -> None:
    """Byte for byte, over several compactions and an answer that is too long to be stored whole."""
    turns = only(write(tmp_path, "one", locomo())).turns()
    turns[30] = turns[30]._replace(context=(turns[30].context[0], Message("assistant", "?" * (MAX_ANSWER_BYTES + 1))))
    played, asked = Conversation(1_000), Conversation(1_000)
    for first, last in ((0, 7), (7, 30), (30, 31), (31, 40)):
        played.play(turns[first:last])
        asked.ask(turns[first:last])
        assert played.sent_with("Was Bo in town5?") == asked.sent_with("Was Bo in town5?")
    played.close()
    asked.close()


def test_the_parts_of_a_request_are_distinguished() -> None:
    request = {
        "system": "Be kind.",
        "messages": [
            {"role": "user", "content": "<summary>\nA kite.\n</summary>\n\n<b>\nBold.\n</b>"},
            {"role": "assistant", "content": [{"type": "text", "text": "OK.", "cache_control": {}}]},
            {"role": "user", "content": "<instructions>\nBe brief.\n</instructions>\n\n<earlier>\nMe: a boat\n</earlier>\n\nAnd?"},
        ],
    }
    assert parts(request, "And?") == {
        "system": ["Be kind."],
        "summary": ["<summary>\nA kite.\n</summary>\n\n"],
        "live": ["<b>\nBold.\n</b>", "OK."],
        "instructions": ["<instructions>\nBe brief.\n</instructions>\n\n"],
        "recalled": ["<earlier>\nMe: a boat\n</earlier>\n\n"],
    }


def test_what_is_quoted_in_no_block_is_counted_too() -> None:
    assert parts({"messages": [{"role": "user", "content": "Also: a boat.\n\nAnd?"}]}, "And?") == {"other": ["Also: a boat.\n\n"]}
