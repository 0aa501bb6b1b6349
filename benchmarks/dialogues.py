"""Dialogues of the LoCoMo benchmark as conversations with the bridge.

Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents" (ACL 2024). A file is one dialogue over months:
`speaker_a`, `speaker_b`, `session_N` (messages `{speaker, dia_id, text, blip_caption?}`), `session_N_date_time`, and `qa`
(`{question, evidence, category}`, where `evidence` holds `dia_id`s). The data is not part of the project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from bridge.store.records import Message, Turn
from bridge.turn_ids import turn_id

CATEGORIES = {1: "several hops", 2: "time", 3: "open domain", 4: "single hop"}
"""The fifth, adversarial questions, has no evidence to be found."""

OPENING = "Hi!"
"""Said by the user where the assistant's speaker begins."""
CLOSING = "Good."
"""Said by the assistant where the user's speaker has the last word."""

_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a dialogue. `at` is in milliseconds since the epoch."""

    id: str
    role: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dialogue:
    name: str
    messages: tuple[Said, ...]
    questions: tuple[Question, ...]

    def turns(self) -> list[Turn]:
        """The dialogue as turns: `speaker_a` is the user; what one speaker says in a row belongs together."""
        runs = [(role, list(run)) for role, run in groupby(self.messages, key=lambda said: said.role)]
        at = self.messages[0].at
        parts = [Message(role, "\n".join(said.text for said in run)) for role, run in runs]
        times = [run[0].at for _, run in runs]
        if parts[0].role == "assistant":
            parts, times = [Message("user", OPENING), *parts], [at, *times]
        if parts[-1].role == "user":
            parts.append(Message("assistant", CLOSING))
        return [
            Turn(turn_id(times[place]), (parts[place], parts[place + 1]), last_updated=times[place] // 1000)
            for place in range(0, len(parts), 2)
        ]


def read(folder: Path) -> list[Dialogue]:
    """The dialogues of all JSON files in `folder`, by name."""
    return [_dialogue(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]


def _dialogue(name: str, content: dict[str, Any]) -> Dialogue:
    messages = tuple(_messages(content))
    known = {said.id for said in messages}
    questions = tuple(
        Question(entry["question"], entry["category"], evidence)
        for entry in content["qa"]
        if entry["category"] in CATEGORIES and (evidence := _evidence(entry["evidence"]) & known)
    )
    return Dialogue(name, messages, questions)


def _messages(content: dict[str, Any]) -> Iterator[Said]:
    numbers = sorted(int(found.group(1)) for key in content if (found := re.fullmatch(r"session_(\d+)", key)))
    for number in numbers:
        begun = datetime.strptime(content[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for place, message in enumerate(content[f"session_{number}"]):
            caption = f" [{message['blip_caption']}]" if message.get("blip_caption") else ""
            yield Said(
                id=message["dia_id"],
                role="user" if message["speaker"] == content["speaker_a"] else "assistant",
                text=f"{message['speaker']}: {message['text']}{caption}",
                at=round(begun.timestamp() * 1000) + place * _MINUTE,
            )


def _evidence(entries: list[str]) -> frozenset[str]:
    """The ids in the entries, of which some hold two; what is no id is left out by the caller."""
    return frozenset(part for entry in entries for part in re.split(r"[;\s]+", entry))
