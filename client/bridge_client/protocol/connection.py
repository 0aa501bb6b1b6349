"""One WebSocket connection to a bridge, over the `websockets` library."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLCertVerificationError, SSLError
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxyMessage, InvalidProxyStatus, InvalidStatus, InvalidURI
from websockets.frames import CloseCode

from bridge_client.failures import Failure
from bridge_client.protocol import proxy
from bridge_client.protocol.frames import FRAGMENT_BYTES, Frame, decode, encode, fragments
from bridge_client.protocol.url import is_loopback

_BUSY = frozenset({500, 502, 503, 504})
"""Handshake answers that are temporary: a `$connect` function that failed or was too slow."""
_THROTTLED = 429


class Lost(Exception):
    """The connection is gone, or was never made. What was sent may or may not have arrived. The text says why, for a person."""


class Unreachable(Lost):
    """There was no connection: nothing was sent."""


class Throttled(Unreachable):
    """There was no connection: the gateway takes no more at the moment."""


class Connection:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @property
    def date(self) -> str:
        """What the gateway's clock said at the handshake (`Date`, RFC 9110, 6.6.1); "" if it did not say."""
        response = self._socket.response
        return response.headers.get("Date", "") if response else ""

    async def send(self, data: bytes) -> None:
        """Sends one text message, in fragments where it is too large for a frame of API Gateway. Raises `Lost`."""
        try:
            await self._socket.send(data if len(data) <= FRAGMENT_BYTES else fragments(data), text=True)
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def send_frame(self, frame: Frame) -> None:
        await self.send(encode(frame))

    async def receive(self) -> Frame | None:
        """The next frame; None for a message that is not one. Raises `Lost`, or `Failure` when the bridge finds our message too long."""
        try:
            return decode(await self._socket.recv())
        except ConnectionClosed as error:
            raise _lost(error) from error


@asynccontextmanager
async def open_connection(url: str, timeout: float, token: str = "") -> AsyncIterator[Connection]:
    """A connection to `url`, closed at the end. Raises `Unreachable`, or `Failure` when the bridge does not let us in.

    `timeout` is for the handshake, in seconds. A `token` is sent with it.
    """
    # A proxy cannot reach this machine's own loopback; the variables that name one do not always leave it out.
    through = None if is_loopback(url) else proxy.proxy_for(url)
    proxy.drop_library_traces(asyncio.get_running_loop())
    opening = connect(
        url,
        # The library drops it on a redirect to another host, port or scheme.
        additional_headers={"Authorization": f"Bearer {token}"} if token else None,
        proxy=through,
        # API Gateway supports no extension, and a frame must keep the size it was cut to.
        compression=None,
        open_timeout=timeout,
        # The bridge says something every 15 s while it answers, which shows more than a pong of the gateway.
        ping_interval=None,
        close_timeout=0.5,
    )
    try:
        opened = await opening
    except InvalidStatus as error:
        raise _refused(error.response.status_code, url, with_token=bool(token)) from error
    except InvalidProxyMessage as error:
        raise Unreachable(proxy.no_answer(through or "")) from error
    except InvalidProxyStatus as error:
        raise _refused_by_proxy(error, through or "") from error
    except (OSError, InvalidHandshake, EOFError, UnicodeError) as error:
        raise Unreachable(reason(error, through or url) + (f" (through the proxy {proxy.address(through)})" if through else "")) from error
    except (InvalidURI, ValueError, OverflowError) as error:  # Of a redirect: our own URL has been checked.
        raise Failure("unreachable", f"There is no bridge at {url}: it redirects to a URL that is not a bridge. Check the URL.") from error
    async with opened:
        yield Connection(opened)


def _refused(status: int, url: str, *, with_token: bool) -> Exception:
    if status in (401, 403):
        reason = "the token is wrong, has expired or was revoked" if with_token else "it admits only clients with a token"
        return Failure("not_allowed", f"The bridge at {url} refused the connection ({status}): {reason}.")
    if status == _THROTTLED:
        return Throttled("the bridge takes no more connections at the moment")
    if status in _BUSY:
        return Unreachable(f"the handshake was answered with {status}")
    return Failure("unreachable", f"There is no bridge at {url}: the handshake was answered with {status}. Check the URL.")


def _refused_by_proxy(error: InvalidProxyStatus, through: str) -> Exception:
    said = proxy.refusal(error, through)
    return Unreachable(said) if proxy.may_pass(error) else Failure("unreachable", f"No bridge could be reached: {said}.")


def _lost(error: ConnectionClosed) -> Exception:
    code = error.rcvd.code if error.rcvd else None
    if code == CloseCode.MESSAGE_TOO_BIG:
        return Failure("message_too_long", "The bridge closed the connection because the message is too long. Send it in parts.")
    return Lost(f"closed with {code}" if code else "cut")


def reason(error: Exception, url: str) -> str:
    """Why there is no connection to `url`, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        host = urlsplit(url).hostname
        return f"the name {host} cannot be looked up just now" if error.errno == socket.EAI_AGAIN else f"there is no host {host}"
    if isinstance(error, SSLCertVerificationError):
        return f"its certificate is not trusted ({getattr(error, 'verify_message', 'for no reason given')})"
    if isinstance(error, SSLError):
        # Only errors of OpenSSL have these attributes.
        cause = getattr(error, "reason", None) or "no reason given"
        return "it does not speak TLS: perhaps it is ws://, not wss://" if cause == "WRONG_VERSION_NUMBER" else f"TLS failed ({cause})"
    if isinstance(error, OSError) and (error.errno or 0) > 0:
        return os.strerror(error.errno or 0).lower()
    return str(error) or "the handshake broke off"
