"""What the writers of a soak received, and whether what is stored agrees with it."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge_local.sqlite.store import SqliteStore
from system.clients import Answered, Asked
from system.programs import talk
from system.soak_claude import MARK, answer_to
from system.soak_world import LONGEST_JUMP_SECONDS, token_of

EXPECTED = frozenset(
    {"rate_limited", "claude_overloaded", "claude_unavailable", "claude_rejected", "claude_refused", "empty_answer", "session_deleted"}
)
Key = tuple[str, str]
"""Owner and question."""


class Ledger:
    """Every question, and what came of it."""

    def __init__(self) -> None:
        self.trouble: list[str] = []
        self._asked: dict[str, Asked] = {}
        self._owners: dict[str, str] = {}
        self._answers: dict[str, str] = {}
        self._failures: dict[str, str] = {}
        self._gone: set[str] = set()
        self._exposed: set[str] = set()
        self._unsettled: set[str] = set()
        self._disturbed: set[str] = set()

    def asks(self, asked: Asked, owner: str) -> None:
        self._asked[asked.message] = asked
        self._owners[asked.message] = owner

    def answers(self, asked: Asked, result: Answered, disturbed: bool) -> None:
        if disturbed and asked.message in self._exposed:
            self._begins_anew(asked)
            self._answers[asked.message] = result.printed
        before = self._answers.setdefault(asked.message, result.printed)
        if result.printed != before or result.finished.text != before:
            self.trouble.append(f"{asked.message} was answered {before!r}, and then {result.printed!r}")

    def fails(self, asked: Asked, code: str, disturbed: bool) -> None:
        self._failures[asked.message] = code
        if disturbed:
            self._disturbed.add(asked.message)
            self._begins_anew(asked)
        if code not in EXPECTED:
            self.trouble.append(f"{asked.message} ended in {code}")

    def loses(self, asked: Asked, disturbed: bool) -> None:
        """One of those who asked this does not know what came of it."""
        self._unsettled.add(asked.message)
        if disturbed:
            self._begins_anew(asked)

    def _begins_anew(self, asked: Asked) -> None:
        """One sender asked on while it was deleted and a clock jumped: where claim and tombstone are over, as after 25 hours, this is a
        new question, with an answer of its own."""
        self._gone.discard(asked.message)

    def may_delete(self, owner: str, session: str) -> None:
        """A deletion begins or ends: whatever its outcome, it may have taken each question that was asked in that session by now."""
        self._exposed.update(one for one, asked in self._asked.items() if (self._owners[one], asked.session_id) == (owner, session))

    def deletes(self, questions: Iterable[str]) -> None:
        self._gone.update(questions)

    def open(self) -> list[Asked]:
        """Those of which not all is known yet: what failed may have been asked again by somebody who sent it, too."""
        known = self._answers.keys() | (self._failures.keys() - self._unsettled)
        return [asked for message, asked in self._asked.items() if message not in known]

    def answered_in(self, owner: str, session: str) -> list[str]:
        return [one for one in self._answers if self._owners[one] == owner and self._asked[one].session_id == session]

    def counts(self) -> dict[str, int]:
        return {"answered": len(self._answers), **Counter(self._failures.values())}

    def expected(self, owner: str, session: str) -> dict[str, str]:
        return {question: self._answers[question] for question in self.answered_in(owner, session)}

    def is_gone(self, question: str) -> bool:
        return question in self._gone

    def gone(self) -> list[str]:
        return sorted(self._gone)

    def failed_for_sure(self, question: str) -> bool:
        """It failed, was never answered, and no clock had jumped: then nothing of it may be stored."""
        return question in self._failures and question not in self._answers and question not in self._disturbed

    def owner(self, question: str) -> str:
        return self._owners.get(question, "")


def check_sessions(ledger: Ledger, url: str, owners: Iterable[str], sessions: Iterable[str]) -> list[str]:
    """What each owner finds in the histories, against what they were sent."""
    return [trouble for owner in owners for session in sessions for trouble in _check(ledger, url, owner, session)]


def _check(ledger: Ledger, url: str, owner: str, session: str) -> Iterable[str]:
    result = Counter(_history(url, owner, session))
    answers = dict(iter(result))
    for question, answer in result:
        if ledger.owner(question) != owner:
            yield f"{owner} reads in {session}: {question}"
        if result[question, answer] > 1 or sum(one == question for one, _ in result) > 1:
            yield f"{question} is in the history more than once"
        if ledger.is_gone(question):
            yield f"{question} was deleted and is there"
        if ledger.failed_for_sure(question):
            yield f"{question} failed and is there"
    for question, answer in ledger.expected(owner, session).items():
        if session.startswith("kept") and answers.get(question) != answer:
            yield f"{question} was answered {answer[:40]!r} and {answers.get(question, 'nothing')[:40]!r} is stored"


def _history(url: str, owner: str, session: str) -> Iterable[Key]:
    before = ""
    while True:
        request = {"action": "history", "session_id": session, "limit": 100, **({"before": before} if before else {})}
        [reply] = talk(url, request, token=token_of(owner))
        yield from ((turn["context"][0]["content"], turn["context"][1]["content"]) for turn in reply.get("turns", []))
        if not reply.get("more"):
            return
        before = reply["turns"][0]["turn"]


def check_file(path: Path, life: int) -> list[str]:
    """Every row of the store: its time to live, in sessions that live this many seconds, and that a turn is in one piece."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT turn, ttl, item FROM sessions").fetchall()
        hashes = connection.execute("SELECT ttl, item FROM hashes").fetchall()
    trouble = [f"a row without its TTL: {item[:200]}" for _, ttl, item in rows if not _lives_as_it_should(ttl, json.loads(item), life)]
    trouble += [f"a claim without a TTL: {item}" for ttl, item in hashes if not ttl or json.loads(item).get("ttl") != ttl]
    trouble += [f"a claim that holds text: {item}" for _, item in hashes if MARK.search(item)]
    return trouble + [
        f"not in one piece: {item[:300]}" for turn, _, item in rows if turn != "~head" and not _in_one_piece(json.loads(item))
    ]


def check_forgotten(path: Path, questions: Iterable[str]) -> list[str]:
    """What was deleted is in no byte of the store's files, once a bridge has looked for what others left when they were killed."""
    with closing(SqliteStore(path)) as store:
        store.expire(time.time())
        held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    marks = [mark[0] for question in questions if (mark := MARK.search(question))]
    return [f"{mark} was deleted and is in the file" for mark in marks if mark.encode() in held]


def check_log(log: str, seconds: float) -> list[str]:
    """What one bridge logged in this many seconds: nothing that was said, no unexpected exception, and a condition once a minute."""
    trouble = [f"the log holds what was said: {result[0]}" for result in MARK.finditer(log)] + re.findall(r".*Traceback.*", log)
    lines = [json.loads(line) for line in log.splitlines()]
    counted = Counter(str(line.get("condition") or (line["logger"], line["message"], line.get("exception"))) for line in lines)
    most = 1 + seconds // 60
    return trouble + [
        f"{count} times in {seconds:.0f} s in one log: {condition[:200]}" for condition, count in counted.items() if count > most
    ]


def _lives_as_it_should(ttl: Any, item: dict[str, Any], period: int) -> bool:
    if ttl is None or item.get("ttl") != ttl:
        return False
    # Nothing that was stored ahead of time is set back when the clock is: a life may be longer by the longest jump.
    head, life = item["turn"] == "~head", ttl - item["last_updated"]
    expected = (3600 if item.get("deleted") else period) if head else 3 * period
    return bool(expected <= life <= expected + LONGEST_JUMP_SECONDS + 2)


def _in_one_piece(item: dict[str, Any]) -> bool:
    question, answer = (message["content"] for message in item["context"])
    number = re.match(r"Answer (\d+) to ", answer)
    mark = MARK.search(question)
    return number is not None and mark is not None and answer == answer_to(mark[0], int(number[1]))
