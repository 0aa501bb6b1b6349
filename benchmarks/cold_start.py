"""CPU time of a fresh interpreter: to import the bridge, and until its first signed request is answered, against two boto3 clients.

`python benchmarks/cold_start.py [--json]`. The candidates take turns, and the least of each counts: whatever else the machine does only
adds to it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median

from loopback import loopback
from report import show

ROUNDS = 20

_CPU = "\nimport time; print(time.process_time())"
_PATH = "import sys; sys.path.insert(0, sys.argv[1])\n"

IMPORT = _PATH + "import bridge.handler"

ANSWERED = (
    IMPORT
    + """
import os
from bridge.aws.service import AwsSettings
from bridge.aws.connections import AwsConnections, execute_api
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
settings = AwsSettings.of(os.environ)
connections = AwsConnections(execute_api(settings, "x1y2z3"), "prod")
store = DynamoStore(dynamodb(settings), context_table="sessions", hash_table="hashes")
store.load("chat-abc123", 10)
"""
)

CLIENTS = """
import boto3
connections = boto3.client("apigatewaymanagementapi")
store = boto3.client("dynamodb")
"""

CLIENTS_ANSWERED = (
    CLIENTS
    + """
store.query(TableName="sessions", KeyConditionExpression="session_id = :s", ExpressionAttributeValues={":s": {"S": "chat-abc123"}})
"""
)

AUTHORIZER = (
    _PATH
    + """
from bridge.authorizer import handler
handler({"methodArn": "arn", "headers": {"Authorization": "Bearer token"}}, None)
"""
)

NOTHING = "import sys"


def cpu(program: str, environment: dict[str, str]) -> float:
    """Milliseconds of CPU time, from the start of the process."""
    folder = Path(__file__).resolve().parents[1] / "lambda"
    command = [sys.executable, "-I", "-c", program + _CPU, str(folder)]
    return 1000 * float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    programs = {
        "bridge, imported": IMPORT,
        "two boto3 clients, made": CLIENTS,
        "bridge, first answer": ANSWERED,
        "two boto3 clients, first answer": CLIENTS_ANSWERED,
        "authorizer": AUTHORIZER,
        "an empty program": NOTHING,
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
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
                times[name].append(cpu(program, environment))
    least = {name: min(measured) for name, measured in times.items()}
    rows = [{"": name, "CPU ms, least": time, "median": median(times[name])} for name, time in least.items()]
    start = least["an empty program"]
    imported = (least["bridge, imported"] - start) / (least["two boto3 clients, made"] - start)
    notes = [
        f"Of two boto3 clients: {imported:.3f} for the import alone, without the start of the interpreter"
        f" ({least['bridge, imported'] / least['two boto3 clients, made']:.3f} with it),"
        f" {least['bridge, first answer'] / least['two boto3 clients, first answer']:.3f} until the first signed request is answered.",
        f"The authorizer costs {least['authorizer'] / least['bridge, first answer']:.2f} of the whole bridge.",
    ]
    show("Cold start", rows, notes)


if __name__ == "__main__":
    main()
