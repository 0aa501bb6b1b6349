"""Conversations played through the bridge itself: its store, claims, reading, window and compaction; only Claude is a stand-in."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from bridge.app import App
from bridge.claude.budget import Budget
from bridge.claude.interrupt import Interrupt
from bridge.claude.port import MAX_ANSWER_BYTES
from bridge.claude.retry import Failure
from bridge.clock import Chance, Clock, Timing
from bridge.commit import storing
from bridge.errors import BridgeError, Code
from bridge.memory.reading import Bounds, KnownConversation, KnownConversations
from bridge.memory.summary import room
from bridge.services import Services
from bridge.settings import Settings
from bridge.store.lives import LOADED_TURNS
from bridge.store.port import Store
from bridge.store.records import Head, Message, Turn
from bridge.threads import Threads
from bridge.turn.metrics import Report, no_report
from bridge.turn_ids import milliseconds_of, turn_id
from bridge.upkeep.upkeep import Stored, Upkeep
from bridge_local.sqlite.store import SqliteStore

SESSION = "dialogue"
READ_KB = 100_000
"""All of a conversation is read at once: what is measured is a process that knows it."""
IN_MEMORY = Path("/dev/shm")
"""Where there is such a folder, nothing waits for a disk."""
MAX_MESSAGE_CHARACTERS = 10_000_000
"""No message of the data is refused for its length."""
NAMES = {"earlier": "recalled"}
"""How the parts of a request are called here, by the name of the block they are quoted in; others keep that name."""
_MINUTE = 60.0
_BLOCK = re.compile(r"<(?P<name>\w+)>\n.*?\n</(?P=name)>(?:\n\n|\Z)", re.DOTALL)


class Script:
    """Claude: answers with `answer`, or with nothing but a refusal to be asked; sums up in as many characters as there may be."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.answer: str | None = None
        self.summary = "~" * room(settings.context_limit)
        self.asked: Mapping[str, Any] = {}

    def open(self) -> None:
        """Nothing to open."""

    def is_open(self) -> bool:
        return False

    def knows(self, model: str) -> bool:  # noqa: ARG002
        """Whatever the model."""
        return True

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:  # noqa: ARG002
        sums_up = request["model"] == self._settings.summary_model
        if not sums_up:
            self.asked = request
        text = self.summary if sums_up else self.answer
        if text is None:
            raise Failure(BridgeError(Code.CLAUDE_REJECTED), transient=False)
        yield {"type": "message_start", "message": {"model": request["model"], "usage": {"input_tokens": 1, "output_tokens": 1}}}
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}}
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
        yield {"type": "message_stop"}


class NoConnections:
    def post(self, connection_id: str, data: bytes) -> None:  # noqa: ARG002
        """Takes everything; an error other than the expected one ends the benchmark."""
        frame = json.loads(data)
        if frame.get("type") == "error" and frame["code"] != Code.CLAUDE_REJECTED.wire:
            raise SystemExit(f"A question was not answered: {frame}")

    def try_post(self, connection_id: str, data: bytes) -> bool:
        self.post(connection_id, data)
        return True


class Conversation:
    """One session in a bridge of its own, at the times of a dialogue.

    `seen` is given the store and returns what the bridge uses in its place; `report` is the bridge's. `copied`: a folder with the store of
    another conversation, which this one goes on with.
    """

    def __init__(
        self,
        budget: int,
        *,
        seen: Callable[[Store], Store] = lambda store: store,
        report: Report = no_report,
        copied: Path | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
        self._copies = int(copied is not None)
        if copied is not None:
            shutil.copytree(copied, self._folder.name, dirs_exist_ok=True)
        self._now = 0.0
        self._numbers = itertools.count()
        self._clock, self._chance = Clock(now=lambda: self._now), _counting()
        self._known: KnownConversation | None = None
        self._settings = settings = Settings(
            anthropic_api_key="none",
            context_limit=budget,
            session_ttl_hours=0,
            recall_read_kb=READ_KB,
            max_message_chars=MAX_MESSAGE_CHARACTERS,
        )
        self._script = Script(settings)
        self.store: Store = (file := SqliteStore(Path(self._folder.name) / "sessions.db"))
        self._close: Callable[[], None] = file.close
        clock, chance, timing = self._clock, self._chance, Timing(text_interval=0.0, slow_text_interval=0.0)
        connections, claude = NoConnections(), self._script
        self._services = Services(settings, self.store, connections, claude, KnownConversations(), clock, chance, timing, Threads())
        self._app = App(
            settings=settings,
            store=seen(self.store),
            report=report,
            connections=connections,
            claude=claude,
            clock=clock,
            chance=chance,
            timing=timing,
        )

    def close(self) -> None:
        self._close()
        self._folder.cleanup()

    def ask(self, turns: Iterable[Turn]) -> None:
        """Asks each question at its time, and has it answered as it was."""
        for turn in turns:
            self._pass_to(turn)
            self._script.answer = turn.text
            self._ask(turn.context[0].content)

    def play(self, turns: Iterable[Turn]) -> None:
        """Leaves the store as `ask` does, several times faster: what Claude is sent meanwhile has no effect on it and is not chosen."""
        for turn in turns:
            head = self.store.load(SESSION, 1).head
            if head is None or len(turn.text.encode()) > MAX_ANSWER_BYTES:
                self.ask([turn])
            else:
                self._pass_to(turn)
                self._commit(head, turn._replace(last_updated=int(self._now)))

    def _pass_to(self, turn: Turn) -> None:
        self._now = max(self._now + 0.001, milliseconds_of(turn.id) / 1000)

    def _commit(self, head: Head, turn: Turn) -> None:
        """What the bridge does once it has an answer."""
        self.store.add_turn(SESSION, turn)
        head = storing.count_in(self.store, SESSION, "default", head, turn, None)
        if self._known is None:
            self._known = KnownConversation(SESSION, head.born)
        newest = self.store.load(SESSION, LOADED_TURNS + 1).turns
        self._known.catch_up(self.store, head.turns, newest, Bounds(READ_KB * 1024, self._settings.context_limit))
        budget = Budget(self.store, self._settings, "default", self._clock, self._chance, [])
        upkeep = Upkeep(self._services, budget, self._clock.monotonic() + _MINUTE)
        upkeep.compact(Stored(turn, head, self._known))

    def fill(self, turns: list[Turn]) -> None:
        """Puts the turns into the store at once, as the bridge would have left them: the summary covers all but the last."""
        first, last = milliseconds_of(turns[0].id), milliseconds_of(turns[-1].id)
        head = Head(turn_id(first - 1), last // 1000, owner="default", turns=len(turns))
        self.store.begin(SESSION, head._replace(summary=self._script.summary, summarised_through=turns[-2].id), None)
        for turn in turns:
            self.store.add_turn(SESSION, turn)
        self._now = last / 1000

    def sent_with(self, question: str, lead: tuple[str, str] | None = None, at: int | None = None) -> dict[str, list[str]]:
        """The texts that Claude is sent with a question, itself left out, by part; with `lead`, as if that turn came right before it.

        It is asked at `at` (milliseconds since the epoch), or else a minute after the last turn. It is not answered, and so not stored.
        """
        if lead is not None:
            return self._after(lead, question, at)
        last = self._now
        self._now = max(last + 0.001, last + _MINUTE if at is None else at / 1000)
        self._script.answer = None
        self._ask(question)
        self._now = last
        return parts(self._script.asked, question)

    def _after(self, lead: tuple[str, str], question: str, at: int | None) -> dict[str, list[str]]:
        copy = Conversation(self._settings.context_limit, copied=Path(self._folder.name))
        try:
            moment = turn_id(round((self._now + _MINUTE) * 1000))
            copy.play([Turn(moment, (Message("user", lead[0]), Message("assistant", lead[1])), 0)])
            return copy.sent_with(question, at=at)
        finally:
            copy.close()

    def _ask(self, question: str) -> None:
        request_id = f"{self._copies}-{next(self._numbers)}"
        query = {"action": "query", "message": question, "session_id": SESSION, "request_id": request_id, "stream": True}
        context = {"eventType": "MESSAGE", "connectionId": "c=", "requestId": "r=", "authorizer": {"principalId": "default"}}
        self._app.handle({"requestContext": context, "body": json.dumps(query), "isBase64Encoded": False}, lambda: 600.0)


def _counting() -> Chance:
    """No chance at all: every token and every id is the next one."""
    numbers = itertools.count()
    return Chance(lambda: f"{next(numbers):016x}", lambda length: next(numbers).to_bytes(length, "big"), lambda: 0.5)


def parts(request: Mapping[str, Any], question: str) -> dict[str, list[str]]:
    """The texts of a request to Claude by the part they are of: `live`, and the name of each block that is quoted.

    Blocks stand before the first message and before the question; there, what is in no block is `other`.
    """
    texts = [_text(message["content"]) for message in request["messages"]]
    blocks: dict[str, list[str]] = {}
    if request.get("system"):
        blocks["system"] = [_text(request["system"])]
    last = texts.pop()
    if texts:
        first = _split(blocks, texts[0], {"summary"})
        blocks["live"] = [first, *texts[1:]]
    rest = _split(blocks, last[: len(last) - len(question)], None)
    if rest.strip():
        blocks["other"] = [rest]
    return blocks


def _split(blocks: dict[str, list[str]], text: str, names: Set[str] | None) -> str:
    """Takes the blocks off the beginning of `text`, those with one of the `names` (None: with any), and returns the rest."""
    while (block := _BLOCK.match(text)) and (names is None or block["name"] in names):
        blocks.setdefault(NAMES.get(block["name"], block["name"]), []).append(block.group())
        text = text[block.end() :]
    return text


def _text(content: str | list[Mapping[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(str(block.get("text", "")) for block in content)
