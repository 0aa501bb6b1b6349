"""Small conversations whose right figures are known, written as the files that the benchmark reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import data_sets
from dialogues import Dialogue


def locomo() -> dict[str, Any]:
    """Two people over 40 days; on each Bo says where he was."""
    content: dict[str, Any] = {"speaker_a": "Ann", "speaker_b": "Bo", "qa": []}
    for day in range(1, 41):
        content[f"session_{day}_date_time"] = f"1:56 pm on {day % 28 + 1} {'May' if day < 28 else 'June'}, 2023"
        content[f"session_{day}"] = [
            {
                "speaker": "Bo",
                "dia_id": f"D{day}:1",
                "text": f"I was in town{day} and saw a nice square there, with a fountain and some trees.",
            },
            {"speaker": "Ann", "dia_id": f"D{day}:2", "text": "How did you like it? I would love to see such a place myself one day."},
            {"speaker": "Ann", "dia_id": f"D{day}:3", "text": "Look!", "blip_caption": f"a photo of picture{day}"},
        ]
        content["qa"].append({"question": f"When was Bo in town{day}?", "answer": "", "evidence": [f"D{day}:1"], "category": 2})
    content["qa"] += [
        {"question": "What did Ann show?", "answer": "", "evidence": ["D1:3; D2:3", "D:nonsense"], "category": 1},
        {"question": "Never said.", "answer": "", "evidence": ["D1:1"], "category": 5},
        {"question": "No evidence.", "answer": "", "evidence": [], "category": 4},
    ]
    return content


def plain(said: Sequence[str], questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Messages "0", "1", ..., of the user and the assistant in turn."""
    messages = [{"id": str(number), "role": ("user", "assistant")[number % 2], "text": text} for number, text in enumerate(said)]
    return {"messages": messages, "questions": [{"category": "all", **question} for question in questions]}


def write(folder: Path, name: str, content: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return folder


def only(folder: Path) -> Dialogue:
    (result,) = data_sets.read([folder])
    (dialogue,) = result.dialogues
    return dialogue
