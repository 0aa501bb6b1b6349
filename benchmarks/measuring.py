"""Asks every question of every conversation by every method, several conversations at a time. The result does not depend on how many."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple, TypeVar

from bridge.turn.metrics import Measures
from data_sets import DataSet
from dialogues import MINUTE, Dialogue, Question, Said
from evidence import Evidence, evidence_in
from methods import METHODS
from played import Conversation

DAY = 24 * 60 * MINUTE
MESSAGES_A_DAY = 20
TIMED_QUESTIONS = 40

T = TypeVar("T")
R = TypeVar("R")


class Task(NamedTuple):
    """One conversation at one budget."""

    set: str
    dialogue: Dialogue
    budget: int


class Timing(NamedTuple):
    """A conversation of this many messages, made of the dialogues one after the other and over again."""

    dialogues: Sequence[Dialogue]
    messages: int
    budget: int


class Answered(NamedTuple):
    """One question of a task, and what each method finds for it."""

    set: str
    dialogue: str
    question: Question
    budget: int
    evidence: Mapping[str, Evidence]


def measure(sets: Iterable[DataSet], budgets: Sequence[int], processes: int) -> list[Answered]:
    """All questions, in the order of sets, conversations, budgets and questions."""
    tasks = [Task(one.name, dialogue, budget) for one in sets for dialogue in one.dialogues for budget in budgets]
    return [answered for of_task in _in_parallel(ask_all, tasks, _size, processes) for answered in of_task]


def measure_cpu(sets: Sequence[DataSet], lengths: Sequence[int], budget: int, processes: int) -> dict[str, dict[int, float]]:
    """Milliseconds by set and number of messages: see `milliseconds`."""
    tasks = [Timing(one.dialogues, length, budget) for one in sets for length in lengths]
    times = iter(_in_parallel(milliseconds, tasks, lambda task: task.messages, processes))
    return {one.name: {length: next(times) for length in lengths} for one in sets}


def _in_parallel(work: Callable[[T], R], tasks: Sequence[T], size: Callable[[T], int], processes: int) -> list[R]:
    """The results, in the order of the tasks. The largest are begun first, so that none is waited for alone at the end."""
    if processes == 1:
        return [work(task) for task in tasks]
    order = sorted(range(len(tasks)), key=lambda place: -size(tasks[place]))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        results = dict(zip(order, pool.map(work, [tasks[place] for place in order]), strict=True))
    return [results[place] for place in range(len(tasks))]


def _size(task: Task) -> int:
    return sum(len(said.text) for said in task.dialogue.messages)


def ask_all(task: Task) -> list[Answered]:
    methods = {name: method(task.dialogue, task.budget) for name, method in METHODS.items()}
    try:
        return [
            Answered(
                task.set,
                task.dialogue.name,
                question,
                task.budget,
                {name: evidence_in(task.dialogue.wanted(question), method.sent(question), task.budget) for name, method in methods.items()},
            )
            for question in task.dialogue.questions
        ]
    finally:
        for method in methods.values():
            method.close()


def milliseconds(task: Timing) -> float:
    """The CPU time that the bridge takes to choose what is sent with a question, averaged over `TIMED_QUESTIONS`; of each the best of two.

    The first question, which reads the conversation, is not counted.
    """
    times: list[float] = []

    def take(measures: Measures) -> None:
        times.append(measures.recall or 0.0)

    questions = [question.text for dialogue in task.dialogues for question in dialogue.questions][:TIMED_QUESTIONS]
    conversation = Conversation(task.budget, report=take)
    try:
        conversation.fill(lengthened(task.dialogues, task.messages).turns())
        for question in (questions[0], *questions, *questions):
            conversation.sent_with(question)
    finally:
        conversation.close()
    first, second = times[1 : 1 + len(questions)], times[1 + len(questions) :]
    return fmean(map(min, first, second)) * 1000


def lengthened(dialogues: Sequence[Dialogue], messages: int) -> Dialogue:
    """A conversation of this many messages, `MESSAGES_A_DAY` a day."""
    said = [one for dialogue in dialogues for one in dialogue.messages]
    return Dialogue("long", tuple(_later(said[place % len(said)], place) for place in range(messages)), ())


def _later(said: Said, place: int) -> Said:
    return replace(said, at=(place // MESSAGES_A_DAY + 1) * DAY + place % MESSAGES_A_DAY * MINUTE)
