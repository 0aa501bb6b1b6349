"""What the plugin for Claude Code would add to a prompt, and how often that bears on it.

    python3 benchmarks/prompt_recall.py --data DIR [--least 0.3 ...] [--json]

DIR has conversations with questions (see `data_sets.py`). Each question is a prompt in another session of the same project: `recall` is
asked as the hook asks it. Reported for each `least`, by data set:

added      prompts to which anything is added
relevant   of those, the ones in which a piece of the wanted messages is
evidence   of the wanted messages, those of which a piece is added, over all questions
characters the mean of what is added, over all prompts
foreign    prompts of the other conversations of the set to which anything is added: none of it can bear on them
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))

import data_sets
from bridge.app import App
from bridge.clock import Chance, Clock, Timing
from bridge.settings import Settings
from bridge_client.mcp.hooks import LEAST, LONGEST, PROMPT_CHARACTERS, quotation
from dialogues import Dialogue, Question, in_order, turns
from evidence import evidence_in
from played import MAX_MESSAGE_CHARACTERS, READ_KB, Conversation, Script

MINUTE = 60.0
FOREIGN = 40
"""Prompts of other conversations that are tried on each."""


class Added(NamedTuple):
    """What was added to one prompt; `there`: the share of the wanted messages of which a piece is in it."""

    characters: int
    there: float


class Memory:
    """A bridge that has heard a conversation, and is asked as the hook asks it."""

    def __init__(self) -> None:
        self._heard = Conversation(8_000)
        self._replies: list[Mapping[str, Any]] = []
        self._now = 0.0
        settings = Settings(anthropic_api_key="none", session_ttl_hours=0, recall_read_kb=READ_KB, max_message_chars=MAX_MESSAGE_CHARACTERS)
        clock = Clock(now=lambda: self._now, sleep=lambda _: None)
        self._app = App(
            settings=settings,
            store=self._heard.store,
            connections=self,
            claude=Script(settings),
            clock=clock,
            chance=Chance(),
            timing=Timing(),
        )

    def post(self, connection_id: str, data: bytes) -> None:  # noqa: ARG002
        """What the bridge replies."""
        self._replies.append(json.loads(data))

    def try_post(self, connection_id: str, data: bytes) -> bool:
        self.post(connection_id, data)
        return True

    def close(self) -> None:
        self._heard.close()

    def hear(self, dialogue: Dialogue, first: int, last: int) -> None:
        """These of its messages."""
        self._heard.play(turns(dialogue.messages[first:last]))
        if last:
            self._now = dialogue.messages[last - 1].at / 1000 + MINUTE

    def added_to(self, prompt: str, least: float) -> str:
        body = {"action": "recall", "message": prompt[:PROMPT_CHARACTERS], "limit": LONGEST, "least": least}
        context = {"eventType": "MESSAGE", "connectionId": "c", "requestId": "e", "authorizer": {"principalId": "default"}}
        self._app.handle({"requestContext": context, "body": json.dumps(body)}, lambda: MINUTE)
        reply = self._replies.pop()
        if reply["type"] != "recalled":
            raise SystemExit(f"recall was refused: {reply}")
        return quotation(list(reply["passages"]), "")[1]


def measured(dialogue: Dialogue, foreign: Iterable[str], leasts: Sequence[float]) -> Iterator[tuple[float, str, Added]]:
    """For each prompt and `least`: "own" or "foreign", and what was added."""
    memory, heard = Memory(), 0
    try:
        for question in in_order(dialogue.questions):
            wanted = dialogue.wanted(question)
            moment = dialogue.moment(question)
            memory.hear(dialogue, heard, moment)
            heard = moment
            if wanted:
                yield from ((least, "own", _added(memory, question, wanted, least)) for least in leasts)
        memory.hear(dialogue, heard, len(dialogue.messages))
        for prompt in foreign:
            yield from ((least, "foreign", Added(len(memory.added_to(prompt, least)), 0.0)) for least in leasts)
    finally:
        memory.close()


def _added(memory: Memory, question: Question, wanted: Sequence[str], least: float) -> Added:
    text = "\n".join(line.removeprefix("> ") for line in memory.added_to(question.text, least).splitlines())
    return Added(len(text), evidence_in(wanted, {"recalled": [text]}, LONGEST).touched if text else 0.0)


def report(one: data_sets.DataSet, leasts: Sequence[float]) -> dict[str, dict[str, float]]:
    """By `least`."""
    own: dict[float, list[Added]] = {least: [] for least in leasts}
    foreign: dict[float, list[Added]] = {least: [] for least in leasts}
    for dialogue in one.dialogues:
        others = [question.text for other in one.dialogues if other is not dialogue for question in other.questions]
        for least, kind, added in measured(dialogue, others[:: max(1, len(others) // FOREIGN)], leasts):
            (own if kind == "own" else foreign)[least].append(added)
    return {f"{least:g}": _figures(own[least], foreign[least]) for least in leasts}


def _figures(own: Sequence[Added], foreign: Sequence[Added]) -> dict[str, float]:
    added = [one for one in own if one.characters]
    return {
        "prompts": len(own),
        "added": len(added) / max(1, len(own)),
        "relevant": fmean(one.there > 0 for one in added) if added else 0.0,
        "evidence": fmean(one.there for one in own) if own else 0.0,
        "characters": fmean(one.characters for one in own) if own else 0.0,
        "foreign": fmean(one.characters > 0 for one in foreign) if foreign else 0.0,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--least", type=float, nargs="+", default=[LEAST])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = {one.name: report(one, options.least) for one in data_sets.read(options.data)}
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    print(f"{'set':10} {'least':>6} {'prompts':>8} {'added':>6} {'relevant':>9} {'evidence':>9} {'characters':>11} {'foreign':>8}")
    for name, by_least in figures.items():
        for least, one in by_least.items():
            shares = (f"{one[key]:>{width}.0%}" for key, width in (("added", 6), ("relevant", 9), ("evidence", 9)))
            print(f"{name:10} {least:>6} {one['prompts']:>8.0f} {' '.join(shares)} {one['characters']:>11.0f} {one['foreign']:>8.0%}")


if __name__ == "__main__":
    main()
