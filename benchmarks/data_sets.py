"""Folders of conversations, read as data sets. Two forms of file are recognised: LoCoMo's, and the plain one.

A folder with JSON files is a set, and so is each folder within it. What is not understood is left out and noted, never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import locomo_form
import plain_form
from dialogues import Dialogue


@dataclass(frozen=True, slots=True)
class DataSet:
    """The conversations of one folder, by name. `notes` says what of its files was left out, and why."""

    name: str
    dialogues: tuple[Dialogue, ...]
    notes: tuple[str, ...] = field(default=())


def read(paths: Iterable[Path]) -> list[DataSet]:
    """The sets in these folders, in the order given. Sets of the same name are distinguished by their folders."""
    folders = [folder for path in paths for folder in _folders(path)]
    return [_set(folder, name) for folder, name in zip(folders, _names(folders), strict=True)]


def _folders(path: Path) -> list[Path]:
    """The folders at and below `path` that have JSON files; a file stands for itself."""
    if path.is_file():
        return [path]
    return sorted({file.parent for file in path.resolve().rglob("*.json")})


def _names(folders: Sequence[Path]) -> list[str]:
    short = [folder.stem if folder.is_file() else folder.name for folder in folders]
    return [name if short.count(name) == 1 else f"{folder.parent.name}/{name}" for folder, name in zip(folders, short, strict=True)]


def _set(folder: Path, name: str) -> DataSet:
    notes: list[str] = []
    files = [folder] if folder.is_file() else sorted(folder.glob("*.json"))
    dialogues = [dialogue for file in files for dialogue in _dialogues(file, notes)]
    return DataSet(name, tuple(dialogues), tuple(notes))


def _dialogues(file: Path, notes: list[str]) -> list[Dialogue]:
    try:
        content = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        notes.append(f"{file.name}: cannot be read ({error})")
        return []
    several = content if isinstance(content, list) else [content]
    names = [file.stem] if len(several) == 1 else [f"{file.stem}-{number}" for number in range(1, len(several) + 1)]
    read = [_dialogue(name, one, notes) for name, one in zip(names, several, strict=True)]
    return [dialogue for dialogue in read if dialogue is not None]


def _dialogue(name: str, content: Any, notes: list[str]) -> Dialogue | None:
    try:
        if plain_form.recognises(content):
            return plain_form.dialogue(name, content, notes)
        if locomo_form.recognises(content):
            return locomo_form.dialogue(name, content, notes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        notes.append(f"{name}: is not in the form that it seems to be in ({type(error).__name__}: {error})")
        return None
    notes.append(f"{name}: neither LoCoMo's form (session_1, qa) nor the plain one (messages, questions)")
    return None
