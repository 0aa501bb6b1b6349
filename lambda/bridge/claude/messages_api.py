"""The Messages API over HTTP: one request, one stream of events.

https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming. Which failures are worth another try is `retry`'s
to say, when to try is `reader`'s.
"""

from __future__ import annotations

import functools
import json
import logging
import socket
import ssl
from collections.abc import Callable, Generator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from bridge.claude.interrupt import Interrupt
from bridge.claude.retry import Failure, of_event, of_response
from bridge.claude.sse import EventStream, EventTooLong
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.http_pool import Connection, Pool
from bridge.text import encode

VERSION = "2026-10-21"
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


class ApiKey(Protocol):
    """Where the API key comes from. Both raise `BridgeError` (`claude_misconfigured`) where there is none."""

    def key(self) -> str: ...

    def refresh(self) -> str:
        """Reads the key anew, for one that was refused: it may have been replaced."""


class FixedKey:
    """A key that was given once, by the environment."""

    def __init__(self, key: str) -> None:
        self._key = key

    def key(self) -> str:
        if not self._key:
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, "There is no API key. Set ANTHROPIC_API_KEY.", setting="ANTHROPIC_API_KEY")
        return self._key

    def refresh(self) -> str:
        return self.key()


class MessagesApi:
    """Asks Claude. Connections are kept open between requests; many threads may ask at once."""

    def __init__(self, base_url: str, key: ApiKey, clock: Clock, *, proxy: str = "", read_timeout: float = READ_TIMEOUT_SECONDS) -> None:
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._path = urlsplit(base_url).path.rstrip("/") + "/v1"
        self._key = key
        self._clock = clock
        pool = functools.partial(Pool, base_url, connect_timeout=CONNECT_TIMEOUT_SECONDS, proxy=proxy, clock=clock.now)
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
        that is no complete answer, and `BridgeError` where there is no API key.
        """
        model = str(request.get("model", ""))
        if interrupt.reason is not None:
            return
        try:
            connection, response = self._with_key(lambda key: self._begin(request, key, interrupt))
            if response.status != 200:
                interrupt.detach()
                raise self._refusal(self._pool, connection, response, model)
            yield from self._events(connection, response, model, interrupt)
        except (OSError, HTTPException) as error:
            if interrupt.reason is None:
                raise self._lost(error) from error
        except Failure:
            if interrupt.reason is None:
                raise

    def knows(self, model: str) -> bool:
        """True: the server has this model for this key. False: it has no such endpoint, so that it cannot be told. Costs no tokens.

        Raises as `stream` does, also for a model that there is not (any more). https://platform.claude.com/docs/en/api/models/retrieve
        """
        try:
            connection, response = self._with_key(lambda key: self._begin_check(model, key))
            if response.status != 200:
                failure = self._refusal(self._checks, connection, response, model)
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

    def _begin(self, request: Mapping[str, Any], key: str, interrupt: Interrupt) -> tuple[Connection, HTTPResponse]:
        headers = {**_headers(key), "content-type": "application/json", "accept": "text/event-stream"}
        body = encode({**request, "stream": True})
        return self._pool.send("POST", f"{self._path}/messages", body, headers, using=lambda connection: interrupt.attach(connection.cut))

    def _begin_check(self, model: str, key: str) -> tuple[Connection, HTTPResponse]:
        path = f"{self._path}/models/{quote(model, safe='', errors='replace')}"
        return self._checks.send("GET", path, b"", _headers(key))

    def _with_key(self, begin: Callable[[str], tuple[Connection, HTTPResponse]]) -> tuple[Connection, HTTPResponse]:
        """Begins with the key, and once more with a new one where the first was refused and has been replaced."""
        key = self._key.key()
        connection, response = begin(key)
        if response.status != 401:
            return connection, response
        try:
            renewed = self._key.refresh()
        except BridgeError:
            connection.close()
            raise
        if renewed == key:
            return connection, response
        connection.close()
        return begin(renewed)

    def _lost(self, error: Exception) -> Failure:
        if isinstance(error, ssl.SSLCertVerificationError):
            told = BridgeError(
                Code.CLAUDE_MISCONFIGURED, "Claude's certificate could not be verified. Check SSL_CERT_FILE.", setting="SSL_CERT_FILE"
            )
            return Failure(told, transient=False, kind="certificate")
        if isinstance(error, (ConnectionRefusedError, socket.gaierror)):
            told = BridgeError(
                Code.CLAUDE_UNAVAILABLE,
                f"Claude could not be reached at {self._host}. Check the network and ANTHROPIC_BASE_URL.",
                setting="ANTHROPIC_BASE_URL",
            )
            return Failure(told, transient=True, kind=type(error).__name__)
        return Failure.lost(type(error).__name__)

    def _without_key(self, said: bytes) -> bytes:
        """What a server says of an error, which the client is told of: a proxy may quote the request, its headers included."""
        return said.replace(self._key.key().encode(), b"[the API key]")

    def _refusal(self, pool: Pool, connection: Connection, response: HTTPResponse, model: str) -> Failure:
        headers = {name.lower(): value for name, value in response.getheaders()}
        try:
            body = self._without_key(response.read(_ERROR_BYTES))
        except (OSError, HTTPException):
            body = b""
        pool.release(connection)
        failure = of_response(response.status, headers, body, model, self._clock.now())
        log.warning(
            "Claude answered with an error",
            extra={"status": failure.status, "kind": failure.kind, "upstream_request_id": headers.get("request-id", "")},
        )
        return failure

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
                        raise of_event(_event(self._without_key(data.encode()).decode()), model)
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


def _headers(key: str) -> dict[str, str]:
    if not (key.isascii() and key.isprintable()):
        raise BridgeError(Code.CLAUDE_MISCONFIGURED, "The API key has characters that no key has.", setting="ANTHROPIC_API_KEY")
    return {"x-api-key": key, "anthropic-version": VERSION}


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
