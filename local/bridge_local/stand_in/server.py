"""A server that speaks the Messages API on loopback, for a bridge without a key and for tests.

It refuses what the real API refuses. What it answers otherwise is decided by one function of the request (`Respond`); by default by the
stand-in's own answers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from threading import Condition
from typing import Any, NoReturn, Self

from bridge_local.stand_in.answers import answer, model_info, model_of
from bridge_local.stand_in.exchange import Reply, Request, Respond, failure
from bridge_local.stand_in.rules import problems
from bridge_local.stand_in.serving import Server


class StandIn:
    """The server, running during its block; `url` is the value for `ANTHROPIC_BASE_URL`.

    `pause` is the time in seconds between two pieces of its own answers; `keep` is how many of the newest requests it remembers. Requests
    need a key unless `demand_key` is False. Of its connections, at most `max_connections` are open at once.
    """

    def __init__(
        self, respond: Respond | None = None, *, pause: float = 0.02, demand_key: bool = True, keep: int = 200, max_connections: int = 2000
    ) -> None:
        self._respond = respond or (lambda request: model_info(request) or answer(request, pause))
        self._demand_key = demand_key
        self._max_connections = max_connections
        self._changed = Condition()
        self._requests: deque[Request] = deque(maxlen=keep)
        self._refusals: deque[str] = deque(maxlen=keep)
        self._count = 0

    def __enter__(self) -> Self:
        self._server = Server(self._reply_to, self._max_connections)
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def count(self) -> int:
        """The number of requests received."""
        with self._changed:
            return self._count

    @property
    def requests(self) -> tuple[Request, ...]:
        """The newest requests, oldest first, including refused ones."""
        with self._changed:
            return tuple(self._requests)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The reasons of refusals: empty as long as every request was valid."""
        with self._changed:
            return tuple(self._refusals)

    def wait_for(self, count: int, seconds: float = 10.0) -> bool:
        """Waits until `count` requests have been received; False if `seconds` pass first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, seconds)

    def _reply_to(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Reply:
        request = self._record(method, path, headers, content)
        reply = self._check(request) or self._respond(request)
        return replace(reply, headers={"request-id": f"req_stand_in_{request.number}", **reply.headers})

    def _record(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Request:
        with self._changed:
            self._count += 1
            request = Request(self._count, method, path, headers, _parsed(content))
            self._requests.append(request)
            self._changed.notify_all()
            return request

    def _check(self, request: Request) -> Reply | None:
        """The refusal of an invalid request."""
        key = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        asks_for_model = model_of(request) is not None
        if not asks_for_model and (request.method != "POST" or not request.path.partition("?")[0].endswith("/v1/messages")):
            return self._refuse(404, "not_found_error", "Not Found")
        if self._demand_key and not key:
            return self._refuse(401, "authentication_error", "x-api-key header is required")
        if asks_for_model:
            return None
        problem = next(problems(request.body, request.headers.get("anthropic-version", "")), None)
        return None if problem is None else self._refuse(400, "invalid_request_error", problem)

    def _refuse(self, status: int, kind: str, message: str) -> Reply:
        with self._changed:
            self._refusals.append(message)
        return failure(status, kind, message)


def _parsed(content: bytes) -> Any:
    """The JSON value; None if it is not JSON."""
    try:
        return json.loads(content, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return None


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
