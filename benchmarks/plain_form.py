"""The plain form of a conversation with an assistant.

    {"messages": [{"id", "at", "role": "user" | "assistant", "text"}],
     "questions": [{"text", "category", "evidence": [ids], "after"?, "parts"?, "lead"?}]}

`at` is UTC in ISO 8601; null or absent: a minute after the message before. `after`: the id of the last message before the question; absent:
after all. `parts`: the words of a message that are enough, by its id. `lead`: a question and an answer right before the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dialogues import MINUTE, Dialogue, Question, Said, in_order

ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant"}
FIRST = 1_735_722_000_000
"""1 January 2025, 9:00 UTC: when a conversation begins that does not say when."""


def recognises(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("messages"), list) and isinstance(content.get("questions"), list)


def dialogue(name: str, content: Mapping[str, Any], notes: list[str]) -> Dialogue:
    """Appends to `notes` what was left out."""
    messages = tuple(_messages(name, content["messages"], notes))
    places = {said.id: place for place, said in enumerate(messages)}
    questions = [_question(name, entry, places, notes) for entry in content["questions"]]
    return Dialogue(name, messages, in_order(question for question in questions if question is not None))


def _messages(name: str, entries: Iterable[Mapping[str, Any]], notes: list[str]) -> Iterable[Said]:
    at = FIRST - MINUTE
    for number, entry in enumerate(entries):
        at = _time(entry["at"]) if entry.get("at") is not None else at + MINUTE
        id_ = str(entry.get("id", f"m{number}"))
        role = ROLES.get(str(entry["role"]).lower())
        if role is None or not entry["text"].strip():
            notes.append(f"{name}: message {id_} is left out: " + (f"its role is {entry['role']!r}" if role is None else "it is empty"))
        else:
            yield Said(id_, role, entry["text"], at)


def _time(value: str | float) -> int:
    """In milliseconds since the epoch; a number is in seconds."""
    if isinstance(value, (int, float)):
        return round(value * 1000)
    time = datetime.fromisoformat(value)
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _question(name: str, entry: Mapping[str, Any], places: Mapping[str, int], notes: list[str]) -> Question | None:
    text = entry["text"]
    after = None if entry.get("after") is None else str(entry["after"])
    if after is not None and after not in places:
        notes.append(f"{name}: {text[:40]!r} is left out: it comes after {after}, which is not there")
        return None
    moment = len(places) if after is None else places[after] + 1
    named = list(map(str, _listed(entry.get("evidence"))))
    evidence = frozenset(id_ for id_ in named if places.get(id_, moment) < moment)
    if len(evidence) < len(set(named)) or not evidence:
        notes.append(f"{name}: {text[:40]!r} names {len(set(named))} messages, of which {len(evidence)} were said before it")
    if not evidence:
        return None
    return Question(
        text,
        str(entry.get("category", "all")),
        evidence,
        after=None if after is None else moment,
        parts={str(id_): part for id_, part in (entry.get("parts") or {}).items()},
        lead=_lead(entry.get("lead")),
        at=None if entry.get("at") is None else _time(entry["at"]),
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _lead(value: Any) -> tuple[str, str] | None:
    if not value:
        return None
    question, answer = (value["question"], value["answer"]) if isinstance(value, dict) else value
    return question, answer
