"""An MCP client written by hand after the specification: JSON lines to a process, in the era of the handshake and in the one without."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from system.programs import ROOT, environment

WAIT = 20.0
HANDSHAKE, STATELESS = "2025-11-25", "2026-07-28"
CLOSED = object()

Message = dict[str, Any]


class RawClient:
    def __init__(self, process: subprocess.Popen[bytes], era: str) -> None:
        self.process = process
        self._era = era
        self._number = 0
        self._lines: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self) -> Message:
        """The server's description of itself."""
        if self._era == STATELESS:
            return self.request("server/discover")
        client = {"name": "by-hand", "version": "1"}
        result = self.request("initialize", protocolVersion=self._era, capabilities={}, clientInfo=client)
        self.send({"method": "notifications/initialized"})
        return result

    def request(self, method: str, **params: Any) -> Message:
        """The result of a request. Raises `RuntimeError` with the error."""
        return self.result(self.start(method, **params))

    def start(self, method: str, *, progress: str = "", **params: Any) -> int:
        """Sends a request and returns its id. `progress`: the token under which progress is reported."""
        self._number += 1
        meta: Message = {"progressToken": progress} if progress else {}
        if self._era == STATELESS:
            name = "io.modelcontextprotocol"
            meta |= {f"{name}/protocolVersion": STATELESS, f"{name}/clientCapabilities": {}}
        self.send({"id": self._number, "method": method, "params": {**params, **({"_meta": meta} if meta else {})}})
        return self._number

    def result(self, number: int) -> Message:
        while (message := self.next()).get("id") != number:
            assert "id" not in message, message
        if "error" in message:
            raise RuntimeError(message["error"])
        result: Message = message["result"]
        assert self._era == HANDSHAKE or result["resultType"] == "complete"
        return result

    def call(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        return text_of(self.request("tools/call", name=tool, arguments=arguments))

    def send(self, message: Mapping[str, Any]) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}))

    def write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def next(self) -> Message:
        line = self._lines.get(timeout=WAIT)
        if line is CLOSED:
            raise EOFError
        message: Message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(CLOSED)


def text_of(result: Message) -> tuple[str, bool]:
    assert "structuredContent" not in result
    [block] = result["content"]
    return block["text"], result.get("isError") is True


@contextmanager
def server(home: Path, era: str, *options: str, variables: Mapping[str, str] | None = None) -> Iterator[RawClient]:
    """`ask-claude mcp` in a process of its own."""
    command = [sys.executable, str(ROOT / "client" / "ask.py"), "mcp", *options]
    process = subprocess.Popen(
        command,
        env=environment(home) | dict(variables or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            yield RawClient(process, era)
        finally:
            process.kill()
