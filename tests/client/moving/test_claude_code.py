"""Claude Code's transcripts, as a person would read them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from bridge_client.commands.moving.claude_code import prompt_words, session_id_of, source_of, transcript
from bridge_client.commands.moving.conversation import Conversation
from bridge_client.commands.moving.project import project_of, remote_name
from client.moving.transcripts import NOON, SESSION, Transcript, result, tool

LATER = NOON + 1_000_000


def read(said: Transcript | bytes, now: float = LATER) -> Conversation:
    data = said if isinstance(said, bytes) else said.data
    return transcript(data.splitlines(keepends=True), SESSION, now)


def texts(conversation: Conversation) -> list[tuple[str, ...]]:
    return [tuple(message["content"] for message in turn["context"]) for turn in conversation.turns]


def test_a_prompt_is_one_turn_without_tools_and_thinking() -> None:
    said = Transcript()
    said.note("queue-operation", operation="enqueue", content="NOISE")
    said.add("attachment", attachment={"type": "hook_additional_context", "content": ["NOISE of our own plugin"]})
    said.user("How do kites fly?", prompt="p1")
    said.claude({"type": "thinking", "thinking": "NOISE"}, "I will look.", tool("Read"), stop_reason="tool_use")
    said.user(result("Read"), prompt="p1")
    said.claude("In a steady wind.", "With a tail.")
    said.add("system", subtype="stop_hook_summary")
    conversation = read(said)
    assert conversation.session_id == session_id_of(SESSION) == f"claude-code-{SESSION}"
    (turn,) = conversation.turns
    assert turn == {
        "said_at": NOON + 20,
        "source": source_of(SESSION, "p1"),
        "context": [
            {"role": "user", "content": "How do kites fly?"},
            {"role": "assistant", "content": "In a steady wind.\n\nWith a tail."},
        ],
        "model": "claude-opus-5-5",
        "stop_reason": "end_turn",
        "truncated": False,
    }


def test_what_came_before_a_compaction_is_there_and_its_summary_is_not() -> None:
    said = Transcript()
    said.turn("one", "first")
    before, said.last = said.last, None
    boundary = said.add("system", subtype="compact_boundary", logicalParentUuid=before)
    said.last = boundary
    said.user("This session is being continued ... NOISE", prompt="c", isCompactSummary=True, isVisibleInTranscriptOnly=True)
    said.user("<command-name>/compact</command-name>\n<command-args></command-args>", prompt="c")
    said.user("<local-command-stdout>NOISE</local-command-stdout>", prompt="c")
    said.turn("two", "second")
    assert texts(read(said)) == [("one", "first"), ("two", "second")]


def test_an_older_compaction_without_a_logical_parent_loses_nothing() -> None:
    said = Transcript()
    said.turn("one", "first")
    said.last = None
    said.add("system", subtype="compact_boundary")
    said.turn("two", "second")
    assert texts(read(said)) == [("one", "first"), ("two", "second")]


def test_what_was_interrupted_keeps_what_claude_had_said() -> None:
    said = Transcript()
    said.user("now", prompt="p1")
    said.claude("Wait.", tool("slow"), stop_reason="tool_use")
    said.user(result("slow"), prompt="p1")
    said.user([{"type": "text", "text": "[Request interrupted by user for tool use]"}], prompt="p1", rowSource="harness")
    said.turn("go on", "Done.")
    conversation = read(said)
    assert texts(conversation) == [("now", "Wait."), ("go on", "Done.")]
    assert [(turn["stop_reason"], turn["truncated"]) for turn in conversation.turns] == [("cancelled", True), ("end_turn", False)]


def test_an_api_error_is_no_answer() -> None:
    said = Transcript()
    said.user("kites?", prompt="p1")
    said.claude("API Error: 400", model="<synthetic>", stop_reason="stop_sequence", isApiErrorMessage=True)
    assert texts(read(said)) == [("kites?",)]
    said.claude("A late answer.")
    assert texts(read(said)) == [("kites?", "A late answer.")]


def test_subagents_harness_and_background_work_are_left_out() -> None:
    said = Transcript()
    said.turn("one", "first")
    said.add("user", isSidechain=True, message={"role": "user", "content": "NOISE"})
    said.add("assistant", isSidechain=True, message={"role": "assistant", "content": [{"type": "text", "text": "NOISE"}]})
    said.user("NOISE", isMeta=True, prompt="m")
    said.user("<task-notification>NOISE</task-notification>", prompt="n")
    said.claude("NOISE: the work in the background has ended.")
    said.user("<bash-input>ls</bash-input>", prompt="b")
    said.user("<bash-stdout>NOISE</bash-stdout>", prompt="b")
    said.turn("two", "second")
    assert texts(read(said)) == [("one", "first"), ("two", "second")]


def test_only_the_live_branch_after_a_rewind_is_read() -> None:
    said = Transcript()
    said.turn("one", "first")
    fork = said.last
    said.turn("a slip", "NOISE")
    said.last = fork
    said.turn("two", "second")
    assert texts(read(said)) == [("one", "first"), ("two", "second")]


def test_what_was_typed_while_claude_worked_belongs_to_the_prompt() -> None:
    said = Transcript()
    said.user("one", prompt="p1")
    said.claude(tool("Read"), stop_reason="tool_use")
    said.user(result("Read"), prompt="p1")
    said.add("attachment", attachment={"type": "queued_command", "prompt": "and lines?", "commandMode": "prompt"})
    said.add("attachment", attachment={"type": "queued_command", "prompt": "NOISE", "commandMode": "task-notification"})
    said.claude("Both.")
    assert texts(read(said)) == [("one\n\nand lines?", "Both.")]


def test_a_prompt_that_is_being_answered_waits_for_the_next_import() -> None:
    said = Transcript()
    said.turn("one", "first")
    said.user("two", prompt="p2")
    said.claude("I will look.", tool("Read"), stop_reason="tool_use")
    conversation = read(said, now=said.time + 60)
    assert texts(conversation) == [("one", "first")]
    assert conversation.skipped == {"still being answered": 1}
    assert texts(read(said)) == [("one", "first"), ("two", "I will look.")]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Fly <b>high</b>", "Fly <b>high</b>"),
        ("<ide_opened_file>The user opened x.py</ide_opened_file>\nWhat is this?", "What is this?"),
        ("What now?\n<system-reminder>NOISE</system-reminder>", "What now?"),
        ("<command-message>x</command-message>\n<command-name>/review</command-name>\n<command-args>lines</command-args>", "/review lines"),
        ("<local-command-caveat>NOISE</local-command-caveat>", ""),
        ("Say <tick>", "Say <tick>"),
    ],
)  # fmt: skip
def test_only_what_a_person_typed_counts(typed: str, words: str) -> None:
    assert prompt_words(typed) == words


def test_a_slash_command_counts_where_claude_answered_it() -> None:
    said = Transcript()
    said.user("<command-name>/clear</command-name><command-args></command-args>", prompt="c")
    said.user("<command-name>/review</command-name><command-args>lines</command-args>", prompt="r")
    said.claude("They are tangled.")
    assert texts(read(said)) == [("/review lines", "They are tangled.")]


def test_the_title_is_the_person_s_own_else_claude_s(tmp_path: Path) -> None:
    said = Transcript(cwd=str(tmp_path / "gone" / "kites"))
    said.note("ai-title", aiTitle="By Claude")
    said.turn("one", "first")
    assert read(said).settings == {"title": "By Claude", "project": "kites"}
    said.note("custom-title", customTitle="Mine\x1b[2J\nand more")
    assert "\x1b" not in read(said).settings["title"]
    assert "\n" not in read(said).settings["title"]
    assert read(said).settings["title"].startswith("Mine")
    said.note("custom-title", customTitle="A\u200bb \ud800 👩\u200d💻")
    assert read(said).settings["title"].isprintable()


def test_damaged_lines_cost_no_more_than_themselves() -> None:
    said = Transcript()
    for number in range(4):
        said.turn(f"question {number}", f"answer {number}")
    said.lines[3] = said.lines[3][:50]
    said.lines.insert(5, "\x00\x01 no JSON")
    conversation = read(said.data[:-30])
    assert texts(conversation) == [("question 0", "answer 0"), ("question 1",), ("question 2", "answer 2"), ("question 3",)]
    assert conversation.skipped == {"a damaged line": 3}


def test_nothing_in_a_file_raises() -> None:
    chance = random.Random(3)
    kinds = ["user", "assistant", "system", "attachment", "progress", 7, None]
    odd = [
        None,
        1,
        "x",
        [],
        {},
        [1],
        [{"type": "text"}],
        [{"type": "text", "text": 3}],
        {"content": 5, "prompt": {}},
        True,
        "2026-11-27T06:40:40Z",
    ]
    names = [
        "uuid",
        "parentUuid",
        "logicalParentUuid",
        "timestamp",
        "message",
        "attachment",
        "promptId",
        "sessionId",
        "cwd",
        "isMeta",
        "subtype",
        "teamName",
    ]
    lines = [json.dumps({"type": chance.choice(kinds), **{name: chance.choice(odd) for name in names}}).encode() for _ in range(3_000)]
    read(b"\n".join(lines))
    read(b"")
    read(b"\xff\xfe{\x00")
    read(b"[" * 100_000)
    said = Transcript()
    said.user("one", parentUuid="x", uuid="x")
    read(said)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/ada/kites.git", "github.com/ada/kites"),
        ("https://ada:s3cret@GitHub.com/ada/kites", "github.com/ada/kites"),
        ("git@github.com:ada/kites.git", "github.com/ada/kites"),
        ("ssh://git@gitlab.example.com:2222/group/sub/kites.git/", "gitlab.example.com/group/sub/kites"),
        ("/srv/git/kites.git", ""),
        ("C:/git/kites", ""),
        ("", ""),
    ],
)
def test_a_remote_is_named_without_credentials(url: str, name: str) -> None:
    assert remote_name(url) == name


def test_a_project_is_the_remote_else_the_top_folder_else_the_directory(tmp_path: Path) -> None:
    top = tmp_path / "kites"
    below = top / "src" / "wing"
    below.mkdir(parents=True)
    assert project_of(str(below)) == "wing"
    (top / ".git").mkdir()
    assert project_of(str(below)) == "kites"
    config = '[core]\n\tbare = false\n[remote "fork"]\n\turl = git@example.com:bob/kites\n[remote "origin"]\n\turl = https://t0ken@example.com/ada/kites.git\n'
    (top / ".git" / "config").write_text(config)
    assert project_of(str(below)) == "example.com/ada/kites"
    assert project_of(str(below / "gone" / "deeper")) == "example.com/ada/kites"
    tree = tmp_path / "tree"
    tree.mkdir()
    administration = top / ".git" / "worktrees" / "tree"
    administration.mkdir(parents=True)
    (administration / "commondir").write_text("../..\n")
    (tree / ".git").write_text(f"gitdir: {administration}\n")
    assert project_of(str(tree)) == "example.com/ada/kites"
    assert project_of("") == ""
    assert project_of("C:\\Users\\ada\\kites") == "kites"
