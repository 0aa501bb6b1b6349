"""Persistent HTTP/1.1 connections to one server, for the AWS calls and for the Messages API.

A connection is used again if it was idle for a short while only and the server has sent nothing meanwhile. Many threads may use one
pool, each connection is used by one at a time. Errors are those of `http.client`: `OSError` (`TimeoutError` and `tunnel.ProxyFailed`
included) and `HTTPException`.
"""

from __future__ import annotations

import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from bridge.network.proxy import Proxy
from bridge.network.response import Opened, Response
from bridge.typed import Any

IDLE_SECONDS = 20.0
"""A connection idle for longer is replaced. API Gateway and DynamoDB close theirs later than that, NAT gateways much later."""

KEEP = 100
"""How many idle connections a pool keeps."""

# As the official SDK of the Messages API sets them, where the system has them.
_KEEPALIVE = [
    (getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
    if hasattr(socket, name)
]


@functools.cache
def default_tls() -> ssl.SSLContext:
    """The process's one TLS context, made when first needed: reading the certificates costs more than the rest of a first request.

    OpenSSL itself honours `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection:
    """One connection, in the hands of one thread.

    `reused`: it was open already, perhaps with exchanges behind it, before it was acquired. `repeated`: its request was already sent once
    over a connection that then turned out to be dead, and may have been carried out.
    """

    def __init__(self, http: HTTPConnection) -> None:
        self.http = http
        self.reused = False
        self.repeated = False
        self.idle_since = 0.0
        self._response: Response | None = None
        self._socket: socket.socket = getattr(http.sock, "outer", http.sock)

    def exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Sends one request and reads the head of its answer; the caller reads the body, to its end if the connection is to be reused."""
        self.http.request(method, path, body, headers)
        response: Any = self.http.getresponse()
        self._response = response
        return self._response

    def limit_silence(self, seconds: float) -> None:
        """The longest time between two bytes from now on, until the connection goes back to its pool."""
        self._socket.settimeout(seconds)

    def cut(self) -> None:
        """Ends the connection from another thread: whoever reads from it wakes up with an error or the end of the stream."""
        try:
            # Not SSLSocket.shutdown: that takes the TLS layer away, and the reader would get the rest as cipher text.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # It has already ended.

    def close(self) -> None:
        """Ends the connection, also where an answer that announced the end of the connection has not been read to its own."""
        if self._response is not None:
            self._response.close()
        self.http.close()

    def is_reusable(self) -> bool:
        """The last answer was read to its end and the server keeps the connection open."""
        return self.http.sock is not None and (self._response is None or self._response.isclosed())

    def is_quiet(self) -> bool:
        """There is nothing to read: neither the end of the connection nor an answer that nobody asked for.

        Reading is the only way to tell under TLS 1.3, where session tickets make the socket itself readable.
        """
        timeout = self._socket.gettimeout()
        try:
            self._socket.settimeout(0)
            self.http.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._socket.settimeout(timeout)
            return True
        except OSError:
            return False
        return False


class _Tunnelled(HTTPConnection):
    """A connection through a proxy."""

    def __init__(self, host: str, port: int, proxy: Proxy, timeout: float, tls: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout)
        self.default_port = 443
        self._tunnel_to = functools.partial(_tunnel_through, proxy, host, port, timeout, tls)

    def connect(self) -> None:
        self.sock = self._tunnel_to()


def _tunnel_through(proxy: Proxy, host: str, port: int, timeout: float, tls: ssl.SSLContext) -> object:
    from bridge.network import tunnel

    return tunnel.connect(proxy, host, port, timeout, tls)


class Pool:
    """Connections to the server of `url`, of which only scheme, host and port are looked at.

    `connect_timeout` is for each of TCP, proxy and TLS; `read_timeout` bounds the silence between two bytes, not an answer. Both are in
    seconds. `proxy` is used for https alone. `clock` is the wall clock: the monotonic one may stand still while a Lambda environment is
    frozen. `opened` makes the file that an answer is read from, of its socket's.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        proxy: Proxy | None = None,
        tls: Callable[[], ssl.SSLContext] = default_tls,
        clock: Callable[[], float] = time.time,
        opened: Opened | None = None,
    ) -> None:
        self._url = urlsplit(url)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._proxy = proxy
        self._tls = tls
        self._clock = clock
        self._response_class: Any = functools.partial(Response, opened=opened)
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        using: Callable[[Connection], None] = lambda _: None,
    ) -> tuple[Connection, Response]:
        """Sends one request and reads the head of its answer. The caller gives the connection back by `release` or `discard`.

        `using` is called with each connection before the request goes out on it, for those who may have to `cut` it.

        An idle connection that turns out to be dead before the answer begins is replaced and the request repeated, once, at once.
        After a time-out it is not repeated: the server may be at work, so the caller decides.
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
            if self._is_fresh(connection) and connection.is_quiet():
                connection.reused, connection.repeated = True, False
                return connection
            connection.close()

    def has_idle(self) -> bool:
        """Whether there is one to use again, as far as its age says."""
        with self._lock:
            return bool(self._idle) and self._is_fresh(self._idle[-1])

    def _is_fresh(self, connection: Connection) -> bool:
        return 0 <= self._clock() - connection.idle_since <= IDLE_SECONDS

    def open(self) -> Connection:
        """A new connection, made now. To have one ready for later: `pool.release(pool.open())`."""
        http = self._new()
        http.response_class = self._response_class
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
        if connection.is_reusable():
            connection.limit_silence(self._read_timeout)
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
        if self._url.scheme != "https":
            return HTTPConnection(host, port, timeout=self._connect_timeout)
        if self._proxy is None:
            return HTTPSConnection(host, port, timeout=self._connect_timeout, context=self._tls())
        return _Tunnelled(host, port or 443, self._proxy, self._connect_timeout, self._tls())

    def _tune(self, connected: socket.socket) -> None:
        connected.settimeout(self._read_timeout)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
