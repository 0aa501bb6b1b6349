"""Claude Code's transcripts (~/.claude/projects/*/*.jsonl), as a person would read them. Pure, but for the project's name.

The format is internal to Claude Code and changes; what is relied on here was measured with 2.1.332. Every line is an event in a tree:
the live branch ends with the last line of the person or Claude. A prompt is one turn: the person's words, and the text with which
Claude ended.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge_client.commands.moving.conversation import Conversation, bridge_id, seconds, turn
from bridge_client.commands.moving.project import project_of
from bridge_client.protocol.frames import Frame, decode, text_in

STILL_RUNNING = 3_600.0
"""Seconds since the last line after which nobody is answering any more."""

_TITLES = ("customTitle", "aiTitle", "summary")
"""The best first."""
_SAID = ("user", "assistant")
_ENDED = frozenset({"end_turn", "stop_sequence", "max_tokens", "refusal", "model_context_window_exceeded"})
_INTERRUPTED = "[Request interrupted by user"
_TAGS = (
    "command-message|command-args|local-command-stdout|local-command-stderr|local-command-caveat|ide_opened_file|ide_selection|"
    "ide_diagnostics|session-start-hook|user-prompt-submit-hook|tick|goal|system-reminder|bash-input|bash-stdout|bash-stderr|"
    "task-notification|teammate-message"
)
_BEGINS_WITH_A_TAG = re.compile(rf"\s*<({_TAGS})(?:\s[^>]*)?>.*?</\1>\s*", re.DOTALL)
_ENDS_WITH_A_REMINDER = re.compile(r"\s*<system-reminder>(?:(?!</?system-reminder>).)*</system-reminder>\s*\Z", re.DOTALL)
_COMMAND = re.compile(r"\s*(?:<command-message>.*?</command-message>\s*)?<command-name>\s*(/?[^<]*?)\s*</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)


def source_of(session_id: str, prompt_id: str) -> str:
    """The `source` of a turn, from Claude Code's own ids: the same for a transcript and for the hooks, so that neither adds it twice."""
    return f"{session_id}/{prompt_id}"


def session_id_of(session_id: str) -> str:
    """The session of the bridge in which what was said in this session of Claude Code is kept."""
    return bridge_id("claude-code", session_id)


def prompt_words(text: str) -> str:
    """What of a prompt a person typed: without what Claude Code and editors put around it. A slash command is its name and arguments."""
    command = _COMMAND.match(text)
    if command:
        arguments = _ARGUMENTS.search(text)
        return f"{command[1]} {arguments[1].strip() if arguments else ''}".strip()
    while match := _BEGINS_WITH_A_TAG.match(text):
        text = text[match.end() :]
    while match := _ENDS_WITH_A_REMINDER.search(text):
        text = text[: match.start()]
    return text.strip()


def transcript(lines: Iterable[bytes], name: str, now: float) -> Conversation:
    """The conversation in one transcript. `name`: of its file, without the suffix. `now`: seconds since the epoch.

    Lines that cannot be read are counted as `skipped`, as is a prompt that is still being answered.
    """
    reading = _Reading()
    for line in lines:
        reading.take(line)
    session = next((text for event in reading.events if (text := text_in(event.fields, "sessionId"))), name)
    conversation = Conversation(session_id_of(session), skipped=reading.skipped)
    directory = next((text for event in reading.events if (text := text_in(event.fields, "cwd"))), "")
    conversation.name(next((reading.titles[title] for title in _TITLES if title in reading.titles), ""), project_of(directory))
    exchanges = list(_exchanges(reading.branch()))
    last = reading.events[-1].said_at if reading.events else 0.0
    for exchange in exchanges:
        running = exchange is exchanges[-1] and not exchange.is_settled and now - last < STILL_RUNNING
        if running:
            conversation.skipped["still being answered"] += 1
        elif exchange.is_said:
            conversation.turns.append(exchange.turn(session))
            conversation.origins.append(exchange.event.uuid)
    return conversation


class _Event(NamedTuple):
    uuid: str
    parent: str
    said_at: float
    fields: Frame
    """The line without what is not needed."""

    @property
    def kind(self) -> str:
        return text_in(self.fields, "type")

    @property
    def is_harness(self) -> bool:
        return self.fields.get("isMeta") is True or self.fields.get("rowSource") == "harness"


class _Reading:
    """The lines of one transcript: events of the main conversation in the order of the file, and titles."""

    def __init__(self) -> None:
        self.events: list[_Event] = []
        self.titles: dict[str, str] = {}
        self.skipped: Counter[str] = Counter()
        self._places: dict[str, int] = {}

    def take(self, line: bytes) -> None:
        line = line.strip(b"\0 \t\r\n\xef\xbb\xbf")
        if not line:
            return
        # Two thirds of a transcript are requests to the API, which have no uuid: they are not even parsed.
        if line[:1] == b"{" and line[-1:] == b"}" and b'"uuid"' not in line and b"Title" not in line and b'"summary"' not in line:
            return
        fields = decode(line)
        if fields is None:
            self.skipped["a damaged line"] += 1
            return
        self.titles |= {name: text for name in _TITLES if "uuid" not in fields and (text := text_in(fields, name))}
        uuid, said_at = text_in(fields, "uuid"), seconds(fields.get("timestamp"))
        if not uuid or said_at is None or uuid in self._places or fields.get("isSidechain") is True or fields.get("teamName"):
            return
        self._places[uuid] = len(self.events)
        parent = text_in(fields, "parentUuid") or text_in(fields, "logicalParentUuid")
        if fields.get("type") == "attachment" and not _is_queued(fields):
            fields = {"type": "attachment", "cwd": fields.get("cwd"), "sessionId": fields.get("sessionId")}
        self.events.append(_Event(uuid, parent, said_at, fields))

    def branch(self) -> list[_Event]:
        """The live branch, oldest first. Where a parent is missing (a damaged line), it goes on with the line before."""
        said = [place for place, event in enumerate(self.events) if event.kind in _SAID and event.fields.get("isMeta") is not True]
        place: int | None = max(said, default=None)
        branch: list[_Event] = []
        seen: set[int] = set()
        while place is not None and place not in seen:
            seen.add(place)
            event = self.events[place]
            branch.append(event)
            if event.parent:
                place = self._places.get(event.parent, place - 1 if place else None)
            else:
                place = place - 1 if place and event.fields.get("subtype") == "compact_boundary" else None
        return branch[::-1]


@dataclass
class _Exchange:
    """A prompt, and what came of it."""

    event: _Event
    words: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    """The texts of each message of Claude; those that only called tools are not among them."""
    model: str = ""
    stop_reason: str = ""
    ended: str = ""
    """Why the answer ends early, if Claude did not end it: "cancelled" or "error"."""
    is_followed: bool = False

    @property
    def prompt_id(self) -> str:
        return text_in(self.event.fields, "promptId") or self.event.uuid

    @property
    def is_settled(self) -> bool:
        return bool(self.ended or self.is_followed or self.stop_reason in _ENDED)

    @property
    def is_said(self) -> bool:
        """A command without an answer (/compact, /clear) was not said to Claude."""
        return bool(self.words) and (bool(self.answers) or not self.words[0].startswith("/"))

    def turn(self, session: str) -> Frame:
        answer = "\n\n".join(next(reversed(self.answers.values()), []))
        stop_reason = self.ended or (self.stop_reason if self.stop_reason in _ENDED else "")
        source, words = source_of(session, self.prompt_id), "\n\n".join(self.words)
        return turn(
            self.event.said_at, source, words, answer, self.model, stop_reason, truncated=stop_reason not in ("end_turn", "stop_sequence")
        )


def _exchanges(branch: Iterable[_Event]) -> Iterator[_Exchange]:
    """Each prompt once, in the order in which they were typed."""
    exchanges: dict[str, _Exchange] = {}
    current: _Exchange | None = None
    for event in branch:
        if event.kind == "assistant":
            if current is not None:
                _answer(current, event)
            continue
        words, interrupted = _typed(event)
        prompt = text_in(event.fields, "promptId")
        if interrupted:
            if current is not None:
                current.ended = "cancelled"
        elif words:
            if current is not None and event.kind == "attachment":
                current.words.append(words)
                continue
            if current is not None and current.prompt_id != (prompt or event.uuid):
                current.is_followed = True
            current = exchanges.setdefault(prompt or event.uuid, _Exchange(event))
            current.words.append(words)
        elif event.kind == "user" and prompt and current is not None and prompt != current.prompt_id and not _is_summary(event):
            # What Claude Code itself asked, like what became of work in the background: its answer is not one to the person.
            current.is_followed = True
            current = None if not event.is_harness else current
    yield from exchanges.values()


def _typed(event: _Event) -> tuple[str, bool]:
    """What a person typed in this line; and whether it says that Claude was interrupted."""
    if event.kind == "attachment":
        texts = list(_texts(_object(event.fields, "attachment").get("prompt")))
    elif event.kind == "user" and not _is_summary(event):
        texts = list(_texts(_object(event.fields, "message").get("content")))
    else:
        return "", False
    if any(text.lstrip().startswith(_INTERRUPTED) for text in texts):
        return "", True
    return ("" if event.is_harness else "\n\n".join(words for text in texts if (words := prompt_words(text)))), False


def _answer(exchange: _Exchange, event: _Event) -> None:
    """Adds a line of Claude, which has one block of a message."""
    message = _object(event.fields, "message")
    if event.fields.get("isApiErrorMessage") is True:
        exchange.ended = "error"
        return
    if message.get("model") == "<synthetic>":
        return
    # Claude went on after an interruption of one tool, or an error that did not last.
    exchange.ended = ""
    exchange.stop_reason = text_in(message, "stop_reason") or exchange.stop_reason
    if texts := [text for text in _texts(message.get("content")) if text.strip()]:
        exchange.model = text_in(message, "model")
        exchange.answers.setdefault(text_in(message, "id") or event.uuid, []).extend(texts)


def _texts(content: object) -> Iterator[str]:
    """A text, or those of a list of blocks."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
                yield block["text"]


def _is_queued(fields: Frame) -> bool:
    """Whether this is something that a person typed while Claude was working."""
    attachment = _object(fields, "attachment")
    return attachment.get("type") == "queued_command" and attachment.get("commandMode", "prompt") == "prompt"


def _object(fields: Frame, name: str) -> Frame:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _is_summary(event: _Event) -> bool:
    return event.fields.get("isCompactSummary") is True or event.fields.get("isVisibleInTranscriptOnly") is True
