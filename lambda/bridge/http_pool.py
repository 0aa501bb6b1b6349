"""Kept-open HTTP/1.1 connections to one server, for the AWS calls and for the Messages API.

A connection is taken again when it was idle for a short while only and the server has said nothing meanwhile. Many threads may use one
pool, each connection is used by one at a time. Errors are those of `http.client`: `OSError` (`TimeoutError` included) and `HTTPException`.
"""

from __future__ import annotations

import base64
import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import unquote, urlsplit

IDLE_SECONDS = 20.0
"""A connection idle for longer is replaced. API Gateway and DynamoDB close theirs later than that, NAT gateways much later."""

KEEP = 10
"""How many idle connections a pool keeps."""

# As the official SDK of the Messages API sets them, where the system has them.
_KEEPALIVE = [
    (getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
    if hasattr(socket, name)
]


@functools.cache
def default_tls() -> ssl.SSLContext:
    """The process's one TLS context, made when first needed: reading the certificates costs more than all else of a first request.

    OpenSSL itself honours `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def proxy_for(url: str, environment: Mapping[str, str]) -> str:
    """The proxy's URL for `url`, or "": `HTTPS_PROXY` (either case) unless `NO_PROXY` names the host, a parent domain, or is `*`.

    Only https goes through a proxy. A name in `NO_PROXY` may begin with a dot and end with a port.
    """
    parts = urlsplit(url)
    proxy = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    if parts.scheme != "https" or not proxy:
        return ""
    host, address = (parts.hostname or ""), f"{parts.hostname}:{parts.port or 443}"
    for entry in (environment.get("no_proxy") or environment.get("NO_PROXY") or "").lower().split(","):
        name = entry.strip().removeprefix("*.").lstrip(".")
        if name and (name in ("*", host, address) or f".{host}".endswith(f".{name}") or f".{address}".endswith(f".{name}")):
            return ""
    return proxy if "://" in proxy else f"http://{proxy}"


class Connection:
    """One connection, in the hands of one thread.

    `reused`: it was kept open, perhaps with exchanges behind it, before it was acquired. `repeated`: its request was already sent once
    over a connection that then turned out to be dead, and may have been carried out.
    """

    def __init__(self, http: HTTPConnection) -> None:
        self.http = http
        self.reused = False
        self.repeated = False
        self.idle_since = 0.0
        self._response: HTTPResponse | None = None
        self._socket: socket.socket = http.sock

    def exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
        """Sends one request and reads the head of its answer; the caller reads the body, to its end if the connection is to be kept."""
        self.http.request(method, path, body, headers)
        self._response = self.http.getresponse()
        return self._response

    def cut(self) -> None:
        """Ends the connection from another thread: whoever reads from it wakes up with an error or the end of the stream."""
        try:
            # Not SSLSocket.shutdown: that takes the TLS layer away, and the reader would be given what is left as cipher text.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # It has ended already.

    def close(self) -> None:
        """Ends the connection, also where an answer that announced the end of the connection has not been read to its own."""
        if self._response is not None:
            self._response.close()
        self.http.close()

    def is_reusable(self) -> bool:
        """The last answer was read to its end and the server keeps the connection open."""
        return self.http.sock is not None and (self._response is None or self._response.isclosed())

    def is_quiet(self) -> bool:
        """Nothing is there to be read: neither the end of the connection nor an answer to no question.

        Reading is the only way to tell under TLS 1.3, where session tickets make the socket itself readable.
        """
        timeout = self._socket.gettimeout()
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._socket.settimeout(timeout)
            return True
        except OSError:
            return False
        return False


class Pool:
    """Connections to the server of `url`, of which only scheme, host and port are looked at.

    `connect_timeout` is for each of TCP, proxy and TLS; `read_timeout` bounds the silence between two bytes, not an answer. `proxy` is an
    `http://[user:password@]host:port` URL or empty. All in seconds. `clock` is the wall clock: the monotonic one may stand still while a
    Lambda environment is frozen.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        proxy: str = "",
        tls: Callable[[], ssl.SSLContext] = default_tls,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = urlsplit(url)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._proxy = urlsplit(proxy)
        self._tls = tls
        self._clock = clock
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        using: Callable[[Connection], None] = lambda _: None,
    ) -> tuple[Connection, HTTPResponse]:
        """Sends one request and reads the head of its answer. The caller gives the connection back by `release` or `discard`.

        `using` is told of each connection before the request goes out on it, for whoever may have to `cut` it.

        A kept-open connection that turns out to be dead before the answer begins is replaced and the request repeated, once, at once. A
        time-out is not: the server may be at work, so that is the caller's to decide.
        """
        connection = self.acquire()
        try:
            using(connection)
            return connection, connection.exchange(method, path, body, headers)
        except BaseException as error:
            self.discard(connection)
            if not (connection.reused and isinstance(error, OSError)) or isinstance(error, TimeoutError):
                raise
        connection = self.open()
        connection.repeated = True
        try:
            using(connection)
            return connection, connection.exchange(method, path, body, headers)
        except BaseException:
            self.discard(connection)
            raise

    def acquire(self) -> Connection:
        """A connection of one's own: the one that became idle last, or a new one."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self.open()
            if 0 <= self._clock() - connection.idle_since <= IDLE_SECONDS and connection.is_quiet():
                connection.reused, connection.repeated = True, False
                return connection
            connection.close()

    def open(self) -> Connection:
        """A new connection, made now. To have one ready for later: `pool.release(pool.open())`."""
        http = self._new()
        try:
            http.connect()
            self._tune(http.sock)
        except BaseException:
            http.close()
            raise
        return Connection(http)

    def release(self, connection: Connection) -> None:
        """Keeps the connection for the next request if its answer was read to the end and the server agrees; else closes it."""
        connection.idle_since = self._clock()
        with self._lock:
            keep = connection.is_reusable() and len(self._idle) < KEEP
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def discard(self, connection: Connection) -> None:
        """Closes a connection that failed, and the idle ones with it: what ended this one has probably ended them too."""
        connection.close()
        self.close()

    def close(self) -> None:
        """Closes what is idle. The pool can go on being used."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _new(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        through = self._proxy.hostname
        if self._url.scheme != "https":
            return HTTPConnection(host, port, timeout=self._connect_timeout)
        http = HTTPSConnection(
            through or host, (self._proxy.port or 80) if through else port, timeout=self._connect_timeout, context=self._tls()
        )
        if through:
            http.set_tunnel(host, port or 443, self._proxy_headers())
        return http

    def _proxy_headers(self) -> dict[str, str]:
        if not self._proxy.username:
            return {}
        credentials = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
        return {"Proxy-Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}

    def _tune(self, connected: socket.socket) -> None:
        connected.settimeout(self._read_timeout)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
