"""What every reader makes of another program's file, and what is sent to a bridge. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bridge_client.protocol.frames import Frame
from bridge_client.terminal.escape import one_line

SESSION_ID_CHARACTERS = 128
_LINE = 200
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IMPORTED = re.compile(rf"(?:(?:claude-code|claude-ai|chatgpt|codex)-{_UUID}|llm-[0-9a-z]{{26}})(?:-[2-9])?")
_SOURCE = 300


@dataclass
class Conversation:
    """`session_id` in the bridge. `turns` as the bridge's `import` takes them. `settings` of the session. `skipped`: why, how often."""

    session_id: str
    turns: list[Frame] = field(default_factory=list)
    settings: Frame = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    origins: list[str] = field(default_factory=list)
    """For each turn an id that a copy of it in another conversation has, too (Claude Code's --fork-session); or empty."""

    is_own: bool = False
    """Whether it comes from a bridge, with the ids of its turns."""

    def add(self, turns: Iterable[Frame]) -> None:
        self.turns.extend(turns)

    def name(self, title: object, project: str = "") -> None:
        """Sets title and project, as far as there are any."""
        named: dict[str, object] = {"title": title, "project": project}
        self.settings |= {name: line for name, value in named.items() if (line := as_line(value))}


class Message(NamedTuple):
    """One message."""

    role: str
    text: str
    said_at: float
    id: str
    model: str = ""


def conversation_of(program: str, identifier: str, title: object, said: Iterable[Message]) -> Conversation:
    """A conversation of another program, as it is imported."""
    result = Conversation(bridge_id(program, identifier))
    result.name(title)
    result.add(exchanges(identifier, said))
    return result


def exchanges(conversation: str, said: Iterable[Message], *, only_last: bool = False) -> Iterator[Frame]:
    """Turns made of messages in their order: what the person said up to the answer, and all of the answer (or its last message)."""
    words: list[Message] = []
    answers: list[Message] = []

    def joined() -> Iterator[Frame]:
        if words or answers:
            first = (words or answers)[0]
            answer = "\n\n".join(one.text for one in (answers[-1:] if only_last else answers))
            model = next((one.model for one in reversed(answers) if one.model), "")
            question = "\n\n".join(one.text for one in words)
            yield turn(first.said_at, f"{conversation}/{first.id}", question, answer, model)

    for one in said:
        if not one.text:
            continue
        if one.role == "user" and answers:
            yield from joined()
            words, answers = [], []
        (words if one.role == "user" else answers).append(one)
    yield from joined()


def as_line(value: object, most: int = _LINE) -> str:
    """One line of at most `most` characters that can be printed, as the bridge wants titles; "" for anything but text."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in one_line(value) if character.isprintable())[:most].strip()


def bridge_id(program: str, identifier: str) -> str:
    """The session id under which a conversation of another program is kept: always the same one."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{program}-{identifier}")[:SESSION_ID_CHARACTERS]


def is_imported(session_id: str) -> bool:
    """Whether a session has such an id."""
    return bool(_IMPORTED.fullmatch(session_id))


def turn(said_at: float, source: str, words: str, answer: str, model: str = "", stop_reason: str = "", *, truncated: bool = False) -> Frame:
    """A turn for the bridge's `import`. Without an answer it is only what the person said, and another one than with an answer."""
    if not answer:
        source = f"{source}/unanswered"
    said = [{"role": "user", "content": words}] if words else []
    answered = [{"role": "assistant", "content": answer}] if answer else []
    fields: Frame = {"said_at": round(said_at, 3), "source": as_line(source, _SOURCE), "context": said + answered}
    if answered:
        fields |= {"model": as_line(model), "stop_reason": as_line(stop_reason, 100), "truncated": truncated}
    return fields


def seconds(value: object) -> float | None:
    """Seconds since the epoch of a time like "2026-11-27T06:40:40.623Z", or of such a number; None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
