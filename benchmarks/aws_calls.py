"""CPU time of one DynamoDB call and of one post to a connection, against boto3, on the same server, in turn.

`python benchmarks/aws_calls.py [--json]`. The candidates take turns, and the least of each counts.
The write is a turn of 1,600 characters, the post a frame of 200 bytes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3

from loopback import loopback
from report import show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))

from bridge.aws.connections import AwsConnections, execute_api
from bridge.aws.dynamo_items import attributes
from bridge.aws.dynamo_table import Table, dynamodb
from bridge.aws.service import AwsSettings
from bridge.network.sigv4 import Credentials
from bridge.store.records import Message, Turn

ROUNDS = 25
CALLS = 40

ITEM = Turn("01JD0000000000000000000001", (Message("user", "q" * 400), Message("assistant", "a" * 1200)), 1_800_000_000).item("chat-abc123")
FRAME = b"x" * 200
CONNECTION = "Ab-c_d="


def cpu(call: Callable[[], object]) -> float:
    """Milliseconds of CPU time of one call, over `CALLS` of them."""
    begun = time.process_time()
    for _ in range(CALLS):
        call()
    return 1000 * (time.process_time() - begun) / CALLS


def main() -> None:
    with loopback() as url:
        settings = AwsSettings("eu-central-1", Credentials("AKIAEXAMPLE", "example"), {"AWS_ENDPOINT_URL": url})
        table = Table(dynamodb(settings), "sessions")
        connections = AwsConnections(execute_api(settings, "x1y2z3"), "prod")
        session = boto3.session.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example", region_name="eu-central-1")
        their_table = session.client("dynamodb", endpoint_url=url)
        their_connections = session.client("apigatewaymanagementapi", endpoint_url=f"{url}/prod")
        item = attributes(ITEM)
        calls: dict[str, Callable[[], object]] = {
            "write, bridge": lambda: table.put(ITEM, "attribute_not_exists(#turn)"),
            "write, boto3": lambda: their_table.put_item(TableName="sessions", Item=item, ConditionExpression="attribute_not_exists(turn)"),
            "post, bridge": lambda: connections.post(CONNECTION, FRAME),
            "post, boto3": lambda: their_connections.post_to_connection(ConnectionId=CONNECTION, Data=FRAME),
        }
        times_of: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                times_of[name].append(cpu(call))
    least = {name: min(times) for name, times in times_of.items()}
    rows = [{"": name, "CPU ms": time, "of boto3": time / least[f"{name.partition(',')[0]}, boto3"]} for name, time in least.items()]
    show("One call", rows)


if __name__ == "__main__":
    main()
