"""Write and read units of one question, at turn 10, 100 and 1,000 of a session: `python benchmarks/units.py [--json]`.

The process has answered the question before it, too; one that knows nothing of the session reads up to RECALL_READ_KB of it first.

The whole bridge answers a question of 400 characters with 1,200 on moto; the units are computed from the real requests and answers, since
moto does not meter (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html): a write costs one for
each KB of the larger of old and new item, a strong read one for each 4 KB, an eventual one half. An item that is in the index is written
there too: once, or twice (removed and put) when its key has changed, which `last_updated` does with every turn. A summary, which follows
only some turns of an ordinary length, is shown apart.
"""

from __future__ import annotations

import base64
import json
import math
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import boto3

from aws.doubles import CREDENTIALS, REGION, create_tables, table_names
from aws.moto_server import moto_server
from bridge.app import App
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.errors import AwsError
from bridge.aws.service import AwsSettings, Service
from bridge.claude.interrupt import Interrupt
from bridge.clock import Timing
from bridge.settings import Settings
from bridge.store.records import Head, Message, Turn, Usage
from bridge.turn_ids import turn_id
from report import show

TURNS = (10, 100, 1000)
QUESTION, ANSWER = "q" * 400, "a" * 1200
KB = 1024
DAY = 86400


def size(value: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's notation: names and values, numbers at a byte for two digits and one more, 3 for a list or map."""
    return sum(len(name.encode()) + _size(attribute) for name, attribute in value.items())


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return math.ceil(len(value.strip("-0.").replace(".", "")) / 2) + 1
    if kind == "B":
        return len(value if isinstance(value, bytes) else base64.b64decode(value))
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _size(inner) for name, inner in value.items())
    if kind == "L":
        return 3 + sum(1 + _size(inner) for inner in value)
    return 1


class Meter(Service):
    """DynamoDB, with the units of each call written down."""

    def __init__(self, url: str) -> None:
        super().__init__(AwsSettings(REGION, CREDENTIALS), url, "dynamodb")
        self.calls: list[tuple[str, float, float]] = []
        self._indexed: dict[str, str] = {}

    def json(self, target: str, version: str, request: Mapping[str, Any]) -> dict[str, Any]:
        operation = target.rpartition(".")[2]
        summarises = "#summary =" in request.get("UpdateExpression", "")
        try:
            answer = super().json(target, version, request)
        except AwsError as error:
            self.calls.append((operation, _write_units(error.body.get("Item", {})), 0))
            raise
        if operation in ("PutItem", "UpdateItem"):
            item = request.get("Item") or answer["Attributes"]
            self.calls.append(("summary" if summarises else operation, _write_units(item) + self._index_units(item), 0))
        else:
            items = answer.get("Items", [answer.get("Item", {})])
            strong = request.get("ConsistentRead", False)
            blocks = max(1, math.ceil(sum(map(size, items)) / (4 * KB)))
            self.calls.append((operation, 0, blocks if strong else blocks / 2))
        return answer

    def _index_units(self, item: Mapping[str, Any]) -> int:
        if "owner" not in item:
            return 0
        key, before = item["last_updated"]["N"], self._indexed.get(item["session_id"]["S"])
        self._indexed[item["session_id"]["S"]] = key
        return _write_units(item) * (2 if before not in (None, key) else 1)


def _write_units(item: Mapping[str, Any]) -> int:
    return max(1, math.ceil(size(item) / KB))


class QuickClaude:
    """Answers at once."""

    def open(self) -> None:
        """Nothing to open."""

    def is_open(self) -> bool:
        return False

    def knows(self, model: str) -> bool:  # noqa: ARG002
        return True

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:  # noqa: ARG002
        message = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {"input_tokens": 2500, "output_tokens": 1}}
        yield {"type": "message_start", "message": message}
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ANSWER}}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 300}}
        yield {"type": "message_stop"}


class NoConnections:
    def post(self, connection_id: str, data: bytes) -> None:  # noqa: ARG002
        """Takes everything."""
        frame = json.loads(data)
        if frame.get("type") == "error":
            raise SystemExit(f"The question was not answered: {frame}")

    def try_post(self, connection_id: str, data: bytes) -> bool:
        self.post(connection_id, data)
        return True


def fill(store: DynamoStore, session: str, turns: int) -> None:
    """Gives the session `turns` turns, as if they had been asked."""
    now = int(time.time())
    usage = Usage(2500, 0, 0, 300)
    head = Head(turn_id((now - turns - 60) * 1000), now - 1, now + DAY, owner="ada", title="q" * 60, turns=turns, turns_ttl=now + 3 * DAY)
    store.begin(session, head, None)
    context = (Message("user", QUESTION), Message("assistant", ANSWER))
    for number in range(turns):
        identifier = turn_id((now - turns + number) * 1000)
        turn = Turn(identifier, context, now, "0123456789abcdef", "claude-sonnet-5-5", "end_turn", usage=usage, ttl=now + 3 * DAY)
        store.add_turn(session, turn)


def event(session_id: str, number: int) -> dict[str, Any]:
    query = {"action": "query", "message": QUESTION, "session_id": session_id, "request_id": f"r-{session_id}-{number}", "stream": True}
    context = {"eventType": "MESSAGE", "connectionId": "Ab-c_d=", "requestId": "r=", "authorizer": {"principalId": "ada"}}
    return {"requestContext": context, "body": json.dumps(query), "isBase64Encoded": False}


def main() -> None:
    rows: list[dict[str, object]] = []
    with moto_server() as (host, port):
        url = f"http://{host}:{port}"
        client = boto3.client(
            "dynamodb", REGION, endpoint_url=url, aws_access_key_id=CREDENTIALS.access_key, aws_secret_access_key=CREDENTIALS.secret_key
        )
        names = table_names("units")
        create_tables(client, *names)
        meter = Meter(url)
        store = DynamoStore(meter, context_table=names[0], hash_table=names[1])
        app = App(settings=Settings(), store=store, connections=NoConnections(), claude=QuickClaude())
        for turns in TURNS:
            fill(store, f"ada/s{turns}", turns - 2)
            app.handle(event(f"s{turns}", 1), lambda: 600.0)
            meter.calls.clear()
            time.sleep(1 - time.time() % 1)  # Within a second `last_updated` stays, and the index costs one unit less.
            app.handle(event(f"s{turns}", 2), lambda: 600.0)
            turn = [call for call in meter.calls if call[0] != "summary"]
            summary = sum(call[1] for call in meter.calls if call[0] == "summary")
            writes, reads = sum(call[1] for call in turn), sum(call[2] for call in turn)
            calls = " ".join(call[0] for call in turn)
            rows.append({"turn": turns, "write units": writes, "of a summary": summary, "read units": reads, "calls": calls})
    renewal, polls = Settings().lease_seconds / 3, Timing().poll_interval
    note = f"While Claude writes: 1 write unit each {renewal:g} s for the lease, half a read unit each {polls:g} s for a look at the row."
    show("Units of a question of 400 characters with an answer of 1,200", rows, [note])


if __name__ == "__main__":
    main()
