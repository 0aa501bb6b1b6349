"""Who may see the page: nobody but the browser that was given a link, and in it no page but ours.

Three secrets, since a browser gives none of its own a page alone:

* a link's token, which is seen in a process list: it works once, for a minute, and is gone from the address then;
* the cookie, which the browser also sends to every other port of this machine, where another user's program may listen;
* the page's own secret, which its script keeps in its origin's storage and says first on the WebSocket. An origin has one port.

So the files, which hold nothing, need the cookie, and everything that was said, and every change, needs both.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Protocol

LINK_SECONDS = 60.0
ELSEWHERE = frozenset({"cross-site", "same-site"})
"""Values of `Sec-Fetch-Site` for a request that another page makes (https://www.w3.org/TR/fetch-metadata/); "same-site" is another port."""


class Headers(Protocol):
    def get_all(self, key: str, /) -> Sequence[str]: ...


class Guard:
    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        self.secret = secrets.token_urlsafe(32)
        self._cookie = f"ask_claude_{port}={secrets.token_urlsafe(32)}"
        self._clock = clock
        self._links: dict[str, float] = {}

    @property
    def set_cookie(self) -> str:
        """The value of `Set-Cookie`: for this browser, until it is closed."""
        return f"{self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def link(self) -> str:
        """A new address that opens the page, once."""
        token = secrets.token_urlsafe(32)
        self._links[token] = self._clock() + LINK_SECONDS
        return f"{self.origin}/?token={token}"

    def enter(self, token: str) -> bool:
        """Whether this link is good. It is not any more."""
        return self._links.pop(token, 0.0) > self._clock()

    def is_here(self, headers: Headers) -> bool:
        """Whether the request is for this address: with a name that was rebound to it, a page elsewhere would be of the same origin."""
        return list(headers.get_all("Host")) == [self.host]

    def is_from_elsewhere(self, headers: Headers) -> bool:
        """Whether another page made the browser send this, as far as the browser says so."""
        return any(value in ELSEWHERE for value in headers.get_all("Sec-Fetch-Site")) or any(
            value != self.origin for value in headers.get_all("Origin")
        )

    def knows(self, headers: Headers) -> bool:
        """Whether the request has the cookie."""
        sent = [pair.strip() for value in headers.get_all("Cookie") for pair in value.split(";")]
        return any(_same(pair, self._cookie) for pair in sent)

    def is_page(self, headers: Headers) -> bool:
        """Whether a handshake comes from our page; a browser always says where from (RFC 6455, 4.1)."""
        return list(headers.get_all("Origin")) == [self.origin] and self.knows(headers)

    def is_secret(self, said: str) -> bool:
        return _same(said, self.secret)


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode())
