"""CPU time of a fresh interpreter until its first signed request has been answered, against two boto3 clients, and the authorizer's.

`python benchmarks/cold_start.py [--json]`. The candidates take turns, and the least of each counts: whatever else the machine does only
adds to it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from loopback import loopback
from report import show

ROUNDS = 12

_CPU = "\nimport time; print(time.process_time())"

AWS_SIDE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from bridge.aws.service import AwsSettings
from bridge.aws.connections import AwsConnections, execute_api
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
settings = AwsSettings.of(os.environ)
connections = AwsConnections(execute_api(settings, "x1y2z3"), "prod")
store = DynamoStore(dynamodb(settings), context_table="sessions", hash_table="hashes")
store.load("chat-abc123", 10)
"""

WHOLE_BRIDGE = "import sys; sys.path.insert(0, sys.argv[1]); import bridge.handler" + AWS_SIDE

BOTO3 = """
import boto3
connections = boto3.client("apigatewaymanagementapi")
store = boto3.client("dynamodb")
store.query(TableName="sessions", KeyConditionExpression="session_id = :s", ExpressionAttributeValues={":s": {"S": "chat-abc123"}})
"""

AUTHORIZER = """
import sys
sys.path.insert(0, sys.argv[1])
from bridge.authorizer import handler
handler({"methodArn": "arn", "headers": {"Authorization": "Bearer token"}}, None)
"""

NOTHING = "import sys"


def cpu(program: str, environment: dict[str, str]) -> float:
    """Milliseconds of CPU time, from the start of the process."""
    folder = Path(__file__).resolve().parents[1] / "lambda"
    command = [sys.executable, "-I", "-c", program + _CPU, str(folder)]
    return 1000 * float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    programs = {
        "bridge, what calls AWS": AWS_SIDE,
        "bridge, all of it": WHOLE_BRIDGE,
        "two boto3 clients": BOTO3,
        "authorizer": AUTHORIZER,
        "an empty program": NOTHING,
    }
    found: dict[str, list[float]] = {name: [] for name in programs}
    with loopback() as url:
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for _ in range(ROUNDS):
            for name, program in programs.items():
                found[name].append(cpu(program, environment))
    least = {name: min(times) for name, times in found.items()}
    rows = [{"": name, "CPU ms": time, "of boto3": time / least["two boto3 clients"]} for name, time in least.items()]
    note = f"The authorizer costs {least['authorizer'] / least['bridge, all of it']:.2f} of the whole bridge."
    show("Cold start, until the first signed request was answered", rows, [note])


if __name__ == "__main__":
    main()
