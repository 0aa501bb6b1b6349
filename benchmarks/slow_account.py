"""An AWS account that is as far away as a real one: `python slow_account.py SECONDS`; prints its URL.

moto does what it is asked; no answer leaves earlier than SECONDS after its request. Posts to connections are taken, whoever is meant.
`GET /log` gives what was asked since the last time, as JSON: operation (or `post`, with the frame), and the moments by `time.monotonic`,
which all processes of a machine share, when a request had arrived and when its answer left.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from aws.moto_server import moto_server


class Account(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, moto: tuple[str, int], seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto, self.seconds = moto, seconds
        self._log: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def note(self, call: dict[str, Any]) -> None:
        with self._lock:
            self._log.append(call)

    def taken(self) -> list[dict[str, Any]]:
        with self._lock:
            log, self._log = self._log, []
        return log


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Account
    arrived = 0.0

    def parse_request(self) -> bool:
        self.arrived = time.monotonic()  # What comes now is the account's time, and not its caller's.
        return super().parse_request()

    def do_POST(self) -> None:
        body, arrived = self.rfile.read(int(self.headers.get("Content-Length", 0))), self.arrived
        call: dict[str, Any] = {"operation": self.headers.get("X-Amz-Target", "").rpartition(".")[2], "arrived": arrived}
        if "/@connections/" in self.path:
            call |= {"operation": "post", "frame": json.loads(body)}
            status, answer = 200, b""
        else:
            status, answer = self._behind(body)
        time.sleep(max(0.0, arrived + self.server.seconds - time.monotonic()))
        self.server.note(call | {"left": time.monotonic()})
        self._answer(status, answer)

    def do_GET(self) -> None:
        self._answer(200, json.dumps(self.server.taken()).encode())

    def _behind(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.server.moto)
        names = ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")
        connection.request("POST", self.path, body, {name: self.headers[name] for name in names if name in self.headers})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *what: object) -> None:
        """Nothing."""


def main() -> None:
    with moto_server() as moto, Account(moto, float(sys.argv[1])) as account:
        print(f"http://127.0.0.1:{account.server_port}", flush=True)
        account.serve_forever()


if __name__ == "__main__":
    main()
