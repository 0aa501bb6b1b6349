"""The Messages API over HTTP: one request, one stream of events.

https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming. Where the API is and what its refusals mean is the
business of an `Endpoint`; which failures are worth another try that of `retry`, and trying again that of `asking`.
"""

from __future__ import annotations

import functools
import json
import logging
import socket
import ssl
from collections.abc import Callable, Generator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.claude.endpoint import Endpoint, Refused, Request
from bridge.claude.interrupt import Interrupt
from bridge.claude.retry import Failure, of_event
from bridge.claude.sse import EventStream, EventTooLong
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.http_pool import Connection, Pool
from bridge.proxy import Proxy
from bridge.text import encode

READ_TIMEOUT_SECONDS = 180.0
"""Silence for so long is a dead connection: while Claude thinks there are pings, reported about every 30 s."""

CONNECT_TIMEOUT_SECONDS = 2.0
"""For each of TCP and TLS. Short, since a question that is cancelled meanwhile has to wait for it."""

CHECK_TIMEOUT_SECONDS = 5.0
"""For the answer to "is there this model?", which is there at once or not at all."""

_READ_BYTES = 64 * 1024
_ERROR_BYTES = 64 * 1024
_TAIL_SECONDS = 0.1

log = logging.getLogger("bridge")


class MessagesApi:
    """Asks Claude. Connections are kept open between requests; many threads may ask at once."""

    def __init__(self, endpoint: Endpoint, clock: Clock, *, proxy: Proxy | None = None, read_timeout: float = READ_TIMEOUT_SECONDS) -> None:
        self._host = urlsplit(endpoint.url).netloc.rpartition("@")[2]
        self._path = urlsplit(endpoint.url).path + "/v1"
        self._endpoint = endpoint
        self._clock = clock
        pool = functools.partial(Pool, endpoint.url, connect_timeout=CONNECT_TIMEOUT_SECONDS, proxy=proxy, clock=clock.now)
        self._pool = pool(read_timeout=read_timeout)
        self._checks = pool(read_timeout=min(read_timeout, CHECK_TIMEOUT_SECONDS))

    def open(self) -> None:
        """Has a connection ready. A failure shows at the request, which tries again."""
        try:
            self._pool.release(self._pool.acquire())
        except (OSError, HTTPException) as error:
            log.info("no connection to Claude yet", extra={"error": type(error).__name__})

    def close(self) -> None:
        """Closes the idle connections."""
        self._pool.close()
        self._checks.close()

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        """The events of one answer, as they come, `message_stop` last.

        Setting `interrupt` ends the iteration without an error, at once also while nothing is sent. Raises `Failure` for everything
        that is not a complete answer, and `BridgeError` without credentials.
        """
        model = str(request.get("model", ""))
        if interrupt.reason is not None:
            return
        try:
            connection, response = self._begin(request, interrupt)
            if response.status != 200:
                interrupt.detach()
                raise self._failure(self._pool, connection, response, model)
            yield from self._events(connection, response, model, interrupt)
        except (OSError, HTTPException) as error:
            if interrupt.reason is None:
                raise self._lost(error) from error
        except Failure:
            if interrupt.reason is None:
                raise

    def knows(self, model: str) -> bool:
        """True: the server has this model, for these credentials. False: it has no such endpoint, so nobody can say. Costs no tokens.

        Raises as `stream` does, also for an unknown or retired model. https://platform.claude.com/docs/en/api/models/retrieve
        """
        try:
            connection, response = self._begin_check(model)
            if response.status != 200:
                failure = self._failure(self._checks, connection, response, model)
                if failure.status in (405, 501) or (failure.status == 404 and failure.kind != "not_found_error"):
                    return False
                raise failure
            info = _read_info(connection, response)
        except (OSError, HTTPException) as error:
            raise self._lost(error) from error
        self._checks.release(connection)
        if info.get("lifecycle") == "retired":
            sentence = f"The model {model!r} is retired. Set CLAUDE_MODEL to a current one."
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, sentence, setting="CLAUDE_MODEL")
        return True

    def _begin(self, request: Mapping[str, Any], interrupt: Interrupt) -> tuple[Connection, HTTPResponse]:
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        message = Request("POST", f"{self._path}/messages", headers, encode({**request, "stream": True}))
        return self._send(self._pool, message, lambda connection: interrupt.attach(connection.cut))

    def _begin_check(self, model: str) -> tuple[Connection, HTTPResponse]:
        path = f"{self._path}/models/{quote(model, safe='', errors='replace')}"
        return self._send(self._checks, Request("GET", path, {}, b""), lambda _: None)

    def _send(self, pool: Pool, request: Request, using: Callable[[Connection], None]) -> tuple[Connection, HTTPResponse]:
        """Sends a request, and once more where its credentials were refused and have been replaced since."""
        headers = self._endpoint.headers(request)
        connection, response = pool.send(request.method, request.path, request.body, headers, using)
        if response.status != 401:
            return connection, response
        try:
            renewed = self._endpoint.renew(headers)
        except BridgeError:
            connection.close()
            raise
        if not renewed:
            return connection, response
        connection.close()
        return pool.send(request.method, request.path, request.body, self._endpoint.headers(request), using)

    def _lost(self, error: Exception) -> Failure:
        if isinstance(error, ssl.SSLCertVerificationError):
            unverified = BridgeError(
                Code.CLAUDE_MISCONFIGURED, "Claude's certificate could not be verified. Check SSL_CERT_FILE.", setting="SSL_CERT_FILE"
            )
            return Failure(unverified, transient=False, kind="certificate")
        if isinstance(error, (ConnectionRefusedError, socket.gaierror)):
            unreachable = BridgeError(
                Code.CLAUDE_UNAVAILABLE,
                f"Claude could not be reached at {self._host}. Check the network and ANTHROPIC_BASE_URL.",
                setting="ANTHROPIC_BASE_URL",
            )
            return Failure(unreachable, transient=True, kind=type(error).__name__)
        return Failure.lost(type(error).__name__)

    def _failure(self, pool: Pool, connection: Connection, response: HTTPResponse, model: str) -> Failure:
        headers = {name.lower(): value for name, value in response.getheaders()}
        try:
            body = self._hidden(response.read(_ERROR_BYTES))
        except (OSError, HTTPException):
            body = b""
        pool.release(connection)
        failure = self._endpoint.failure(Refused(response.status, headers, body, model, self._clock.now()))
        log.warning(
            "Claude answered with an error",
            extra={"status": failure.status, "kind": failure.kind, "upstream_request_id": headers.get("request-id", "")},
        )
        return failure

    def _hidden(self, said: bytes) -> bytes:
        return self._endpoint.hide(said.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _events(
        self, connection: Connection, response: HTTPResponse, model: str, interrupt: Interrupt
    ) -> Generator[Mapping[str, Any], None, None]:
        stream = EventStream()
        complete = False
        try:
            # read1, not readline: only it tells a connection that was cut inside the chunked body from one that ended.
            while chunk := response.read1(_READ_BYTES):
                for data in stream.feed(chunk):
                    event = _event(data)
                    if event.get("type") == "error":
                        raise of_event(_event(self._endpoint.hide(data)), model)
                    yield event
                    if event.get("type") == "message_stop":
                        _read_tail(connection, response)
                        interrupt.detach()
                        complete = True
                        return
            raise Failure.lost("no message_stop")
        except EventTooLong as error:
            raise Failure.lost("event too long") from error
        finally:
            if complete:
                self._pool.release(connection)
            else:
                connection.close()


def _event(data: str) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Failure.lost("malformed event") from error
    if not isinstance(event, dict):
        raise Failure.lost("malformed event")
    return event


def _read_info(connection: Connection, response: HTTPResponse) -> Mapping[str, Any]:
    """The JSON object that is the body; {} for anything else."""
    try:
        value = json.loads(response.read(_ERROR_BYTES))
    except (ValueError, RecursionError):
        return {}
    except (OSError, HTTPException):
        connection.close()
        raise
    return value if isinstance(value, dict) else {}


def _read_tail(connection: Connection, response: HTTPResponse) -> None:
    """Reads the end of the body, which mostly is there already, so that the connection can be used again."""
    sock = connection.http.sock
    if sock is None:  # The server closes after this answer.
        return
    timeout = sock.gettimeout()
    sock.settimeout(_TAIL_SECONDS)
    try:
        response.read1(_READ_BYTES)
    except (OSError, HTTPException):
        return
    sock.settimeout(timeout)
