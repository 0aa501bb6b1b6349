"""A bridge that plays a script: a real WebSocket server on loopback, which sends what the script says, connection by connection."""

from __future__ import annotations

import contextlib
import http
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Frame = dict[str, Any]
SESSION = "chat-1a2b3c4d5e6f"
WIRE = Path(__file__).parent.parent / "wire"


def golden(kind: str, name: str) -> Frame:
    """A frame of tests/wire."""
    result: list[Frame] = json.loads((WIRE / f"{kind}.json").read_text(encoding="utf-8"))
    return next(dict(example["frame"]) for example in result if example["name"] == name)


@dataclass(frozen=True)
class Refuse:
    """The handshake is answered with this status."""

    status: int


@dataclass(frozen=True)
class Redirect:
    """The handshake is answered with: look there."""

    location: str


@dataclass(frozen=True)
class Close:
    code: int


@dataclass(frozen=True)
class Expect:
    """Waits for a message with this action."""

    action: str


@dataclass(frozen=True)
class Raw:
    data: str


@dataclass(frozen=True)
class Escaped:
    """A frame in ASCII: only by its `\\u` escapes a lone surrogate can be sent."""

    frame: Frame


CUT = object()
"""The connection breaks without a word."""
Step = Frame | Close | Expect | Raw | Escaped | Callable[[], object] | object
Connection = Sequence[Step] | Refuse | Redirect


@dataclass
class ScriptedBridge:
    """`connections` are played in turn, each after its first message came; at its end the bridge is silent until the client closes."""

    connections: list[Connection]
    received: list[Frame] = field(default_factory=list)
    raw: list[list[int]] = field(default_factory=list)
    """The sizes of the fragments of each first message."""
    authorization: list[list[str]] = field(default_factory=list)
    """All `Authorization` headers of each handshake."""
    url: str = ""
    known: set[str] = field(default_factory=lambda: {SESSION, "chat-1"})
    """The sessions that exist. A client that looks one up gets its answer without using up a connection."""
    date: str = ""
    """The `Date` of each handshake; "": the clock's."""
    _scripts: deque[Connection] = field(default_factory=deque)

    @contextlib.contextmanager
    def running(self) -> Iterator[ScriptedBridge]:
        for connection in self.connections:
            self.add(connection)
        with serve(self._play, "127.0.0.1", 0, process_request=self._handshake, process_response=self._dated, compression=None) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def add(self, connection: Connection) -> None:
        self._scripts.append(connection)

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        script = self._scripts.popleft() if self._scripts else []
        self.authorization.append(request.headers.get_all("Authorization"))
        if isinstance(script, Refuse):
            return connection.respond(http.HTTPStatus(script.status), "no\n")
        if isinstance(script, Redirect):
            response = connection.respond(http.HTTPStatus.FOUND, "there\n")
            response.headers["Location"] = script.location
            return response
        connection.script = script  # type: ignore[attr-defined]
        return None

    def _dated(self, _connection: ServerConnection, _request: Request, response: Response) -> None:
        if self.date:
            del response.headers["Date"]
            response.headers["Date"] = self.date

    def _play(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            self._play_steps(connection, connection.script)  # type: ignore[attr-defined]

    def _play_steps(self, connection: ServerConnection, steps: Sequence[Step]) -> None:
        fragments = list(connection.recv_streaming(decode=False))
        self.raw.append([len(fragment) for fragment in fragments])
        query = json.loads(b"".join(fragments))
        known = query.get("session_id") in self.known and "before" not in query
        if query["action"] == "history" and query.get("limit") == 1 and known:
            self.raw.pop()
            self.authorization.pop()
            self._scripts.appendleft(steps)
            connection.send(json.dumps(_addressed({"type": "history", "session_id": query["session_id"], "turns": [{}]}, query)))
            return
        self.received.append(query)
        for step in steps:
            if step is CUT:
                connection.socket.shutdown(socket.SHUT_RDWR)
            elif isinstance(step, Close):
                connection.close(step.code)
            elif isinstance(step, Expect):
                self._expect(connection, step.action)
            elif isinstance(step, Raw):
                connection.send(step.data)
            elif isinstance(step, Escaped):
                connection.send(json.dumps(_addressed(step.frame, query)))
            elif isinstance(step, dict):
                connection.send(json.dumps(_addressed(step, query), ensure_ascii=False))
            elif callable(step):
                step()
        for _ in connection:
            pass

    def _expect(self, connection: ServerConnection, action: str) -> None:
        frame = json.loads(connection.recv(timeout=5))
        self.received.append(frame)
        if frame["action"] != action:
            raise ValueError(f"{action} was to come, not {frame}")


def _addressed(frame: Frame, query: Frame) -> Frame:
    """`request_id` of the query, unless the frame has its own or is to have none."""
    named = "request_id" in frame or "type" not in frame
    frame = frame if named else {**frame, "request_id": query.get("request_id")}
    return {name: value for name, value in frame.items() if value is not None or name != "request_id"}


def accepted(*, new: bool = True, session_id: str = SESSION) -> Frame:
    return {"type": "accepted", "session_id": session_id, "new": new, "duplicate": False}


def delta(text: str, offset: int = 0, answer: str = "a1") -> Frame:
    return {"type": "delta", "answer": answer, "offset": offset, "text": text}


def done(answer: str = "a1", **fields: Any) -> Frame:
    frame = golden("done", "a first answer")
    del frame["request_id"]
    return {**frame, "answer": answer, **fields}


def error(code: str, *, retryable: bool = False, **fields: Any) -> Frame:
    return {"type": "error", "code": code, "message": f"It is {code}.", "retryable": retryable, **fields}


def reply(kind: str, name: str) -> Frame:
    """A golden reply, to be sent with the request's own id."""
    frame = golden(kind, name)
    del frame["request_id"]
    return frame


INTERNAL = golden("gateway", "the function failed")
THROTTLED = golden("gateway", "throttled")
TIMED_OUT = golden("gateway", "29 seconds are over")
