"""A TLS connection through a proxy: CONNECT, also to a proxy that itself speaks TLS.

https://www.rfc-editor.org/rfc/rfc9110#name-connect
"""

from __future__ import annotations

import base64
import io
import socket
import ssl
import time
from collections.abc import Callable
from http.client import responses
from typing import Any

from bridge.network.proxy import NO_TLS, Proxy, ProxyFailed, authority
from bridge.text import clean, one_line

_HEAD_BYTES = 64 * 1024
_SHOWN = 100
"""How many characters of a proxy's words are shown."""


def connect(proxy: Proxy, host: str, port: int, timeout: float, tls: ssl.SSLContext) -> ssl.SSLSocket | TlsInTls:
    """TLS to `host` through `proxy`. `timeout` is in seconds, for each of TCP, the proxy's TLS, CONNECT and the TLS within.

    Raises `ProxyFailed`, and `ssl.SSLError` where the TLS within fails.
    """
    sock = _reach(proxy, timeout, tls)
    try:
        _ask(sock, proxy, authority(host, port), timeout)
        return TlsInTls(sock, tls, host) if isinstance(sock, ssl.SSLSocket) else tls.wrap_socket(sock, server_hostname=host)
    except OSError as error:
        sock.close()
        failed = _failed_within(proxy, host, error)
        if failed is None:
            raise
        raise failed from error


def _failed_within(proxy: Proxy, host: str, error: OSError) -> ProxyFailed | None:
    """What a failure within the tunnel says about the proxy; None if it is about the server behind, or names the proxy already."""
    if isinstance(error, ProxyFailed):
        return None
    if isinstance(error, ssl.SSLError) and error.reason in NO_TLS:
        return _failed(proxy, f"opened a tunnel that does not lead to {host}.")
    if isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    return _failed(proxy, f"opened a tunnel to {host} that broke off at once.", final=False)


def _reach(proxy: Proxy, timeout: float, tls: ssl.SSLContext) -> socket.socket:
    """A connection to the proxy itself, over TLS where it is an https one."""
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout)
    except socket.gaierror as error:
        raise _failed(proxy, "cannot be reached: there is no host of that name.") from error
    except ConnectionRefusedError as error:
        raise _failed(proxy, "cannot be reached: nothing listens there.") from error
    except OSError as error:
        raise _failed(proxy, "cannot be reached.", final=False) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if proxy.scheme != "https":
        return sock
    try:
        return tls.wrap_socket(sock, server_hostname=proxy.host)
    except OSError as error:
        sock.close()
        if isinstance(error, ssl.SSLCertVerificationError):
            said = "has a certificate that could not be verified. Check SSL_CERT_FILE."
            raise _failed(proxy, said, setting="SSL_CERT_FILE") from error
        if isinstance(error, ssl.SSLError) and error.reason in NO_TLS:
            said = f"does not speak TLS. If it is a plain one, write http:// into {proxy.variable}."
            raise _failed(proxy, said, advise=False) from error
        raise _failed(proxy, "ended the connection while TLS began.", final=False) from error


def _ask(sock: socket.socket, proxy: Proxy, target: str, timeout: float) -> None:
    """Asks for the tunnel. Raises `ProxyFailed`."""
    try:
        sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{_authorization(proxy)}\r\n".encode())
        head, rest = _read_head(sock, time.monotonic() + timeout)
    except TimeoutError as error:
        raise _failed(proxy, "did not answer in time.", final=False) from error
    except OSError as error:
        raise _failed(proxy, "ended the connection without an answer.", final=False) from error
    finally:
        sock.settimeout(timeout)
    if not head:
        raise _failed(proxy, "ended the connection without an answer.", final=False)
    first = head.partition(b"\n")[0].decode("latin-1")
    version, _, status = first.strip().partition(" ")
    number, _, reason = status.strip().partition(" ")
    if not version.startswith("HTTP/") or not (number.isdecimal() and len(number) == 3):
        raise _failed(proxy, f"does not answer as a proxy does: {_shown(first, proxy)}")
    if not 200 <= int(number) < 300:
        raise _refused(proxy, int(number), reason, target)
    if rest:
        raise _failed(proxy, f"answered with something of its own instead of opening a tunnel: {_shown(rest.decode('latin-1'), proxy)}")


def _read_head(sock: socket.socket, until: float) -> tuple[bytes, bytes]:
    """The head of the answer, all of which must have come by the monotonic time `until`, and what came after it."""
    head = b""
    while len(head) < _HEAD_BYTES:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)
        data = sock.recv(4096)
        head += data
        for end in (b"\r\n\r\n", b"\n\n"):
            if end in head:
                return head[: head.index(end)], head[head.index(end) + len(end) :]
        if not data:
            return head, b""
    return head, head


def _authorization(proxy: Proxy) -> str:
    return f"Proxy-Authorization: Basic {_basic(proxy)}\r\n" if proxy.user else ""


def _basic(proxy: Proxy) -> str:
    return base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()


def _refused(proxy: Proxy, status: int, reason: str, target: str) -> ProxyFailed:
    said = f"answered {status} {_shown(reason, proxy) or responses.get(status, '')}".rstrip(" .") + "."
    if status == 407:
        how = "Check the user name and password" if proxy.user else "It wants a user name and a password"
        return _failed(proxy, f"{said} {how} in {proxy.variable}: {proxy.scheme}://USER:PASSWORD@{proxy.address}", advise=False)
    if status >= 500:
        return _failed(proxy, f"{said} It could not reach {target}.", retryable=True)
    return _failed(proxy, f"{said} It does not let connections to {target} through.")


def _failed(proxy: Proxy, what: str, *, final: bool = True, retryable: bool = False, setting: str = "", advise: bool = True) -> ProxyFailed:
    advice = f" Check {proxy.variable}." if advise and not setting else ""
    sentence = f"The proxy {proxy.address} ({proxy.variable}) {what}{advice}"
    return ProxyFailed(sentence, setting or proxy.variable, final=final, retryable=retryable or not final)


def _shown(text: str, proxy: Proxy) -> str:
    for secret in (_basic(proxy) if proxy.user else "", proxy.password):
        text = text.replace(secret, "...") if secret else text
    return one_line(clean(text), _SHOWN)


class TlsInTls:
    """TLS within a TLS connection, with as much of a socket as `http.client` and the pool use. `outer` is the connection to the proxy."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, host: str) -> None:
        self.outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._readers = 0
        self._closed = False
        self._run(self._tls.do_handshake)

    def recv(self, size: int) -> bytes:
        try:
            return bytes(self._run(lambda: self._tls.read(size)))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            sent = self._run(lambda: self._tls.write(rest))  # noqa: B023 - called at once
            rest = rest[sent:]

    def makefile(self, *_: object) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def settimeout(self, seconds: float | None) -> None:
        self.outer.settimeout(seconds)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.outer.setsockopt(level, option, value)

    def close(self) -> None:
        """Closes the connection, once nobody reads from it any more: `http.client` closes it before it has read the last answer."""
        self._closed = True
        if self._readers <= 0:
            self.outer.close()

    def reader_closed(self) -> None:
        self._readers -= 1
        if self._closed:
            self.close()

    def _run(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
            else:
                self._flush()
                return result
            # Outside of the handler: here, too, SSLWantReadError may be raised, by a connection that does not wait.
            data = self.outer.recv(16 * 1024)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self.outer.sendall(data)


class _Reader(io.RawIOBase):
    def __init__(self, connection: TlsInTls) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._connection.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._connection.reader_closed()
