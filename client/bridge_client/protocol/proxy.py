"""The proxy on the way to a bridge: which one the environment names, and what is said of one that lets nobody through.

`websockets` connects through it; this module keeps passwords out of messages, and names the proxy in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from importlib.util import find_spec
from traceback import walk_tb
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import InvalidProxy, InvalidProxyStatus
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import parse_uri

from bridge_client.failures import Failure

_SOCKS = ("socks5h", "socks5", "socks4a", "socks4")
_SERVER_ERROR = 500


def proxy_for(url: str) -> str | None:
    """The URL of the proxy to reach `url` through, if any. Raises `Failure` (`bad_configuration`) for one that cannot be used."""
    proxy = get_proxy(parse_uri(url))
    if proxy is None:
        return None
    proxy = proxy.strip().strip("'\"")
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    host = urlsplit(url).hostname
    try:
        scheme = parse_proxy(proxy).scheme
    except (InvalidProxy, ValueError) as error:
        text = f"The proxy that the environment names for {host} cannot be used. Write it like HTTPS_PROXY=http://proxy.example.com:3128"
        raise Failure("bad_configuration", text) from error
    if scheme in _SOCKS and not find_spec("python_socks"):
        text = f"A {scheme}:// proxy needs the package python-socks. Install it, or exempt the bridge: NO_PROXY={host}"
        raise Failure("bad_configuration", text)
    return proxy


def address(proxy: str) -> str:
    """Host and port of a proxy's URL, without its user and password."""
    return urlsplit(proxy).netloc.rpartition("@")[2]


def refusal(error: InvalidProxyStatus, proxy: str) -> str:
    """What a proxy said that opened no tunnel."""
    status = error.response.status_code
    name = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""
    return f"the proxy {address(proxy)} answered {status} {name}".rstrip()


def no_answer(proxy: str) -> str:
    """The same of a proxy whose answer was none."""
    return f"the proxy {address(proxy)} did not answer as a proxy does"


def may_pass(error: InvalidProxyStatus) -> bool:
    """Whether a later attempt may be let through: the proxy is in trouble, not unwilling."""
    return error.response.status_code >= _SERVER_ERROR


def drop_library_traces(loop: asyncio.AbstractEventLoop) -> None:
    """Keeps the event loop from printing the traces of exceptions that `websockets` lets out of its callbacks.

    It does so when a proxy breaks off (python-websockets/websockets#1762); `connect` raises what went wrong all the same.
    """
    if loop.get_exception_handler() is None:
        loop.set_exception_handler(_handle)


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if error is None or not any(name.startswith("websockets.") for name in _modules(error.__traceback__)):
        loop.default_exception_handler(context)


def _modules(trace: TracebackType | None) -> Iterator[str]:
    for frame, _ in walk_tb(trace):
        yield str(frame.f_globals.get("__name__", ""))
