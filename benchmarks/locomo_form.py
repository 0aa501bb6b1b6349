"""LoCoMo's form of a conversation: two people over months.

Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents" (ACL 2024). `speaker_a`, `speaker_b`, `session_N` (messages
`{speaker, dia_id, text, blip_caption?}`), `session_N_date_time`, and `qa` (`{question, evidence, category}`, where `evidence` holds
`dia_id`s). In the original release all but `qa` stands in `conversation`. The data is not part of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dialogues import MINUTE, Dialogue, Question, Said

CATEGORIES = {"1": "several hops", "2": "time", "3": "open domain", "4": "single hop"}
"""The fifth, adversarial questions, has no evidence to be found."""


def recognises(content: Any) -> bool:
    return isinstance(content, dict) and "qa" in content and "session_1" in content.get("conversation", content)


def dialogue(name: str, content: Mapping[str, Any], notes: list[str]) -> Dialogue:
    """`speaker_a` is the user. Appends to `notes` what was left out."""
    messages = tuple(_messages(content.get("conversation", content)))
    known = {said.id for said in messages}
    asked = [entry for entry in content["qa"] if str(entry["category"]) in CATEGORIES]
    questions = [
        Question(entry["question"], CATEGORIES[str(entry["category"])], evidence)
        for entry in asked
        if (evidence := _evidence(entry["evidence"]) & known)
    ]
    if len(questions) < len(asked):
        notes.append(f"{name}: {len(asked) - len(questions)} questions name no message as evidence")
    return Dialogue(name, messages, tuple(questions))


def _messages(content: Mapping[str, Any]) -> Iterator[Said]:
    numbers = sorted(int(match.group(1)) for key in content if (match := re.fullmatch(r"session_(\d+)", key)))
    for number in numbers:
        began = datetime.strptime(content[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for place, message in enumerate(content[f"session_{number}"]):
            caption = f" [{message['blip_caption']}]" if message.get("blip_caption") else ""
            yield Said(
                id=message["dia_id"],
                role="user" if message["speaker"] == content["speaker_a"] else "assistant",
                text=f"{message['speaker']}: {message['text']}{caption}",
                at=round(began.timestamp() * 1000) + place * MINUTE,
            )


def _evidence(entries: list[str]) -> frozenset[str]:
    """The ids in the entries, of which some hold two; what is not an id is left out by the caller."""
    return frozenset(part for entry in entries for part in re.split(r"[;\s]+", entry))
