"""Several conversations as one long one, as if the same person had had them one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from data_sets import DataSet
from dialogues import Dialogue, Question, Said, in_order

DAY = 24 * 60 * 60_000
"""In milliseconds."""


def joined(one: DataSet, characters: int) -> DataSet:
    """The conversations of a set, as many in each new one as it takes to have this many characters; what is then left is left out."""
    groups: list[list[Dialogue]] = [[]]
    for dialogue in one.dialogues:
        groups[-1].append(dialogue)
        if _size(groups[-1]) >= characters:
            groups.append([])
    left = [f"{dialogue.name}: left out, too short for a conversation of {characters:,} characters" for dialogue in groups.pop()]
    return replace(one, name=f"{one.name}, {characters:,} characters", dialogues=tuple(map(_join, groups)), notes=(*one.notes, *left))


def _size(dialogues: Iterable[Dialogue]) -> int:
    return sum(len(said.text) for dialogue in dialogues for said in dialogue.messages)


def _join(dialogues: Sequence[Dialogue]) -> Dialogue:
    """Each conversation begins after the one before, later by whole days if need be. What is asked at an end is asked at the end of all."""
    messages: list[Said] = []
    questions: list[Question] = []
    for dialogue in dialogues:
        days = -(-max(0, messages[-1].at + DAY - dialogue.messages[0].at) // DAY) if messages else 0
        questions += [_moved(question, dialogue.name, len(messages)) for question in dialogue.questions]
        messages += [replace(said, id=f"{dialogue.name}/{said.id}", at=said.at + days * DAY) for said in dialogue.messages]
    return Dialogue(" + ".join(dialogue.name for dialogue in dialogues), tuple(messages), in_order(questions))


def _moved(question: Question, name: str, by: int) -> Question:
    return replace(
        question,
        evidence=frozenset(f"{name}/{id_}" for id_ in question.evidence),
        parts={f"{name}/{id_}": part for id_, part in question.parts.items()},
        after=None if question.after is None else question.after + by,
    )
