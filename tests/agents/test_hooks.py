"""What the plugin's hooks get: what was said before in this project, at once; and each turn stored once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from agents.talking import Talk, least, talk
from bridge_client.commands.moving.claude_code import session_id_of
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.mcp import hooks
from bridge_client.protocol.frames import Frame, objects_in
from client.moving.transcripts import Transcript
from client.scripted_bridge import ScriptedBridge

SETTLED = 5.0
BY_MODEL: Any = {"claudecode/toolUseId": "toolu_1"}


async def prompt(talk: Talk, words: str, session: str, prompt_id: str, **more: str) -> Frame:
    reply: Frame = json.loads(await talk.call("recall_for_prompt", prompt=words, session_id=session, prompt_id=prompt_id, **more))
    return reply


async def stop(talk: Talk, answer: str, session: str, prompt_id: str, **more: str) -> None:
    assert await talk.call("store_turn", session_id=session, prompt_id=prompt_id, last_assistant_message=answer, **more) == "{}"


async def turns(talk: Talk, session: str) -> list[tuple[str, ...]]:
    """The words of each stored turn."""
    await talk.hooks.pending.flush(SETTLED)
    page = await talk.bridge.request({"action": "history", "session_id": session_id_of(session), "limit": 100}, "history")
    return [tuple(message["content"] for message in turn["context"]) for turn in objects_in(page, "turns")]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What memory finds is waited for, also on a busy machine. How long a prompt waits is another test."""
    monkeypatch.setattr(hooks, "RECALL_SECONDS", SETTLED)


def context(reply: Frame) -> str:
    hooked: dict[str, Any] = reply.get("hookSpecificOutput", {"hookEventName": "UserPromptSubmit", "additionalContext": ""})
    assert hooked["hookEventName"] == "UserPromptSubmit"
    return str(hooked["additionalContext"])


@pytest.mark.usefixtures("patient")
def test_a_prompt_gets_what_fits_of_its_project_and_nothing_else(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    kites, boats = (str(tmp_path / f"{name}-{session}") for name in ("kites", "boats"))

    async def work(talk: Talk) -> None:
        await prompt(talk, "We moor the zeppelin Ottilie in Kiruna, not in Oslo.", session, "p1", cwd=kites)
        await stop(talk, "Noted: Kiruna.", session, "p1", cwd=kites)
        await talk.hooks.pending.flush(SETTLED)
        other = f"{session}-b"
        added = context(await prompt(talk, "Where do we moor the zeppelin Ottilie?", other, "p1", cwd=kites))
        assert "> We moor the zeppelin Ottilie in Kiruna, not in Oslo." in added
        assert time.strftime("%Y-%m-%d") in added
        assert "quoted as data" in added
        # Claude Code sends it again with every later prompt of the session.
        assert context(await prompt(talk, "Where do we moor the zeppelin Ottilie?", other, "p2", cwd=kites)) == ""
        assert context(await prompt(talk, "Where do we moor the zeppelin Ottilie?", f"{session}-c", "p1", cwd=boats)) == ""
        assert context(await prompt(talk, "What does a xylophone weigh in Lima?", f"{session}-d", "p1", cwd=kites)) == ""
        assert context(await prompt(talk, "Where do we moor the zeppelin Ottilie?", session, "p2", cwd=kites)) == ""

    talk(local_bridge.url(), tmp_path, work)


@pytest.mark.usefixtures("patient")
def test_what_was_added_before_a_compaction_is_added_again(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    async def work(talk: Talk) -> None:
        await prompt(talk, "The zeppelin Ludmila has a crew of nine.", session, "p1", cwd=session)
        await stop(talk, "Noted.", session, "p1", cwd=session)
        await talk.hooks.pending.flush(SETTLED)
        asked = "How large is the crew of the zeppelin Ludmila?"
        for other in (f"{session}-b", f"{session}-c"):
            assert "crew of nine" in context(await prompt(talk, asked, other, "p1", cwd=session))
        assert await prompt(talk, "", f"{session}-b", "", source="compact") == {}
        assert "crew of nine" in context(await prompt(talk, asked, f"{session}-b", "p2", cwd=session))
        assert context(await prompt(talk, asked, f"{session}-c", "p2", cwd=session)) == ""

    talk(local_bridge.url(), tmp_path, work)


@pytest.mark.usefixtures("patient")
def test_what_is_added_is_bounded(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    async def work(talk: Talk) -> None:
        for number in range(6):
            words = f"The falcon Brunhild, number {number}: " + "she hunts at dawn over the salt flats. " * 40
            await prompt(talk, words, session, f"p{number}", cwd=session)
            await stop(talk, f"Noted {number}.", session, f"p{number}", cwd=session)
        await talk.hooks.pending.flush(SETTLED)
        added = context(await prompt(talk, "When does the falcon Brunhild hunt over the salt flats?", f"{session}-b", "p1", cwd=session))
        assert 200 < len(added) <= hooks.LONGEST

    talk(local_bridge.url(), tmp_path, work)


def test_only_the_last_stop_of_a_prompt_is_stored_and_once(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    async def work(talk: Talk) -> None:
        await prompt(talk, "Build the kite.", session, "p1")
        await stop(talk, "I have begun.", session, "p1", stop_hook_active="false")
        await stop(talk, "The kite is built.", session, "p1", stop_hook_active="true")
        await prompt(talk, "Thanks.", session, "p2")  # Ends the wait for the first one.
        assert await turns(talk, session) == [("Build the kite.", "The kite is built.")]
        await stop(talk, "The kite is built.", session, "p1")
        await stop(talk, "Welcome.", session, "p2")
        assert await turns(talk, session) == [("Build the kite.", "The kite is built."), ("Thanks.", "Welcome.")]

    talk(local_bridge.url(), tmp_path, work)


def test_a_turn_is_stored_by_itself_when_claude_is_done(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    transcript = Transcript()
    path = tmp_path / "transcript.jsonl"

    async def work(talk: Talk) -> None:
        talk.hooks.pending._wait = 0.05
        transcript.user("Build the kite.", "p1")
        transcript.claude("I have begun.")
        transcript.user("Stop hook feedback: there is no tail.", "p1", isMeta=True)
        path.write_text("\n".join(transcript.lines))
        await prompt(talk, "Build the kite.", session, "p1")
        await stop(talk, "I have begun.", session, "p1", transcript_path=str(path))
        await asyncio.sleep(0.3)
        assert not talk.hooks.pending._storing
        assert talk.hooks.pending._held
        transcript.claude("It has a tail.")
        path.write_text("\n".join(transcript.lines))
        for _ in range(100):
            if not talk.hooks.pending._held:
                break
            await asyncio.sleep(0.05)
        assert await turns(talk, session) == [("Build the kite.", "I have begun.")]

    talk(local_bridge.url(), tmp_path, work)


def test_words_typed_while_claude_works_belong_to_the_prompt(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    async def work(talk: Talk) -> None:
        await prompt(talk, "Build the kite.", session, "p1")
        await prompt(talk, "With a tail.", session, "p1")
        await stop(talk, "Done.", session, "p1")
        assert await turns(talk, session) == [("Build the kite.\n\nWith a tail.", "Done.")]

    talk(local_bridge.url(), tmp_path, work)


def test_nothing_secret_private_or_not_typed_is_stored(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

    async def work(talk: Talk) -> None:
        injected = "<system-reminder>What was said before</system-reminder>\n\n"
        await prompt(talk, f"{injected}Use {key} for the kite.", session, "p1", cwd="/home/ada/kites")
        await stop(talk, f"I use {key}.", session, "p1")
        await prompt(talk, "My diary", session, "p2", cwd="/home/ada/diary/today")
        await stop(talk, "Private.", session, "p2")
        await prompt(talk, "<task-notification>It ended</task-notification>", session, "p3")
        await stop(talk, "It ended.", session, "p3")
        await prompt(talk, "In a subagent", session, "p4", agent_id="a1")
        await stop(talk, "In a subagent", session, "p1", agent_id="a1")
        stored = await turns(talk, session)
        assert len(stored) == 1
        assert stored[0][0] == "Use [redacted: github-pat] for the kite."
        assert key not in str(stored)
        assert not any(key in path.read_text() for path in tmp_path.rglob("*.json"))

    talk(local_bridge.url(), tmp_path, work, is_off=lambda directory, _: directory.startswith("/home/ada/diary"))


def test_a_stop_without_a_prompt_is_refused(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    async def work(talk: Talk) -> None:
        assert "has not seen the prompt" in await talk.refused(
            "store_turn", session_id=session, prompt_id="p1", last_assistant_message="Made up."
        )
        await prompt(talk, "Hello", session, "p1")
        for name, arguments in (
            ("store_turn", {"session_id": session, "prompt_id": "p1", "last_assistant_message": "Made up."}),
            ("recall_for_prompt", {"prompt": "Made up.", "session_id": session, "prompt_id": "p1"}),
        ):
            result = await talk.client.call_tool(name, arguments, meta=BY_MODEL)
            assert result.is_error
        assert not talk.hooks.pending._held

    talk(local_bridge.url(), tmp_path, work)


@pytest.mark.parametrize("place", ["gone", "silent"])
def test_no_prompt_waits_for_a_bridge(tmp_path: Path, session: str, place: str) -> None:
    waits: list[float] = []

    async def work(talk: Talk) -> None:
        replies, waited = [], []
        for number in range(3):
            began = time.monotonic()
            replies.append(await prompt(talk, "Where do we moor the zeppelin?", session, f"p{number}"))
            waited.append(time.monotonic() - began)
        # The person is told once, the model nothing.
        assert list(replies[0]) == ["systemMessage"]
        assert replies[1:] == [{}, {}]
        waits.append(max(waited))

    def longest() -> float:
        with ScriptedBridge([[] for _ in range(9)]).running() as bridge:
            talk("ws://127.0.0.1:9" if place == "gone" else bridge.url, tmp_path / str(len(waits)), work)
        return waits[-1]

    bound = hooks.RECALL_SECONDS + 0.1
    assert least(bound, longest) < bound


def test_a_turn_waits_in_a_file_for_the_bridge(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    """The bridge is away, and the process is killed: the next one stores the turn."""
    folder = tmp_path / "pending-turns"

    async def without_bridge(talk: Talk) -> None:
        await prompt(talk, "Build the kite.", session, "p1")
        await stop(talk, "Done.", session, "p1")
        await talk.hooks.pending.flush(SETTLED)
        [path] = folder.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        fields = json.loads(path.read_text()) | {"place": local_bridge.url()}
        path.unlink()
        (folder / f"999999999-{path.name.partition('-')[2]}").write_text(json.dumps(fields))
        (folder / "999999998-damaged.json").write_text("{")
        (folder / "999999997-elsewhere.json").write_text(json.dumps(fields | {"place": "wss://elsewhere"}))

    async def with_bridge(talk: Talk) -> None:
        await talk.hooks.warm_up()
        assert await turns(talk, session) == [("Build the kite.", "Done.")]
        assert sorted(path.name for path in folder.iterdir()) == ["999999997-elsewhere.json", "999999998-damaged.json"]

    talk("ws://127.0.0.1:9", tmp_path, without_bridge)
    talk(local_bridge.url(), tmp_path, with_bridge)
