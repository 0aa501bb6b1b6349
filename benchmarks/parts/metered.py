"""moto behind a meter: every request to DynamoDB and S3, its bytes, and its units, whoever made it.

moto does not meter; units are computed from the real items (`units.py` says how): a write costs one for each KB of the larger of old and
new item, an item that is in an index is written there too (twice if its key there has changed), a strong read one for each 4 KB, an
eventual one half. Requests to S3 are counted as requests; they have no units.
"""

from __future__ import annotations

import http.client
import json
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

from aws.doubles import CREDENTIALS, REGION
from aws.moto_server import moto_server
from units import KB, size


@dataclass
class Tally:
    """`body` is what was sent and received. `summaries`: the write units of the bridge's summaries, which follow only some turns."""

    requests: int = 0
    s3_requests: int = 0
    body: int = 0
    write_units: float = 0
    read_units: float = 0
    summaries: float = 0
    refusals: list[str] = field(default_factory=list)


class Meter:
    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.url = ""
        self.direct = client("dynamodb", f"http://{host}:{port}")
        self.tally = Tally()
        self.lock = threading.Lock()
        self._indexes: dict[str, list[list[str]]] = {}

    def reset(self) -> None:
        self.tally = Tally()

    def count(self, target: str, body: bytes, before: Mapping[str, Any], answer: bytes, status: int) -> None:
        """`before` is the item that a write found."""
        self.tally.body += len(body) + len(answer)
        if not target:
            self.tally.s3_requests += 1
            return
        self.tally.requests += 1
        operation, request, answered = target.rpartition(".")[2], json.loads(body), json.loads(answer or b"{}")
        if status >= 400:
            self.tally.refusals.append(str(answered.get("message", answered.get("Message", status)))[:200])
        if operation in ("PutItem", "UpdateItem", "DeleteItem"):
            self._count_write(request, before)
        elif operation in ("GetItem", "Query", "BatchGetItem"):
            self.tally.read_units += read_units(operation, request, answered)
        else:
            raise AssertionError(f"{operation} is not metered")

    def item(self, target: str, body: bytes) -> dict[str, Any]:
        """The item that a write is about, as it is now."""
        if target.rpartition(".")[2] not in ("PutItem", "UpdateItem", "DeleteItem"):
            return {}
        request = json.loads(body)
        item: dict[str, Any] = self.direct.get_item(TableName=request["TableName"], Key=self._key(request)).get("Item", {})
        return item

    def _key(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if "Key" in request:
            return dict(request["Key"])
        keys, _ = self._table(request["TableName"])
        return {name: request["Item"][name] for name in keys}

    def _count_write(self, request: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        now = self.item("x.UpdateItem", json.dumps(request).encode())
        units = max(1, math.ceil(max(size(before), size(now)) / KB))
        for names in self._table(request["TableName"])[1]:
            if all(name in now for name in names) and now != before:
                moved = bool(before) and any(before.get(name) != now[name] for name in names) and names[0] in before
                units += max(1, math.ceil(size(now) / KB)) * (2 if moved else 1)
        if "#summary =" in request.get("UpdateExpression", ""):
            self.tally.summaries += units
            self.tally.requests -= 1
        else:
            self.tally.write_units += units

    def _table(self, name: str) -> tuple[list[str], list[list[str]]]:
        """The names of its key, and of those of its indexes."""
        if name not in self._indexes:
            table = self.direct.describe_table(TableName=name)["Table"]
            schemas = [table["KeySchema"], *(index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ()))]
            self._indexes[name] = [[part["AttributeName"] for part in schema] for schema in schemas]
        key, *indexes = self._indexes[name]
        return key, indexes


def read_units(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if operation == "BatchGetItem":
        of_tables = answer.get("Responses", {})
        strong = {name: one.get("ConsistentRead", False) for name, one in request["RequestItems"].items()}
        return sum(max(1, math.ceil(size(item) / (4 * KB))) / (1 if strong[name] else 2) for name in of_tables for item in of_tables[name])
    items = answer.get("Items", [answer.get("Item", {})])
    blocks = max(1, math.ceil(sum(map(size, items)) / (4 * KB)))
    return blocks if request.get("ConsistentRead", False) else blocks / 2


def client(service: str, url: str) -> Any:
    keys = {"aws_access_key_id": CREDENTIALS.access_key, "aws_secret_access_key": CREDENTIALS.secret_key}
    return boto3.client(service, REGION, endpoint_url=url, **keys)  # type: ignore[call-overload]


def handler_of(meter: Meter) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self._body()
            target = self.headers.get("X-Amz-Target", "")
            own = {
                name: value for name, value in self.headers.items() if name.lower() not in ("transfer-encoding", "expect", "content-length")
            }
            with meter.lock:
                before = meter.item(target, body) if "Table" not in target.rpartition(".")[2] else {}
                connection = http.client.HTTPConnection(meter.host, meter.port)
                connection.request(self.command, self.path, body, own | {"Content-Length": str(len(body))})
                response = connection.getresponse()
                answer = response.read()
                connection.close()
                if "Table" not in target.rpartition(".")[2]:
                    meter.count(target, body, before, answer, response.status)
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while length := int(self.rfile.readline().partition(b";")[0], 16):
                parts.append(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *what: object) -> None:
            """Nothing."""

    return Handler


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone before it had read its answer is no news; of anything else the client hears, and says so."""


@contextmanager
def metered() -> Iterator[Meter]:
    """An empty account; `url` is where it is metered, `direct` a client past the meter."""
    with moto_server() as (host, port):
        reset = http.client.HTTPConnection(host, port)
        reset.request("POST", "/moto-api/reset")  # All its servers in a process have one memory.
        reset.getresponse().read()
        reset.close()
        meter = Meter(host, port)
        server = Quiet((host, 0), handler_of(meter))
        server.daemon_threads = True
        meter.url = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield meter
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
