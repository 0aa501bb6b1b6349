"""What the bridge adds to the first word on AWS: calls of the store, and its own time, without a budget.

The function is composed as on AWS and given events; the account (`slow_account.py`) and Claude are programs of their own. Each answer of
the account takes at least 5 ms, as a real one's does. `in` is from the event to the arrival of the request at Claude without the time that
the store took to answer; `out` from Claude's first delta to the arrival of its post without the time that an earlier post took; `own` is
both. `in-cpu` is the CPU of the process, of all its threads, until the request leaves. `store-round-trips` are the calls of the store
before the request and between delta and post: the most that any question made. Claude takes 50 ms to its first delta.

`aws.first-word` itself is of sessions of 4 to 8 turns, `long` of one of 40 and more, in which the bridge's memory has to choose, both in a
process that has answered in them; `unread` and `unread-long` are the same in a process that has answered in other sessions only. `new`: the
first question of a session.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

import bridge.handler
from aws.doubles import CREDENTIALS, REGION, create_tables
from bridge.app import App
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings
from bridge.claude.anthropic_api import AnthropicApi
from bridge.claude.endpoint import Request
from parts.data import fill
from parts.figures import Figure, counted, measured
from parts.metered import client
from parts.processes import ROOT, Server, claude, running
from units import QUESTION

LATENCY = 0.005
PAUSE = 50
"""Milliseconds that Claude takes to its first delta, and again to the next."""
TABLES = ("sessions", "hashes")
SESSIONS = {"known": 4, "long": 1, "unread": 4, "unread-long": 4, "new": 4}
"""Of each kind in a round."""
QUESTIONS = {"known": 4, "long": 16}
"""In each session, after one that is not counted; of the other kinds the only one counts."""
TURNS = {"known": 3, "long": 40, "unread": 5, "unread-long": 40, "new": 0}


class Noting(AnthropicApi):
    """Notes what CPU the process has used when a request to Claude is about to leave."""

    cpu: float | None = None

    def headers(self, request: Request) -> dict[str, str]:
        if Noting.cpu is None:  # Later ones are for summaries.
            Noting.cpu = time.process_time()
        return super().headers(request)


class FirstWord(NamedTuple):
    """Of one question: seconds, and the calls of the store that it waited for."""

    to_claude: float
    from_claude: float
    cpu: float
    calls: Sequence[str]

    @property
    def own(self) -> float:
        return self.to_claude + self.from_claude


@dataclass
class Function:
    """Asks the function its questions, in processes of the kinds above."""

    account: Server
    claude: Server
    stack: ExitStack
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def composed(self) -> App:
        """As after a cold start, and one question later: its connections are open."""
        environment = {
            "AWS_ENDPOINT_URL": self.account.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
            "API_ID": "x1y2z3",
            "CONTEXT_TABLE": TABLES[0],
            "HASH_TABLE": TABLES[1],
            "ANTHROPIC_BASE_URL": self.claude.url,
            "ANTHROPIC_API_KEY": "none",
        }
        with patch.object(bridge.handler, "AnthropicApi", Noting):
            app = bridge.handler.compose(environment, lambda _: None, self.stack)
        self.ask(app, "warm")
        return app

    def ask(self, app: App, session: str) -> FirstWord:
        self.asked[session] += 1
        event = event_of(session, self.asked[session])
        self.log()
        Noting.cpu = None
        began, cpu = time.monotonic(), time.process_time()
        app.handle(event, lambda: 600.0)
        return first_word(began, (Noting.cpu or 0.0) - cpu, self.log())

    def log(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.account.url}/log") as response:
            log: list[dict[str, Any]] = json.load(response)
        return log

    def filled(self, session: str, turns: int) -> None:
        settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": self.account.url})
        with closing(dynamodb(settings)) as service, closing(client("dynamodb", self.account.url)) as direct:
            fill(direct, DynamoStore(service, context_table=TABLES[0], hash_table=TABLES[1]), f"ada/{session}", turns)


def event_of(session: str, number: int) -> dict[str, Any]:
    message = f"{QUESTION} deltas: 20 pause: {PAUSE}"
    query = {"action": "query", "message": message, "session_id": session, "request_id": f"r-{session}-{number}", "stream": True}
    context = {"eventType": "MESSAGE", "connectionId": "Ab-c_d=", "requestId": "r=", "authorizer": {"principalId": "ada"}}
    return {"requestContext": context, "body": json.dumps(query), "isBase64Encoded": False}


def first_word(began: float, cpu: float, log: Sequence[Mapping[str, Any]]) -> FirstWord:
    posts = [call for call in log if call["operation"] == "post"]
    delta = next((call for call in posts if call["frame"]["type"] == "delta"), None)
    if delta is None:
        raise RuntimeError(f"the question was not answered: {[call['frame'] for call in posts]}")
    asked, sent = map(float, delta["frame"]["text"].split(" ", 2)[:2])
    store = [call for call in log if call["operation"] != "post"]
    before = [call for call in store if call["arrived"] < asked]
    between = [call for call in store if sent < call["arrived"] < delta["arrived"]]
    earlier = [call for call in posts if call["arrived"] < delta["arrived"]]
    return FirstWord(
        asked - began - answering(before, began, asked),
        delta["arrived"] - sent - answering(earlier, sent, delta["arrived"]),
        cpu,
        [call["operation"] for call in (*before, *between)],
    )


def answering(calls: Sequence[Mapping[str, Any]], begin: float, end: float) -> float:
    """Seconds between `begin` and `end` in which some of these calls were being answered."""
    seconds = 0.0
    for call in sorted(calls, key=lambda call: float(call["arrived"])):
        begin = max(begin, call["arrived"])
        seconds += max(0.0, min(end, call["left"]) - begin)
        begin = max(begin, min(end, call["left"]))
    return seconds


@contextmanager
def function(latency: float = LATENCY) -> Iterator[Function]:
    program = [sys.executable, str(ROOT / "benchmarks" / "slow_account.py"), str(latency)]
    with running(program) as account, claude() as model, ExitStack() as stack:
        with closing(client("dynamodb", account.url)) as direct:
            create_tables(direct, *TABLES)
        yield Function(account, model, stack)


def asked(function: Function, kind: str, number: int, app: App) -> list[FirstWord]:
    """The questions of one kind in a round."""
    sessions = [f"{kind}-{number}-{place}" for place in range(SESSIONS[kind])]
    for session in sessions if TURNS[kind] else ():
        function.filled(session, TURNS[kind])
    words = [[function.ask(app, session) for _ in range(1 + QUESTIONS.get(kind, 0))] for session in sessions]
    return [word for of_session in words for word in of_session[kind in QUESTIONS :]]


def measure(rounds: int, note: Callable[[str], None]) -> Iterator[Figure]:  # noqa: ARG001
    words: dict[str, list[list[FirstWord]]] = defaultdict(list)
    with function() as lambda_function:
        app = lambda_function.composed()
        for number in range(rounds):
            for kind in SESSIONS:
                words[kind].append(asked(lambda_function, kind, number, app))
    for kind, of_rounds in words.items():
        yield from of_kind("aws.first-word" if kind == "known" else f"aws.first-word.{kind}", of_rounds)


def of_kind(name: str, rounds: Sequence[Sequence[FirstWord]]) -> Iterator[Figure]:
    def of_each(value: Callable[[FirstWord], float]) -> list[float]:
        return [1000 * median(map(value, words)) for words in rounds]

    yield counted(f"{name}.store-round-trips", max(len(word.calls) for words in rounds for word in words), "calls")
    yield measured(f"{name}.own", of_each(lambda word: word.own), "ms")
    yield measured(f"{name}.in-cpu", of_each(lambda word: word.cpu), "ms")
    yield measured(f"{name}.in", of_each(lambda word: word.to_claude), "ms")
    yield measured(f"{name}.out", of_each(lambda word: word.from_claude), "ms")
