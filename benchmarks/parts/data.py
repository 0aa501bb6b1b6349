"""What a turn costs in DynamoDB late in a conversation: of the bridge, and of conversations as others keep them.

A question of 400 characters with an answer of 1,200, in a process that has answered before. All go through one meter to moto.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from aws.doubles import CREDENTIALS, REGION, create_tables
from bridge.app import App
from bridge.aws.dynamo_items import attributes
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings, RetryPolicy
from bridge.settings import Settings
from bridge.store.records import Head, Message, Turn, Usage
from bridge.turn_ids import turn_id
from parts.figures import Figure, counted
from parts.metered import Tally, metered
from parts.processes import PEERS, ROOT
from units import ANSWER, DAY, QUESTION, NoConnections, QuickClaude, event

TURNS = (10, 100, 1_000, 5_000)
OTHERS = ("original", "langchain", "langgraph")
PATIENT = RetryPolicy(budget=300.0, read_timeout=300.0)
"""moto takes seconds for a page that DynamoDB takes milliseconds for, and the bridge would give up its first reading."""
UNSUMMARISED = 12
"""How many of the newest turns no summary covers."""
TABLES = ("sessions", "hashes")
MEASURES = {
    "requests": "requests",
    "bytes": "bytes",
    "write-units": "write units",
    "read-units": "read units",
}


def fill(direct: Any, store: DynamoStore, session: str, turns: int) -> None:
    """Gives the session this many turns, and a summary of all but the newest, as if they had been asked; `direct` is a client of boto3."""
    now = int(time.time())
    usage, context = Usage(2500, 0, 0, 300), (Message("user", QUESTION), Message("assistant", ANSWER))
    ids = [turn_id((now - turns + number) * 1000) for number in range(turns)]
    head = Head(turn_id((now - turns - 60) * 1000), now - 1, now + DAY, owner="ada", title="q" * 60, turns=turns, turns_ttl=now + 3 * DAY)
    if turns > UNSUMMARISED:
        head = head._replace(summary="s" * 400, summarised_through=ids[-UNSUMMARISED])
    store.begin(session, head, None)
    requests = []
    for identifier in ids:
        turn = Turn(identifier, context, now, "0123456789abcdef", "claude-sonnet-5-5", "end_turn", usage=usage, ttl=now + 3 * DAY)
        requests.append({"PutRequest": {"Item": attributes(turn.item(session))}})
    for first in range(0, len(requests), 25):
        direct.batch_write_item(RequestItems={TABLES[0]: requests[first : first + 25]})


def of_bridge(turn: int) -> Tally:
    with metered() as meter:
        create_tables(meter.direct, *TABLES)
        settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": meter.url})
        store = DynamoStore(dynamodb(settings, retry_policy=PATIENT), context_table=TABLES[0], hash_table=TABLES[1])
        app = App(settings=Settings(), store=store, connections=NoConnections(), claude=QuickClaude())
        fill(meter.direct, store, "ada/s", turn - 2)
        app.handle(event("s", 1), lambda: 600.0)
        time.sleep(1 - time.time() % 1)  # Within a second `last_updated` stays, and the index costs one unit less.
        meter.reset()
        app.handle(event("s", 2), lambda: 600.0)
        return replace(meter.tally)


def of_other(kind: str, turn: int) -> Tally | str:
    """What DynamoDB says where it refuses the turn, or the turns before it."""
    program = str(ROOT / "benchmarks" / "peers" / "histories.py")
    with metered() as meter:
        command = [str(PEERS), program, kind, meter.url, str(turn)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            said = process.stdout.readline().strip()
            if said == "ready":
                meter.reset()
                process.stdin.write("\n")
                process.stdin.flush()
                said = process.stdout.readline().strip()
            if said == "done":
                return replace(meter.tally)
            process.stdin.close()
            return said or process.stderr.read().strip()[-300:]


def measure(turns: Sequence[int], note: Callable[[str], None]) -> Iterator[Figure]:
    others = OTHERS if PEERS.exists() else ()
    if not others:
        note("data: no other layout was measured: there is no build/peers (`make ledger` makes it)")
    refused: set[str] = set()
    for turn in turns:
        ours = of_bridge(turn)
        yield from figures("bridge", turn, ours)
        yield counted(f"data.bridge.{turn}.summary-write-units", ours.summaries, "write units")
        for kind in others:
            theirs = f"not tried: {kind} is refused before" if kind in refused else of_other(kind, turn)
            if isinstance(theirs, str):
                note(f"data: {kind} at turn {turn:,}: {theirs}")
                refused.add(kind)
                continue
            yield from figures(kind, turn, theirs)
            if theirs.write_units:
                yield counted(f"data.{turn}.write-units.of-{kind}", ours.write_units / theirs.write_units, "ratio")
            if theirs.read_units:
                yield counted(f"data.{turn}.read-units.of-{kind}", ours.read_units / theirs.read_units, "ratio")


def figures(kind: str, turn: int, tally: Tally) -> Iterator[Figure]:
    values = (tally.requests + tally.s3_requests, tally.body, tally.write_units, tally.read_units)
    for (name, unit), value in zip(MEASURES.items(), values, strict=True):
        yield counted(f"data.{kind}.{turn}.{name}", value, unit)
