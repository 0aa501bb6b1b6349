"""What other programs export, recognised by what is in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bridge_client.commands.moving.conversation import Conversation
from bridge_client.commands.moving.formats import reading
from bridge_client.commands.moving.formats.reading import files_in, read

SAMPLES = Path(__file__).parent / "samples"
NOW = 1_800_000_000.0

EXPECTED = {
    "claude-ai-conversations.json": [
        ["Which wind do kites like?\n\nA pasted line of text", "A steady breeze of 8 to 15 knots."],
        ["And lines?"],
    ],
    "claude-ai-conversations-old-flat.json": [["Hello", "Hello, Ada."]],
    "chatgpt-conversations-000.json": [
        ["Which wind do kites like?", "A steady breeze of 8 to 15 knots."],
        ["And this one?", "That is a delta kite."],
    ],
    "llm-logs.json": [["what of kites?", "Kites like steady wind."], ["and lines?", "Kites like steady wind."]],
    "codex-rollout-2026-11-27T06-34-28-01a21bb6-66ae-7332-85c5-5d624b70c847.jsonl": [
        ["what of kites?", "Kites fly best in a steady wind."],
        ["and lines?", "Kites fly best in a steady wind."],
    ],
    "claude-code-compacted.jsonl": [
        ["hello kites", "Kites fly best in a steady wind."],
        ["and lines?", "Kites fly best in a steady wind."],
        ["after compaction", "Kites fly best in a steady wind."],
    ],
    "claude-code-interrupted.jsonl": [["now", "Kites fly best in a steady wind."], ["go on", "Kites fly best in a steady wind."]],
    "claude-code-api-error.jsonl": [["kites?"]],
    "claude-code-tool-and-thinking.jsonl": [["what did I say about kites?", "Kites fly best in a steady wind."]],
}


def conversations(*paths: Path) -> list[Conversation]:
    return [
        result.conversation for result in read(files_in(tuple(map(str, paths))), NOW) if result.conversation and result.conversation.turns
    ]


def texts(conversation: Conversation) -> list[list[str]]:
    return [[message["content"] for message in turn["context"]] for turn in conversation.turns]


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("form", ["as it is", "renamed", "zip", "zip in a zip", "folder"])
def test_each_export_is_known_by_its_content(tmp_path: Path, name: str, form: str) -> None:
    data = (SAMPLES / name).read_bytes()
    path = tmp_path / {"as it is": name, "renamed": "x.json", "zip": "x.zip", "zip in a zip": "x.zip", "folder": name}[form]
    if form.startswith("zip"):
        members = {"users.json": b"[]", f"data/{name}": data, "picture.png": b"\x89PNG"}
        data = archive(members) if form == "zip" else archive({"part.zip": archive(members)})
    path.write_bytes(data)
    (conversation,) = conversations(tmp_path if form == "folder" else path)
    assert texts(conversation) == EXPECTED[name]
    sources = [turn["source"] for turn in conversation.turns]
    assert len(set(sources)) == len(sources)
    assert all(turn["said_at"] > 1_000_000_000 for turn in conversation.turns)


def archive(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def test_all_samples_at_once_with_titles_models_and_tokens() -> None:
    by_id = {conversation.session_id: conversation for conversation in conversations(SAMPLES)}
    assert len(by_id) == len(EXPECTED)
    llm = by_id["llm-01m8dv4mccxd2fqahwejfpftpe"]
    assert llm.settings == {"title": "what of kites?"}
    assert (llm.turns[0]["model"], llm.turns[0]["usage"]) == ("fake-echo", {"input_tokens": 3, "output_tokens": 4})
    assert by_id["chatgpt-33333333-aaaa-4aaa-8aaa-000000000001"].settings == {"title": "Kites"}
    assert by_id["codex-01a21bb6-66ae-7332-85c5-5d624b70c847"].settings == {"project": "proj"}


def test_one_bad_conversation_does_not_cost_the_others(tmp_path: Path) -> None:
    good = json.loads((SAMPLES / "chatgpt-conversations-000.json").read_text())
    odd: list[Any] = [None, 1, [], {}, {"mapping": 3}, {"mapping": {"a": 1, "b": {"message": []}}}, {"mapping": {}, "current_node": 5}]
    odd += [
        {"chat_messages": [None, 3, {"sender": 7, "created_at": [], "content": "[{"}]},
        {"chat_messages": [{"sender": "human", "text": "x"}]},
    ]
    odd += [{"conversation_id": None, "prompt": 3, "response": {}}, {"session_id": "x", "turns": [None, 1]}, {"session_id": 3, "turns": []}]
    (tmp_path / "all.json").write_text(json.dumps([*odd, *good]))
    (conversation,) = conversations(tmp_path)
    assert texts(conversation) == EXPECTED["chatgpt-conversations-000.json"]


def test_what_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    text = json.dumps(json.loads((SAMPLES / "llm-logs.json").read_text()))
    (tmp_path / "logs.json").write_text(text[:-40])
    (conversation,) = conversations(tmp_path)
    assert texts(conversation) == EXPECTED["llm-logs.json"][:1]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_in_another_encoding_of_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "logs.json").write_text((SAMPLES / "llm-logs.json").read_text(), encoding=encoding)
    (conversation,) = conversations(tmp_path)
    assert texts(conversation) == EXPECTED["llm-logs.json"]


def test_a_turn_of_one_message_that_is_answered_later_is_another_turn(tmp_path: Path) -> None:
    exported = json.loads((SAMPLES / "claude-ai-conversations.json").read_text())[0]
    before = [turn["source"] for turn in conversations_of(exported, tmp_path)]
    exported["chat_messages"].append(
        {"uuid": "m-4", "parent_message_uuid": "m-3", "sender": "assistant", "text": "Strong ones.", "created_at": "2026-09-01T10:03:00Z"}
    )
    after = [turn["source"] for turn in conversations_of(exported, tmp_path)]
    assert before[0] == after[0]
    assert before[1] != after[1]


def conversations_of(exported: dict[str, object], folder: Path) -> list[dict[str, object]]:
    (folder / "one.json").write_text(json.dumps([exported]))
    (conversation,) = conversations(folder / "one.json")
    return conversation.turns


def test_a_pipe_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, (SAMPLES / "llm-logs.json").read_bytes())
    os.close(writing)
    try:
        (conversation,) = conversations(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
    assert texts(conversation) == EXPECTED["llm-logs.json"]


def test_what_cannot_be_opened_or_is_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "gone.json")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "large.json").write_text("[]" + " " * 100)
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 50)
    files = files_in((str(tmp_path),))
    assert [file.name for file in files] == ["large.json"]
    assert [result.skipped for result in read([*files, tmp_path / "gone.json"], NOW)] == ["larger than 0 MB", "no such file or directory"]


def test_help_loads_no_reader() -> None:
    program = (
        "import sys; from bridge_client.command_line import commands; print([name for name in sys.modules if '.commands.moving' in name])"
    )
    client = Path(__file__).resolve().parents[3] / "client"
    done = subprocess.run([sys.executable, "-c", program], cwd=client, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_archive_with_a_password_says_so(tmp_path: Path) -> None:
    data = bytearray(archive({"a.json": b"[]"}))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert [result.skipped for result in read(files_in((str(tmp_path),)), NOW)] == ["it needs a password"]
