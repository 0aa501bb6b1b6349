"""One part of remembering, to be counted from outside, the bridge on the path: `remembering.py CONVERSATION PART [ROUNDS | bytecodes]`.

CONVERSATION is a JSON file of messages and questions (see `gate.py`). Of the parts, `nothing` only loads it, `reading` indexes it, `recall`
also chooses what is sent with each question, `reference` scores all messages by plain BM25, which never changes. With ROUNDS it prints the
CPU time in seconds that the part itself took, the least of that many rounds; how often it waited for anything, the least, too; and how
often it looked at a clock. With `bytecodes` it prints how many of Python's it ran, which is the same each time.
"""

from __future__ import annotations

import json
import math
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bridge.memory.index import ConversationIndex
from bridge.memory.window import choose
from dialogues import Said, turns

BUDGET = 8_000


class Work:
    def __init__(self, file: str) -> None:
        content = json.loads(Path(file).read_text("utf-8"))
        self.messages = [Said(**said) for said in content["messages"]]
        self.questions: list[str] = content["questions"]
        self.turns = turns(self.messages)
        self.now = self.messages[-1].at / 1000 + 60

    def nothing(self) -> Callable[[], object]:
        return lambda: None

    def reading(self) -> Callable[[], object]:
        return lambda: ConversationIndex(self.turns)

    def recall(self) -> Callable[[], object]:
        index, covered = ConversationIndex(self.turns), self.turns[-2].id
        return lambda: [choose(index, question, BUDGET, "~" * 300, covered, now=self.now) for question in self.questions]

    def reference(self) -> Callable[[], object]:
        return lambda: bm25([said.text for said in self.messages], self.questions)


def bm25(texts: list[str], questions: list[str]) -> list[list[float]]:
    """The scores of all texts for each question: what the bridge's own work is divided by. Its cost must not change."""
    words = [Counter(re.findall(r"\w+", text.lower())) for text in texts]
    lengths = [sum(counts.values()) for counts in words]
    average = sum(lengths) / len(lengths)
    scores = []
    for question in questions:
        asked = set(re.findall(r"\w+", question.lower()))
        known = {word: sum(word in counts for counts in words) for word in asked}
        rarity = {word: math.log(1 + (len(texts) - count + 0.5) / (count + 0.5)) for word, count in known.items()}
        scores.append(
            [
                sum(rarity[word] * counts[word] * 2.2 / (counts[word] + 0.3 + 0.9 * length / average) for word in asked if word in counts)
                for counts, length in zip(words, lengths, strict=True)
            ]
        )
    return scores


def waits() -> int:
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw if hasattr(resource, "RUSAGE_THREAD") else 0


def clock_readings(work: Callable[[], object]) -> int:
    """How often the work calls a function of the module `time`."""
    readings = 0

    def look(frame: FrameType, event: str, called: Any) -> None:  # noqa: ARG001
        nonlocal readings
        readings += event == "c_call" and getattr(called, "__module__", "") == "time"

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return readings


def bytecodes(work: Callable[[], object]) -> int:
    """How many the work runs, once it has run before: the first time, tables are made and patterns compiled."""
    work()
    count = 0

    def look(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return look

    sys.settrace(look)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


def main() -> None:
    file, part, *rounds = sys.argv[1:]
    prepared = getattr(Work(file), part)()
    if not rounds:
        prepared()
        return
    if rounds == ["bytecodes"]:
        print(bytecodes(prepared))
        return
    seconds, waited = [], []
    for _ in range(int(rounds[0])):
        before, began = waits(), time.process_time()
        prepared()
        seconds.append(time.process_time() - began)
        waited.append(waits() - before)
    print(json.dumps([min(seconds), min(waited), clock_readings(prepared)]))


if __name__ == "__main__":
    main()
