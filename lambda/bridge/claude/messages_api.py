"""The Messages API over HTTP: one request, one stream of events.

https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming. Where the API is and what its refusals mean is the
business of an `Endpoint`; which failures are worth another try that of `retry`, and trying again that of `asking`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from urllib.parse import quote, urlsplit

from bridge.claude.endpoint import MODEL_CHECK_DENIED, Endpoint, Refused, Request
from bridge.claude.interrupt import Interrupt, time_limit
from bridge.claude.retry import Failure
from bridge.claude.stream import MessageStream, NotAStream, inflated
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.network.http_pool import Connection, Pool
from bridge.network.proxy import Proxy, ProxyFailed
from bridge.network.response import Opened, Response
from bridge.text import encode, json_object
from bridge.typed import Any, NamedTuple

_SHORT_BYTES = 64 * 1024
"""Of an error, or of what is said of a model."""
_TAIL_SECONDS = 0.1
_FRESH_SECONDS = 5.0

log = logging.getLogger("bridge")


class Timeouts(NamedTuple):
    """In seconds.

    * `connect`, for each of TCP, proxy and TLS, is short, since a question that is cancelled meanwhile has to wait for it.
    * `silence` for so long is a dead connection: while Claude thinks there are pings, reported about every 30 s.
    * `ending` is the silence after an announced end before the connection counts as over.
    * `error` is for the body of an error: the status is known by then, and decides nearly everything.
    * `check` is for all of "is there this model?", which is answered at once or not at all.
    """

    connect: float = 2.0
    silence: float = 180.0
    ending: float = 5.0
    error: float = 3.0
    check: float = 5.0


_TIMEOUTS = Timeouts()


class MessagesApi:
    """Asks Claude. Connections stay open between requests; many threads may ask at once."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        *,
        proxy: Proxy | None = None,
        timeouts: Timeouts = _TIMEOUTS,
        opened: Opened | None = None,
    ) -> None:
        self._path = urlsplit(endpoint.url).path + "/v1"
        self._endpoint = endpoint
        self._clock = clock
        self._timeouts = timeouts
        self._refusal: tuple[float, ProxyFailed] | None = None
        pool = functools.partial(Pool, endpoint.url, connect_timeout=timeouts.connect, proxy=proxy, clock=clock.now, opened=opened)
        self._pool = pool(read_timeout=timeouts.silence)
        self._checks = pool(read_timeout=timeouts.check)

    def open(self) -> None:
        """Has a connection ready. A failure shows at the request, which tries again unless a proxy has just refused."""
        try:
            self._pool.release(self._pool.acquire())
        except (OSError, HTTPException) as error:
            log.info("no connection to Claude yet", extra={"error": type(error).__name__})
            if isinstance(error, ProxyFailed) and error.final:
                self._refusal = (self._clock.monotonic(), error)

    def is_open(self) -> bool:
        return self._pool.has_idle()

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
            self._raise_fresh_refusal()
            connection, response = self._begin(request, interrupt)
            if not _is_success(response):
                raise self._refused(connection, response, model, interrupt)
            yield from self._events(connection, response, model, interrupt)
        except (OSError, HTTPException) as error:
            if interrupt.reason is None:
                raise self._endpoint.loss(error) from error
        except Failure:
            if interrupt.reason is None:
                raise

    def knows(self, model: str) -> bool:
        """True: the server has this model, for these credentials. False: it has no such endpoint, so nobody can say. Costs no tokens.

        Raises as `stream` does, also for an unknown or retired model. https://platform.claude.com/docs/en/api/models/retrieve
        """
        try:
            response, content = self._check(model)
        except (OSError, HTTPException) as error:
            raise self._endpoint.loss(error) from error
        info = json_object(content)
        if info is None or not _is_success(response):
            failure = self._failure(response, content, model)
            if (
                failure.status in (405, 501)
                or failure.kind == MODEL_CHECK_DENIED
                or (failure.status == 404 and failure.error.setting != "CLAUDE_MODEL")
            ):
                return False
            raise failure
        if info.get("lifecycle") == "retired":
            sentence = f"The model {model!r} is retired. Set CLAUDE_MODEL to a current one."
            raise BridgeError(Code.CLAUDE_MISCONFIGURED, sentence, setting="CLAUDE_MODEL")
        return True

    def _check(self, model: str) -> tuple[Response, bytes]:
        """What the server says about a model, in time."""
        request = Request("GET", f"{self._path}/models/{quote(model, safe='', errors='replace')}", {}, b"")
        with time_limit(self._timeouts.check) as limit:
            connection, response = self._send(self._checks, request, lambda connection: limit.attach(connection.cut))
            try:
                body = _body(response)
                content = b"".join(_bounded(body)) if _is_success(response) else self._read_briefly(connection, body)
            except (OSError, HTTPException):
                connection.close()
                raise
            limit.detach()
        self._checks.release(connection)
        return response, content

    def _raise_fresh_refusal(self) -> None:
        """Raises what a proxy said when the connection was to be made ready: asked again at once, it would say the same."""
        refusal, self._refusal = self._refusal, None
        if refusal is not None and self._clock.monotonic() - refusal[0] < _FRESH_SECONDS:
            raise refusal[1]

    def _begin(self, request: Mapping[str, Any], interrupt: Interrupt) -> tuple[Connection, Response]:
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        message = Request("POST", f"{self._path}/messages", headers, encode({**request, "stream": True}))
        return self._send(self._pool, message, lambda connection: interrupt.attach(connection.cut))

    def _send(self, pool: Pool, request: Request, using: Callable[[Connection], None]) -> tuple[Connection, Response]:
        """Sends a request, and once more where its credentials were refused and have been replaced since."""
        headers = self._endpoint.headers(request)
        connection, response = pool.send(request.method, request.path, request.body, headers, using)
        if _is_success(response):
            return connection, response
        try:
            renewed = self._endpoint.renew(response.status, headers)
        except BridgeError:
            connection.close()
            raise
        if not renewed:
            return connection, response
        connection.close()
        return pool.send(request.method, request.path, request.body, self._endpoint.headers(request), using)

    def _events(
        self, connection: Connection, response: Response, model: str, interrupt: Interrupt
    ) -> Generator[Mapping[str, Any], None, None]:
        stream, body = MessageStream(), _body(response)
        try:
            for event in self._read(stream, connection, body, interrupt):
                if event["type"] == "error":
                    raise self._endpoint.event_failure(event, model)
                yield event
            if stream.is_over:
                _read_tail(connection, body)
        except NotAStream as error:
            raise self._failure(response, error.body, model) from None
        finally:
            if stream.skipped:
                log.info("parts of a stream were not understood", extra={"parts": stream.skipped})
            interrupt.detach()
            if stream.is_over:
                self._pool.release(connection)
            else:
                connection.close()

    def _read(
        self, stream: MessageStream, connection: Connection, body: Iterator[bytes], interrupt: Interrupt
    ) -> Iterator[Mapping[str, Any]]:
        lost = None
        try:
            for chunk in body:
                yield from stream.feed(chunk)
                if stream.is_over:
                    return
                if stream.is_ending:
                    connection.limit_silence(self._timeouts.ending)
        except NotAStream as error:
            raise NotAStream(error.body + self._read_briefly(connection, body)) from None
        except (OSError, HTTPException) as error:
            lost = error
        if interrupt.reason is None:
            yield from stream.end(lost)

    def _read_briefly(self, connection: Connection, body: Iterator[bytes]) -> bytes:
        """As much of the body as comes in time, and fits."""
        content = bytearray()
        with time_limit(self._timeouts.error) as limit, suppress(OSError, HTTPException):
            limit.attach(connection.cut)
            for chunk in _bounded(body):
                content += chunk
        return bytes(content)

    def _refused(self, connection: Connection, response: Response, model: str, interrupt: Interrupt) -> Failure:
        content = self._read_briefly(connection, _body(response))
        interrupt.detach()
        self._pool.release(connection)
        return self._failure(response, content, model)

    def _failure(self, response: Response, body: bytes, model: str) -> Failure:
        """What a response means that is not an answer."""
        headers = {name.lower(): value for name, value in response.getheaders()}
        failure = self._endpoint.failure(Refused(response.status, headers, body, model, self._clock.now()))
        extra = {"status": failure.status, "kind": failure.kind, "upstream_request_id": headers.get("request-id", "")}
        log.warning("Claude answered with an error", extra=extra)
        return failure


def _is_success(response: Response) -> bool:
    return 200 <= response.status < 300


def _body(response: Response) -> Iterator[bytes]:
    """The content in pieces, as it comes. Raises `IncompleteRead` when the connection ends before it does."""
    body = response.body()
    compressed = response.getheader("content-encoding").lower() in ("gzip", "x-gzip", "deflate")
    return inflated(body) if compressed else body


def _bounded(body: Iterator[bytes]) -> Iterator[bytes]:
    """Its first `_SHORT_BYTES`."""
    room = _SHORT_BYTES
    for chunk in body:
        yield chunk[:room]
        room -= len(chunk)
        if room <= 0:
            return


def _read_tail(connection: Connection, body: Iterator[bytes]) -> None:
    """Reads the end of the body, which mostly is there already, so that the connection can be used again."""
    connection.limit_silence(_TAIL_SECONDS)
    with suppress(OSError, HTTPException):
        next(body, None)
