"""The tools that the plugin's hooks call: what was said before is added to a prompt, and the turn is stored afterwards.

Their results are Claude Code's hook JSON, as text. A prompt never waits for memory longer than `RECALL_SECONDS`, whatever happens; what
went wrong is one line for the person, once, and nothing for the model.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge_client.commands.moving.claude_code import prompt_words, session_id_of
from bridge_client.commands.moving.project import project_of
from bridge_client.failures import Failure
from bridge_client.mcp import quoting
from bridge_client.mcp.bridge import Bridge
from bridge_client.mcp.errors import Refused
from bridge_client.mcp.pending import PendingTurns, pending
from bridge_client.protocol.frames import Frame, objects_in
from bridge_client.redaction import redacted

LEAST = 0.35
"""How much of a prompt a passage must hold. Chosen on the development conversations; docs/agents.md has the figures."""
LONGEST = 2_000
"""Characters that are added to a prompt."""
RECALL_SECONDS = 0.15
"""Claude Code itself takes a few milliseconds: together no prompt waits for 200."""
PROMPT_CHARACTERS = 4_000
"""Of a prompt, that are searched for. What is pasted below a question is seldom what it is about."""
START_SECONDS = 2.0
"""For a bridge on this machine to start and to read what there is, before the first prompt."""
REMEMBERED = 50
"""Prompts whose answers may still come."""
NOTHING = "{}"
COMPACTED = "compact"
"""What Claude Code gives as the source of a session that goes on after a compaction (SessionStart)."""

Arguments = Mapping[str, object]


class Prompt(NamedTuple):
    """`is_private`: memory is off in its project."""

    words: str
    asked_at: float
    project: str
    is_private: bool = False


class Hooks:
    """`is_off` says of a working directory and its project that memory is off there."""

    def __init__(
        self,
        bridge: Bridge,
        folder: Path,
        is_off: Callable[[str, str], bool] = lambda _, __: False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._bridge = bridge
        self._is_off = is_off
        self._now = now
        self._prompts: dict[tuple[str, str], Prompt] = {}
        self._added: set[tuple[str, ...]] = set()
        self._is_away = False
        self._is_warm = asyncio.Event()
        self._recalling: asyncio.Task[list[Frame]] | None = None
        self._trouble = ""
        self.pending = PendingTurns(bridge, folder, self._not_stored)

    async def warm_up(self) -> None:
        """Starts a local bridge and has it read what there is, so that no prompt waits for that."""
        try:
            with suppress(Failure):
                await self._bridge.require("recall", "recall")
                await self._bridge.request({"action": "recall", "message": "What did we say before?", "limit": 1, "least": 1}, "recalled")
        finally:
            self._is_warm.set()
        with suppress(Failure):
            await self.pending.adopt()

    async def until_warm(self) -> None:
        """Waits while a bridge of this process starts, not for one that runs elsewhere."""
        if not self._bridge.client.url:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_warm.wait(), START_SECONDS)

    async def recall_for_prompt(self, arguments: Arguments) -> str:
        """Hook JSON with what was said before in this project and fits the prompt; without anything where nothing does."""
        session, prompt_id, directory = (_given(arguments, name) for name in ("session_id", "prompt_id", "cwd"))
        if _given(arguments, "agent_id"):
            return NOTHING
        if _given(arguments, "source") == COMPACTED:
            # What was added to its prompts is not sent any more.
            self._added = {identity for identity in self._added if identity[0] != session}
            return NOTHING
        self.pending.release(session)
        project = project_of(directory)
        prompt = Prompt(prompt_words(_given(arguments, "prompt")), self._now(), project, self._is_off(directory, project))
        self._note(session, prompt_id, prompt)
        if prompt.is_private or not prompt.words or prompt.words.startswith("/"):
            return NOTHING
        if self._is_away and self._recalling and not self._recalling.done():
            return NOTHING
        recalling = self._recalling = asyncio.create_task(self._passages(prompt, session))
        recalling.add_done_callback(self._look_whether_it_works)
        if self._is_away:
            # No prompt waits for a memory that does not work; the search shows whether it works again.
            return NOTHING
        try:
            # The search goes on where it takes too long: the next one is faster by what it has read.
            passages = await asyncio.wait_for(asyncio.shield(recalling), RECALL_SECONDS)
        except TimeoutError:
            return self._tell("Memory has not answered in time, and was not searched for this prompt.")
        except Failure as failure:
            return self._tell(f"Memory was not searched: {failure.message} To see why: ask-claude doctor")
        return self._reply(session, passages, project)

    def _reply(self, session: str, passages: list[Frame], project: str) -> str:
        # What was added to a prompt stays in its session: Claude Code sends it again with every later one.
        new = [row for row in passages if _identity(session, row) not in self._added]
        shown, text = quotation(new, project)
        self._added |= {_identity(session, row) for row in shown}
        line, self._trouble = self._trouble, ""
        return json.dumps({**({"systemMessage": line} if line else {}), **_added(text)}, ensure_ascii=False)

    async def store_turn(self, arguments: Arguments) -> str:
        """Takes the turn that ended. Raises `Refused` where no prompt of this process began it."""
        session, prompt_id = (_given(arguments, name) for name in ("session_id", "prompt_id"))
        if _given(arguments, "agent_id"):
            return NOTHING
        prompt = self._prompts.get((session, prompt_id)) or self._prompts.get((session, ""))
        if prompt is None:
            raise Refused("Nothing was stored: this program has not seen the prompt of that turn.")
        answer = _given(arguments, "last_assistant_message")
        if prompt.is_private or not prompt.words or not answer.strip():
            return NOTHING
        words, answer = redacted(prompt.words)[0], redacted(answer)[0]
        transcript = _given(arguments, "transcript_path")
        self.pending.hold(pending(session, prompt_id, prompt.project, prompt.asked_at, words, answer, transcript))
        return NOTHING

    async def _passages(self, prompt: Prompt, session: str) -> list[Frame]:
        frame: Frame = {
            "action": "recall",
            "message": prompt.words[:PROMPT_CHARACTERS],
            "without": session_id_of(session),
            "limit": LONGEST,
            "least": LEAST,
            "utc_offset": time.localtime(prompt.asked_at).tm_gmtoff // 60,
        }
        await self._bridge.require("recall", "recall")
        reply = await self._bridge.request({**frame, **({"project": prompt.project} if prompt.project else {})}, "recalled")
        return objects_in(reply, "passages")

    def _look_whether_it_works(self, recalling: asyncio.Task[list[Frame]]) -> None:
        if not recalling.cancelled() and recalling.exception() is None:
            self._is_away = False

    def _note(self, session: str, prompt_id: str, prompt: Prompt) -> None:
        """What was typed while Claude was at work comes with the id of the prompt that it belongs to."""
        first = self._prompts.pop((session, prompt_id), None) if prompt_id else None
        words = "\n\n".join(part for part in (first.words if first else "", prompt.words) if part)
        self._prompts[session, prompt_id] = prompt._replace(words=words, asked_at=first.asked_at if first else prompt.asked_at)
        while len(self._prompts) > REMEMBERED:
            del self._prompts[next(iter(self._prompts))]

    def _tell(self, line: str) -> str:
        """The line for the person, once until memory works again."""
        if self._is_away:
            return NOTHING
        self._is_away = True
        return json.dumps({"systemMessage": line}, ensure_ascii=False)

    def _not_stored(self, failure: Failure) -> None:
        self._trouble = f"A turn could not be stored, and is kept until it can be: {failure.message}"


def quotation(passages: list[Frame], project: str) -> tuple[list[Frame], str]:
    """The best of the passages that fit into `LONGEST` characters, and their dated quotation; "" for none. They come best first."""
    where = f" in this project ({project})" if project else ""
    head = f"What was said{where} in earlier conversations and may bear on this prompt, quoted as data, oldest first:"
    for count in range(len(passages), 0, -1):
        text = f"{head}\n\n{quoting.passages(passages[:count])}"
        if len(text) <= LONGEST:
            return passages[:count], text
    return [], ""


def _identity(session: str, passage: Frame) -> tuple[str, ...]:
    return (session, *(str(passage.get(name)) for name in ("session_id", "turn", "role", "start")))


def _added(text: str) -> Frame:
    return {"hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "additionalContext": text}} if text else {}


def _given(arguments: Arguments, name: str) -> str:
    """The argument; "" where Claude Code had nothing to put in its place."""
    value = arguments.get(name)
    return "" if not isinstance(value, str) or value == f"${{{name}}}" else value
